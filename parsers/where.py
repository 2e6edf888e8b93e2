"""Where it is: one place out of those a text names, or what to ask about it."""

from dataclasses import replace

from parsers.places import Mention, PlaceFound, is_capital, mentions_in
from parsers.reading import Reading

# Words that may follow a zone word without naming anything: "zona peligrosa", "la zona entera".
_NAME_LENGTH = 4
_IN = frozenset("en in a au f fi ف في huku kwa at".split())


def find_place(reading: Reading, as_answer: bool = False) -> PlaceFound:
    """The place of the problem: `("S1701", "Kupini")`, candidates when several fit, or the error that names what lacks."""
    mentions = mentions_in(reading, as_answer)
    found = _choose(reading, mentions)
    if found is None:
        found = _unknown(reading, as_answer) or _from_profile(reading) or _landmark(reading)
    return replace(found, mentions=tuple(mentions))


def _choose(reading: Reading, mentions: list[Mention]) -> PlaceFound | None:
    named: list[Mention] = [m for m in mentions if not m.aside and not m.error]
    named = named or [m for m in mentions if m.aside in ("home", "street") and not m.error]
    if not named:
        wrong = next((m for m in mentions if m.error), None)
        return _wrong_code(reading, wrong) if wrong else None
    settled = _settled(reading, named)
    codes = list(dict.fromkeys(code for m in settled for code in m.codes))
    first = settled[0]
    text = reading.written(first.start, first.end)
    if len(codes) == 1:
        return PlaceFound(codes[0], text, source=first.source, why=(_because(reading, first, text),))
    if len(settled) == 1 or any(len(m.codes) > 1 for m in settled):
        vague = next(m for m in settled if len(m.codes) > 1)
        text = reading.written(vague.start, vague.end)
        sure = [m for m in settled if len(m.codes) == 1]
        if len(settled) > 1 and sure:
            return _choose(reading, [m for m in mentions if m in sure])
        return PlaceFound(None, text, vague.codes, errors=("place_ambiguous",), why=(f"{text}: {len(vague.codes)} places have this name",))
    if _is_route(reading, settled):
        return PlaceFound(first.codes[0], text, tuple(codes), first.source, why=(f"from {text}: the first place of a route",))
    both = " / ".join(reading.written(m.start, m.end) for m in settled)
    return PlaceFound(None, text, tuple(codes), errors=("two_places",), why=(f"two places: {both}",))


def _settled(reading: Reading, named: list[Mention]) -> list[Mention]:
    """Without those that only say more of another ("Kosovo, Mathare"), shared names narrowed by their neighbours."""
    places = reading.places
    narrowed: list[Mention] = []
    for mention in named:
        codes = mention.codes
        if len(codes) > 1:
            others = [code for other in named if other is not mention and len(other.codes) == 1 for code in other.codes]
            inside = [c for c in codes if any(places.lies_in(c, o) or places.parent(c) == places.parent(o) != "" for o in others)]
            if len(inside) == 1:
                codes = tuple(inside)
            elif reading.context.profile_place in codes:
                codes = (str(reading.context.profile_place),)
        narrowed.append(replace(mention, codes=codes))
    shared = [m for m, before in zip(narrowed, named, strict=True) if len(before.codes) > 1 and len(m.codes) == 1]
    kept: list[Mention] = []
    for mention in narrowed:
        others = [m for m in narrowed if m is not mention and not set(m.codes) & set(mention.codes)]
        around = any(places.lies_in(code, own) for m in others for code in m.codes for own in mention.codes)
        beside = any(m is not mention and m in shared for m in narrowed) and mention not in shared
        if not (around or beside):
            kept.append(mention)
    return kept or narrowed


def _is_route(reading: Reading, settled: list[Mention]) -> bool:
    if len(settled) != 2:
        return False
    before = [reading.tokens[m.start - 1].word if m.start else "" for m in settled]
    return before[0] in ("de", "desde", "from", "mn", "من", "du", "kutoka") and before[1] in ("a", "hasta", "to", "l", "ل", "al", "hacia", "jusqu", "au", "hadi")


