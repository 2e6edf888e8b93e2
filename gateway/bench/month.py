"""What a month of a city's SMS costs, with the governor and without: simulated from a seed, in the real words of the city's replies.

    barrio bench month --reporters 50000 --price 0.10
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from gateway import cities
from gateway.bench import table, traffic
from gateway.bench.sparing import WHY, Spared, spare
from gateway.bench.traffic import Month
from gateway.cities import HERE
from gateway.machine.instance import create
from gateway.node import Node, open_node

SEED = 7
PACKS = tuple(sorted(folder.parent.name for folder in HERE.glob("*/pack.toml")))


def run(reporters: int, price: float) -> None:
    """Print the assumptions, and two tables for each city."""
    print(assumptions(reporters, price))
    for city in PACKS:
        with tempfile.TemporaryDirectory() as folder:
            node = made(Path(folder) / "hub", city, reporters)
            month = Month(node, reporters, SEED)
            print("\n" + told(node, month, spare(node, month.wishes), price))
            node.database.engine.dispose()


def made(folder: Path, city: str, reporters: int) -> Node:
    """A hub with caps of two segments a day for five reporters and of six a month for each, that knows its country's premium numbers."""
    barred = Month.barred(cities.load(city).prefix)
    return open_node(create(folder, name="bench", city=city, extra=(
        f'\n[governor]\nsegments_per_day = {2 * reporters // 5}\nsegments_per_month = {6 * reporters}\nbarred = ["{barred}"]\n')))


def assumptions(reporters: int, price: float) -> str:
    """Everything that was not measured but supposed, a line each."""
    texts = sum(n * share for n, share in traffic.TEXTS_OF_ONE.items())
    mix = ", ".join(f"{name} {share:.0%}" for name, (share, _) in traffic.TEXTS.items())
    steps = ", ".join(f"{share:.0%} {stage}" for stage, _, share in traffic.DECIDED)
    often = ", ".join(f"{n}: {share:.0%}" for n, share in traffic.TEXTS_OF_ONE.items())
    return "\n".join(f"- {line}" for line in (
        f"{reporters:,} reporters, {traffic.DAYS} days, seed {SEED}; {price:.2f} for a segment that leaves; texts that come in are free",
        f"each reporter texts {texts:.2f} times ({often}), {traffic.AT_NIGHT:.0%} of it at night: {mix}",
        f"{traffic.OWN_LANGUAGE:.0%} write the city's first language, the others the rest of its languages",
        f"{traffic.REPORTS_A_NEED} reports a need; each place is visited once a week, and of its needs {steps} (each of the step before)",
        f"{traffic.TAKEN_BACK:.0%} of decisions are taken back within a quarter of an hour and taken again",
        f'"is it fixed?" {traffic.ASKED_AFTER.days} days after a work is done',
        f"{traffic.BROADCASTS} broadcasts to {traffic.AUDIENCE:.0%} of the reporters each, one of them sent twice",
        f"{traffic.BOTS} machines that answer each of our texts within a minute, noticed after {traffic.BOT_ROUNDS // 60} hours",
        f"spam: a text for {traffic.SPAM:.0%} of the reporters, {traffic.SPAM_KNOWN:.0%} of it known for what it is",
        f"texts to earn by our answers: one for {traffic.PUMPED:.0%} of the reporters, in one week-end, {traffic.PUMPED_ABROAD:.0%} from "
        "abroad, at no more than the price of the others",
        f"with the governor: at most {2 * reporters // 5:,} segments a day and {6 * reporters:,} a month",
        "without: whatever is wished for leaves, its words as they are written, each decision to each report",
        "who said stop is left alone either way"))


def told(node: Node, month: Month, found: Spared, price: float) -> str:
    """One city: the bill by class, and what each rule kept back."""
    sources = sorted(found.without.texts, key=lambda source: -found.without.segments[source])
    rows = [_row(source, month.texts.get(source, 0), found, price, source) for source in sources]
    rows.append(_row("all", sum(month.texts.values()), found, price, *sources))
    held = found.kept
    kept = [[f"{why}: {WHY[why]}", f"{held.texts[why]:,}", f"{held.segments[why]:,}", f"{held.segments[why] * price:,.0f}"]
            for why in sorted(WHY, key=lambda why: -held.segments[why])]
    dearest = max(found.days.values(), default=0)
    share = 1 - found.governed.segments.total() / max(1, found.without.segments.total())
    return "\n".join([
        f"{node.city.label}: {share:.0%} less; the dearest day {dearest:,} segments",
        table(["row", "texts in", "SMS without", "segments", "money", "SMS with", "segments", "money"], rows), "",
        table(["kept back by", "SMS", "segments", "money"], kept)])


def _row(name: str, texts: int, found: Spared, price: float, *sources: str) -> list[object]:
    cells: list[object] = [name, f"{texts:,}" if texts else "-"]
    for bill in (found.without, found.governed):
        segments = sum(bill.segments[source] for source in sources)
        cells += [f"{sum(bill.texts[source] for source in sources):,}", f"{segments:,}", f"{segments * price:,.0f}"]
    return cells
