"""Where it is: one place out of those a text names, or what to ask about it."""

from dataclasses import replace

from parsers.mention import Mention, PlaceFound
from parsers.misspelt import is_capital
from parsers.places import mentions_in
from parsers.reading import Reading

# Names that no list holds are kept up to this many words, landmarks too.
_NAME_LENGTH = 4
_IN_NAMES = frozenset(["grammar:of", "places:naming"])


def find_place(reading: Reading, as_answer: bool = False) -> PlaceFound:
    """The place of the problem: `("S1701", "Kupini")`, candidates when several fit, or the error that names what lacks."""
    mentions = mentions_in(reading, as_answer)
    found = _choose(reading, mentions)
    if found is None:
        found = _unknown(reading) or _from_profile(reading) or _landmark(reading)
    return replace(found, mentions=tuple(mentions)) if mentions else found


def _choose(reading: Reading, mentions: list[Mention]) -> PlaceFound | None:
    named: list[Mention] = [m for m in mentions if not m.aside and not m.error]
    named = named or [m for m in mentions if m.aside in ("home", "street") and not m.error]
    if not named:
        wrong = next((m for m in mentions if m.error), None)
        return _wrong_code(reading, wrong) if wrong else None
    settled = _settled(reading, named) if len(named) > 1 or len(named[0].codes) > 1 else named
    sure = [m for m in settled if len(m.codes) == 1]
    codes = tuple(dict.fromkeys(code for m in sure for code in m.codes))
    if not sure:
        vague = settled[0]
        text = reading.written(vague.start, vague.end)
        why = f"{text}: {len(vague.codes)} places have this name"
        return PlaceFound(None, text, vague.codes, errors=("place_ambiguous",), why=(why,))
    first = sure[0]
    text = reading.written(first.start, first.end)
    if len(codes) == 1:
        return PlaceFound(codes[0], text, source=first.source, why=(_because(reading, first, text),))
    if _is_route(reading, sure):
        return PlaceFound(codes[0], text, codes, first.source, why=(f"from {text}: the first place of a route",))
    both = " / ".join(reading.written(m.start, m.end) for m in sure)
    return PlaceFound(None, text, codes, errors=("two_places",), why=(f"two places: {both}",))


def _settled(reading: Reading, named: list[Mention]) -> list[Mention]:
    """Without those that only say more of another ("Kosovo, Mathare"), shared names narrowed by their neighbours."""
    places = reading.places
    narrowed: list[Mention] = []
    told_apart: list[Mention] = []
    for mention in named:
        if len(mention.codes) > 1:
            others = [code for other in named if other is not mention and len(other.codes) == 1 for code in other.codes]
            inside = [c for c in mention.codes if any(places.lies_in(c, o) or places.parent(c) == places.parent(o) != "" for o in others)]
            if len(inside) == 1:
                mention = replace(mention, codes=tuple(inside))
                told_apart.append(mention)
            elif reading.context.profile_place in mention.codes:
                mention = replace(mention, codes=(str(reading.context.profile_place),))
        narrowed.append(mention)
    kept: list[Mention] = []
    for mention in narrowed:
        others_than = [m for m in narrowed if m is not mention and not set(m.codes) & set(mention.codes)]
        around = any(places.lies_in(code, own) for m in others_than for code in m.codes for own in mention.codes)
        if not around and (not told_apart or mention in told_apart):
            kept.append(mention)
    return kept or narrowed


def _is_route(reading: Reading, settled: list[Mention]) -> bool:
    if len(settled) != 2 or not settled[0].start:
        return False
    from_, to = (reading.tokens[m.start - 1].tags for m in settled)
    return "grammar:route_from" in from_ and "grammar:route_to" in to


def _wrong_code(reading: Reading, mention: Mention) -> PlaceFound:
    text = reading.written(mention.start, mention.end)
    meant = reading.places.meant_by(mention.codes[0])
    why = "its letter and district do not agree" if mention.error == "place_code_mismatch" else "no place has this code"
    return PlaceFound(None, text, meant, errors=(mention.error,), why=(f"{text}: {why}",))


