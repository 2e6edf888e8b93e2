"""What the doubles that listen on loopback share: a server in a thread of its own, for as long as a test needs it."""

from __future__ import annotations

import threading
from socketserver import BaseServer
from typing import Self


class Serving:
    """Call `serve` with a server that is bound; as a context manager it listens from the beginning to the end."""

    def serve(self, server: BaseServer) -> None:
        self._server = server
        self._thread = threading.Thread(target=server.serve_forever, args=(0.02,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
