"""The words of the field, loaded once: what any single token may mean, found by one look-up.

A token is looked at once and remembered (`look`): its entries, the stems and plurals it satisfies, the word it
misspells, the languages it speaks for. Texts repeat their words, so most tokens of a text cost one dictionary hit.
"""

import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from parsers.clean import clean_word, clean_words, split_word
from parsers.names import place_word
from parsers.patterns import Combination, Entry, Patterns, Token
from parsers.reference import numbered
from parsers.sounds import sound
from parsers.spelling import Speller, camels
from parsers.splitting import Splitter

LANGUAGES = ("es", "fr", "en", "ar", "ary", "ay", "qu", "sw")

# Tokens remembered before the older half is let go: hostile texts cannot grow the memory, nor stall on a big clearing.
_REMEMBERED = 8_000
# An endless word cannot be one of ours: only its beginning is read.
_WORD_LIMIT = 40

# Sections of the lexicon whose phrases are found in texts, member by member.
_FOUND = (
    "answers",
    "gender",
    "languages",
    "politeness",
    "severity",
    "emergency",
    "protection",
    "spam",
    "chat",
    "abuse",
    "asking",
    "several",
)
# Sections whose single words only mark a token; their phrases are found like the others.
_MARKED = ("people", "places", "since", "age", "grammar")
# Words of four letters that are worth a guess when they are misspelt, like those on the cards: "hsce 3 disa".
_KEEN = frozenset({"since:lead", "since:day", "since:week", "since:month", "people:families", "people:persons"})
# Members of those that are wanted as hits even when they are one word.
_HITS = frozenset({"today", "yesterday", "before_yesterday", "last_week", "last_month", "beside", "home", "instead", "called"})


@dataclass(frozen=True, slots=True)
class Subcategory:
    """A line of the taxonomy, as far as understanding needs it."""

    code: str
    card: str
    kind: str
    severity: int
    sensitive: bool
    labels: dict[str, str] = field(hash=False)


