"""A stand-in for Meta's custom audiences: hashes in, counts out, at most 10,000 rows a request.

The rules are those of developers.facebook.com: audiences/guides/custom-audiences.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any
from urllib.parse import unquote

from enrich.simulator.http import Reply, Request, json_reply
from enrich.simulator.platforms.account import Account, Platform

MAX_ROWS = 10_000
HASH = re.compile(r"[0-9a-f]{64}|")
KEYS = ("EMAIL", "PHONE", "LOOKALIKE_VALUE")


def answer(account: Account, request: Request) -> Reply:
    """The reply to one call; an audience is there once it is asked for."""
    if not request.headers.get("authorization", "").startswith("Bearer "):
        return _error(401, "OAuthException", 190)
    _, version, audience, *rest = unquote(request.path).split("/")
    if not re.fullmatch(r"v\d+\.\d+", version):
        return _error(404, "OAuthException", 2500)
    if not rest:
        return json_reply({"id": audience, "operation_status": {"code": 200}})
    return _users(account, audience, request)


def _users(account: Account, audience: str, request: Request) -> Reply:
    body = request.json()
    schema, rows = body["payload"]["schema"], body["payload"]["data"]
    if len(rows) > MAX_ROWS or tuple(schema) != KEYS[: len(schema)]:
        return _error(400, "OAuthException", 100)
    members, invalid = account.table("audiences"), 0
    for row in rows:
        values = dict(zip(schema, row, strict=True))
        if _is_wrong(account, values):
            invalid += 1
            continue
        keys = [f"{audience}:{values[key]}" for key in KEYS[:2] if values[key]]
        if request.method == "DELETE":
            for key in [one for one in members if one in keys or members[one]["phone"] in keys]:
                del members[key]
        else:
            phone = f"{audience}:{values['PHONE']}"
            members[keys[0]] = {"phone": phone, "value": values.get("LOOKALIKE_VALUE")}
    done = {"num_received": len(rows), "num_invalid_entries": invalid}
    return json_reply({"audience_id": audience, "session_id": str(body["session"]["session_id"]),
                       "invalid_entry_samples": {}, **done})  # fmt: skip


def _is_wrong(account: Account, values: dict[str, Any]) -> bool:
    """No hash of an address, or one that is refused."""
    hashes = [values["EMAIL"], values["PHONE"]]
    refused = {hashlib.sha256(one.encode()).hexdigest() for one in account.refused}
    wrong = [one for one in hashes if not HASH.fullmatch(one) or one in refused]
    return bool(wrong) or not any(hashes)


def _error(status: int, kind: str, code: int, message: str = "Invalid parameter") -> Reply:
    return json_reply({"error": {"message": message, "type": kind, "code": code}}, status)


PLATFORM = Platform(
    "graph.facebook.com",
    answer,
    throttled=lambda wait: _error(429, "OAuthException", 80003),
    refused=lambda code, reason: _error(400, code, 100, reason),
)
