"""Violence at home and harm to children: read before everything else, and never echoed.

A disclosure is an act by someone near, or on someone near, in one clause. The same verbs with the sun, a price, a bus
or a rule as their subject are not. Third persons' disclosures count like one's own.
"""

from parsers.draft import Draft
from parsers.patterns import Hit
from parsers.reading import Reading

# Shorter words misspelt are guesses.
_SURE = 5
_DENIALS = frozenset(["no", "dont", "not", "sin", "ne", "machi", "ماشي"])


def disclosure(reading: Reading) -> tuple[str, ...] | None:
    """The words that disclose, as reasons; None when the text does not."""
    harmless = [hit for hit in reading.of("protection", "harmless")]
    for hit in (*reading.of("protection", "always"), *reading.of("protection", "assault"), *reading.of("protection", "signs")):
        if not _overlaps(hit, harmless):
            return (f"protection: {hit.entry.text}",)
    kinds = ("act", "touch", "threat")
    acts = [
        hit
        for hit in reading.of("protection")
        if hit.entry.value in kinds and not _overlaps(hit, harmless) and not (hit.typo and len(reading.tokens[hit.start].word) < _SURE)
    ]
    if not acts:
        return None
    near = reading.of("protection", "near")
    me = reading.of("protection", "me")
    us = reading.of("protection", "us")
    partners = reading.of("protection", "partner")
    kin = reading.of("protection", "kin")
    children = reading.of("protection", "child")
    people = [*near, *partners, *kin]
    things = [hit for hit in reading.of("protection", "things") if not _overlaps(hit, people)]
    for act in acts:
        if _is_about_things(reading, act, things, partners, kin):
            continue
        by_partner = _beside(reading, act, partners, 6)
        by_kin = _beside(reading, act, kin, 6)
        on_child = _beside(reading, act, children, 8)
        on_near = _beside(reading, act, near, 7)
        on_me = any(-3 <= act.start - hit.start <= 3 for hit in me)
        on_us = any(-3 <= act.start - hit.start <= 3 for hit in us)
        is_touch = act.entry.value == "touch"
        who = by_partner or by_kin or on_near or on_child
        reasons = (f"protection: {act.entry.text}" + (f" beside {who.entry.text}" if who else ""),)
        # A misspelt blow is believed of someone at home only, and on someone.
        if act.typo and (is_touch or not ((by_partner or by_kin) and (on_me or on_us or on_near or on_child))):
            continue
        if is_touch and not (on_child or by_kin):
            continue
        if is_touch and not (on_near or on_me or on_child):
            continue
        if is_touch and on_near and on_near.start >= act.end and on_child:
            return reasons
        if by_partner and (on_me or on_us or on_near or on_child or _follows(act, by_partner)):
            return reasons
        # "mi hijo pega": one person is not two, the one who strikes and the one who is struck.
        others = [hit for hit in (on_near, on_child) if hit and by_kin and not hit.start <= by_kin.start < hit.end]
        if by_kin and (on_me or on_us or others):
            return reasons
        if act.entry.value == "threat":
            continue  # a threat by a stranger is for the police
        if on_near and not is_touch and (on_near.start > act.start or not by_kin):
            return reasons
        if on_me and not things and not is_touch:
            return reasons
    return None


def wish_to_die(reading: Reading) -> str | None:
    """The words by which someone wants to die, `quiero morirme`; None for `me quiero morir de risa` and `we don't want to die`."""
    excess = reading.of("emergency", "excess")
    for hit in reading.of("protection", "self_harm"):
        denied = hit.start and reading.tokens[hit.start - 1].word in _DENIALS and hit.entry.text.split()[0] not in _DENIALS
        if not hit.typo and not denied and not any(0 <= other.start - hit.end <= 2 for other in excess):
            return hit.entry.text
    return None


def read_protection(reading: Reading) -> Draft | None:
    """A disclosure as a draft without place, details or reference: what is not kept cannot leak."""
    if wish := wish_to_die(reading):
        return Draft(
            intent="protection", category="SAF03", language=reading.language, why=(f"protection: {wish}",), flags=("sensitive", "self_harm")
        )
    reasons = disclosure(reading)
    if reasons is None:
        return None
    category = "SAF07" if _is_about_child(reading) else "SAF03"
    return Draft(intent="protection", category=category, language=reading.language, why=reasons, flags=("sensitive",))


def _is_about_child(reading: Reading) -> bool:
    adult = reading.has("protection", "partner") and reading.has("protection", "me")
    return reading.has("protection", "child") and not adult


def _beside(reading: Reading, act: Hit, hits: list[Hit], far: int) -> Hit | None:
    """The nearest such hit in the act's clause."""
    here = reading.clauses[act.start]
    close = [
        h for h in hits if reading.clauses[h.start] == here and -far <= h.start - act.start <= far and not (act.start <= h.start < act.end)
    ]
    return min(close, key=lambda h: abs(h.start - act.start)) if close else None


def _follows(act: Hit, person: Hit) -> bool:
    return person.start < act.start


def _is_about_things(reading: Reading, act: Hit, things: list[Hit], partners: list[Hit], kin: list[Hit]) -> bool:
    thing = _beside(reading, act, things, 4)
    # "le pegan con cable": what they hit with is not who hits.
    if thing is None or (thing.start and "grammar:with" in reading.tokens[thing.start - 1].tags):
        return False
    # "mi marido me golpea cuando llueve": a person nearer to the act than the thing is still a person.
    person = _beside(reading, act, [*partners, *kin], 6)
    return person is None or (abs(thing.start - act.start) < abs(person.start - act.start) and thing.start < act.start)


def _overlaps(hit: Hit, others: list[Hit]) -> bool:
    return any(other.start < hit.end and hit.start < other.end for other in others)
