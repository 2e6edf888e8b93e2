"""Which need a text speaks of: keywords scored, nested and foreign ones discounted, the runner-up kept in view.

One word counts 1, a phrase 1.5 a word, words of one clause together 1.2 each; stems and typos count less. A short word
("agua") decides only where the text is little more than it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from parsers.draft import Need
from parsers.places import PlaceFound
from parsers.reading import Reading

Meaning = Callable[[str], Sequence[tuple[str, float]]]

_TYPO = 0.8
_FOREIGN_SHORT = 0.4
# Besides the best phrase of a subcategory, its other phrases count this much.
_MORE = 0.4
# Below this share of the evidence the keywords are unsure and a model is asked.
_SURE = 0.62
_ACCEPTED = 0.45
_MARGIN = 0.12


@dataclass(frozen=True, slots=True)
class Scored:
    """A subcategory and how the text speaks for it."""

    code: str
    score: float
    first: int
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NeedFound:
    """The category and how sure; `options` are the runners-up to ask about when there is none."""

    code: str | None
    confidence: float
    options: tuple[str, ...]
    why: tuple[str, ...]
    scored: tuple[Scored, ...] = ()


def score_needs(reading: Reading, masked: set[int], tally: dict[str, float], language: str) -> list[Scored]:
    """Every subcategory the words speak for, strongest first; `masked` tokens are place names and say nothing."""
    found: dict[str, list[tuple[float, tuple[int, ...], str]]] = {}
    spans: list[tuple[int, int, float]] = []
    for hit in reading.of("need"):
        positions = tuple(range(hit.start, hit.end))
        if masked and any(at in masked for at in positions):
            continue
        weight = _weighed(reading, hit.entry.weight, hit.entry.lang, hit.entry.size, positions, hit.typo, tally, language)
        if weight:
            found.setdefault(hit.entry.value, []).append((weight, positions, hit.entry.text))
            spans.append((hit.start, hit.end, weight))
    for weight, positions, code, text in _combined(reading, masked, tally, language):
        found.setdefault(code, []).append((weight, positions, text))
    scored = []
    for code, hits in found.items():
        # A word inside a longer phrase of another need belongs to that phrase: "tapa de alcantarilla".
        kept = [h for h in hits if not _inside_longer(h, spans)]
        kept.sort(key=lambda h: -h[0])
        total, used = 0.0, set[int]()
        words: list[str] = []
        for weight, positions, text in kept:
            fresh = [at for at in positions if at not in used]
            if not fresh:
                continue
            total += weight * (1.0 if not used else _MORE) * len(fresh) / len(positions)
            used.update(positions)
            words.append(text)
        if total > 0:
            scored.append(Scored(code, total, min(used), tuple(words)))
    scored.sort(key=lambda s: (-s.score, s.first, s.code))
    return scored


def _inside_longer(hit: tuple[float, tuple[int, ...], str], spans: list[tuple[int, int, float]]) -> bool:
    first, last = hit[1][0], hit[1][-1]
    if last - first + 1 != len(hit[1]):
        return False
    return any(start <= first and last < end and end - start > len(hit[1]) and weight > hit[0] for start, end, weight in spans)


def _weighed(
    reading: Reading, weight: float, lang: str, size: int, positions: tuple[int, ...], typo: bool, tally: dict[str, float], language: str
) -> float:
    if typo:
        weight *= _TYPO
    if size == 1 or lang in ("ay", "qu", "sw"):
        word = reading.tokens[positions[0]].word
        guard = reading.words.guards.get(word)
        if guard is not None and lang in guard:
            own = dict(reading.tokens[positions[0]].votes).get(lang, 0.0)
            if tally.get(lang, 0.0) - own < 0.3 and reading.context.profile_language != lang:
                return 0.0
        if size == 1 and len(word) <= 4 and lang != language and tally.get(lang, 0.0) < 0.75 and language != "und":
            weight *= _FOREIGN_SHORT
    return weight


def _combined(
    reading: Reading, masked: set[int], tally: dict[str, float], language: str
) -> list[tuple[float, tuple[int, ...], str, str]]:
    terms: dict[str, list[tuple[int, int, int, bool]]] = {}
    for hit in reading.of("term"):
        if not (masked and any(at in masked for at in range(hit.start, hit.end))):
            terms.setdefault(hit.entry.value, []).append((reading.clauses[hit.start], hit.start, hit.end, hit.typo))
    out = []
    for term in terms:
        for combination in reading.words.combinations.get(term, ()):
            if not all(other in terms for other in combination.terms):
                continue
            for clause, start, end, typo in terms[term]:
                places = {start: end}
                for other in combination.terms:
                    if other != term:
                        near = [(s, e, t) for c, s, e, t in terms[other] if c == clause and s not in places and abs(s - start) <= 12]
                        if not near:
                            break
                        s, e, t = min(near, key=lambda found: abs(found[0] - start))
                        places[s] = e
                        typo = typo or t
                else:
                    positions = tuple(sorted({at for s, e in places.items() for at in range(s, e)}))
                    entry = combination.entry
                    weight = _weighed(reading, entry.weight, entry.lang, 2, positions, typo, tally, language)
                    if weight:
                        out.append((weight, positions, entry.value, entry.text))
                    break
    return out


def decide(reading: Reading, scored: list[Scored], masked: set[int], meaning: Meaning | None) -> NeedFound:
    """The category, or None with the options to ask about.

    With keywords alone the best is believed when it has a fair share of the evidence. Where they are weak, `meaning`
    gives probabilities for the text, and both are mixed: keywords weigh `strength = min(1, best score / 4.5)` of the
    whole, the model the rest; the mix is believed from 0.45 on with a lead of 0.12.
    """
    if not scored:
        scored = _short(reading, masked)
        terse = sum(1 for at, t in enumerate(reading.tokens) if at not in masked and t.number is None and "small" not in t.tags and "politeness" not in t.tags) <= 3
        if scored and not terse:
            options = tuple(s.code for s in scored[:3])
            found = _with_model(reading, scored, meaning, 0.15) if meaning else None
            return found or NeedFound(None, 0.2, options, (f"only a hint: {scored[0].words[0]}",), tuple(scored))
    if not scored:
        found = _with_model(reading, [], meaning, 0.0) if meaning else None
        return found or NeedFound(None, 0.0, (), ("no word of any need",))
    best = scored[0]
    rest = sum(s.score for s in scored[1:3])
    confidence = round(best.score / (best.score + 0.5 * rest) * min(1.0, 0.55 + best.score / 6), 2)
    options = tuple(s.code for s in scored[1:4])
    why = (f"{best.code}: {', '.join(best.words[:3])}",)
    if meaning and confidence < _SURE:
        found = _with_model(reading, scored, meaning, min(1.0, best.score / 4.5))
        if found:
            return found
    return NeedFound(best.code, confidence, options, why, tuple(scored))


def _with_model(reading: Reading, scored: list[Scored], meaning: Meaning | None, strength: float) -> NeedFound | None:
    if meaning is None:
        return None
    guessed = dict(meaning(reading.text))
    total = sum(s.score for s in scored) or 1.0
    mixed = {code: (1 - strength) * share for code, share in guessed.items() if code in reading.words.subcategories}
    for s in scored:
        mixed[s.code] = mixed.get(s.code, 0.0) + strength * s.score / total
    ranked = sorted(mixed.items(), key=lambda pair: (-pair[1], pair[0]))
    if not ranked:
        return None
    (code, share), second = ranked[0], ranked[1][1] if len(ranked) > 1 else 0.0
    options = tuple(c for c, _ in ranked[1:4])
    if share < _ACCEPTED or share - second < _MARGIN:
        return NeedFound(None, round(share, 2), (code, *options[:2]), (f"unsure between {code} and {', '.join(options[:1]) or 'nothing'}",), tuple(scored))
    return NeedFound(code, round(share, 2), options, (f"{code}: words and model together {share:.2f}",), tuple(scored))


def _short(reading: Reading, masked: set[int]) -> list[Scored]:
    codes: dict[str, Scored] = {}
    for hit in reading.of("short"):
        if hit.start not in masked and hit.entry.value not in codes:
            codes[hit.entry.value] = Scored(hit.entry.value, 0.8, hit.start, (hit.entry.text,))
    return sorted(codes.values(), key=lambda s: s.first)


def several(reading: Reading, scored: tuple[Scored, ...], place: PlaceFound) -> tuple[Need, ...]:
    """The needs of a text that states more than one, in the order they stand, each with the place beside it."""
    strong = [s for s in scored if s.score >= 1.5 or (s.score >= 1.0 and len(scored) <= 3)]
    if len(strong) < 2:
        return ()
    chosen: list[Scored] = []
    for s in strong:
        apart = all(s.code[:3] != c.code[:3] and (reading.parts[s.first] != reading.parts[c.first] or _joined_between(reading, s.first, c.first)) for c in chosen)
        if (not chosen or apart) and (not chosen or s.score >= 0.33 * chosen[0].score):
            chosen.append(s)
    if len(chosen) < 2:
        return ()
    chosen.sort(key=lambda s: s.first)
    needs = []
    for at, s in enumerate(chosen):
        until = chosen[at + 1].first if at + 1 < len(chosen) else len(reading.tokens)
        own = [m for m in place.mentions if s.first <= m.start < until and len(m.codes) == 1 and not m.error and not m.aside]
        code = own[0].codes[0] if own else place.code
        needs.append(Need(s.code, code, reading.written(s.first, until).strip(" ,.;")))
    return tuple(needs)


def _joined_between(reading: Reading, one: int, other: int) -> bool:
    low, high = sorted((one, other))
    return any(reading.tokens[at].word in ("y", "e", "et", "and", "w", "و", "na", "tambien", "ademas", "aussi", "also", "plus") for at in range(low, high))
