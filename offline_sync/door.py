"""The door for other nodes: `POST /sync/exchange`; what enters must be sealed to this node and signed by one that it knows."""

from __future__ import annotations

import logging

from flask import Flask, Response, request

from gateway.errors import Problem
from gateway.journal.database import fault_in_words, is_away
from gateway.node import Node
from gateway.rules import SIGNED, rule
from offline_sync import refusals
from offline_sync.exchange import ADDRESS, KIND, MOST_REQUEST, answer
from offline_sync.identity import open_identity

_log = logging.getLogger("barrio.sync")


def app(node: Node) -> Flask:
    """The door for other nodes; what enters must be sealed to this node and signed by one that it knows."""
    door = Flask("sync", static_folder=None)
    door.config["MAX_CONTENT_LENGTH"] = MOST_REQUEST

    @door.post(ADDRESS)
    @rule(SIGNED)
    def exchange() -> Response:
        try:
            return Response(answer(node, open_identity(node.config.data), request.get_data()), mimetype=KIND)
        except Problem as fault:
            _log.warning("sync: %s", fault.what)
            if fault.code == "sync.refused":
                refusals.note(node, fault)
            code = 503 if not fault.permanent else 409 if fault.code == "sync.refused" else 500
            return Response(f"{fault}\n", code, mimetype="text/plain")
        except Exception as fault:
            if not is_away(fault):
                raise
            return Response(f"{Problem('database.away', reason=fault_in_words(fault))}\n", 503, mimetype="text/plain")

    return door
