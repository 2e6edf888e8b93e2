"""When to raise the alarm: an SOS, a fire or gas, or a dangerous need that goes on now or has hurt someone."""

from parsers.reading import Reading


def alarm_in(reading: Reading, category: str | None, masked: set[int]) -> str | None:
    """The reason for an alarm, or None. `se esta viniendo el cerro` -> `alarm: RSK01, se esta*`."""
    hits = [hit for hit in reading.of("emergency") if not any(at in masked for at in range(hit.start, hit.end))]
    if not hits or reading.has("severity", "l1"):
        return None
    calm = [hit for hit in hits if hit.entry.value == "calm"]
    for hit in hits:
        if hit.entry.value == "sos" and not hit.typo and not calm:
            return f"alarm: {hit.entry.text}"
    for hit in hits:
        if hit.entry.value == "always" and not any(reading.clauses[c.start] == reading.clauses[hit.start] for c in calm):
            return f"alarm: {hit.entry.text}"
    if category is None:
        return None
    subcategory = reading.words.subcategories[category]
    if subcategory.kind != "emergency" and category != "LIT04":
        return None
    cues = [hit for hit in hits if hit.entry.value in ("ongoing", "life")]
    if cues and not calm:
        return f"alarm: {category}, {cues[0].entry.text}"
    return None
