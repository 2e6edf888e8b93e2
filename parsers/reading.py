"""One text, read once: its tokens, where they stand, and every phrase we know found in it.

The parsers share a `Reading`; nothing is computed twice for one text.
"""

from parsers.clean import READ_LIMIT, TOKEN, is_arabic, storable
from parsers.context import Context
from parsers.gazetteer import Gazetteer
from parsers.language import language_of
from parsers.names import is_abbreviated
from parsers.patterns import Hit, Token
from parsers.sounds import sound
from parsers.vocabulary import Vocabulary

# A text of more words than this is no SMS; what is beyond is kept, not read.
TOKEN_LIMIT = 320
# After so many words of which few are known, the rest is not read either.
_NOISE_LIMIT = 100

_HARD = frozenset(".;!?\n\u061f\u061b\u2026")
_SOFT = frozenset(",:()\u060c-\u2013\u2014/|")


class Reading:
    """The tokens of a text and what the lexicon says of them."""

    __slots__ = (
        "_by_kind", "_language", "_tally", "clauses", "context", "ends", "hits", "marks", "notes", "numbers", "parts", "places",
        "starts", "text", "tokens", "words",
    )  # fmt: skip

    def __init__(self, text: str, context: Context, words: Vocabulary, places: Gazetteer) -> None:
        """Cut the text into tokens and look every phrase up."""
        self.text = text if len(text) <= READ_LIMIT else text[:READ_LIMIT]
        self.context = context
        self.words = words
        self.places = places
        self.tokens: list[Token] = []
        self.starts: list[int] = []
        self.ends: list[int] = []
        # Which sentence, and which part between commas, each token stands in.
        self.clauses: list[int] = []
        self.parts: list[int] = []
        # Marks that are no words, by the number of tokens before them: "#", "*", "=" ...
        self.marks: list[tuple[int, str]] = []
        # Where the numbers stand, in digits or words.
        self.numbers: list[int] = []
        self.notes: list[str] = []
        if len(text) > READ_LIMIT:
            self.notes.append(f"only the first {READ_LIMIT} characters were read")
        self._tally: dict[str, float] | None = None
        self._language = ""
        self._cut()
        self.hits: list[Hit] = self._find()
        self._by_kind: dict[str, list[Hit]] = {}
        for hit in self.hits:
            kind = hit.entry.kind
            if kind in self._by_kind:
                self._by_kind[kind].append(hit)
            else:
                self._by_kind[kind] = [hit]

    def _cut(self) -> None:
        tokens, starts, ends, clauses, parts = self.tokens, self.starts, self.ends, self.clauses, self.parts
        seen, look = self.words.seen, self.words.look  # the dictionary first: a call less for most words
        clause = part = 0
        limit = _NOISE_LIMIT
        for match in TOKEN.finditer(self.text):
            raw = match.group()
            if match.lastindex or raw in self.words.emoji:
                found = seen.get(raw) or look(raw)
                start, end = match.span()
                if len(found) > 1:
                    found = self.words.alone(raw) if self.places.has_word(raw) else found
                elif found and (found[0].typo or not found[0].known):
                    found = self._apart(raw, found)
                for token in found:
                    if token.number is not None:
                        self.numbers.append(len(tokens))
                    tokens.append(token)
                    starts.append(start)
                    ends.append(end)
                    clauses.append(clause)
                    parts.append(part)
                if len(tokens) >= limit:
                    # Noise is given up early: it costs most, because none of its words is remembered.
                    if limit == TOKEN_LIMIT or 5 * sum(token.known for token in tokens) < 2 * limit:
                        self.notes.append(f"only the first {limit} words were read")
                        break
                    limit = TOKEN_LIMIT
            elif raw == "." and tokens and ends[-1] == match.start() and is_abbreviated(tokens[-1].word):
                self.marks.append((len(tokens), raw))  # "urb. San Luis" is one name in one sentence
            elif raw in _HARD:
                clause += 1
                part += 1
                self.marks.append((len(tokens), raw))
            else:
                if raw in _SOFT:
                    part += 1
                self.marks.append((len(tokens), raw))

    def _apart(self, raw: str, found: tuple[Token, ...]) -> tuple[Token, ...]:
        """The words of a string whose spaces were lost; what sounds like one word of ours is one."""
        token = found[0]
        if len(raw) < 6 or (token.typo and token.sound == sound(token.meant)) or self.places.resembles(token.name):
            return found
        parts = self.words.splitter.cut(raw, self.places)
        return tuple(token for part in parts for token in self.words.alone(part)) or found

    def _find(self) -> list[Hit]:
        tokens = self.tokens
        hits: list[Hit] = []
        last = len(tokens)
        for at, token in enumerate(tokens):
            for entry in token.singles:
                hits.append(Hit(at, at + 1, entry, token.typo))
            pairs = token.pairs
            if pairs is None:
                continue
            second = at + 1
            # Two small words at most may stand between the first and the second: "corte de la luz".
            while second < last and second - at <= 3:
                follower = tokens[second]
                for form in follower.forms:
                    for rest, entry in pairs.get(form, ()):
                        end = self._rest_ends(second + 1, rest)
                        if end:
                            hits.append(Hit(at, end, entry, token.typo or follower.typo))
                if "small" not in follower.tags:
                    break
                second += 1
        return hits

    def _rest_ends(self, at: int, rest: tuple[str, ...]) -> int:
        """Where the rest of a phrase ends when it stands from `at` on, small words allowed between; 0 when it does not."""
        tokens = self.tokens
        for word in rest:
            skipped = 0
            while at < len(tokens) and word not in tokens[at].forms:
                if "small" not in tokens[at].tags or skipped == 2:
                    return 0
                skipped += 1
                at += 1
            if at >= len(tokens):
                return 0
            at += 1
        return at

    # ── asking ──

    def of(self, kind: str, value: str = "") -> list[Hit]:
        """The hits of one kind, or of one member of it, in the order they stand."""
        found = self._by_kind.get(kind, [])
        return [hit for hit in found if hit.entry.value == value] if value and found else found

    def has(self, kind: str, value: str = "") -> bool:
        """Whether there is any such hit."""
        return bool(self.of(kind, value))

    def covered(self, kind: str) -> set[int]:
        """The tokens that hits of this kind stand on: all of `por favor`."""
        return {at for hit in self.of(kind) for at in range(hit.start, hit.end)}

    def written(self, start: int, end: int) -> str:
        """The text as its sender wrote it, from token `start` to before `end`."""
        return storable(self.text[self.starts[start] : self.ends[end - 1]]) if end > start else ""

    def gap(self, at: int) -> str:
        """What stands between token `at - 1` and token `at`."""
        return self.text[self.ends[at - 1] : self.starts[at]] if 0 < at < len(self.tokens) else ""

    def zone_before(self, at: int) -> bool:
        """Whether a zone word stands right before a token; those of some cities only where names begin with them."""
        return at > 0 and self.is_zone(at - 1)

    def is_zone(self, at: int) -> bool:
        """Whether a token is a zone word of this city: `zona` everywhere, `hay` only in Casablanca."""
        token = self.tokens[at]
        return "places:zone" in token.tags or ("places:zone_local" in token.tags and self.places.longest_from(token.name) > 0)

    def led_by(self, tag: str, at: int) -> int | None:
        """Where the word or phrase of a list begins that ends right before a token: `led_by("since:lead", 2)`."""
        if at > 0 and tag in self.tokens[at - 1].tags:
            return at - 1
        kind, _, value = tag.partition(":")
        return next((hit.start for hit in self.of(kind, value) if hit.end == at), None)

    @property
    def tally(self) -> dict[str, float]:
        """How strongly the words speak for each language."""
        if self._tally is None:
            tally: dict[str, float] = {}
            for token in self.tokens:
                if token.typo and self.places.knows_word(token.name):
                    continue  # "fatima" is a name here, whatever word it resembles elsewhere
                for lang, weight in token.votes:
                    tally[lang] = tally.get(lang, 0.0) + weight
            # Letters alone are no language: the "b" of "<b>" is no Darija.
            if tally and all(len(token.word) == 1 for token in self.tokens if token.votes):
                tally = {}
            self._tally = tally
        return self._tally

    @property
    def language(self) -> str:
        """The language of the text, `und` when no word tells."""
        if not self._language:
            self._language = language_of(self.tally, self.is_arabic, self.context.profile_language, self.context.channel_lang)
        return self._language

    @property
    def is_arabic(self) -> bool:
        """Whether most words are in Arabic letters."""
        letters = [token for token in self.tokens if not token.word.isdigit()]
        return bool(letters) and 2 * sum(is_arabic(token.word) for token in letters) >= len(letters)
