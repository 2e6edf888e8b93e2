"""Listening to SQLite itself: a layer over its own "unix" VFS, registered through ctypes in the library that Python's sqlite3 uses.

Why not LD_PRELOAD: it needs a compiler on the machine that tests, and it sees numbers of files where SQLite's layer sees names.
The layer changes nothing: SQLite's own functions do the work on SQLite's own file, whose method table is exchanged for a copy
with five entries of ours. Directory syncs are seen by SQLite's own hook for that system call (`xSetSystemCall`), not guessed.
"""

from __future__ import annotations

import _sqlite3
import ctypes
import os
import threading
from collections.abc import Callable
from ctypes import c_char_p, c_int, c_int64, c_void_p
from typing import Any

from tests.durability.powercut.power_cut_log import FolderSynced, Log

NAME = b"power-cut"
_OPEN = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, c_void_p)
_DELETE = ctypes.CFUNCTYPE(c_int, c_void_p, c_char_p, c_int)
_CLOSE = ctypes.CFUNCTYPE(c_int, c_void_p)
_WRITE = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
_TRUNCATE = ctypes.CFUNCTYPE(c_int, c_void_p, c_int64)
_SYNC = ctypes.CFUNCTYPE(c_int, c_void_p, c_int)
_FOLDER = ctypes.CFUNCTYPE(c_int, c_char_p, c_void_p)
_SET_CALL = ctypes.CFUNCTYPE(c_int, c_void_p, c_char_p, c_void_p)
_GET_CALL = ctypes.CFUNCTYPE(c_void_p, c_void_p, c_char_p)


class _Vfs(ctypes.Structure):
    _fields_ = [("version", c_int), ("file_size", c_int), ("longest_name", c_int), ("next", c_void_p), ("name", c_char_p),
                ("own", c_void_p), ("open", c_void_p), ("delete", c_void_p), ("rest", c_void_p * 11),
                ("set_call", c_void_p), ("get_call", c_void_p), ("next_call", c_void_p)]


class _Methods(ctypes.Structure):
    _fields_ = [("version", c_int), ("close", c_void_p), ("read", c_void_p), ("write", c_void_p), ("truncate", c_void_p),
                ("sync", c_void_p), ("rest", c_void_p * 13)]


_FUNCTIONS = {1: 12, 2: 16, 3: 18}  # how many a method table of that version has
_kept: list[Any] = []  # SQLite may call us as long as a file is open, so nothing of ours is ever freed


class Impossible(Exception):
    """This Python's SQLite cannot be listened to, and why."""


def library() -> ctypes.CDLL:
    """The SQLite that Python's sqlite3 calls: looked up from that module on, so never a second copy beside it."""
    try:
        found = ctypes.CDLL(getattr(_sqlite3, "__file__", None))
        found.sqlite3_vfs_find.restype = c_void_p
        found.sqlite3_vfs_register.argtypes = [c_void_p, c_int]
    except (OSError, AttributeError) as fault:
        raise Impossible(f"Python's SQLite shows no sqlite3_vfs_find ({fault})") from None
    return found


