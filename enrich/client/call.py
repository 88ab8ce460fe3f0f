"""One request, and every way it can be refused: what a caller sees of HTTP.

No message here holds a header, a body or a query string: a call is known by its `name`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

import httpx

from enrich.errors import EnrichError, Refused, SkipRecord, TryAgain

TRIES_WHEN_THROTTLED = 8


class PermissionMissing(Refused):
    """The credentials are good but may not use this; `resource` is what the role lacks."""

    def __init__(self, message: str, resource: str = "") -> None:
        super().__init__(message)
        self.resource = resource


class LoginPage(PermissionMissing):
    """A web page or a redirect came where JSON was asked for: how some routes say no."""


class NotFound(SkipRecord):
    """The other side does not have it (404)."""


class BadBody(SkipRecord):
    """The answer is no JSON, or larger than any honest answer."""


class HttpStatus(EnrichError):
    """An answer that asking again cannot change, such as 400 or 409."""

    def __init__(self, message: str, status_code: int) -> None:
        super().__init__(message)
        self.status_code = status_code


class GaveUp(TryAgain):
    """Every try met a passing fault; `status_code` is the last one, None for the network."""

    def __init__(
        self, message: str, status_code: int | None = None, retry_after_seconds: float | None = None
    ) -> None:
        super().__init__(message, retry_after_seconds)
        self.status_code = status_code


class Unanswered(GaveUp):
    """A call that must not be sent twice got no answer; it may or may not have been carried out."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `name` is what messages call it: a path template without any value.

    `resource` is the permission to name on 403. `is_repeatable` is False for a call that does harm
    when it is carried out twice. `tries` lowers the number of tries. Only `method` and `name` show
    in its repr.
    """

    method: str
    url: str = field(repr=False)
    name: str
    resource: str = field(default="", repr=False)
    params: Mapping[str, str | Sequence[str]] | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    content: bytes | None = field(default=None, repr=False)
    is_repeatable: bool = field(default=True, repr=False)
    tries: int = field(default=TRIES_WHEN_THROTTLED, repr=False)


@dataclass(frozen=True, slots=True)
class Response:
    """What came back, read whole and decoded. Nothing but the status shows in its repr."""

    status_code: int
    headers: httpx.Headers = field(repr=False)
    content: bytes = field(default=b"", repr=False)

    @property
    def is_success(self) -> bool:
        return 200 <= self.status_code < 300


def path_segment(text: str) -> str:
    """The text as exactly one segment of a path: no id of another can lead elsewhere with it.

    `.` and `..` are no letters that `quote` encodes, and every client resolves them.
    """
    encoded = quote(text, safe="")
    return encoded if encoded.strip(".") else encoded.replace(".", "%2E")
