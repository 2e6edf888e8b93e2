"""The words of the field, loaded once: what any single token may mean, found by one look-up.

A token is looked at once and remembered (`look`): its entries, the stems and plurals it satisfies, the word it
misspells, the languages it speaks for. Texts repeat their words, so most tokens of a text cost one dictionary hit.
"""

import re
import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from parsers.clean import clean_word, clean_words, is_arabic, split_word
from parsers.patterns import Combination, Entry, Patterns
from parsers.sounds import SoundIndex, sound

LANGUAGES = ("es", "fr", "en", "ar", "ary", "ay", "qu", "sw")

# Tokens remembered before the memory is emptied: keeps hostile texts from growing it.
_REMEMBERED = 20_000
# Short words that people leave no space after.
_RUN_TOGETHER = frozenset("no sin hay en de el la los las se mi un una pas de du la le the in ma f luz mal sur".split())
_TIGHT = frozenset(["h", "am", "pm", "hs", "km", "j"])
_GLUED = re.compile(r"\d+|[^\W\d_]+")


@dataclass(slots=True)
class Token:
    """A cleaned word and everything we know about it; `meant` is the known word when it was misspelt."""

    word: str
    meant: str
    sound: str
    known: bool = False
    typo: bool = False
    forms: tuple[str, ...] = ()
    tags: frozenset[str] = frozenset()
    singles: tuple[Entry, ...] = ()
    pairs: dict[str, list[tuple[tuple[str, ...], Entry]]] | None = None
    number: int | None = None
    votes: tuple[tuple[str, float], ...] = ()


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

    def __init__(self, taxonomy: dict[str, Any], lexicon: dict[str, Any], things: dict[str, Any], common: dict[str, Any]) -> None:
        """Build every index; takes the parsed TOML of the four files in `words/`."""
        self.small = frozenset(clean_words(" ".join(lexicon["small"]["words"])))
        self.patterns = Patterns(self.small)
        self.subcategories: dict[str, Subcategory] = {}
        self.cards: dict[str, str] = {}
        self.scopes: dict[str, str] = {}
        self.numbers: dict[str, int] = {}
        self.months: dict[str, int] = {}
        self.weekdays: dict[str, int] = {}
        self.actions: dict[str, str] = {}
        self.guards: dict[str, frozenset[str]] = {}
        # What a thing in a state means: ("water", "lack") -> WAT01.
        self.means: dict[tuple[str, str], str] = {}
        self._read_taxonomy(taxonomy)
        self._read_things(things)
        self._read_lexicon(lexicon)
        self.sensitive = frozenset(code for code, sub in self.subcategories.items() if sub.sensitive)
        self.combinations: dict[str, tuple[Combination, ...]] = {k: tuple(v) for k, v in self.patterns.combinations.items()}
        self.suffixes = tuple(sorted((clean_word(w) for w in lexicon["places"]["suffixes"]), key=len, reverse=True))
        self.clitics = tuple(lexicon["places"]["clitics"])
        self._common: dict[str, set[str]] = {}
        self._rare: set[tuple[str, str]] = set()
        for lang, lists in common.items():
            for word in clean_words(lists["often"]):
                self._common.setdefault(word, set()).add(lang)
            for word in clean_words(lists["seldom"]):
                self._rare.add((word, lang))
                self._common.setdefault(word, set()).add(lang)
        self._known = self.patterns.words.keys() | self._common.keys() | self.numbers.keys()
        self._sounds = SoundIndex(
            [(sound(word), word) for word in sorted(self._known) if len(word) >= 3 and not word.endswith("*") and not word.isdigit()],
            shortest=4,
        )
        self._stem_sizes = tuple(sorted({len(stem) for stem in self.patterns.stems}, reverse=True))
        self.emoji = frozenset(word for word in self.patterns.words if len(word) <= 2 and not word.isalnum() and not word.endswith("*"))
        self.seen: dict[str, tuple[Token, ...]] = {}

    # ── loading ──

    def _read_taxonomy(self, taxonomy: dict[str, Any]) -> None:
        weak = {clean_words(phrase.rstrip("*")) for phrase in taxonomy["weak"]["words"]}
        for category in taxonomy["category"]:
            for sub in category["sub"]:
                code = sub["code"]
                self.subcategories[code] = Subcategory(
                    code, str(sub["card"]), sub["kind"], sub["severity"], bool(sub.get("sensitive")), sub["label"]
                )
                self.cards[str(sub["card"])] = code
                for lang, phrases in sub["kw"].items():
                    for phrase in phrases:
                        self._add_need(code, phrase, lang, 0.5 if clean_words(phrase.rstrip("*")) in weak else 1.0)
        for code, by_lang in taxonomy["short"].items():
            for lang, phrases in by_lang.items():
                for phrase in phrases:
                    self.patterns.add("short", code, phrase, lang)

    def _add_need(self, code: str, phrase: str, lang: str, share: float = 1.0) -> None:
        terms = phrase.split(" + ")
        if len(terms) > 1:
            weight = 1.2 * len(terms)
        else:
            size = len(clean_words(phrase))
            weight = 1.0 if size == 1 else 1.5 * size
        if "*" in phrase:
            weight *= 0.9
        if share < 1:
            weight = share  # a weak phrase is a hint however many words it has
        self.patterns.add("need", code, phrase, lang, weight, strip=True)

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
        add = self.patterns.add
        for name, command in lexicon["commands"].items():
            self.scopes[name] = command["scope"]
            for lang in LANGUAGES:
                for phrase in command.get(lang, ()):
                    add("command", name, phrase, lang)
            for phrase in command.get("anywhere", ()):
                add("leave", name, phrase)
        for kind in ("answers", "gender", "languages", "politeness", "severity", "emergency", "protection", "spam", "chat", "abuse", "asking"):
            for value, phrases in lexicon[kind].items():
                for phrase in phrases:
                    add(kind, value, phrase)
        for value, phrases in lexicon["people"].items():
            for phrase in phrases:
                add("people", value, phrase)
        for action, phrases in lexicon["officer"].items():
            self.actions |= {clean_word(word): action for word in phrases}
        for value, phrases in lexicon["places"].items():
            if isinstance(phrases, list) and value not in ("suffixes", "clitics"):
                for phrase in phrases:
                    add("places", value, phrase)
        for label, phrases in lexicon["places"]["labels"].items():
            for phrase in phrases:
                add("label", label, phrase)
        for value, phrases in lexicon["since"].items():
            if isinstance(phrases, list):
                for phrase in phrases:
                    add("since", value, phrase)
            elif isinstance(phrases, int):
                add("since", f"={phrases}", value)
        self.weekdays = {clean_word(word): day for word, day in lexicon["since"]["weekdays"].items()}
        self.months = {clean_word(word): month for word, month in lexicon["since"]["months"].items()}
        for lang, numbers in lexicon["numbers"].items():
            if lang == "joining":
                for word in numbers:
                    add("joining", "", word)
                continue
            for word, number in numbers.items():
                self.numbers[clean_word(word)] = number
                self.patterns.words.setdefault(clean_word(word), set()).add(lang)
        self.guards = {clean_word(word): frozenset(langs) for word, langs in lexicon["guards"].items()}

    # ── looking ──

    def look(self, raw: str) -> tuple[Token, ...]:
        """What a word of a text may mean: one token, or several where it held several words (`d'eau`, `3dias`)."""
        tokens = self.seen.get(raw)
        if tokens is None:
            if len(self.seen) >= _REMEMBERED:
                self.seen.clear()
            # An endless word cannot be one of ours: read its beginning only.
            words = [raw] if raw in self.emoji else split_word(clean_word(raw[:40]))
            tokens = tuple(token for word in words for token in self._tokens(word))
            self.seen[raw] = tokens
        return tokens

    def _tokens(self, word: str) -> list[Token]:
        token = self._token(word)
        if token.known and not token.typo:
            return [token]
        parts = self._unglued(word)
        return [self._token(part) for part in parts] if parts and (not token.known or word[:1].isdigit()) else [token]

    def alone(self, raw: str) -> tuple[Token, ...]:
        """The word unsplit, for a reader who knows it as part of a name: `fatima` is not `fat ima`."""
        return tuple(self._token(word) for word in split_word(clean_word(raw[:40])))

    def _unglued(self, word: str) -> list[str]:
        """`20familias` -> 20 familias, `sinluz` -> sin luz; empty when it is not known words without their spaces."""
        if not word.isascii() or len(word) > 30:
            return []
        if any(char.isdigit() for char in word):
            parts = _GLUED.findall(word)
            letters = [part for part in parts if not part.isdigit()]
            if letters and all((len(part) >= 3 or part in _TIGHT) and part in self._known for part in letters):
                return parts
            return []
        if len(word) < 6:
            return []
        for at in range(2, len(word) - 2):
            if self._fit(word[:at], word[at:]):
                return [word[:at], word[at:]]
        for at in range(2, len(word) - 4):
            for to in range(at + 2, len(word) - 2):
                if self._fit(word[:at], word[at:to], word[to:]):
                    return [word[:at], word[at:to], word[to:]]
        return []

    def _fit(self, *parts: str) -> bool:
        """Whether these are words of one language that people run together."""
        for part in parts:
            if not (part in _RUN_TOGETHER or (len(part) >= 4 and part in self._known)):
                return False
        langs = [set(self._common.get(part, ())) | self.patterns.words.get(part, set()) for part in parts]
        return bool(set.intersection(*langs) - {""}) and max(map(len, parts)) >= 3

    def _token(self, word: str) -> Token:
        forms = self._forms(word)
        known = bool(forms) or word in self._known or word.isdigit()
        meant, typo = word, False
        if not known and not word.isdigit():
            near = self._meant(word)
            if near:
                meant, typo, known = near, True, True
                forms = self._forms(near)
        singles: list[Entry] = []
        pairs: dict[str, list[tuple[tuple[str, ...], Entry]]] = {}
        for form in forms:
            singles += [entry for entry in self.patterns.singles.get(form, ()) if entry not in singles]
            for second, found in self.patterns.pairs.get(form, {}).items():
                pairs.setdefault(second, []).extend(found)
        return Token(
            word=word,
            meant=meant,
            sound=sound(word),
            known=known,
            typo=typo,
            forms=forms or (meant,),
            tags=frozenset(tag for entry in singles for tag in (entry.kind, f"{entry.kind}:{entry.value}")) | ({"small"} if meant in self.small else set()),
            singles=tuple(singles),
            pairs=pairs or None,
            number=int(word) if word.isdigit() and len(word) < 10 else self.numbers.get(meant),
            votes=self._votes(word if not typo else meant, forms),
        )

    def _forms(self, word: str) -> tuple[str, ...]:
        """The pattern words this word satisfies: itself, its stems, else its singular, plural or form without article."""
        found = [word] if word in self.patterns.words else []
        for size in self._stem_sizes:
            if size <= len(word) and (stem := self.patterns.stems.get(word[:size])):
                found.append(stem)
        if not found and word not in self._common:
            found = [form for form in self._variants(word) if form in self.patterns.words][:1]
        elif not any(form in self.patterns.need_words for form in found):
            # "postes" counts poles elsewhere; for needs it is "poste".
            found += [form for form in (word[:-1], word[:-2], word + "s") if form in self.patterns.need_words and len(form) >= 4][:1]
        return tuple(found)

    def _variants(self, word: str) -> list[str]:
        if is_arabic(word):
            bare = [word[len(clitic) :] for clitic in self.clitics if word.startswith(clitic) and len(word) - len(clitic) >= 2]
            return [form for rest in bare for form in (rest, "ال" + rest)] + ["ال" + word]
        forms = []
        if len(word) >= 5:
            forms += [word[:-1]] if word.endswith("s") else [word + "s"]
            forms += [word[:-2]] if word.endswith("es") else []
        if len(word) >= 4 and word[0] in "ld":
            forms.append(word[1:])
        if len(word) >= 4 and (word.startswith(("el", "al")) or word[0] == word[1]):
            forms += [word[2:], word[1:]]
        if len(word) >= 3:
            forms.append("l" + word)
        return forms

    def _meant(self, word: str) -> str:
        """The known word this one misspells, or an empty string. Short words and digits are left alone."""
        if len(word) < 3 or not any(char.isalpha() for char in word):
            return ""
        key = sound(word)
        alike = self._sounds.alike(key)
        if alike and len(key) >= 3:
            return min(alike, key=lambda other: (other not in self.patterns.words, abs(len(other) - len(word)), other))
        # One letter apart, الماء (water) and الغاء (cancel) are far apart in meaning: long Arabic words only.
        if len(key) < (6 if is_arabic(word) else 4) or len(word) < 4:
            return ""
        limit = 2 if len(key) >= 9 and not is_arabic(word) else 1
        best = ""
        best_rank: tuple[object, ...] = ()
        for typos, other in self._sounds.near(key, limit):
            # Of four letters only a swap is believed; the first letter is rarely wrong.
            if len(key) < 5 and sorted(key) != sorted(sound(other)):
                continue
            if typos == 2 and (other[0] != word[0] or len(other) < 8):
                continue
            rank = (typos, other[0] != word[0], other not in self.patterns.words, abs(len(other) - len(word)), other)
            if not best or rank < best_rank:
                best, best_rank = other, rank
        return best

    def _votes(self, word: str, forms: tuple[str, ...]) -> tuple[tuple[str, float], ...]:
        weights = {lang: 0.5 if (word, lang) in self._rare else 1.0 for lang in self._common.get(word, ())}
        for form in forms:
            for lang in self.patterns.words.get(form, ()):
                if lang:
                    weights.setdefault(lang, 0.5)
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
    names = ("taxonomy", "lexicon", "things", "common")
    return Vocabulary(*(tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8")) for name in names))
