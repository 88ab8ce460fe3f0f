"""A stand-in for HubSpot: a hundred inputs, 207 with traces, texts only, known properties only."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from enrich.simulator.http import Reply, Request, json_reply
from enrich.simulator.platforms.account import Account, Platform

MAX_INPUTS = 100


def answer(account: Account, request: Request) -> Reply:
    """The reply to one call."""
    if not request.headers.get("authorization", "").startswith("Bearer "):
        return json_reply({"status": "error", "category": "INVALID_AUTHENTICATION"}, 401)
    if request.path == "/crm/v3/properties/contacts":
        return json_reply({"results": account.listed("name", "type")})
    if request.method == "PATCH":
        return _patch(account, request)
    inputs = request.json()["inputs"]
    names = {name for one in inputs for name in one["properties"]}
    values = [value for one in inputs for value in one["properties"].values()]
    is_unknown = account.known_fields is not None and not names <= account.known_fields
    is_twice = len({one["id"] for one in inputs}) < len(inputs)
    is_no_text = not all(isinstance(value, str) for value in values)
    if len(inputs) > MAX_INPUTS or is_unknown or is_twice or is_no_text:
        return json_reply({"status": "error", "category": "VALIDATION_ERROR"}, 400)
    return _upsert(account, inputs)


def _patch(account: Account, request: Request) -> Reply:
    """One contact by its address, which may get another one."""
    email, properties = unquote(request.path.rpartition("/")[2]), request.json()["properties"]
    if request.query.get("idProperty") != "email" or email not in account.contacts:
        return json_reply({"status": "error", "category": "OBJECT_NOT_FOUND"}, 404)
    address = properties.pop("email", email)
    if address != email and not account.rename(email, address):
        return json_reply({"status": "error", "category": "CONFLICT"}, 409)
    account.keep(address, {name: value or None for name, value in properties.items()})
    return json_reply({"id": address})


def _upsert(account: Account, inputs: list[dict[str, Any]]) -> Reply:
    results, errors = [], []
    for one in inputs:
        trace = one["objectWriteTraceId"]
        if one["id"] in account.refused:
            context = {"objectWriteTraceId": [trace]}
            reason = f"Email address {one['id']} is invalid"
            error = {"status": "error", "category": "VALIDATION_ERROR", "message": reason}
            errors.append({**error, "context": context})
            continue
        is_new = one["id"] not in account.contacts
        account.keep(one["id"], {k: v or None for k, v in one["properties"].items()})
        results.append({"id": one["id"], "new": is_new, "objectWriteTraceId": trace})
    body = {"status": "COMPLETE", "results": results}
    if errors:
        return json_reply({**body, "errors": errors, "numErrors": len(errors)}, 207)
    return json_reply(body)


def _refused(code: str, reason: str) -> Reply:
    return json_reply({"status": "error", "message": reason, "category": code}, 400)


PLATFORM = Platform("api.hubapi.com", answer, 100, 10, refused=_refused)