class Vocabulary:
    """Taxonomy and lexicon, indexed. `words.look("vasura")` -> the token of `basura`, marked as a typo."""

    def __init__(self, taxonomy: dict[str, Any], lexicon: dict[str, Any], things: dict[str, Any], common: dict[str, Any],
                 questions: dict[str, Any]) -> None:
        """Build every index; takes the parsed TOML of the files in `words/`."""
        self.small = frozenset(clean_words(" ".join(lexicon["small"]["words"])))
        self.patterns = Patterns(self.small)
        self.subcategories: dict[str, Subcategory] = {}
        self.cards: dict[str, str] = {}
        self.scopes: dict[str, str] = {}
        # What a thing in a state means: ("water", "lack") -> WAT01.
        self.means: dict[tuple[str, str], str] = {}
        self._marks: dict[str, set[str]] = {}
        self._read_taxonomy(taxonomy)
        self._read_things(things)
        self._read_lexicon(lexicon)
        self._read_questions(questions)
        self.numbers = {clean_word(w): n for lang, ns in lexicon["numbers"].items() for w, n in ns.items()}
        self.weekdays = {clean_word(word): day for word, day in lexicon["weekdays"].items()}
        self.months = {clean_word(word): month for word, month in lexicon["months"].items()}
        self.actions = {clean_word(word): action for action, words in lexicon["officer"].items() for word in words}
        self.guards = {clean_word(word): frozenset(langs) for word, langs in lexicon["guards"].items()}
        self.suffixes = tuple(sorted(lexicon["endings"]["suffixes"], key=len, reverse=True))
        self.clitics = tuple(lexicon["endings"]["clitics"])
        self.given = frozenset(clean_words(" ".join(lexicon["names"]["given"])))
        self.glued = tuple(lexicon["grammar"]["glued"])
        self.sensitive = frozenset(code for code, sub in self.subcategories.items() if sub.sensitive)
        self.combinations: dict[str, tuple[Combination, ...]] = {k: tuple(v) for k, v in self.patterns.combinations.items()}
        self.emoji = frozenset(w for w in self.patterns.words if len(w) <= 2 and not w.isalnum() and not w.endswith("*"))
        self._long = {short: clean_word(long) for short, long in lexicon["abbreviations"].items()}
        self._read_common(common)
        self._languages = self._languages_of_words(lexicon["numbers"])
        self._speller = Speller(
            self._languages,
            frozenset(self.patterns.words) | self._marks.keys(),
            self.clitics,
            lexicon["grammar"]["run_together"],
            lexicon["grammar"]["tight"],
            {word for word, entries in self.patterns.singles.items() if any(entry.kind == "short" for entry in entries)}
            | {word for word, marks in self._marks.items() if not _KEEN.isdisjoint(marks)},
        )
        self.splitter = Splitter(
            self._languages,
            frozenset(self.patterns.words) | self._marks.keys(),
            (*lexicon["grammar"]["run_together"], *lexicon["grammar"]["joined"]),
            self.patterns.stems,
            lexicon["grammar"]["letters"],
        )
        self._stem_sizes = tuple(sorted({len(stem) for stem in self.patterns.stems}, reverse=True))
        self.seen: dict[str, tuple[Token, ...]] = {}
        self._seen_before: dict[str, tuple[Token, ...]] = {}

    # ── loading ──

    def _read_taxonomy(self, taxonomy: dict[str, Any]) -> None:
        weak = {clean_words(phrase.rstrip("*")) for phrase in taxonomy["weak"]["words"]}
        for category in taxonomy["category"]:
            for sub in category["sub"]:
                code, sensitive = sub["code"], bool(sub.get("sensitive"))
                self.subcategories[code] = Subcategory(code, str(sub["card"]), sub["kind"], sub["severity"], sensitive, sub["label"])
                self.cards[str(sub["card"])] = code
                for lang, phrases in sub["kw"].items():
                    for phrase in phrases:
                        self._add_need(code, phrase, lang, clean_words(phrase.rstrip("*")) in weak)
        for code, by_lang in taxonomy["short"].items():
            for lang, phrases in by_lang.items():
                for phrase in phrases:
                    self.patterns.add("short", code, phrase, lang)

    def _add_need(self, code: str, phrase: str, lang: str, weak: bool = False) -> None:
        terms = phrase.split(" + ")
        size = len(clean_words(phrase))
        weight = 1.2 * len(terms) if len(terms) > 1 else 1.0 if size == 1 else 1.5 * size
        if "*" in phrase:
            weight *= 0.9
        # A weak phrase is a hint however many words it has.
        self.patterns.add("need", code, phrase, lang, 0.5 if weak else weight, strip=True)

    def _read_things(self, things: dict[str, Any]) -> None:
        for state, phrases in things["states"].items():
            for phrase in phrases:
                self.patterns.add("state", state, phrase)
        for thing, found in things["things"].items():
            for phrase in found["words"]:
                if "alone" in found:
                    self._add_need(found["alone"], phrase, "")
                else:
                    self.patterns.add("thing", thing, phrase)
            self.means |= {(thing, state): code for state, code in found.items() if state not in ("words", "alone")}

    def _read_lexicon(self, lexicon: dict[str, Any]) -> None:
        for name, command in lexicon["commands"].items():
            self.scopes[name] = command["scope"]
            for lang in LANGUAGES:
                for phrase in command.get(lang, ()):
                    self.patterns.add("command", name, phrase, lang)
            for phrase in command.get("anywhere", ()):
                self.patterns.add("leave", name, phrase)
        for kind in _FOUND:
            for value, phrases in lexicon[kind].items():
                for phrase in phrases:
                    self.patterns.add(kind, value, phrase)
        for kind in (*_MARKED, "labels"):
            for value, phrases in lexicon[kind].items():
                for phrase in phrases:
                    self._mark(kind, value, phrase)
        for phrase, days in lexicon["lengths"].items():
            self.patterns.add("since", f"={days}", phrase)

    def _read_questions(self, questions: dict[str, Any]) -> None:
        for value, by_lang in questions.items():
            for lang, phrases in by_lang.items():
                for phrase in phrases:
                    if value == "beside":
                        self._mark("question", value, phrase)
                    else:
                        self.patterns.add("question", value, phrase, lang)

    def _mark(self, kind: str, value: str, phrase: str) -> None:
        words = clean_words(phrase)
        if len(words) == 1 and value not in _HITS:
            self._marks.setdefault(words[0], set()).update((kind, f"{kind}:{value}"))
        elif words:
            self.patterns.add(kind, value, phrase)

    def _read_common(self, common: dict[str, Any]) -> None:
        self._common: dict[str, dict[str, float]] = {}
        for lang, lists in common.items():
            for words, weight in ((lists["seldom"], 0.5), (lists["often"], 1.0)):
                for word in clean_words(words):
                    self._common.setdefault(word, {})[lang] = weight

    def _languages_of_words(self, numbers: dict[str, dict[str, int]]) -> dict[str, set[str]]:
        languages: dict[str, set[str]] = {word: set(langs) for word, langs in self.patterns.words.items()}
        for word in self._marks:
            languages.setdefault(word, {""})
        for word, weights in self._common.items():
            languages.setdefault(word, set()).update(weights)
        for lang, words in numbers.items():
            for word in words:
                languages.setdefault(clean_word(word), set()).add(lang)
        return languages

    # ── looking ──

    def look(self, raw: str) -> tuple[Token, ...]:
        """What a word of a text may mean: one token, or several where it held several words (`d'eau`, `3dias`)."""
        tokens = self.seen.get(raw)
        if tokens is None:
            if len(self.seen) >= _REMEMBERED:
                self._seen_before, self.seen = self.seen, {}
            tokens = self.seen[raw] = self._seen_before.get(raw) or self._looked_at(raw)
        return tokens

    def _looked_at(self, raw: str) -> tuple[Token, ...]:
        if raw in self.emoji:
            return tuple(self._tokens(raw))
        # as written: "1OOO5" has three alike, of which cleaning a word leaves one
        if glued := numbered(raw[:_WORD_LIMIT].lower() if raw.isascii() else clean_word(raw[:_WORD_LIMIT])):
            return tuple(token for word in glued for token in self._tokens(word))
        words = [word for part in camels(raw[:_WORD_LIMIT]) for word in split_word(clean_word(part))]
        return tuple(token for word in words for token in self._tokens(word))

    def alone(self, raw: str) -> tuple[Token, ...]:
        """The word unsplit, for a reader who knows it as part of a name: `fatima` is not `fat ima`."""
        return tuple(self._token(word) for word in split_word(clean_word(raw[:_WORD_LIMIT])))

    def _tokens(self, word: str) -> list[Token]:
        token = self._token(word)
        if token.known and not token.typo:
            return [token]
        # Spelt by ear it is one word; otherwise a lost space is likelier than a lost letter.
        parts = [] if token.typo and token.sound == sound(token.meant) else self._speller.unglued(word)
        return [self._token(part) for part in parts] if parts else [token]

    def _token(self, word: str) -> Token:
        written, exact = word, word in self._languages or word.isdigit() or word in self._long
        if not exact and (single := self._speller.undoubled(word)):
            word, exact = single, True  # a finger that stayed on its key changes no word
        meant, typo = word, False
        forms = self._forms(word)
        known = exact or bool(forms)
        leads = any(form in self.patterns.singles or form in self.patterns.pairs for form in forms)
        # A stem from the middle of some phrase ("se esta*") does not make "estao" a word.
        if not exact and not leads and (near := self._speller.meant(word)):
            meant, typo, known = near, True, True
            forms = (*forms, *(form for form in self._forms(near) if form not in forms))
        singles: list[Entry] = []
        pairs: dict[str, list[tuple[tuple[str, ...], Entry]]] = {}
        for form in forms:
            singles += [entry for entry in self.patterns.singles.get(form, ()) if entry not in singles]
            for second, found in self.patterns.pairs.get(form, {}).items():
                pairs.setdefault(second, []).extend(found)
        tags = {tag for entry in singles for tag in (entry.kind, f"{entry.kind}:{entry.value}")}
        tags |= self._marks.get(meant, set()) | self._marks.get(self._long.get(word, ""), set())
        return Token(
            word=word,
            meant=meant,
            sound=sound(word),
            name=place_word(written),
            known=known,
            typo=typo,
            coded=word.isascii() and word[0].isalpha() and (len(word) <= 2 or word[-1].isdigit() or word[-1] in "oil"),
            forms=forms or (meant,),
            tags=frozenset(tags | {"small"}) if meant in self.small else frozenset(tags),
            singles=tuple(singles),
            pairs=pairs or None,
            number=int(word) if word.isdigit() and len(word) < 10 else self.numbers.get(meant),
            votes=self._votes(meant, forms),
        )

    def _forms(self, word: str) -> tuple[str, ...]:
        """The pattern words this word satisfies: itself, its long form, its stems, else its singular or plural."""
        words, needed = self.patterns.words, self.patterns.need_words
        long = self._long.get(word, "")
        found = [form for form in (word, long) if form in words]
        for size in self._stem_sizes:
            if size <= len(word) and (stem := self.patterns.stems.get(word[:size])):
                found.append(stem)
            if size <= len(long) and (stem := self.patterns.stems.get(long[:size])):
                found.append(stem)
        if not found and word not in self._common and word not in self._marks:
            found = [form for form in self._speller.variants(word) if form in words][:1]
        elif not any(form in needed for form in found):
            # "postes" counts poles elsewhere; for needs it is "poste".
            found += [form for form in (word[:-1], word[:-2], word + "s") if form in needed and len(form) >= 4][:1]
        return tuple(found)

    def _votes(self, word: str, forms: tuple[str, ...]) -> tuple[tuple[str, float], ...]:
        if word.isdigit():
            return ()  # "2" is "to" for who writes English so; a number speaks no language
        weights = dict(self._common.get(word, ()))
        for form in forms:
            for lang in self.patterns.words.get(form, ()):
                if lang:
                    weights.setdefault(lang, 0.5)
        if not weights and word in self.numbers:
            weights = {lang: 0.5 for lang in self._languages.get(word, ()) if lang}
        total = sum(weights.values())
        return tuple((lang, weight / total) for lang, weight in weights.items())

    def label(self, code: str, lang: str) -> str:
        """What residents read for a subcategory, in their language when there is one: `WAT01, es -> Sin agua`."""
        labels = self.subcategories[code].labels
        return labels.get(lang) or labels["es"]


@cache
def load_vocabulary() -> Vocabulary:
    """The vocabulary of `words/`, read once per process."""
    folder = Path(__file__).parent / "words"
    names = ("taxonomy", "lexicon", "things", "common", "questions")
    return Vocabulary(*(tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8")) for name in names))
