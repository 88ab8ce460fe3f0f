"""A request and a reply as plain values; the ASGI shell turns sockets into them and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

JSON_TYPE = "application/json; charset=utf-8"
HTML_TYPE = "text/html; charset=utf-8"


class RequestError(ValueError):
    """The request cannot be understood; the message goes into the service's own 400 body."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request; header names are in small letters, of a repeated parameter the last counts.

    `filters` are all values of the parameter fq.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    filters: tuple[str, ...] = ()

    def json(self) -> Any:
        """The body as JSON; raises RequestError."""
        try:
            return json.loads(self.body or b"null")
        except ValueError:
            raise RequestError("the body is not JSON") from None

    def number(self, name: str, default: int) -> int:
        """A whole number of the query; raises RequestError."""
        try:
            return int(self.query.get(name, default))
        except ValueError:
            raise RequestError(f"{name} is not a whole number") from None


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply. `cut` sends half of the body and hangs up, `lost` hangs up before any of it."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = JSON_TYPE
    cut: bool = False
    lost: bool = False


def json_reply(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """A reply whose body is this content as JSON."""
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return Reply(status, body, headers or {})


def html_reply(status: int, title: str) -> Reply:
    """A small HTML page, as proxies and login pages send."""
    page = f"<!DOCTYPE html><html><head><title>{title}</title></head><body>{title}</body></html>"
    return Reply(status, page.encode(), content_type=HTML_TYPE)


def filters_of(raw: bytes) -> tuple[str, ...]:
    """All values of the parameter fq."""
    return tuple(value for name, value in parse_qsl(raw.decode("latin-1")) if name == "fq")


def query_of(raw: bytes) -> dict[str, str]:
    """The parameters of a query string, empty ones kept."""
    return dict(parse_qsl(raw.decode("latin-1"), keep_blank_values=True))
