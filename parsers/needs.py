"""Which need a text speaks of: keywords scored, nested and foreign ones discounted, the runner-up kept in view.

One word counts 1, a phrase 1.5 a word, words of one clause together 1.2 each; stems and typos count less. A short word
("agua") decides only where the text is little more than it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from parsers.draft import Need
from parsers.patterns import Hit
from parsers.places import PlaceFound
from parsers.reading import Reading

Meaning = Callable[[str], Sequence[tuple[str, float]]]

_TYPO = 0.8
_FOREIGN_SHORT = 0.4
# Besides the best phrase of a subcategory, its other phrases count this much.
_MORE = 0.4
# States said before their thing: "no hay agua", "queremos gradas".
_LEADING = frozenset(["lack", "want", "steal", "weak"])
_AND = frozenset(["y", "e", "et", "and", "w", "و", "na", "tambien", "ademas", "aussi", "also", "plus", "o"])
# Below this share of the evidence the keywords are unsure and a model is asked.
_SURE = 0.75
# Score of the best subcategory -> belief in it, before the length of the text.
_STEPS = ((4.4, 0.92), (2.9, 0.85), (2.3, 0.78), (1.6, 0.7), (0.95, 0.6), (0.75, 0.5), (0.45, 0.33), (0.0, 0.25))
# Below this nothing is claimed: one numbered question is better than a wrong category.
_BELIEVED = 0.36
# A text of so few telling words is a card text: its short word ("agua") is its need.
_TERSE = 3
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
    sensitive = reading.words.sensitive
    for hit in reading.of("need"):
        # Disclosures are read before; what is left of their words ("violencia") is no category to hand out.
        if hit.entry.value in sensitive:
            continue
        positions = tuple(range(hit.start, hit.end))
        if masked and any(at in masked for at in positions):
            continue
        weight = _weighed(reading, hit.entry.weight, hit.entry.lang, hit.entry.size, positions, hit.typo, tally, language)
        if weight:
            found.setdefault(hit.entry.value, []).append((weight, positions, hit.entry.text))
            spans.append((hit.start, hit.end, weight))
    for weight, positions, code, text in _combined(reading, masked, tally, language):
        found.setdefault(code, []).append((weight, positions, text))
    for weight, positions, code, text in _things(reading, masked):
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
            # Hints add up; full keywords of one need mostly repeat each other.
            total += weight * (1.0 if not used or weight <= 0.5 else _MORE) * len(fresh) / len(positions)
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
            if tally.get(lang, 0.0) - own < 0.9 and language != lang and reading.context.profile_language != lang:
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


def _things(reading: Reading, masked: set[int]) -> list[tuple[float, tuple[int, ...], str, str]]:
    """A thing and its state in one part of a sentence: `poste` + `apagado`. Each state binds to the nearest such thing."""
    things = [hit for hit in reading.of("thing") if hit.start not in masked]
    if not things:
        return []
    means = reading.words.means
    out = []
    for state in reading.of("state"):
        if state.start in masked:
            continue
        best: tuple[tuple[int, bool, int], Hit, str] | None = None
        for thing in things:
            code = means.get((thing.entry.value, state.entry.value))
            if code is None or (thing.start < state.end and state.start < thing.end):
                continue
            apart = _apart(reading, state, thing)
            if apart is None:
                continue
            # Lacks, wishes and thefts lead their thing; other states follow theirs, or stand before it in English.
            leads = state.entry.value in _LEADING
            rank = (apart, (thing.start < state.start) == leads, thing.start - thing.end)
            if best is None or rank < best[0]:
                best = (rank, thing, code)
        if best:
            (apart, _, _), thing, code = best
            positions = tuple(sorted({*range(thing.start, thing.end), *range(state.start, state.end)}))
            size = thing.end - thing.start + state.end - state.start
            weight = (1.2 * size if size <= 2 else 2.4 + 0.4 * (size - 2)) * (1.0 if apart <= 1 else 0.9)
            if state.typo or thing.typo:
                weight *= _TYPO
            out.append((weight, positions, code, f"{thing.entry.text} + {state.entry.text}"))
    return out


def _apart(reading: Reading, state: Hit, thing: Hit) -> int | None:
    """How many telling words stand between a state and a thing it may be said of; None when too far or in another clause."""
    if reading.clauses[state.start] != reading.clauses[thing.start]:
        return None
    if thing.start >= state.end:
        low, high, most = state.end, thing.start, 2 if state.entry.value in _LEADING else 3
    else:
        low, high, most = thing.end, state.start, 0 if state.entry.value in ("lack", "want") else 4
    if high - low > 7:
        return None
    between = sum("small" not in reading.tokens[at].tags for at in range(low, high))
    if reading.parts[state.start] != reading.parts[thing.start]:
        between += 1
    return between if between <= most else None


def decide(reading: Reading, scored: list[Scored], masked: set[int], telling: int, meaning: Meaning | None) -> NeedFound:
    """The category, or None with the options to ask about.

    `confidence_of` weighs the best score by how much else the text says: one keyword is plenty in five words and little
    in twenty. Where it is weak, `meaning` gives probabilities for the text and both are mixed: keywords weigh
    `strength = min(1, best score / 4.5)` of the whole, the model the rest; the mix is believed from 0.45 on with a lead
    of 0.12.
    """
    if not scored and telling <= _TERSE:
        scored = _short(reading, masked)
    if not scored:
        hints = _short(reading, masked)
        found = _with_model(reading, hints, meaning, 0.1) if meaning else None
        why = f"only a hint: {hints[0].words[0]}" if hints else "no word of any need"
        return found or NeedFound(None, 0.1 if hints else 0.0, tuple(s.code for s in hints[:3]), (why,), tuple(hints))
    best = scored[0]
    confidence = confidence_of(best.score, scored[1].score if len(scored) > 1 else 0.0, telling)
    options = tuple(s.code for s in scored[1:4])
    if meaning and confidence < _SURE:
        found = _with_model(reading, scored, meaning, min(1.0, best.score / 4.5))
        if found:
            return found
    if confidence < _BELIEVED:
        return NeedFound(None, confidence, (best.code, *options[:2]), (f"too little for {best.code}: {', '.join(best.words[:2])}",), tuple(scored))
    return NeedFound(best.code, confidence, options, (f"{best.code}: {', '.join(best.words[:3])}",), tuple(scored))


def confidence_of(best: float, second: float, telling: int) -> float:
    """How far a score is to be believed in a text of so many telling words; steps measured on the seed texts."""
    base = next(sure for score, sure in _STEPS if best >= score)
    length = 1.2 if telling <= 5 else 1.05 if telling <= 8 else 0.9 if telling <= 12 else 0.75 if telling <= 16 else 0.62
    lead = best / (best + 0.35 * second)
    return round(min(0.97, base * length * lead), 2)


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
    named = [m for m in place.mentions if len(m.codes) == 1 and not m.error and not m.aside]
    segments = _segments(reading)
    for at, s in enumerate(chosen):
        until = chosen[at + 1].first if at + 1 < len(chosen) else len(reading.tokens)
        own = [m for m in named if segments[m.start] == segments[s.first]]
        own = own or [m for m in named if s.first <= m.start < until]
        code = own[0].codes[0] if own else place.code
        needs.append(Need(s.code, code, reading.written(s.first, until).strip(" ,.;")))
    return tuple(needs)


def _segments(reading: Reading) -> list[int]:
    """Which stretch between commas and "and" each token stands in."""
    segments, at = [], 0
    for index, token in enumerate(reading.tokens):
        if index and (reading.parts[index] != reading.parts[index - 1] or token.word in _AND):
            at += 1
        segments.append(at)
    return segments


def _joined_between(reading: Reading, one: int, other: int) -> bool:
    low, high = sorted((one, other))
    return any(reading.tokens[at].word in _AND for at in range(low, high))
