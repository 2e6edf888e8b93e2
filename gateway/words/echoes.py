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
from sqlalchemy import Connection, bindparam, func, select

from gateway.journal.canonical import iso
from gateway.journal.tables import Reply, table
from gateway.words.replies import ANSWERED_IN, CITY_FILLS, KINDS, LANGUAGES, Replies

REPLY = table(Reply)
ECHO: Final = "echo"
LATELY = timedelta(days=3)
LEAST = 24       # letters: what is shorter somebody may well say by themselves
WHOLE = 0.6      # of a reply that a phone or a provider cut, as much must be there
AT_MOST = 2      # times as long as a text, with marks and all, can be the reply that it gives back
NEARLY = 0.04    # of the letters may be lost on the way or come as others, one at a time
HEAD = 10        # letters by which a text of the catalogue is found
# What machines put before the words they give back.
_MARKS = re.compile(
    r"\W*(?:(?:auto[ -]?reply|auto[ -]?response|automatic reply|respuesta automatica|reponse automatique|رد تلقائي|"
    r"reenviado|mensaje reenviado|mensaje original|forwarded|forwarded message|original message|message original|message transfere|"
    r"re|rv|fw|fwd|tr|wg|auto|aw)"
    r"\s*[:>\]\-]+\W*)+")
_OTHERS = re.compile(r"[^a-z0-9]+")
_SAID = select(REPLY.c.sender, REPLY.c.text).where(
    REPLY.c.sender.in_(bindparam("senders", expanding=True)), REPLY.c.queued_at > bindparam("since"), REPLY.c.state != "failed",
    func.length(REPLY.c.text) < bindparam("longest"))


def letters(text: str) -> str:
    """What is left of a text when capitals, accents, marks and spaces are taken away: `¡Sí, a las 8!` -> `sialas8`."""
    plain = _plain(text)
    return _OTHERS.sub("", plain) if plain.isascii() else "".join(char for char in plain if char.isalnum())


def said_to(c: Connection, heard: Mapping[str, str], at: datetime) -> dict[str, list[str]]:
    """What these phones were sent lately, by phone, as letters; `heard` is what each writes now, for what is far longer is no matter."""
    said: dict[str, list[str]] = {}
    if heard:
        longest = AT_MOST * max(len(text) for text in heard.values())
        for sender, text in c.execute(_SAID, {"senders": list(heard), "since": iso(at - LATELY), "longest": longest}):
            if len(text) < AT_MOST * len(heard[sender]):
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
    plain = _plain(text)
    marks = _MARKS.match(plain)
    for words in (letters(plain), *([letters(plain[marks.end():])] if marks else ())):
        if len(words) >= LEAST and any(_says_back(words, ours) for ours in (*catalogue.near(words), *(said or {}).get(sender, ()))):
            return True
    return False


def beside_ours(text: str, said: Sequence[str]) -> str:
    """What somebody adds to words of ours that they quote whole; the text as it is where they quote none.

    >>> ours = "Recibido: Sin agua, Kupini. Su numero es 10005."
    >>> beside_ours(f"{ours} y tampoco hay luz", [letters(ours)])
    ' y tampoco hay luz'
    """
    found = [(at, letter) for at, char in enumerate(text) for letter in letters(char)]
    words = "".join(letter for _, letter in found)
    for ours in said:
        start = words.find(ours) if len(ours) >= LEAST else -1
        if start >= 0:
            rest = text[found[start + len(ours) - 1][0] + 1:].lstrip(".!?)\"")
            return f"{text[:found[start][0]].rstrip()} {rest.lstrip()}" if start else f" {rest.lstrip()}"
    return text


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
    folded = text.casefold()
    if folded.isascii():
        return folded
    return "".join(char for char in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(char))
