"""What the processes say on their output: one line each, with no text, no number and no traceback of a resident's."""

from __future__ import annotations

import logging
import sys


def start(level: int = logging.INFO) -> None:
    logging.basicConfig(level=level, stream=sys.stderr, format="%(asctime)s %(levelname).1s %(name)s: %(message)s", force=True)
    logging.getLogger("rq").setLevel(logging.WARNING)
    logging.getLogger("twilio").setLevel(logging.WARNING)
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    logging.raiseExceptions = False
