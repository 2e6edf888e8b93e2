"""What a process did to its disk, in one order: the steps out of which a power cut chooses.

A step is noted when the operation is over; a sync says how many steps were noted when it *began*, for it vouches for no more.
"""

from __future__ import annotations

import os
import pickle
import threading
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Named:
    """A file got a name; until its folder is synced, the name may not be there."""

    inode: int
    path: str


@dataclass(frozen=True, slots=True)
class Wrote:
    inode: int
    offset: int
    written: bytes


@dataclass(frozen=True, slots=True)
class Resized:
    inode: int
    size: int


@dataclass(frozen=True, slots=True)
class Synced:
    """fsync or fdatasync of a file returned: its first `before` steps are on the platter."""

    inode: int
    before: int


@dataclass(frozen=True, slots=True)
class Unnamed:
    path: str


@dataclass(frozen=True, slots=True)
class Renamed:
    path: str
    target: str


@dataclass(frozen=True, slots=True)
class FolderMade:
    path: str


@dataclass(frozen=True, slots=True)
class FolderSynced:
    path: str
    before: int


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The door said yes to this text: from here on it may never be lost."""

    sid: str


Step = Named | Wrote | Resized | Synced | Unnamed | Renamed | FolderMade | FolderSynced | Acknowledged


@dataclass(frozen=True, slots=True)
class Text:
    """A text as it was handed in; a power cut must not change a letter of it."""

    sid: str
    number: str
    words: str
    raw: bytes


@dataclass(frozen=True)
class Recording:
    """One life of an instance. A power cut falls at or after step `start`; `final` is what lay on the real disk at the end."""

    setting: str
    process: int
    start: int
    steps: tuple[Step, ...]
    texts: dict[str, Text]
    final: dict[str, bytes]

    def save(self, path: Path) -> None:
        path.write_bytes(pickle.dumps(self))

    @staticmethod
    def load(path: Path) -> Recording:
        found = pickle.loads(path.read_bytes())
        if not isinstance(found, Recording):
            raise TypeError(f"{path} is no recording")
        return found


class Log:
    """Takes the steps of every thread in one order, for files under one root, and knows what each file holds."""

    def __init__(self, root: Path) -> None:
        self.root = os.path.realpath(root)
        self.lock = threading.RLock()
        self.steps: list[Step] = []
        self.faults: list[str] = []
        self._names: dict[str, int] = {}
        self._contents: dict[int, bytearray] = {}

    def inside(self, path: str | bytes | os.PathLike[str] | os.PathLike[bytes]) -> str | None:
        """The path below the root, or None for a file that is no concern of ours."""
        found = os.fsdecode(path).removesuffix(" (deleted)")
        found = os.path.join(os.path.realpath(os.path.dirname(found) or "."), os.path.basename(found))
        return os.path.relpath(found, self.root) if found.startswith(self.root + os.sep) else "." if found == self.root else None

    def position(self) -> int:
        with self.lock:
            return len(self.steps)

    def inode(self, path: str) -> int:
        """The file of that name; one that nobody told us of has just been made."""
        with self.lock:
            found = self._names.get(path)
            if found is None:
                found = self._names[path] = len(self._contents)
                self._contents[found] = bytearray()
                self.steps.append(Named(found, path))
            return found

    def wrote(self, inode: int, offset: int, written: bytes) -> None:
        with self.lock:
            put(self._contents[inode], offset, written)
            self.steps.append(Wrote(inode, offset, written))

    def resized(self, inode: int, size: int) -> None:
        with self.lock:
            resize(self._contents[inode], size)
            self.steps.append(Resized(inode, size))

    def synced(self, inode: int, before: int) -> None:
        self.note(Synced(inode, before))

    def unnamed(self, path: str) -> None:
        with self.lock:
            self._names.pop(path, None)
            self.steps.append(Unnamed(path))

    def renamed(self, path: str, target: str) -> None:
        with self.lock:
            self._names[target] = self._names.pop(path)
            self.steps.append(Renamed(path, target))

    def note(self, step: Step) -> None:
        with self.lock:
            self.steps.append(step)

    def notice(self, path: str, content: bytes) -> None:
        """Note what was written behind our back (by Python's own file objects): it has not been synced yet."""
        with self.lock:
            inode = self.inode(path)
            if self._contents[inode] != content:
                self.resized(inode, 0)
                self.wrote(inode, 0, content)


def put(content: bytearray, offset: int, written: bytes, filler: bytes = b"") -> None:
    """Write into a file's bytes; a gap before them shows `filler`, then zeros."""
    if offset > len(content):
        resize(content, offset, filler)
    content[offset:offset + len(written)] = written


def resize(content: bytearray, size: int, filler: bytes = b"") -> None:
    """Cut, or lengthen by what `filler` has at that place, then zeros."""
    if size <= len(content):
        del content[size:]
    else:
        grown = filler[len(content):size]
        content += grown + bytes(size - len(content) - len(grown))
