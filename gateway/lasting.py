"""What must outlast a power cut: a file's bytes are safe once the file is synced, its name once its folder is."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Make the names in a folder last."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(folder: Path, mode: int = 0o777) -> None:
    """Make a folder, and what is missing above it; its name lasts, even if a start that died half-way had made it."""
    missing = [above for above in folder.parents if not above.exists()]
    folder.mkdir(mode=mode, parents=True, exist_ok=True)
    for made in (folder, *missing):
        with suppress(PermissionError):  # a folder above that we may not even read was not made by us
            sync_folder(made.parent)


def write_text(path: Path, text: str) -> None:
    """Write a whole text file; its name lasts once its folder is synced."""
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
