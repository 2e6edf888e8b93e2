"""A disk after a power cut: what was synced is there, of the rest anything may be there, torn and in any order.

Pure: the steps of a recording, the step the power failed at and a source of chance in, the files out. Per image a mood is drawn,
so that the extremes (nothing unsynced survived, all of it did, in order, shuffled, whole writes, sectors) come up often.

One thing is not thought up: a new file that shows the blocks of a deleted one. A file system that does so (ext2, FAT, ext4 with
data=writeback) can bring back a whole old rollback journal, with valid checksums, and SQLite would believe it.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tests.durability.powercut.power_cut_log import (
    Acknowledged,
    FolderMade,
    FolderSynced,
    Named,
    Recording,
    Renamed,
    Resized,
    Step,
    Synced,
    Unnamed,
    Wrote,
    put,
    resize,
)

SECTOR = 512


@dataclass(frozen=True, slots=True)
class Mood:
    """`names` and `writes` are the chances that an unsynced name or write survived; `first_only`: all up to some moment."""

    names: float
    writes: float
    first_only: bool
    torn: bool
    shuffled: bool
    noise: bool  # what a file shows where its length is on disk but its bytes are not: noise, or zeros


@dataclass(frozen=True, slots=True)
class Image:
    cut: int
    mood: Mood
    files: dict[str, bytes]
    folders: frozenset[str]

    def acknowledged(self, recording: Recording) -> list[str]:
        return [s.sid for s in recording.steps[:self.cut] if isinstance(s, Acknowledged)]


def draw(recording: Recording, seed: str) -> Image:
    """The image of that seed: every second cut falls just after an acknowledgement, where there is most to lose."""
    chance = random.Random(seed)
    cut = chance.randint(recording.start, len(recording.steps))
    if chance.random() < 0.5:
        said_yes = [i for i, step in enumerate(recording.steps) if isinstance(step, Acknowledged) and i >= recording.start]
        if said_yes:
            cut = min(len(recording.steps), chance.choice(said_yes) + chance.choice((1, 1, 1, 2, 4, 8, 16)))
    return image(recording.steps, cut, _mood(chance), chance)


def image(steps: Sequence[Step], cut: int, mood: Mood, chance: random.Random) -> Image:
    """What a disk holds when the power fails before step `cut`."""
    past = steps[:cut]
    names, folders = _names(past, mood, chance)
    by_file: dict[int, list[tuple[int, Wrote | Resized]]] = {}
    synced: dict[int, int] = {}
    for position, step in enumerate(past):
        if isinstance(step, (Wrote, Resized)):
            by_file.setdefault(step.inode, []).append((position, step))
        elif isinstance(step, Synced):
            synced[step.inode] = max(synced.get(step.inode, 0), step.before)
    files = {path: _content(by_file.get(inode, []), synced.get(inode, 0), mood, chance)
             for path, inode in sorted(names.items())}
    return Image(cut, mood, files, frozenset(folders))


def untouched(steps: Sequence[Step]) -> dict[str, bytes]:
    """The files as the running process saw them: every step done, nothing lost."""
    everything = Mood(1.0, 1.0, first_only=False, torn=False, shuffled=False, noise=False)
    return image(steps, len(steps), everything, random.Random(0)).files


def _mood(chance: random.Random) -> Mood:
    return Mood(names=chance.choice((0.0, 0.0, 0.5, 1.0)), writes=chance.choice((0.0, 0.1, 0.5, 0.9, 1.0)),
                first_only=chance.random() < 0.3, torn=chance.random() < 0.6, shuffled=chance.random() < 0.5,
                noise=chance.random() < 0.5)


def _names(past: Sequence[Step], mood: Mood, chance: random.Random) -> tuple[dict[str, int], set[str]]:
    """Which names point where. A change of a name that did not happen holds up every later change of the same name."""
    synced: dict[str, int] = {}
    for step in past:
        if isinstance(step, FolderSynced):
            synced[step.path] = max(synced.get(step.path, 0), step.before)
    names: dict[str, int] = {}
    folders: set[str] = set()
    held_up: set[str] = set()
    for position, step in enumerate(past):
        if not isinstance(step, (Named, Unnamed, Renamed, FolderMade)):
            continue
        concerned = {step.path, step.target} if isinstance(step, Renamed) else {step.path}
        is_safe = all(position < synced.get(_folder(path), 0) for path in concerned)
        if not is_safe and (concerned & held_up or chance.random() >= mood.names):
            held_up |= concerned
        elif isinstance(step, Named):
            names[step.path] = step.inode
        elif isinstance(step, FolderMade):
            folders.add(step.path)
        elif isinstance(step, Unnamed):
            names.pop(step.path, None)
        else:
            names[step.target] = names.pop(step.path)
    there = {f for f in folders if all(above in folders for above in _above(f))}
    return {path: inode for path, inode in names.items() if all(above in there for above in _above(path))}, there


def _content(changes: Sequence[tuple[int, Wrote | Resized]], synced: int, mood: Mood, chance: random.Random) -> bytes:
    safe = _apply(change for position, change in changes if position < synced)
    pending = [change for position, change in changes if position >= synced]
    if not pending:
        return bytes(safe)
    seen = _length(len(safe), pending)
    pieces = [piece for change in pending for piece in (_sectors(change) if mood.torn else [change])]
    pieces = pieces[:chance.randint(0, len(pieces))] if mood.first_only else [p for p in pieces if chance.random() < mood.writes]
    if mood.shuffled:
        chance.shuffle(pieces)
    filler = chance.randbytes(seen) if mood.noise else b""
    content = _apply(pieces, safe, filler)
    if seen > len(content) and chance.random() < 0.3:  # the new length reached the disk, the bytes did not
        resize(content, seen, filler)
    return bytes(content)


def _apply(changes: Iterable[Wrote | Resized], content: bytearray | None = None, filler: bytes = b"") -> bytearray:
    content = bytearray() if content is None else content
    for change in changes:
        if isinstance(change, Wrote):
            put(content, change.offset, change.written, filler)
        else:
            resize(content, change.size, filler)
    return content


def _length(length: int, changes: Iterable[Wrote | Resized]) -> int:
    for change in changes:
        length = max(length, change.offset + len(change.written)) if isinstance(change, Wrote) else change.size
    return length


def _sectors(change: Wrote | Resized) -> list[Wrote | Resized]:
    """A write as the sectors it falls into: the disk promises no more than one of these at a time."""
    if isinstance(change, Resized):
        return [change]
    end = change.offset + len(change.written)
    cuts = [change.offset, *range(change.offset - change.offset % SECTOR + SECTOR, end, SECTOR), end]
    return [Wrote(change.inode, a, change.written[a - change.offset:b - change.offset]) for a, b in zip(cuts, cuts[1:], strict=False)]


def _folder(path: str) -> str:
    return os.path.dirname(path) or "."


def _above(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:n]) for n in range(1, len(parts))]
