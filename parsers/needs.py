"""Which need a text speaks of: keywords scored, nested and foreign ones discounted, the runner-up kept in view.

One word counts 1, a phrase 1.5 a word, words of one clause together 1.2 each; stems, typos and weak words count less. A
short word ("agua") decides only where the text is little more than it.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from parsers.introductions import without_introduction
from parsers.reading import Reading
from parsers.things import FARE, charges_for_light_or_water, is_metered, mends, things_said

Meaning = Callable[[str], Sequence[tuple[str, float]]]

_TYPO = 0.8
_FOREIGN_SHORT = 0.4
# Besides the best phrase of a subcategory, its other phrases count this much.
_MORE = 0.4
# Score of the best subcategory -> belief in it, before the length of the text. Measured on the seed texts.
_STEPS = ((4.4, 0.92), (2.9, 0.85), (2.3, 0.78), (1.6, 0.7), (0.95, 0.6), (0.75, 0.5), (0.45, 0.33), (0.0, 0.25))
# Telling words -> factor: one keyword is plenty in five words and little in twenty.
_LENGTHS = ((5, 1.2), (8, 1.05), (12, 0.9), (16, 0.75))
_LONG = 0.62
# Below this the keywords are unsure and a model is asked.
_SURE = 0.85
# Below this nothing is claimed: one numbered question is better than a wrong category.
_BELIEVED = 0.36
# A text of so few telling words is a card text: its short word ("agua") is its need.
_TERSE = 3
_SENTENCE = 2
# The belief from which words and model together outdo the word of a card text.
_CLEAR = 0.8
# What a model says of a text that states no need.
NO_NEED = "NONE"
# What the mix of words and model must reach, and by how much it must lead.
_ACCEPTED = 0.25
_MARGIN = 0.05
# What a need may still be believed where the model reads none, and the belief that makes a runner-up worth offering.
_DOUBT = 0.3
_WORTH_ASKING = 0.04
# From here on its best three are offered as a numbered question, if nothing else in the text says what it is.
_LEANING = 0.15
# What the square of a keyword score adds to the logarithm of the odds (a whole phrase says far more than two loose words),
# from how much on more says nothing more, and the belief in what the model did not name.
_SQUARE = 0.2
_PLENTY = 6.0
_UNLIKELY = 0.003


class Said(NamedTuple):
    """One way the words speak for a subcategory, and the tokens they are."""

    code: str
    weight: float
    positions: tuple[int, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Scored:
    """A subcategory and how the text speaks for it; `first` is the first token that does."""

    code: str
    score: float
    first: int
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NeedFound:
    """The category and how sure; `options` are the runners-up to ask about when there is none.

    `leans`: no category is sure enough, yet a need of some kind is: the options are worth a question. `reads_none`: the
    model takes the text for one that states no need. `by_model_alone`: no word of the lexicon speaks for it.
    """

    code: str | None
    confidence: float
    options: tuple[str, ...]
    why: tuple[str, ...]
    scored: tuple[Scored, ...] = ()
    leans: bool = False
    reads_none: bool = False
    by_model_alone: bool = False


def score_needs(reading: Reading, masked: set[int]) -> list[Scored]:
    """Every subcategory the words speak for, strongest first; `masked` tokens are place names and say nothing."""
    sensitive = reading.words.sensitive
    found: dict[str, list[Said]] = {}
    spans: list[tuple[int, int, float]] = []
    for hit in reading.of("need"):
        entry = hit.entry
        # Disclosures are read before; what is left of their words ("violencia") is no category to hand out.
        if entry.value in sensitive or (masked and not masked.isdisjoint(range(hit.start, hit.end))):
            continue
        if entry.size > 1 and mends(reading, hit.start, hit.end):
            continue  # "we need stairs" is in "we need the stairs repaired", which says another thing
        positions = tuple(range(hit.start, hit.end))
        weight = _weighed(reading, entry.weight, entry.lang, entry.size, positions, hit.typo)
        if weight:
            found.setdefault(entry.value, []).append(Said(entry.value, weight, positions, entry.text))
            spans.append((hit.start, hit.end, weight))
    for said in _combined(reading, masked):
        if said.code not in sensitive:
            found.setdefault(said.code, []).append(said)
    for code, weight, positions, text, typo in things_said(reading, masked):
        if weight := _weighed(reading, weight, "", 2, positions, typo):
            found.setdefault(code, []).append(Said(code, weight, positions, text))
    if FARE in found:
        found[FARE] = [said for said in found[FARE] if not is_metered(reading, said.positions[0])]
    scored = [total for code, hits in found.items() if (total := _total(code, hits, spans))]
    scored.sort(key=lambda s: (-s.score, s.first, s.code))
    return scored


def _total(code: str, hits: list[Said], spans: list[tuple[int, int, float]]) -> Scored | None:
    # A word inside a longer phrase of another need belongs to that phrase: "tapa de alcantarilla".
    if len(spans) > 1:
        hits = [hit for hit in hits if not _inside_longer(hit, spans)]
    if len(hits) > 1:
        hits.sort(key=lambda hit: -hit.weight)
    total, words = 0.0, []
    used: set[int] = set()
    for hit in hits:
        fresh = sum(at not in used for at in hit.positions)
        if fresh:
            # Hints add up; full keywords of one need mostly repeat each other.
            total += hit.weight * (1.0 if not used or hit.weight <= 0.5 else _MORE) * fresh / len(hit.positions)
            used.update(hit.positions)
            words.append(hit.text)
    return Scored(code, total, min(used), tuple(words)) if used else None


def _inside_longer(hit: Said, spans: list[tuple[int, int, float]]) -> bool:
    first, last, size = hit.positions[0], hit.positions[-1], len(hit.positions)
    if last - first + 1 != size:
        return False
    return any(start <= first and last < end and end - start > size and weight > hit.weight for start, end, weight in spans)


def _weighed(reading: Reading, weight: float, lang: str, size: int, positions: tuple[int, ...], typo: bool) -> float:
    language, tally = reading.language, reading.tally
    if typo:
        # A slip is believed only towards a word of the language the text is in.
        slips = (reading.tokens[at] for at in positions)
        if language != "und" and any(t.typo and t.votes and language not in dict(t.votes) for t in slips):
            return 0.0
        weight *= _TYPO
    if lang == language:
        return weight
    if size == 1 or lang in ("ay", "qu", "sw"):
        token = reading.tokens[positions[0]]
        guard = reading.words.guards.get(token.word)
        if guard is not None and lang in guard:
            own = dict(token.votes).get(lang, 0.0)
            if tally.get(lang, 0.0) - own < 0.9 and reading.context.profile_language != lang:
                return 0.0
        if size == 1 and len(token.word) <= 4 and tally.get(lang, 0.0) < 0.75 and language != "und":
            weight *= _FOREIGN_SHORT
    return weight


def _combined(reading: Reading, masked: set[int]) -> list[Said]:
    """Words that mean something together in one clause, in any order: `agua + dias`."""
    hits = reading.of("term")
    if len(hits) < 2:
        return []
    terms: dict[str, list[tuple[int, int, int, bool]]] = {}
    for hit in hits:
        if not masked or masked.isdisjoint(range(hit.start, hit.end)):
            terms.setdefault(hit.entry.value, []).append((reading.clauses[hit.start], hit.start, hit.end, hit.typo))
    out = []
    for term, standing in terms.items():
        for combination in reading.words.combinations.get(term, ()):
            if not all(other in terms for other in combination.terms):
                continue
            for clause, start, end, typo in standing:
                places = {start: end}
                for other in combination.terms:
                    if other == term:
                        continue
                    near = [(s, e, t) for c, s, e, t in terms[other] if c == clause and s not in places and abs(s - start) <= 12]
                    if not near:
                        break
                    s, e, t = min(near, key=lambda found: abs(found[0] - start))
                    places[s] = e
                    typo = typo or t
                else:
                    positions = tuple(sorted({at for s, e in places.items() for at in range(s, e)}))
                    entry = combination.entry
                    if weight := _weighed(reading, entry.weight, entry.lang, 2, positions, typo):
                        out.append(Said(entry.value, weight, positions, entry.text))
                    break
    return out


def decide(reading: Reading, scored: list[Scored], masked: set[int], telling: int, meaning: Meaning | None) -> NeedFound:
    """The category, or None with the options to ask about.

    `confidence_of` weighs the best score by how much else the text says. Where that is weak, `meaning` gives probabilities
    for the text, `NONE` among them, and both are weighed together. A card text ("basura") is what its word says unless the
    model clearly reads another need, or none ("luz, gracias"); a bare name, a number or a single word is nothing to ask about.
    """
    if telling <= _TERSE and (said := scored or _short(reading, masked)):
        by_words = _by_words(reading, said, telling)
        if meaning and by_words.confidence < _SURE and (found := _with_model(reading, said, by_words.confidence, meaning)):
            return found if by_words.code is None or found.reads_none or found.confidence >= _CLEAR else by_words
        return by_words
    if not scored:
        hints = _short(reading, masked)
        if meaning and telling >= _SENTENCE and (found := _with_model(reading, hints, 0.1 if hints else 0.0, meaning)):
            return found
        why = f"only a hint: {hints[0].words[0]}" if hints else "no word of any need"
        return NeedFound(None, 0.1 if hints else 0.0, tuple(s.code for s in hints[:3]), (why,), tuple(hints))
    by_words = _by_words(reading, scored, telling)
    if meaning and by_words.confidence < _SURE and (found := _with_model(reading, scored, by_words.confidence, meaning)):
        return found
    return by_words


def _by_words(reading: Reading, scored: list[Scored], telling: int) -> NeedFound:
    best = scored[0]
    confidence = confidence_of(best.score, scored[1].score if len(scored) > 1 else 0.0, telling)
    if telling > 4 and 5 * sum(token.known for token in reading.tokens) < 2 * len(reading.tokens):
        confidence = round(confidence * 0.7, 2)  # mostly words of no language we know
    options = tuple(s.code for s in scored[1:4])
    if confidence < _BELIEVED:
        why = f"too little for {best.code}: {', '.join(best.words[:2])}"
        return NeedFound(None, confidence, (best.code, *options[:2]), (why,), tuple(scored))
    return NeedFound(best.code, confidence, options, (f"{best.code}: {', '.join(best.words[:3])}",), tuple(scored))


def confidence_of(best: float, second: float, telling: int) -> float:
    """How far a score is to be believed in a text of so many telling words."""
    base = next(sure for score, sure in _STEPS if best >= score)
    length = next((factor for words, factor in _LENGTHS if telling <= words), _LONG)
    return round(min(0.97, base * length * best / (best + 0.35 * second)), 2)


def _with_model(reading: Reading, scored: list[Scored], by_words: float, meaning: Meaning) -> NeedFound | None:
    """Words and model as one belief: the better the words speak for a need, the more they multiply the model's odds for it."""
    known = reading.words.subcategories
    odds = {code: max(share, _UNLIKELY) for code, share in meaning(without_introduction(reading.text)) if code in known or code == NO_NEED}
    if FARE in odds and charges_for_light_or_water(reading):
        odds[FARE] = _UNLIKELY
    if not odds:
        return None
    rest = max(0.0, 1.0 - sum(odds.values()))
    for s in scored:
        odds[s.code] = odds.get(s.code, _UNLIKELY) * math.exp(_SQUARE * min(s.score, _PLENTY) ** 2)
    whole = rest + sum(odds.values())
    (code, share), *others = sorted(((code, odd / whole) for code, odd in odds.items()), key=lambda pair: (-pair[1], pair[0]))
    likely = tuple(c for c, odd in others if c != NO_NEED and odd >= _WORTH_ASKING)[:3]
    if code == NO_NEED:
        # what the words hint at may still be asked about, if more in the text says that something is wrong
        said = tuple(s.code for s in scored[:3])
        return NeedFound(None, min(by_words, _DOUBT), said, ("the model reads no need",), tuple(scored), reads_none=True)
    if share < _ACCEPTED or (others and share - others[0][1] < _MARGIN):
        why = f"unsure between {code} and {others[0][0] if others else 'nothing'}"
        return NeedFound(None, round(share, 2), (code, *likely[:2]), (why,), tuple(scored), leans=share >= _LEANING,
                         by_model_alone=not scored)
    return NeedFound(code, round(share, 2), likely, (f"{code}: words and model together {share:.2f}",), tuple(scored),
                    by_model_alone=not scored)


def _short(reading: Reading, masked: set[int]) -> list[Scored]:
    codes: dict[str, Scored] = {}
    for hit in reading.of("short"):
        if hit.start not in masked and hit.entry.value not in codes:
            codes[hit.entry.value] = Scored(hit.entry.value, 0.8, hit.start, (hit.entry.text,))
    return sorted(codes.values(), key=lambda s: s.first)
