"""What an answer means: data, a refusal, or a web page that stands for one."""

from __future__ import annotations

import json
from typing import Any

from pydantic_core import from_json

from enrich.client.call import (
    BadBody,
    Call,
    HttpStatus,
    LoginPage,
    NotFound,
    PermissionMissing,
    Response,
)
from enrich.errors import Refused


def raise_for_refusal(call: Call, response: Response) -> None:
    """Nothing for a 2xx that is no web page; else the error that says what to do (see `fetch`)."""
    status_code = response.status_code
    if status_code == 401:
        raise Refused(f"{call.name}: the credentials were refused (401); check key, token and role")
    if status_code == 403:
        raise PermissionMissing(f"{call.name}: not allowed (403){_tick(call)}", call.resource)
    if status_code == 404:
        raise NotFound(f"{call.name}: not found (404)")
    if 300 <= status_code < 400 and status_code != 304:
        raise LoginPage(f"{call.name}: a redirect instead of JSON{_tick(call)}", call.resource)
    if status_code >= 400:
        raise HttpStatus(f"{call.name}: refused with {status_code}", status_code)
    if is_web_page(response):
        raise LoginPage(f"{call.name}: a web page instead of JSON{_tick(call)}", call.resource)


def _tick(call: Call) -> str:
    return f"; the role lacks {call.resource}" if call.resource else ""


def is_web_page(response: Response) -> bool:
    """Whether HTML came back, by its type or by how it begins."""
    if "html" in response.headers.get("content-type", "").lower():
        return True
    start = response.content[:64].lstrip().lower()
    return start.startswith((b"<!doctype html", b"<html"))


def parse_json(content: bytes, name: str = "") -> Any:
    """The value of a JSON text; control characters inside strings and a BOM are let pass.

    Raises BadBody, with the name of the call and without a word of the text.
    """
    content = content.removeprefix(b"\xef\xbb\xbf")
    try:
        return from_json(content, allow_inf_nan=False)
    except ValueError:
        pass
    try:
        value = json.loads(content.decode("utf-8", "replace"), strict=False, parse_constant=_null)
        # Half a surrogate pair passes here, but no file and no database takes it.
        return json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        raise BadBody(f"{name}: the answer is no JSON".removeprefix(": ")) from None


def _null(_name: str) -> None:
    """NaN and Infinity are no JSON; nothing is better than a number that spoils every sum."""
