"""Over real sockets: who is not who they say, or points elsewhere, gets nothing of ours."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from enrich.client import Call, Http, LoginPage
from enrich.errors import Stop

SECRET = "token-of-the-shop"


@dataclass
class Host:
    """One server on the loopback and what it was asked."""

    address: str
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)


@contextmanager
def host(
    answer: tuple[int, dict[str, str]], context: ssl.SSLContext | None = None
) -> Iterator[Host]:
    found = Host("")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.requests.append((self.path, dict(self.headers)))
            self.send_response(answer[0])
            for name, value in answer[1].items():
                self.send_header(name, value)
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *said: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *of: None  # type: ignore[method-assign]
    scheme = "https" if context else "http"
    found.address = f"{scheme}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()


def call(address: str) -> Call:
    return Call("GET", f"{address}/orders", name="shop orders", headers={"X-Token": SECRET})


def self_signed(folder: Path) -> ssl.SSLContext:
    """A certificate that nobody has vouched for."""
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = serialization.PrivateFormat.PKCS8
    (folder / "key.pem").write_bytes(key.private_bytes(pem, private, serialization.NoEncryption()))
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return context


def test_an_address_that_cannot_prove_itself_gets_nothing(tmp_path: Path) -> None:
    waited: list[float] = []
    with (
        host((200, {}), self_signed(tmp_path)) as stranger,
        Http(sleep=waited.append) as http,
        pytest.raises(Stop, match="certificate does not prove") as told,
    ):
        http.fetch(call(stranger.address))
    assert stranger.requests == []
    assert waited == []  # asking again would not help
    assert SECRET not in str(told.value)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_host_is_not_followed(status: int) -> None:
    with host((200, {})) as other:
        moved = (status, {"location": f"{other.address}/orders"})
        with host(moved) as shop, Http() as http, pytest.raises(LoginPage, match="redirect"):
            http.fetch(call(shop.address))
    assert len(shop.requests) == 1
    assert other.requests == []