_HOW = {
    "code": "place code",
    "name": "place name",
    "learned": "landmark that an officer pinned",
    "suffix": "name with an ending",
    "clitic": "name with a particle",
    "typo": "name by its sound",
    "part": "part of a name",
}
_ASIDE = {"street": ", though said of a street", "home": ", though said of the sender's home"}


def _because(reading: Reading, mention: Mention, text: str) -> str:
    place = reading.places.place(mention.codes[0])
    name = f"{place.name} ({place.code})" if place else mention.codes[0]
    how = f"name with {mention.typos} typo(s)" if mention.typos else _HOW[mention.source]
    return f"{how}: {text} = {name}{_ASIDE.get(mention.aside, '')}"


def _from_profile(reading: Reading) -> PlaceFound | None:
    code = reading.context.profile_place
    if code and code in reading.places:
        return PlaceFound(code, None, source="profile", why=(f"no place in the text: the sender's own, {code}",))
    return None


def _unknown(reading: Reading) -> PlaceFound | None:
    """A place by its looks that no list holds: `zona Los Lirios`, `en Ventanilla`."""
    tokens = reading.tokens
    for at, token in enumerate(tokens):
        zone = reading.is_zone(at) or ("places:naming" in token.tags and reading.places.longest_from(token.name) > 0)
        if not zone and "grammar:within" not in token.tags:
            continue
        first = at + 1
        while first < len(tokens) and first - at <= 2 and not tokens[first].tags.isdisjoint(_IN_NAMES):
            first += 1  # "zona de la Nueva Jerusalen"
        if first >= len(tokens) or not _may_name(reading, first, strict=not zone):
            continue
        end = first + 1
        while end < len(tokens) and end - first < _NAME_LENGTH and reading.gap(end) == " " and _goes_on(reading, end):
            end += 1
        text = reading.written(at if zone else at + 1, end)
        return PlaceFound(None, text, errors=("place_unknown",), why=(f"{text}: looks like a place, none of ours has this name",))
    return None


def _may_name(reading: Reading, at: int, strict: bool) -> bool:
    """Whether a word after a zone word may be a name; `strict` after a mere preposition ("en Ventanilla")."""
    token = reading.tokens[at]
    if token.number is not None or not token.word.isalpha() or len(token.word) < 3 or token.word in reading.words.months:
        return False
    capital = is_capital(reading, at)
    if strict and reading.tokens[at - 1].word == "a" and not (capital and reading.language == "fr"):
        return False  # "a" leads a place in French only
    if token.known:
        return capital and (token.typo or not (token.singles or token.tags))
    ends = at + 1 == len(reading.tokens) or reading.parts[at + 1] != reading.parts[at]
    return capital or not strict or (len(token.word) >= 6 and (ends or reading.language in ("es", "ary", "fr")))


def _goes_on(reading: Reading, at: int) -> bool:
    token = reading.tokens[at]
    return token.number is None and ((not token.known and token.word.isalpha()) or is_capital(reading, at))


def _landmark(reading: Reading) -> PlaceFound:
    """The words of a landmark, kept until an officer pins them once: `detras del molino`."""
    tokens = reading.tokens
    for hit in reading.of("places", "beside"):
        end = hit.end
        while end < len(tokens) and end - hit.end < _NAME_LENGTH and (end == hit.end or reading.gap(end) == " "):
            if tokens[end].tags & {"grammar:and", "grammar:suffering", "since:lead", "grammar:from_day"}:
                break
            end += 1
        if end > hit.end:
            text = reading.written(hit.start, end)
            return PlaceFound(None, text, source="landmark", errors=("missing_place",), why=(f"a landmark only: {text}",))
    return PlaceFound(errors=("missing_place",), why=("no place in the text",))
