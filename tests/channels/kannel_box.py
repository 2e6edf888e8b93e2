"""A real Kannel on loopback: its bearerbox and smsbox as Debian ships them, on ports and in a folder of their own, and the phones.

The phones are one client of Kannel's fake SMSC, which speaks lines: `sender receiver text words` in, and the same out.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.request
from collections import Counter
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote_to_bytes

from tests.patience import LONG, free_port, until

BEARERBOX, SMSBOX = "/usr/sbin/bearerbox", "/usr/sbin/smsbox"
SECRET, USER, PASSWORD, SHORT = "s" * 24, "barrio", "a-password-for-kannel", "59122000000"
CONFIG = """
group = core
admin-port = {admin}
admin-password = {password}
admin-allow-ip = "127.0.0.1"
smsbox-port = {boxes}
box-allow-ip = "127.0.0.1"
store-type = spool
sms-resend-freq = 1
store-location = "{folder}/store"
dlr-storage = internal
log-level = 4
log-file = "{folder}/bearerbox.log"

group = smsc
smsc = fake
smsc-id = fake
port = {phones}
connect-allow-ip = 127.0.0.1
reroute-smsc-id = barrio
denied-smsc-id = "barrio;fake"

group = smsc
smsc = http
smsc-id = barrio
system-type = generic
allowed-smsc-id = "barrio;fake"
port = {unused}
connect-allow-ip = "127.0.0.1"
reconnect-delay = 1
status-success-regex = "^ok$"
status-tempfail-regex = ".*"
send-url = "{site}/channels/kannel/inbound?secret={secret}&answer=ok&id=%I&from=%P&to=%p&coding=%c&charset=%C&text=%b&at=%t"

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {sendsms}
sendsms-interface = "127.0.0.1"
http-request-retry = 100000
http-queue-delay = 1
log-level = 4
log-file = "{folder}/smsbox.log"

group = sendsms-user
username = {user}
password = {password}
user-allow-ip = "127.0.0.1"
concatenation = true
max-messages = 10
"""


def installed() -> bool:
    return all(shutil.which(box) for box in (BEARERBOX, SMSBOX))


class Box:
    """`start`, `stop`, `kill` and `restart` Kannel; `phones` outlive it."""

    def __init__(self, folder: Path, site: str) -> None:
        self.folder, self.ports = folder, {name: free_port() for name in ("admin", "boxes", "phones", "sendsms", "unused")}
        (folder / "store").mkdir(parents=True)
        self._conf = folder / "kannel.conf"
        self._conf.write_text(CONFIG.format(folder=folder, site=site, secret=SECRET, user=USER, password=PASSWORD, **self.ports))
        self._running: list[subprocess.Popen[bytes]] = []
        self.phones = Phones(self.ports["phones"])

    @property
    def sendsms_url(self) -> str:
        return f"http://127.0.0.1:{self.ports['sendsms']}/cgi-bin/sendsms"

    def start(self) -> None:
        for program, port in ((BEARERBOX, "boxes"), (SMSBOX, "sendsms")):
            with (self.folder / "said.txt").open("ab") as said:
                self._running.append(subprocess.Popen([program, "-v", "4", str(self._conf)], cwd=self.folder, stdout=said, stderr=said,
                                                      stdin=subprocess.DEVNULL, start_new_session=True))
            until(lambda at=self.ports[port]: listens(at), f"{program} listens")

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """The box that talks to us first, then the one that keeps the queue, as an init script does."""
        for process in reversed(self._running):
            if process.poll() is None:
                os.killpg(process.pid, number)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self._running.clear()

    def received(self) -> int:
        """How many texts the bearerbox says it took from the phones: what it took, it keeps on disk."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.ports['admin']}/status.txt?password={PASSWORD}", timeout=LONG) as page:
            found = re.search(r"SMS: received (\d+)", page.read().decode())
        assert found, "Kannel's status page reads otherwise"
        return int(found[1])

    def restart(self, number: signal.Signals = signal.SIGTERM) -> None:
        self.stop(number)
        self.start()

    def close(self) -> None:
        self.phones.close()
        self.stop()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Phones:
    """Every phone of the town behind one connection that comes back by itself. What was heard is counted per phone and text."""

    def __init__(self, port: int) -> None:
        self._port, self._line, self._ended = port, None, threading.Event()
        self._lock = threading.Lock()
        self.heard: Counter[tuple[str, str]] = Counter()
        self._parts: dict[tuple[str, bytes], dict[int, bytes]] = {}
        self._thread = threading.Thread(target=self._listen, name="phones", daemon=True)
        self._thread.start()

    def say(self, number: str, words: str) -> None:
        """Text the city; when the line is down, wait until it is up."""
        line = f"{number} {SHORT} text {words}\n".encode()
        until(lambda: self._sent(line), "the fake SMSC takes texts")

    def _sent(self, line: bytes) -> bool:
        with self._lock, suppress(OSError):
            if self._line is not None:
                self._line.sendall(line)
                return True
        return False

    def _listen(self) -> None:
        while not self._ended.is_set():
            try:
                line = socket.create_connection(("127.0.0.1", self._port), LONG)
            except OSError:
                time.sleep(0.1)
                continue
            line.settimeout(None)
            with self._lock:
                self._line = line
            waiting = b""
            with suppress(OSError):
                while piece := line.recv(65536):
                    *whole, waiting = (waiting + piece).split(b"\n")
                    for each in whole:
                        self._hear(each)
            with self._lock:
                self._line = None
            line.close()

    def _hear(self, line: bytes) -> None:
        _, number, kind, rest = line.split(b" ", 3)
        phone = number.decode()
        if kind == b"udh":  # one part of a long text
            header, _, words = rest.partition(b" data ")
            udh = unquote_to_bytes(header)
            parts = self._parts.setdefault((phone, udh[3:4]), {})
            parts[udh[5]] = unquote_to_bytes(words.replace(b"+", b" "))
            if len(parts) < udh[4]:
                return
            del self._parts[phone, udh[3:4]]
            text = "".join(parts[n].decode("utf-8") if max(parts[n]) < 128 and 0 not in parts[n] else parts[n].decode("utf-16-be")
                           for n in sorted(parts))
        elif kind == b"ucs-2":
            text = unquote_to_bytes(rest.replace(b"+", b" ")).decode("utf-16-be")
        else:
            text = rest.decode("utf-8")
        self.heard[phone, text] += 1

    def close(self) -> None:
        self._ended.set()
        with self._lock:
            if self._line is not None:
                with suppress(OSError):
                    self._line.shutdown(socket.SHUT_RDWR)
        self._thread.join(LONG)
