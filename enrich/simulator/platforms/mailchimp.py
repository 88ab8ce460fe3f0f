"""A stand-in for Mailchimp: members that are there are updated, others are a 404."""

from __future__ import annotations

import hashlib

from enrich.simulator.http import Reply, Request, RequestError, json_reply
from enrich.simulator.platforms.account import Account, Platform

THROTTLED = "throttled"  # a member whose update meets the bare 403


def answer(account: Account, request: Request) -> Reply:
    """The reply to one call; `account.refused` are members that are not there."""
    if not request.headers.get("authorization", "").startswith("Basic "):
        return json_reply({"title": "API Key Invalid"}, 401)
    if request.path.endswith("/merge-fields"):
        return json_reply({"merge_fields": account.listed("tag", "type")})
    member = request.path.rpartition("/")[2]
    if member in account.refused:
        return json_reply({"title": "Resource Not Found"}, 404)
    if THROTTLED in account.tokens:
        account.tokens.discard(THROTTLED)
        return Reply(403)
    body = request.json()
    if set(body) == {"email_address"}:
        return _move(account, member, body["email_address"])
    if set(body) != {"merge_fields"}:
        raise RequestError("a status must not change here")
    account.keep(member, {name: value or None for name, value in body["merge_fields"].items()})
    return json_reply({"id": member})


def _move(account: Account, member: str, address: str) -> Reply:
    """The member is known by the digest of its address."""
    if member not in account.contacts:
        return json_reply({"title": "Resource Not Found"}, 404)
    digest = hashlib.md5(address.encode(), usedforsecurity=False).hexdigest()
    if not account.rename(member, digest):
        return json_reply({"title": "Member Exists"}, 400)
    return json_reply({"id": digest})


def _refused(code: str, reason: str) -> Reply:
    """No code but a title; what is wrong with a field stands in the list."""
    errors = [{"field": code, "message": reason}]
    detail = "For field-specific details, see the 'errors' array."
    return json_reply({"title": "Invalid Resource", "detail": detail, "errors": errors}, 400)


PLATFORM = Platform("us1.api.mailchimp.com", answer, refused=_refused)
