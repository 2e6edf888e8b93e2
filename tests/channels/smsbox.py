"""A double of Kannel's sendsms door that can be told to be in trouble; it keeps what it took."""

from __future__ import annotations

from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.serving import Serving

ACCEPTED = (202, "0: Accepted for delivery")


class Smsbox(Serving):
    """`answer` is what it says next: (code, words), or None to hang up after it read the whole call. `took` counts per phone and text."""

    def __init__(self) -> None:
        self.answer: tuple[int, str] | None = ACCEPTED
        self.takes = True
        self.took: Counter[tuple[str, str]] = Counter()
        self.asked: list[dict[str, str]] = []
        double = self

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                text = self.rfile.read(int(self.headers["Content-Length"])).decode()
                double.asked.append({name.lower(): value for name, value in self.headers.items()} | {"path": self.path})
                if double.takes:
                    double.took[self.headers["X-Kannel-To"], text] += 1
                if double.answer is None:
                    self.close_connection = True
                    return
                self.send_response(double.answer[0])
                self.end_headers()
                self.wfile.write(double.answer[1].encode())

            def log_message(self, *_: object) -> None:
                """Nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.url = f"http://127.0.0.1:{server.server_port}/cgi-bin/sendsms"
        self.serve(server)
