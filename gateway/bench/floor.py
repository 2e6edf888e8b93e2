"""The floor that `barrio bench intake` is held against: Flask, an HMAC and one row in a group commit. Nothing is understood."""

from __future__ import annotations

import base64
import hmac
import os
import queue
import threading
from urllib.parse import parse_qsl

from flask import Flask, Response, request
from sqlalchemy import text

from gateway.journal.database import Database


def make() -> Flask:
    """An app for granian; database, address and token come from the environment."""
    database = Database(os.environ["BARRIO_FLOOR_DATABASE"])
    url, token = os.environ["BARRIO_FLOOR_URL"], os.environ["BARRIO_FLOOR_TOKEN"].encode()
    with database.writing() as c:
        c.execute(text("CREATE TABLE IF NOT EXISTS floor (sid TEXT PRIMARY KEY, sender TEXT, body TEXT)"))
    waiting: queue.SimpleQueue[tuple[dict[str, str], threading.Event]] = queue.SimpleQueue()

    def write() -> None:
        while True:
            group = [waiting.get()]
            while len(group) < 256 and not waiting.empty():
                group.append(waiting.get())
            with database.writing() as c:
                c.execute(text("INSERT INTO floor VALUES (:sid, :sender, :body) ON CONFLICT DO NOTHING"), [row for row, _ in group])
            for _, done in group:
                done.set()

    threading.Thread(target=write, daemon=True).start()
    app = Flask("floor")

    @app.post("/channels/twilio/inbound")
    def inbound() -> Response:
        params = dict(parse_qsl(request.get_data().decode(), keep_blank_values=True))
        signed = (url + "".join(k + params[k] for k in sorted(params))).encode()
        right = base64.b64encode(hmac.digest(token, signed, "sha1")).decode()
        if not hmac.compare_digest(right, request.headers.get("X-Twilio-Signature", "")):
            return Response(status=403)
        done = threading.Event()
        waiting.put(({"sid": params["MessageSid"], "sender": params["From"], "body": params["Body"]}, done))
        done.wait()
        return Response("<Response/>", mimetype="text/xml")

    @app.get("/health")
    def health() -> str:
        return "ok"

    return app


if __name__ == "__main__":
    import sys

    from gateway.machine.lean import granian
    granian("gateway.bench.floor:make", "127.0.0.1", int(sys.argv[1]), threads=int(sys.argv[2])).serve()