def _wrong_code(reading: Reading, mention: Mention) -> PlaceFound:
    text = reading.written(mention.start, mention.end)
    meant = reading.places.meant_by(mention.codes[0])
    why = "its letter and district do not agree" if mention.error == "place_code_mismatch" else "no place has this code"
    return PlaceFound(None, text, meant, errors=(mention.error,), why=(f"{text}: {why}",))


def _because(reading: Reading, mention: Mention, text: str) -> str:
    place = reading.places.place(mention.codes[0])
    name = f"{place.name} ({place.code})" if place else mention.codes[0]
    how = {
        "code": "place code", "name": "place name", "suffix": "name with an ending", "clitic": "name with a particle",
        "typo": "name by its sound" if not mention.typos else f"name with {mention.typos} typo(s)", "part": "part of a name",
    }[mention.source]  # fmt: skip
    aside = {"street": ", though said of a street", "home": ", though said of the sender's home"}.get(mention.aside, "")
    return f"{how}: {text} = {name}{aside}"


def _from_profile(reading: Reading) -> PlaceFound | None:
    code = reading.context.profile_place
    if code and code in reading.places:
        return PlaceFound(code, None, source="profile", why=(f"no place in the text: the sender's own, {code}",))
    return None


def _unknown(reading: Reading, as_answer: bool) -> PlaceFound | None:
    """A place by its looks that no list holds: `zona Los Lirios`, `en Ventanilla`."""
    tokens = reading.tokens
    for at, token in enumerate(tokens):
        zone = "places:zone" in token.tags or ("places:zone_local" in token.tags and reading.places.longest_from(token.word) > 0)
        naming = "places:naming" in token.tags and reading.places.longest_from(token.word) > 0
        if not (zone or naming or token.word in _IN):
            continue
        first = at + 1
        while first < len(tokens) and tokens[first].word in ("de", "la", "el", "los", "las", "del") and first - at <= 2:
            first += 1
        if first >= len(tokens) or not _may_name(reading, first, strict=not (zone or naming)):
            continue
        end = first + 1
        while end < len(tokens) and end - first < _NAME_LENGTH and reading.gap(end) == " " and _goes_on(reading, end):
            end += 1
        start = at if naming or zone else at + 1
        text = reading.written(start, end)
        return PlaceFound(None, text, errors=("place_unknown",), why=(f"{text}: looks like a place, none of ours has this name",))
    return None


def _may_name(reading: Reading, at: int, strict: bool) -> bool:
    token = reading.tokens[at]
    if token.number is not None or not token.word.isalpha() or len(token.word) < 3 or token.word in reading.words.months:
        return False
    capital = is_capital(reading, at)
    if token.known and not token.typo:
        return capital and not token.singles and "small" not in token.tags
    if token.typo:
        return capital
    return capital or not strict or len(token.word) >= 6


def _goes_on(reading: Reading, at: int) -> bool:
    token = reading.tokens[at]
    if token.number is not None:
        return False
    return (not token.known and token.word.isalpha()) or is_capital(reading, at)


def _landmark(reading: Reading) -> PlaceFound:
    for hit in reading.of("places"):
        if hit.entry.value != "beside" or hit.end >= len(reading.tokens):
            continue
        end = hit.end
        while end < len(reading.tokens) and end - hit.end < 4 and (end == hit.end or reading.gap(end) == " "):
            if reading.tokens[end].word in ("y", "et", "and", "que", "w", "desde", "hace", "depuis", "since"):
                break
            end += 1
        if end > hit.end:
            text = reading.written(hit.start, end)
            return PlaceFound(None, text, source="landmark", errors=("missing_place",), why=(f"a landmark only: {text}",))
    return PlaceFound(errors=("missing_place",), why=("no place in the text",))
