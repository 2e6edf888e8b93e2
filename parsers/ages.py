"""How old somebody is, which is no length of a need: `mi mama de 80 años no puede bajar`, `ana miaka 80`, `80 years old`."""

from parsers.reading import Reading

_LONG = 40  # years: from here on "has 80 years without light" is an age
_OF_PEOPLE = frozenset({"people:persons", "people:children", "people:students", "age:aged", "age:kin"})


def is_age(reading: Reading, unit: str, start: int, end: int, value: int) -> bool:
    """Whether the number and its unit, from token `start` to before `end`, tell the age of a person."""
    tokens = reading.tokens
    if any("age:old" in token.tags for token in tokens[end : end + 2]):  # "80 years old", "80 años de edad"
        return True
    at = start
    while at > 1 and "grammar:about" in tokens[at - 1].tags and "age:of" not in tokens[at - 1].tags and start - at < 3:
        at -= 1  # "mas de 80 años"
    if at == 0:
        return False
    before, years = tokens[at - 1].tags, unit == "since:year"
    if years and before & {"age:aged", "age:own"}:
        return True
    if "age:of" in before:
        near = at - 1
        while near > 0 and tokens[near - 1].tags & {"grammar:about", "age:of"}:
            near -= 1  # "de mas de 80 años"
        return _person_within(reading, near, 3 if years else 1)
    if not years:
        return False
    if value >= _LONG and _person_within(reading, at, 1):  # "mi mama 80 años"
        return True
    lacks = end < len(tokens) and tokens[end].tags & {"grammar:suffering", "grammar:lacking"} and tokens[end].word != "no"
    if lacks and value < _LONG:  # "mi mama tiene 3 años sin agua"
        return False
    return "age:i_have" in before or ("age:has" in before and _person_within(reading, at - 1, 4))


def _person_within(reading: Reading, at: int, far: int) -> bool:
    """Whether one of so many words before a token is a person."""
    first = max(0, at - far)
    if any(token.tags & _OF_PEOPLE for token in reading.tokens[first:at]):
        return True
    return any(first < hit.end <= at for hit in reading.of("emergency", "person") if not hit.typo)
