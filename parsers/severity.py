"""How grave the sender says it is, 1 to 4; nothing said is nothing known. `no es urgente` is read before `urgente`."""

from parsers.reading import Reading

_LEVELS = {"1": 1, "2": 2, "3": 3, "4": 4}
_CUES = ((1, "l1"), (4, "l4"), (3, "l3"))


def find_severity(reading: Reading, masked: set[int]) -> tuple[int | None, str]:
    """The stated or cued severity and the words: `(3, "urgente")`, `(2, "nivel 2")`, `(None, "")`."""
    hits = reading.of("severity")
    if not hits:
        return None, ""
    tokens = reading.tokens
    for hit in hits:
        stated = hit.entry.value == "explicit" and hit.end < len(tokens) and reading.gap(hit.end).strip(" :=#") == ""
        if stated and (level := _LEVELS.get(tokens[hit.end].word)):
            return level, reading.written(hit.start, hit.end + 1)
    for level, value in _CUES:
        for hit in hits:
            if hit.entry.value != value or any(at in masked for at in range(hit.start, hit.end)):
                continue
            if hit.typo and hit.entry.size == 1 and len(tokens[hit.start].word) < 6:
                continue
            if level == 1 or not _is_denied(reading, hit.start):
                return level, reading.written(hit.start, hit.end)
    return None, ""


def _is_denied(reading: Reading, at: int) -> bool:
    return any("grammar:not" in reading.tokens[before].tags for before in range(max(0, at - 2), at))