class SqliteEar:
    """While open, whatever SQLite does to a file under the log's root is noted there."""

    def __init__(self, log: Log) -> None:
        self._log, self._library, self._local = log, library(), threading.local()
        self._inodes: dict[int, int] = {}
        self._tables: dict[int, tuple[_Methods, Any]] = {}
        address = self._library.sqlite3_vfs_find(None)
        if not address:
            raise Impossible("SQLite has no default VFS")
        self._unix = _Vfs.from_address(address)
        if self._unix.version < 3 or not (self._unix.name or b"").startswith(b"unix"):
            raise Impossible(f"SQLite's default VFS is {self._unix.name!r}, version {self._unix.version}")
        self._open, self._delete = _OPEN(self._unix.open), _DELETE(self._unix.delete)
        self._ours = _Vfs.from_buffer_copy(self._unix)
        self._ours.next, self._ours.name = None, NAME
        self._ours.open, self._ours.delete = self._pointer(_OPEN, self._opening), self._pointer(_DELETE, self._deleting)
        self._folder = _FOLDER(_GET_CALL(self._unix.get_call)(address, b"openDirectory"))
        self._folder_hook = self._pointer(_FOLDER, self._opening_folder)
        _kept.append(self)

    def __enter__(self) -> SqliteEar:
        self._call_folders(self._folder_hook)
        if self._library.sqlite3_vfs_register(ctypes.addressof(self._ours), 1):
            raise Impossible("SQLite refuses another VFS")
        return self

    def __exit__(self, *_: object) -> None:
        self._library.sqlite3_vfs_register(ctypes.addressof(self._unix), 1)
        self._call_folders(None)

    def _call_folders(self, hook: int | None) -> None:
        if _SET_CALL(self._unix.set_call)(ctypes.addressof(self._unix), b"openDirectory", hook):
            raise Impossible("SQLite lets nobody see its directory syncs")

    def _pointer(self, kind: Any, does: Callable[..., int]) -> int | None:
        callback = kind(does)
        _kept.append(callback)
        return ctypes.cast(callback, c_void_p).value

    # Each of these does what SQLite asked first; a fault of ours may spoil the recording, never the database.

    def _opening(self, vfs: int, name: int | None, file: int, flags: int, flags_out: int | None) -> int:
        path = ctypes.string_at(name) if name else b""
        code = self._open(ctypes.addressof(self._unix), name, file, flags, flags_out)
        if code == 0 and path:
            self._carefully(self._opened, path, file)
        return int(code)

    def _opened(self, path: bytes, file: int) -> None:
        inside = self._log.inside(path)
        if inside is None:
            return
        self._inodes[file] = self._log.inode(inside)
        slot = c_void_p.from_address(file)  # the first word of every file of SQLite's is its method table
        if slot.value is None:
            raise ValueError("an open file without methods")
        if slot.value not in self._tables:
            theirs = _Methods.from_address(slot.value)
            ours = _Methods()
            size = ctypes.sizeof(c_void_p) * (1 + _FUNCTIONS[min(theirs.version, 3)])
            ctypes.memmove(ctypes.addressof(ours), slot.value, size)
            close, write = _CLOSE(theirs.close), _WRITE(theirs.write)
            truncate, sync = _TRUNCATE(theirs.truncate), _SYNC(theirs.sync)
            ours.close = self._pointer(_CLOSE, lambda f: self._closing(close, f))
            ours.write = self._pointer(_WRITE, lambda f, b, n, at: self._writing(write, f, b, n, at))
            ours.truncate = self._pointer(_TRUNCATE, lambda f, n: self._truncating(truncate, f, n))
            ours.sync = self._pointer(_SYNC, lambda f, flags: self._syncing(sync, f, flags))
            self._tables[slot.value] = (ours, theirs)
        slot.value = ctypes.addressof(self._tables[slot.value][0])

    def _closing(self, close: Callable[[int], int], file: int) -> int:
        self._inodes.pop(file, None)
        return close(file)

    def _writing(self, write: Callable[..., int], file: int, source: int, length: int, offset: int) -> int:
        code = write(file, source, length, offset)
        if code == 0:
            self._carefully(lambda: self._log.wrote(self._inodes[file], offset, ctypes.string_at(source, length)))
        return code

    def _truncating(self, truncate: Callable[..., int], file: int, size: int) -> int:
        code = truncate(file, size)
        if code == 0:
            self._carefully(lambda: self._log.resized(self._inodes[file], size))
        return code

    def _syncing(self, sync: Callable[..., int], file: int, flags: int) -> int:
        before, self._local.folders = self._log.position(), []
        code = sync(file, flags)
        if code == 0:
            self._carefully(self._synced, file, before)
        return code

    def _synced(self, file: int, before: int) -> None:
        self._log.synced(self._inodes[file], before)
        for folder, position in self._local.folders:
            self._log.note(FolderSynced(folder, position))

    def _deleting(self, vfs: int, name: bytes, sync_folder: int) -> int:
        self._local.folders, self._local.deleting = [], name
        code = self._delete(ctypes.addressof(self._unix), name, sync_folder)
        if code == 0:
            self._carefully(self._deleted)
        self._local.deleting = None
        return int(code)

    def _deleted(self) -> None:
        self._gone()
        for folder, position in self._local.folders:
            self._log.note(FolderSynced(folder, position))

    def _gone(self) -> None:
        name, self._local.deleting = getattr(self._local, "deleting", None), None
        if name is not None and (inside := self._log.inside(name)) is not None:
            self._log.unnamed(inside)

    def _opening_folder(self, name: bytes, handle: int) -> int:
        """SQLite opens the folder of that file for nothing else than to sync it, at once."""
        code = self._folder(name, handle)
        if code == 0:
            self._carefully(self._folder_opened, name)
        return int(code)

    def _folder_opened(self, name: bytes) -> None:
        self._gone()  # while a file is being deleted, its folder is synced after the name went
        inside = self._log.inside(name)
        if inside is not None:
            self._local.folders.append((os.path.dirname(inside) or ".", self._log.position()))

    def _carefully(self, does: Callable[..., None], *args: Any) -> None:
        try:
            does(*args)
        except Exception as fault:
            self._log.faults.append(f"{type(fault).__name__}: {fault}")
