"""A stand-in for Synerise: a token that runs out, and a 207 that names values, not places."""

from __future__ import annotations

from typing import Any

from enrich.simulator.http import Reply, Request, json_reply
from enrich.simulator.platforms.account import Account, Platform

MAX_PROFILES, MAX_BYTES = 1_000, 1_000_000
RESERVED = frozenset({"email", "firstName", "status", "source", "time", "type"})
PERMISSIONS = {"API_CLIENT_CREATE": True, "API_BATCH_CLIENT_CREATE": True}


def answer(account: Account, request: Request) -> Reply:
    """The reply to one call; `account.tokens` are the tokens that still hold."""
    if request.path == "/uauth/v2/auth/login/profile":
        return _log_in(account, request)
    authorization = request.headers.get("authorization", "")
    is_basic = authorization.startswith("Basic ")
    if not is_basic and authorization.removeprefix("Bearer ") not in account.tokens:
        return json_reply({"error": "Token expired.", "status": 401}, 401)
    if request.path == "/uauth/api-key/permission-check":
        return json_reply({"businessProfileName": "Demo", "permissions": PERMISSIONS})
    if request.path == "/v4/clients/batch":
        return _batch(account, request)
    return _client(account, request)


def _log_in(account: Account, request: Request) -> Reply:
    if not request.json().get("apiKey"):
        return json_reply({"error": "Unauthorized"}, 401)
    token = f"token-{account.calls.get('POST uauth', 0)}"
    account.tokens.add(token)
    return json_reply({"token": token})


def _batch(account: Account, request: Request) -> Reply:
    profiles = request.json()
    if len(profiles) > MAX_PROFILES or len(request.body) > MAX_BYTES:
        return json_reply({"error": "Bad Request", "message": "too large", "status": 400}, 400)
    errors = [error for profile in profiles for error in _take(account, profile)]
    return json_reply(errors, 207) if errors else Reply(202)


def _take(account: Account, profile: dict[str, Any]) -> list[dict[str, Any]]:
    """Keeps the profile, or tells what is wrong with it: by value, without a place."""
    email = profile["email"]
    if email in account.refused:
        value = profile.get("attributes", {}).get("rfm_group", email)
        field = "attributes.rfm_group" if value != email else "email"
        return [{"code": 1001, "field": field, "message": "invalid", "rejectedValue": value}]
    attributes = profile.get("attributes", {})
    kept = {name: value for name, value in attributes.items() if name not in RESERVED}
    native = {name: value for name, value in profile.items() if name != "attributes"}
    account.keep(email, {**native, **kept})
    return []


def _client(account: Account, request: Request) -> Reply:
    email = request.path.removeprefix("/v4/clients/by-email/")
    ids = {f"{at}": name for at, name in enumerate(sorted(account.contacts), 1)}
    if request.method == "DELETE":
        gone = ids.get(request.path.removeprefix("/v4/clients/"))
        return Reply(404) if gone is None else _delete(account, gone)
    found = [number for number, name in ids.items() if name == email]
    if not found:
        return json_reply({"error": "Not Found", "status": 404}, 404)
    return json_reply({"clientId": int(found[0]), "email": email})


def _delete(account: Account, email: str) -> Reply:
    del account.contacts[email]
    return Reply(202)


PLATFORM = Platform("api.synerise.com", answer)
