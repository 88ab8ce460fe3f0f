"""A stand-in for Braze: 75 users in a request, and a 201 that can hold refusals."""

from __future__ import annotations

from enrich.simulator.http import Reply, Request, json_reply
from enrich.simulator.platforms.account import Account, Platform

MAX_USERS = 75


def answer(account: Account, request: Request) -> Reply:
    """The reply to one call; with `_update_existing_only` a stranger is left out in silence."""
    if not request.headers.get("authorization", "").startswith("Bearer "):
        return json_reply({"message": "Invalid API key"}, 401)
    users = request.json()["attributes"]
    if not 0 < len(users) <= MAX_USERS:
        return json_reply({"message": "no valid attributes"}, 400)
    errors = []
    for at, user in enumerate(users):
        email, only = user["email"], user.pop("_update_existing_only", False)
        if email in account.refused:
            kind = f"'email' {email} is not valid"
            errors.append({"type": kind, "input_array": "attributes", "index": at})
        elif not only or email in account.contacts:
            account.keep(email, {name: value for name, value in user.items() if name != "email"})
    done = {"message": "success", "attributes_processed": len(users) - len(errors)}
    return json_reply({**done, "errors": errors} if errors else done, 201)


def _refused(code: str, reason: str) -> Reply:
    """No code: a fault of the whole request is a message."""
    return json_reply({"message": reason}, 400)


PLATFORM = Platform("rest.iad-01.braze.com", answer, 3_000, 3, refused=_refused)
