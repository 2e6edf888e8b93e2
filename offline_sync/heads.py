"""What a node says of how far it knows each writer, and what follows from two such statements. Pure.

A statement: {"<writer>/<epoch>": [seq, first 16 hex digits of the digest there]}.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping

Source = tuple[str, int]
Said = Mapping[Source, tuple[int, str]]
Ranges = list[list[int]]

SHORT = 16
MOST_RUNGS, MOST_FORKED = 64, 256


def name_of(source: Source) -> str:
    return f"{source[0]}/{source[1]}"


def source_of(name: str) -> Source:
    """`"<32 hex digits>/3"` -> (writer, 3); a ValueError when it is anything else."""
    writer, slash, epoch = name.partition("/")
    if not slash or len(writer) != 32 or len(bytes.fromhex(writer)) != 16 or writer != writer.lower() or not 0 < int(epoch) < 65536:
        raise ValueError("not a writer and its epoch")
    return writer, int(epoch)


def written(said: Said) -> dict[str, list[object]]:
    return {name_of(source): [seq, digest] for source, (seq, digest) in sorted(said.items())}


def read(statement: object) -> dict[Source, tuple[int, str]]:
    """A statement as it came; a ValueError when it is none."""
    if not isinstance(statement, dict):
        raise ValueError("not a statement of heads")
    found = {}
    for name, value in statement.items():
        seq, digest = value
        if not isinstance(seq, int) or isinstance(seq, bool) or not 0 <= seq < 2**48 or not isinstance(digest, str) or len(digest) != SHORT:
            raise ValueError("not a head")
        found[source_of(name)] = (seq, digest)
    return found


def rungs(last: int) -> list[int]:
    """Numbers at which two chains are compared to find where they part: 100 -> 100, 99, 98, 96, 92, 84, 68, 36."""
    found, step = [last] if last else [], 1
    while last - step > 0:
        found.append(last - step)
        step *= 2
    return found


def read_rungs(statement: object) -> dict[Source, list[tuple[int, str]]]:
    """{"<writer>/<epoch>": [[number, digest there] ...]} as it came, the highest first; a ValueError when it is none."""
    if not isinstance(statement, dict) or len(statement) > MOST_FORKED:
        raise ValueError("not a statement of rungs")
    found = {}
    for name, ladder in statement.items():
        if not isinstance(ladder, list) or len(ladder) > MOST_RUNGS:
            raise ValueError("not a ladder")
        found[source_of(name)] = sorted(((seq, digest) for rung in ladder for seq, digest in read({name: rung}).values()), reverse=True)
    return found


def stamp(*parts: object) -> str:
    """A short digest of values that JSON can hold."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, separators=(",", ":")).encode()).hexdigest()[:32]


def ranges(numbers: Iterable[int]) -> Ranges:
    """1, 2, 3, 7 -> [[1, 3], [7, 7]]; the numbers come sorted."""
    found: Ranges = []
    for number in numbers:
        if found and found[-1][1] == number - 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return found


def within(number: int, sorted_ranges: Ranges) -> bool:
    low, high = 0, len(sorted_ranges)
    while low < high:
        middle = (low + high) // 2
        if sorted_ranges[middle][1] < number:
            low = middle + 1
        else:
            high = middle
    return low < len(sorted_ranges) and sorted_ranges[low][0] <= number


def in_words(gaps: Ranges) -> str:
    """[[41, 57], [60, 60]] -> `41-57, 60`."""
    return ", ".join(f"{a}-{b}" if b > a else str(a) for a, b in gaps)
