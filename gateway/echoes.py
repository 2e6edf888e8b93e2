"""Our own words, said back: by a machine that answers with what it hears, an answerer that quotes, a second Barrio. Pure but one query.

    "RE: Escriba el problema y la zona: no hay agua en Pampahasi. O bien: ..."  -> an echo: kept, and nothing is answered or filed
    "Escriba el problema y la zona: no hay luz en Kupini"                       -> a resident who followed our example
    "Recibido: Sin agua, Kupini. Su numero es 10005. ... y ya son 3 dias"       -> a resident who quotes us, and is heard

Known are the replies of the last days to that very phone, and what the catalogue says to everybody in the same words. A reply
to somebody else, forwarded, names that person's report and is heard.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from rapidfuzz.distance import Levenshtein
from sqlalchemy import Connection, bindparam, select

from gateway.journal.canonical import iso
from gateway.journal.tables import Reply, table
from gateway.replies import ANSWERED_IN, CITY_FILLS, KINDS, LANGUAGES, Replies

REPLY = table(Reply)
ECHO: Final = "echo"
LATELY = timedelta(days=3)
LEAST = 24       # letters: what is shorter somebody may well say by themselves
WHOLE = 0.6      # of a reply that a phone or a provider cut, as much must be there
NEARLY = 0.04    # of the letters may be lost on the way or come as others, one at a time
HEAD = 10        # letters by which a text of the catalogue is found
# What machines put before the words they give back.
_MARKS = re.compile(
    r"\W*(?:(?:re|rv|fw|fwd|tr|wg|auto|aw|auto ?reply|auto ?response|automatic reply|respuesta automatica|reponse automatique|رد تلقائي|"
    r"reenviado|mensaje reenviado|mensaje original|forwarded|forwarded message|original message|message original|message transfere)"
    r"\s*[:>\]\-]+\W*)+")
_SAID = select(REPLY.c.sender, REPLY.c.text).where(
    REPLY.c.sender.in_(bindparam("senders", expanding=True)), REPLY.c.queued_at > bindparam("since"), REPLY.c.state != "failed")


def letters(text: str) -> str:
    """What is left of a text when capitals, accents, marks and spaces are taken away: `¡Sí, a las 8!` -> `sialas8`."""
    return "".join(char for char in _plain(text) if char.isalnum())


def said_to(c: Connection, senders: Sequence[str], at: datetime) -> dict[str, list[str]]:
    """What these phones were sent lately, by phone, as letters."""
    said: dict[str, list[str]] = {}
    if senders:
        for sender, text in c.execute(_SAID, {"senders": list(senders), "since": iso(at - LATELY)}):
            said.setdefault(sender, []).append(letters(text))
    return said


class Catalogue:
    """What is said to everybody in the same words, in every language: the replies of a city that name nothing of a report."""

    def __init__(self, replies: Replies) -> None:
        self._by_head: dict[str, set[str]] = {}
        for kind, spec in KINDS.items():
            if set(spec.fills) <= CITY_FILLS:
                for language in (*LANGUAGES, *ANSWERED_IN):
                    words = letters(replies.text_for(kind, language) or "")
                    if len(words) >= LEAST:
                        self._by_head.setdefault(words[:HEAD], set()).add(words)

    def near(self, said: str) -> Iterable[str]:
        """The texts that begin as these letters do."""
        return self._by_head.get(said[:HEAD], ())


def may_be_ours(text: str) -> bool:
    """Whether a text is long enough to be looked at."""
    return len(text) >= LEAST


def is_echo(text: str, catalogue: Catalogue, said: Mapping[str, Sequence[str]] | None = None, sender: str = "") -> bool:
    """Whether a text is nothing but our own words: of the catalogue, or what this sender was sent lately."""
    if not may_be_ours(text):
        return False
    marks = _MARKS.match(_plain(text[:80]))
    for words in (letters(text), *([letters(_plain(text)[marks.end():])] if marks else ())):
        if len(words) >= LEAST and any(_says_back(words, ours) for ours in (*catalogue.near(words), *(said or {}).get(sender, ()))):
            return True
    return False


def _says_back(said: str, ours: str) -> bool:
    """Whether these letters are ours, cut at the end or a little damaged; one letter more than ours and somebody speaks."""
    if said == ours:
        return True
    if len(said) > len(ours) or len(said) < WHOLE * len(ours):
        return False
    if ours.startswith(said):
        return True
    ours = ours[:len(said) + int(NEARLY * len(said)) + 1] if len(said) < (1 - NEARLY) * len(ours) else ours
    most = int(NEARLY * len(said)) + (len(ours) - len(said))
    if Levenshtein.distance(ours, said, score_cutoff=most) > most:
        return False
    steps = [step for step in Levenshtein.editops(ours, said) if not (step.tag == "delete" and step.dest_pos >= len(said))]
    places = [step.src_pos for step in steps]
    return (len(steps) <= NEARLY * len(said) and all(step.tag != "insert" for step in steps)
            and not any(ours[where].isdigit() for where in places)
            # letters are lost one by one; where some that stand together differ, somebody wrote another word
            and all(after - before > 1 for before, after in zip(places, places[1:], strict=False)))


def _plain(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(char))
