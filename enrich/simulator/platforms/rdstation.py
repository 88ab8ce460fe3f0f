"""A stand-in for RD Station: a token that runs out, 120 requests a minute, 24 per contact a day."""

from __future__ import annotations

from urllib.parse import unquote

from enrich.simulator.http import Reply, Request, json_reply
from enrich.simulator.platforms.account import Account, Platform

MAX_UPDATES_PER_CONTACT = 24


def answer(account: Account, request: Request) -> Reply:
    """The reply to one call."""
    if request.path == "/auth/token":
        token = f"token-{account.calls['POST auth']}"
        account.tokens.add(token)
        return json_reply({"access_token": token, "expires_in": 86_400})
    if request.headers.get("authorization", "").removeprefix("Bearer ") not in account.tokens:
        return _problem(401, "UNAUTHORIZED")
    if request.path == "/platform/contacts/fields":
        return json_reply({"fields": account.listed("api_identifier", "data_type")})
    if request.method == "POST" and request.path.endswith("/tag"):
        return _tag(account, unquote(request.path.split("/")[-2]), request.json()["tags"])
    email = _address(account, request)
    if email is None:
        return _problem(404, "RESOURCE_NOT_FOUND")
    if request.method == "GET":
        tags = account.contacts[email].get("tags", [])
        return json_reply({"uuid": account.id_of(email), "email": email, "tags": tags})
    values = request.json()
    address = values.pop("email", email)
    if address != email and not account.rename(email, address):
        return _problem(400, "EMAIL_ALREADY_IN_USE")
    email = address
    is_unknown = account.known_fields is not None and not set(values) <= {
        *account.known_fields,
        "tags",
    }
    if is_unknown or email in account.refused:
        return _problem(400, "VALIDATION_ERROR")
    if account.times.get(email, 0) >= MAX_UPDATES_PER_CONTACT:
        return _problem(429, "TOO_MANY_REQUESTS")
    account.keep(email, values)
    return json_reply({"email": email})


def _tag(account: Account, identifier: str, tags: list[str]) -> Reply:
    """Tags are added to those somebody has; nobody begins by it."""
    email = identifier.removeprefix("email:")
    if email not in account.contacts:
        return _problem(404, "RESOURCE_NOT_FOUND")
    if email in account.refused:
        return _problem(400, "VALIDATION_ERROR")
    kept = account.contacts[email].get("tags", [])
    account.contacts[email]["tags"] = [*kept, *(tag for tag in tags if tag not in kept)]
    return json_reply({"email": email, "tags": account.contacts[email]["tags"]})


def _address(account: Account, request: Request) -> str | None:
    """Whom a call is about; by a uuid, or when asked for, only somebody who is there."""
    kind, _, value = unquote(request.path.rpartition("/")[2]).partition(":")
    email = account.by_id(value) if kind == "uuid" else value
    is_read = request.method == "GET"
    return None if is_read and email not in account.contacts else email


def _problem(status: int, kind: str) -> Reply:
    return json_reply({"errors": {"error_type": kind, "error_message": kind}}, status)


def _refused(code: str, reason: str) -> Reply:
    return json_reply({"errors": {"error_type": code, "error_message": reason}}, 400)


PLATFORM = Platform("api.rd.services", answer, 120, 60, refused=_refused)
