"""A stand-in for Google's Data Manager API: members put in and taken out, each request ends later.

The rules are those of developers.google.com/data-manager/api: send-audience-members, limits.
"""

from __future__ import annotations

import re
from typing import Any

from enrich.simulator.http import Reply, Request, json_reply
from enrich.simulator.platforms.account import Account, Platform

MAX_MEMBERS, MAX_IDENTIFIERS, MAX_DESTINATIONS = 10_000, 10, 10
HASH = re.compile(r"[0-9a-f]{64}")
MEMBERS, STATUS = "/v1/audienceMembers", "/v1/requestStatus:retrieve"


def answer(account: Account, request: Request) -> Reply:
    """The reply to one call; the login is on a host of its own."""
    if request.path == "/token":
        token = f"token-{account.calls['POST token']}"
        account.tokens.add(token)
        return json_reply({"access_token": token, "expires_in": 3_599, "token_type": "Bearer"})
    if request.headers.get("authorization", "").removeprefix("Bearer ") not in account.tokens:
        return _error(401, "UNAUTHENTICATED")
    if request.path == STATUS:
        return _status(account, request.query.get("requestId", ""))
    body, verb = request.json(), request.path.removeprefix(f"{MEMBERS}:")
    if verb not in ("ingest", "remove") or _is_wrong(body, verb):
        return _error(400, "INVALID_ARGUMENT")
    job = account.new_job()
    if not body.get("validateOnly"):
        _change(account, body, verb)
    return json_reply({"requestId": job["id"]})


def _is_wrong(body: dict[str, Any], verb: str) -> bool:
    people = [one["userData"]["userIdentifiers"] for one in body["audienceMembers"]]
    values = [value for person in people for one in person for value in one.values()]
    return (
        len(people) > MAX_MEMBERS
        or len(body["destinations"]) > MAX_DESTINATIONS
        or body["encoding"] != "HEX"
        or any(not 0 < len(person) <= MAX_IDENTIFIERS for person in people)
        or any(len(one) != 1 for person in people for one in person)
        or not all(HASH.fullmatch(value) for value in values)
        or (verb == "ingest" and "consent" not in body)
    )


def _change(account: Account, body: dict[str, Any], verb: str) -> None:
    members = account.table("audiences")
    for destination in body["destinations"]:
        name = destination["productDestinationId"]
        for person in body["audienceMembers"]:
            values = [v for one in person["userData"]["userIdentifiers"] for v in one.values()]
            keys = {f"{name}:{value}" for value in values}
            if verb == "ingest":
                members[f"{name}:{values[0]}"] = {"known_by": sorted(keys)}
                continue
            for key in [one for one in members if keys & set(members[one]["known_by"])]:
                del members[key]


def _status(account: Account, job_id: str) -> Reply:
    if job_id not in account.jobs:
        return _error(404, "NOT_FOUND")
    is_done = account.is_done(account.jobs[job_id])
    status = {"requestStatus": "SUCCESS" if is_done else "PROCESSING"}
    return json_reply({"requestStatusPerDestination": [status]})


def _error(status: int, kind: str, message: str = "Invalid request") -> Reply:
    return json_reply({"error": {"code": status, "message": message, "status": kind}}, status)


PLATFORM = Platform(
    "datamanager.googleapis.com",
    answer,
    300,
    60,
    lambda wait: _error(429, "RESOURCE_EXHAUSTED"),
    login_host="oauth2.googleapis.com",
    refused=lambda code, reason: _error(400, code, reason),
)
