"""A stand-in for Customer.io's Track API: 500 KB a batch, and a place for every error."""

from __future__ import annotations

from enrich.simulator.http import Reply, Request, json_reply
from enrich.simulator.platforms.account import Account, Platform

MAX_BYTES, MAX_ATTRIBUTES, MAX_NAME_BYTES = 500_000, 300, 150


def answer(account: Account, request: Request) -> Reply:
    """The reply to one call."""
    if not request.headers.get("authorization", "").startswith("Basic "):
        return json_reply({"errors": [{"reason": "unauthorized"}]}, 401)
    if account.region == "us" and PLATFORM.is_elsewhere(account, request):
        return json_reply({"errors": [{"reason": "unauthorized"}]}, 401)
    if request.path == "/api/v1/accounts/region":
        return json_reply({"region": account.region})
    if len(request.body) > MAX_BYTES:
        return json_reply({"errors": [{"reason": "too_large"}]}, 413)
    if request.path == "/api/v2/entity":
        account.contacts.pop(request.json()["identifiers"]["email"], None)
        return json_reply({})
    errors = []
    for at, item in enumerate(request.json()["batch"]):
        if item["action"] == "merge":
            _merge(account, item["primary"]["email"], item["secondary"]["email"])
            continue
        email, attributes = item["identifiers"]["email"], item["attributes"]
        is_bad = len(attributes) > MAX_ATTRIBUTES or any(
            len(name.encode()) > MAX_NAME_BYTES for name in attributes
        )
        if is_bad or email in account.refused:
            reason = f"{email} is not accepted"
            errors.append({"batch_index": at, "reason": "invalid", "message": reason})
        elif not attributes.pop("_update", False) or email in account.contacts:
            account.keep(email, attributes)
    return json_reply({"errors": errors}, 207) if errors else json_reply({})


def _merge(account: Account, primary: str, secondary: str) -> None:
    """Who remains gets what is empty there; nothing happens where somebody is missing."""
    if primary in account.contacts and secondary in account.contacts:
        gone, kept = account.contacts.pop(secondary), account.contacts[primary]
        account.contacts[primary] = {
            **kept,
            **{n: v for n, v in gone.items() if not kept.get(n) and v},
        }


def _refused(code: str, reason: str) -> Reply:
    error = {"batch_index": 0, "reason": code, "field": "attributes", "message": reason}
    return json_reply({"errors": [error]}, 400)


PLATFORM = Platform(
    "track.customer.io", answer, 100, 1, eu_host="track-eu.customer.io", refused=_refused
)
