"""What becomes of texts we did not write: outcomes counted per set and label, as a table.

    python -m tests.parsers.outcomes FOLDER [--meaning]

The folder holds CSV files with the columns `text` and, where there are labels, `category_raw`. Texts are counted, never shown.
"""

import csv
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from parsers import Context, Meaning, Outcome, parse
from tests.parsers.parser_tables import WORDS, places_of

KINDS = (
    "report", "asks where", "asks what", "emergency", "protection", "self harm", "command", "greeting", "thanks", "spam", "abuse",
    "unknown", "other",
)  # fmt: skip
# A text of these kinds is answered as one that asks the city for something.
NEEDS = ("report", "asks where", "asks what", "emergency")
# Labels that say by themselves whether a text asks for something.
_TOLD = frozenset(["ham", "spam", "scam", "trust", "not_related", "request"])
Table = dict[tuple[str, str], Counter[str]]


def kind_of(outcome: Outcome) -> str:
    """How a text is answered: a whole report, a question about what lacks, a command, silence ..."""
    if outcome.intent == "report":
        return "report" if outcome.category and outcome.place_code else "asks where" if outcome.category else "asks what"
    if "self_harm" in outcome.flags:
        return "self harm"
    if outcome.intent in ("empty", "number_only"):
        return "other"
    return outcome.intent if outcome.intent in KINDS else "command"


def group_of(labels: str) -> str:
    """The rows a text is counted with: those who ask for food or water apart, else what the set itself says."""
    parts = set(labels.split("|"))
    if parts & {"food", "water"}:
        return "food, water"
    if len(parts) > 1:
        return "request" if "request" in parts else "related"
    return labels if labels in _TOLD else "all" if not labels or ":" in labels else "related"


def texts_in(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Set, group and text of every row."""
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if row.get("text"):
                    yield path.stem, group_of(row.get("category_raw") or ""), row["text"]


def outcomes_in(folder: Path, meaning: Meaning | None = None) -> Table:
    """Read every text as one of La Paz and count what it was taken for."""
    counted: Table = {}
    for name, group, text in texts_in(folder):
        outcome = parse(text, Context(channel_lang="es"), WORDS, places_of("la-paz"), meaning)
        counted.setdefault((name, group), Counter())[kind_of(outcome)] += 1
    return counted


def share(counted: Counter[str], *kinds: str) -> float:
    """The share of texts of these kinds."""
    return sum(counted[kind] for kind in kinds) / max(1, counted.total())


def as_table(table: Table) -> str:
    """A line per set and label: how many texts, how many of each kind, the share answered as a need."""
    head = ["set", "texts", *KINDS, "as a need"]
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for (name, group), counted in sorted(table.items()):
        cells = [f"{name}: {group}", str(counted.total()), *(str(counted[kind] or "") for kind in KINDS), f"{share(counted, *NEEDS):.1%}"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    """Print the table of a folder."""
    meaning: Meaning | None = None
    if "--meaning" in sys.argv:
        from gateway.classification.meaning import shipped

        meaning = shipped().guess
    sys.stdout.write(as_table(outcomes_in(Path(sys.argv[1]), meaning)) + "\n")


if __name__ == "__main__":
    main()
