"""What alerts are sent to: an HTTP address and a mail server on the loopback, with what came."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Came:
    """What came: the path and body of each HTTP call, and the text of each mail."""

    port: int = 0
    mail_port: int = 0
    calls: list[tuple[str, Any]] = field(default_factory=list)
    mails: list[str] = field(default_factory=list)

    def at(self, path: str) -> list[Any]:
        return [body for called, body in self.calls if called == path]


@contextmanager
def listeners() -> Iterator[Came]:
    """Both listening while the block runs."""
    came = Came()

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            came.calls.append((self.path, json.loads(body) if body else None))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    class Mail(socketserver.StreamRequestHandler):
        """As much of RFC 5321 as one mail needs."""

        def handle(self) -> None:
            self.wfile.write(b"220 here\r\n")
            for line in self.rfile:
                word = line[:4].upper().strip()
                if word == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    came.mails.append(b"".join(iter(self.rfile.readline, b".\r\n")).decode())
                if word == b"QUIT":
                    self.wfile.write(b"221 bye\r\n")
                    return
                self.wfile.write(b"250 ok\r\n")

    with (
        ThreadingHTTPServer(("127.0.0.1", 0), Hook) as hook,
        socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mail) as mail,
    ):
        came.port, came.mail_port = hook.server_address[1], mail.server_address[1]
        for server in (hook, mail):
            threading.Thread(target=server.serve_forever, daemon=True).start()
        yield came
        for server in (hook, mail):
            server.shutdown()
