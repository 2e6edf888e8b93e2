"""Listening to Python: `os.open`, `os.write`, `os.fsync` and their kin, as gateway/doors/spool.py and the key files use them.

What Python's file objects write passes none of these; it is noticed, as never synced, when somebody syncs the file or
when `look_around` is called.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.durability.powercut.power_cut_log import FolderMade, FolderSynced, Log

_OPEN, _WRITE, _READ_LINK = os.open, os.write, os.readlink
_SQLITE = (".db", ".db-journal", ".db-wal", ".db-shm")


class PythonEar:
    """While open, the functions of `os` that change a disk are ours: they do the work, then note it."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._theirs: dict[str, Any] = {}
        self.refuse: str | None = None  # the next fsync of a file with such a name finds no room on the disk

    def __enter__(self) -> PythonEar:
        sync: Callable[[str], Callable[..., None]] = lambda name: lambda handle: self._sync(name, handle)  # noqa: E731
        for name, ours in {
                "open": self._open, "write": self._write, "ftruncate": self._resize, "truncate": self._resize, "fsync": sync("fsync"),
                "fdatasync": sync("fdatasync"), "unlink": self._unlink, "remove": self._unlink, "rename": self._rename,
                "replace": self._rename, "mkdir": self._mkdir}.items():
            self._theirs[name] = getattr(os, name)
            setattr(os, name, ours)
        return self

    def __exit__(self, *_: object) -> None:
        for name, theirs in self._theirs.items():
            setattr(os, name, theirs)

    def look_around(self) -> None:
        """Notice every file that came to be, or changed, behind our back."""
        for path in sorted(Path(self._log.root).rglob("*")):
            if path.is_file() and not path.name.endswith(_SQLITE):
                self._log.notice(str(path.relative_to(self._log.root)), path.read_bytes())

    def _open(self, path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        handle = _OPEN(path, flags, mode, dir_fd=dir_fd)
        if dir_fd is None and flags & os.O_CREAT and (inside := self._log.inside(path)) is not None:
            inode = self._log.inode(inside)
            if flags & os.O_TRUNC:
                self._log.resized(inode, 0)
        return handle

    def _write(self, handle: int, written: Any) -> int:
        count = _WRITE(handle, written)
        if (path := self._path(handle)) is not None:
            offset = os.lseek(handle, 0, os.SEEK_CUR) - count
            self._log.wrote(self._log.inode(path), offset, bytes(memoryview(written)[:count]))
        return count

    def _resize(self, file: Any, size: int) -> None:
        self._theirs["truncate"](file, size)
        path = self._path(file) if isinstance(file, int) else self._log.inside(file)
        if path is not None:
            self._log.resized(self._log.inode(path), size)

    def _sync(self, name: str, handle: int) -> None:
        path = self._path(handle)
        is_folder = stat.S_ISDIR(os.fstat(handle).st_mode)
        if path is not None and not is_folder:
            if self.refuse and path.endswith(self.refuse):
                self.refuse = None
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
            self._log.notice(path, Path(self._log.root, path).read_bytes())
        before = self._log.position()
        self._theirs[name](handle)
        if path is not None:
            if is_folder:
                self._log.note(FolderSynced(path, before))
            else:
                self._log.synced(self._log.inode(path), before)

    def _unlink(self, path: Any, *, dir_fd: int | None = None) -> None:
        self._theirs["unlink"](path, dir_fd=dir_fd)
        if dir_fd is None and (inside := self._log.inside(path)) is not None:
            self._log.unnamed(inside)

    def _rename(self, path: Any, target: Any, **options: Any) -> None:
        source, goal = self._log.inside(path), self._log.inside(target)
        if source is not None:
            self._log.notice(source, Path(path).read_bytes())
        self._theirs["replace"](path, target, **options)
        if source is not None and goal is not None:
            self._log.renamed(source, goal)

    def _mkdir(self, path: Any, mode: int = 0o777, *, dir_fd: int | None = None) -> None:
        self._theirs["mkdir"](path, mode, dir_fd=dir_fd)
        if dir_fd is None and (inside := self._log.inside(path)) is not None:
            self._log.note(FolderMade(inside))

    def _path(self, handle: int) -> str | None:
        return self._log.inside(_READ_LINK(f"/proc/self/fd/{handle}"))
