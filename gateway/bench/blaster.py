"""A provider in a hurry: signed webhooks over keep-alive connections, each client waiting for its answer.

Run as a process of its own, so that it shares nothing with the server but the machine:
    python -m gateway.bench.blaster URL ACCOUNT TOKEN CLIENTS TEXTS SEED < texts (one JSON string a line)
"""

from __future__ import annotations

import json
import random
import selectors
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import quote_plus, urlsplit

from gateway.channels.twilio import signature

NUMBER = "+59122000000"


@dataclass
class Shot:
    """What came of one run: seconds in all, seconds each answer took, answers that were not 200."""

    seconds: float
    latencies: list[float] = field(default_factory=list)
    refused: int = 0


def requests(url: str, account: str, token: str, texts: Sequence[str], seed: int) -> list[bytes]:
    """Whole HTTP requests, signed, built beforehand: building them is not the server's time."""
    parts, rng = urlsplit(url), random.Random(seed)
    built = []
    for text in texts:
        sid = f"SM{rng.getrandbits(128):032x}"
        params = {"MessageSid": sid, "SmsSid": sid, "SmsMessageSid": sid, "AccountSid": account, "From": f"+5917{rng.randrange(10**7):07d}",
                  "To": NUMBER, "Body": text, "NumMedia": "0", "NumSegments": "1", "ApiVersion": "2010-04-01"}
        body = "&".join(f"{k}={quote_plus(v)}" for k, v in params.items()).encode()
        head = (f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                f"X-Twilio-Signature: {signature(url, params, token)}\r\nContent-Length: {len(body)}\r\n\r\n")
        built.append(head.encode() + body)
    return built


def fire(url: str, built: Sequence[bytes], clients: int) -> Shot:
    """Send everything through `clients` connections at once."""
    parts = urlsplit(url)
    selector = selectors.DefaultSelector()
    waiting = iter(built)
    shot = Shot(0.0)
    open_connections = 0
    begun = time.perf_counter()
    started: dict[socket.socket, float] = {}
    partial: dict[socket.socket, bytes] = {}
    for request in [r for _, r in zip(range(clients), waiting, strict=False)]:
        connection = socket.create_connection((parts.hostname or "", parts.port or 80))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(connection, selectors.EVENT_READ)
        started[connection], partial[connection] = time.perf_counter(), b""
        connection.sendall(request)
        open_connections += 1
    while open_connections:
        for key, _ in selector.select(30.0):
            connection = key.fileobj  # type: ignore[assignment]
            partial[connection] += connection.recv(65536)
            if not _whole(partial[connection]):
                continue
            shot.latencies.append(time.perf_counter() - started[connection])
            shot.refused += not partial[connection].startswith(b"HTTP/1.1 200")
            partial[connection] = b""
            following = next(waiting, None)
            if following is None:
                selector.unregister(connection)
                connection.close()
                open_connections -= 1
                continue
            started[connection] = time.perf_counter()
            connection.sendall(following)
    shot.seconds = time.perf_counter() - begun
    return shot


def _whole(answer: bytes) -> bool:
    head, gap, body = answer.partition(b"\r\n\r\n")
    if not gap:
        return False
    lowered = head.lower()
    place = lowered.find(b"content-length:")
    if place < 0:
        return b"chunked" not in lowered or body.endswith(b"0\r\n\r\n")
    return len(body) >= int(lowered[place + 15:].split(b"\r\n", 1)[0])


def main(argv: Sequence[str]) -> None:
    url, account, token, clients, count, seed = argv
    lines = [json.loads(line) for line in sys.stdin]
    rng = random.Random(int(seed))
    shot = fire(url, requests(url, account, token, [rng.choice(lines) for _ in range(int(count))], int(seed)), int(clients))
    json.dump({"seconds": shot.seconds, "latencies": shot.latencies, "refused": shot.refused}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
