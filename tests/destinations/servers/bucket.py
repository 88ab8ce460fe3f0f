"""A bucket with state on a loopback socket: it checks every signature (AWS Signature Version 4)."""

from __future__ import annotations

import hashlib
import hmac
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from xml.etree import ElementTree
from xml.sax.saxutils import escape

KEY_ID, SECRET, REGION = "AKIAEXAMPLE", "bucket-secret-of-these-tests", "sa-east-1"
LOST = -1  # the request is carried out, and the connection ends without an answer


@dataclass
class BucketState:
    """The objects by key, in the order they became visible; `faults` are used up call by call.

    `refuses` is a pattern of the method and path of calls that get 403.
    """

    name: str = "drop"
    objects: dict[str, bytes] = field(default_factory=dict)
    modified_at: dict[str, datetime] = field(default_factory=dict)
    uploads: dict[str, dict[int, bytes]] = field(default_factory=dict)
    appeared: list[str] = field(default_factory=list)
    faults: list[int] = field(default_factory=list)
    methods: list[str] = field(default_factory=list)
    refused_signatures: int = 0
    refuses: str | None = None

    def keep(self, key: str, content: bytes) -> None:
        self.objects[key] = content
        self.modified_at[key] = datetime.now(UTC)
        self.appeared.append(key)


@contextmanager
def serve_bucket() -> Iterator[tuple[str, BucketState]]:
    """The endpoint and the state behind it."""
    state = BucketState()
    handler = type("Handler", (_Handler,), {"state": state})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", state
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: BucketState

    def log_message(self, *_: Any) -> None:
        """Tests are quiet."""

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        fault = self.state.faults.pop(0) if self.state.faults else 200
        self.state.methods.append(self.command)
        if self.state.refuses and re.match(self.state.refuses, f"{self.command} {self.path}"):
            fault = 403
        if fault not in (200, LOST):
            return self._answer(fault, b"<Error><Code>SlowDown</Code></Error>")
        if not self._is_signed(body):
            self.state.refused_signatures += 1
            return self._answer(403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>")
        status, answer = self._carry_out(body)
        if fault == LOST:
            self.close_connection = True
            return None
        return self._answer(status, answer)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _serve  # noqa: N815

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("etag", '"etag"')
        self.send_header("last-modified", "Thu, 01 Jan 2026 00:00:00 GMT")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _is_signed(self, body: bytes) -> bool:
        """Whether the signature is the one this request has with our secret, and the body its."""
        found = re.fullmatch(
            r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request, "
            r"SignedHeaders=([^,]+), Signature=([0-9a-f]{64})",
            self.headers.get("authorization", ""),
        )
        if found is None or found[1] != KEY_ID or found[3] != REGION:
            return False
        digest = self.headers["x-amz-content-sha256"]
        if digest != hashlib.sha256(body).hexdigest():
            return False
        parts = urlsplit(self.path)
        pairs = sorted(parse_qsl(parts.query, keep_blank_values=True))
        query = "&".join(f"{quote(k, safe='-_.~')}={quote(v, safe='-_.~')}" for k, v in pairs)
        headers = "".join(f"{name}:{self.headers[name].strip()}\n" for name in found[4].split(";"))
        request = "\n".join([self.command, parts.path, query, headers, found[4], digest])
        scope = f"{found[2]}/{REGION}/s3/aws4_request"
        hashed = hashlib.sha256(request.encode()).hexdigest()
        text = "\n".join(["AWS4-HMAC-SHA256", self.headers["x-amz-date"], scope, hashed])
        key = f"AWS4{SECRET}".encode()
        for part in (found[2], REGION, "s3", "aws4_request"):
            key = hmac.digest(key, part.encode(), "sha256")
        return hmac.compare_digest(hmac.new(key, text.encode(), "sha256").hexdigest(), found[5])

    def _carry_out(self, body: bytes) -> tuple[int, bytes]:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        bucket, _, key = unquote(parts.path).removeprefix("/").partition("/")
        if bucket != self.state.name:
            return 404, b"<Error><Code>NoSuchBucket</Code></Error>"
        if self.command == "PUT":
            return self._put(key, query, body)
        if self.command == "POST":
            return self._post(key, query, body)
        if "list-type" in query:
            return 200, self._listing(query.get("prefix", ""))
        if key not in self.state.objects:
            return 404, b"<Error><Code>NoSuchKey</Code></Error>"
        if self.command == "DELETE":
            del self.state.objects[key]
            return 204, b""
        return 200, self.state.objects[key]

    def _put(self, key: str, query: dict[str, str], body: bytes) -> tuple[int, bytes]:
        if "partNumber" in query:
            self.state.uploads[query["uploadId"]][int(query["partNumber"])] = body
        else:
            self.state.keep(key, body)
        return 200, b""

    def _post(self, key: str, query: dict[str, str], body: bytes) -> tuple[int, bytes]:
        if "delete" in query:
            keys = [
                str(one.text)
                for one in ElementTree.fromstring(body).iter()
                if one.tag.endswith("Key")
            ]
            for gone in keys:
                self.state.objects.pop(gone, None)
            rows = "".join(f"<Deleted><Key>{escape(gone)}</Key></Deleted>" for gone in keys)
            return 200, f"<DeleteResult>{rows}</DeleteResult>".encode()
        if "uploads" in query:
            upload = f"upload-{len(self.state.uploads) + 1}"
            self.state.uploads[upload] = {}
            return 200, (
                f"<InitiateMultipartUploadResult><Bucket>drop</Bucket><Key>{escape(key)}</Key>"
                f"<UploadId>{upload}</UploadId></InitiateMultipartUploadResult>"
            ).encode()
        pieces = self.state.uploads.pop(query["uploadId"])
        self.state.keep(key, b"".join(pieces[number] for number in sorted(pieces)))
        return 200, (
            b"<CompleteMultipartUploadResult><ETag>etag</ETag></CompleteMultipartUploadResult>"
        )

    def _listing(self, prefix: str) -> bytes:
        rows = "".join(
            f"<Contents><Key>{escape(key)}</Key><ETag>etag</ETag><Size>{len(content)}</Size>"
            f"<LastModified>{self.state.modified_at[key]:%Y-%m-%dT%H:%M:%S.000Z}</LastModified>"
            "</Contents>"
            for key, content in sorted(self.state.objects.items())
            if key.startswith(prefix)
        )
        return (
            f"<ListBucketResult><IsTruncated>false</IsTruncated>{rows}</ListBucketResult>".encode()
        )
