"""When to raise the alarm: someone in danger, an SOS, a fire or gas, or a dangerous need that goes on now or has hurt someone."""

from typing import NamedTuple

from parsers.danger import danger_in, is_over
from parsers.reading import Reading

# What the words that are always an alarm speak of.
FIRE = "RSK05"
# An SOS word of so many letters is heard through a slip: "emergencoia".
_LONG = 8


class Alarm(NamedTuple):
    """The reason in words, and whether it is a fire or gas whatever else the text says."""

    why: str
    is_fire: bool = False


def alarm_in(reading: Reading, category: str | None, masked: set[int]) -> Alarm | None:
    """The reason for an alarm, or None. `se esta viniendo el cerro` -> `alarm: RSK01, se esta*`."""
    if danger := danger_in(reading, masked):
        return Alarm(danger.why, danger.is_fire)
    hits = [hit for hit in reading.of("emergency") if not any(at in masked for at in range(hit.start, hit.end))]
    if not hits or reading.has("severity", "l1"):
        return None
    calm = [hit for hit in hits if hit.entry.value == "calm"]
    for hit in hits:
        sure = not hit.typo or len(reading.tokens[hit.start].word) >= _LONG
        if hit.entry.value == "sos" and sure and not calm:
            return Alarm(f"alarm: {hit.entry.text}")
    if is_over(reading):
        return None
    past = {reading.clauses[hit.start] for hit in reading.of("emergency", "past") if not hit.typo}
    hits = [hit for hit in hits if reading.clauses[hit.start] not in past]
    for hit in hits:
        if hit.entry.value == "always" and not any(reading.clauses[c.start] == reading.clauses[hit.start] for c in calm):
            return Alarm(f"alarm: {hit.entry.text}", is_fire=True)
    if category is None:
        return None
    # LIT04, the dangerous cable, kills like the emergencies do.
    if reading.words.subcategories[category].kind != "emergency" and category != "LIT04":
        return None
    cues = [hit for hit in hits if hit.entry.value in ("ongoing", "life")]
    return Alarm(f"alarm: {category}, {cues[0].entry.text}") if cues and not calm else None
