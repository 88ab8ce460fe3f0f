"""A stand-in for Brevo: imports as processes; attributes that do not exist go without a word.

The limits are those of developers.brevo.com, api-limits and limit-headers: of an account without an
Enterprise plan, and without a word on when to come back but the vendor's own headers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import ceil
from typing import Any
from urllib.parse import unquote

from enrich.simulator.http import Reply, Request, RequestError, json_reply
from enrich.simulator.platforms.account import Account, Platform, Window

MAX_BYTES, MAX_MEMBERS = 10_000_000, 150
MOMENT = "2026-01-01T00:00:00.000Z"
CONTACTS, LISTS = "/v3/contacts/", "/v3/contacts/lists"
OF_CONTACTS: Sequence[Window] = (("a second", 10, 1), ("an hour", 36_000, 3_600))
OF_ALL_ELSE: Sequence[Window] = (("all else", 100, 3_600),)


def answer(account: Account, request: Request) -> Reply:
    """The reply to one call, with what is left of its limit."""
    reply = _answer(account, request)
    left, limit, seconds = min(
        (limit - len(account.recent[name]), limit, seconds)
        for name, limit, seconds in _windows(request)
    )
    return replace(reply, headers={**reply.headers, **_headers(limit, left, seconds)})


def _answer(account: Account, request: Request) -> Reply:
    if not request.headers.get("api-key"):
        return _problem("unauthorized", 401)
    if request.path == "/v3/contacts/attributes":
        known = account.listed("name", "type")
        return json_reply({"attributes": [{**one, "category": "normal"} for one in known]})
    if request.path == "/v3/contacts/import":
        return _import(account, request)
    if request.path.startswith(LISTS):
        return _lists(account, request)
    if request.method == "DELETE":
        return _delete(account, unquote(request.path.rpartition("/")[2]))
    if request.method == "GET" and request.path.startswith("/v3/contacts/"):
        return _contact(account, unquote(request.path.rpartition("/")[2]))
    if request.method == "PUT":
        return _update(account, request)
    job_id = f"job-{request.path.rpartition('/')[2]}"
    if job_id not in account.jobs:
        return _problem("document_not_found", 404)
    status = "completed" if account.is_done(account.jobs[job_id]) else "in_process"
    number = int(job_id.rpartition("-")[2])
    return json_reply({"id": number, "name": "IMPORTUSER", "status": status})


def _import(account: Account, request: Request) -> Reply:
    body = request.json()
    if len(request.body) > MAX_BYTES:
        return _problem("too_large", 413)
    if not body["listIds"] or not body["updateExistingContacts"]:
        raise RequestError("a list and updates are needed")
    empties = body.get("emptyContactsAttributes", False)
    for contact in body["jsonBody"]:
        known = _known(account, contact["attributes"])
        if not empties:
            known = {name: value for name, value in known.items() if value is not None}
        if contact["email"] not in account.refused:
            account.keep(contact["email"], known)
    job = account.new_job(total=len(body["jsonBody"]))
    return json_reply({"processId": int(job["id"].rpartition("-")[2])}, 202)


def _known(account: Account, attributes: dict[str, Any]) -> dict[str, Any]:
    """The attributes that exist; an empty one is null."""
    return {
        name: None if value == "" else value
        for name, value in attributes.items()
        if account.known_fields is None or name in account.known_fields
    }


def _update(account: Account, request: Request) -> Reply:
    """One contact by its address, which may get another one."""
    email, attributes = unquote(request.path.rpartition("/")[2]), request.json()["attributes"]
    if email not in account.contacts:
        return _problem("document_not_found", 404)
    address = attributes.pop("EMAIL", email)
    if address != email and not account.rename(email, address):
        return _problem("duplicate_parameter", 400)
    account.keep(address, _known(account, attributes))
    return Reply(204)


def _delete(account: Account, email: str) -> Reply:
    gone = account.contacts.pop(email, None)
    return _problem("document_not_found", 404) if gone is None else Reply(204)


def _lists(account: Account, request: Request) -> Reply:
    """A page of the lists, or people added and taken out; a call that changes nobody fails."""
    lists, members = account.table("lists"), account.table("audiences")
    list_id, _, verb = request.path.removeprefix(LISTS).strip("/").partition("/contacts/")
    if not list_id:
        start, limit = request.number("offset", 0), request.number("limit", 10)
        counts = dict.fromkeys(("totalBlacklisted", "totalSubscribers", "uniqueSubscribers"), 0)
        page = [
            {"id": int(at), "name": name, "folderId": 1, **counts} for at, name in lists.items()
        ]
        return json_reply({"lists": page[start : start + limit], "count": len(page)})
    emails = request.json()["emails"]
    if list_id not in lists:
        return _problem("document_not_found", 404)
    if len(emails) > MAX_MEMBERS:
        raise RequestError("too many addresses")
    is_in = {email: f"{list_id}:{email}" in members for email in emails}
    can = [
        email
        for email in emails
        if (not is_in[email] and email in account.contacts and email not in account.refused
            if verb == "add" else is_in[email])
    ]  # fmt: skip
    if not can:
        message = "Contact already in list and/or does not exist"
        return json_reply({"code": "invalid_parameter", "message": message}, 400)
    for email in can:
        if verb == "add":
            members[f"{list_id}:{email}"] = {"count": 1}
        else:
            del members[f"{list_id}:{email}"]
    failed = [email for email in emails if email not in can]
    return json_reply({"contacts": {"success": can, "failure": failed}}, 201)


def _contact(account: Account, email: str) -> Reply:
    if email not in account.contacts:
        return _problem("document_not_found", 404)
    listed = (key.partition(":") for key in account.table("audiences"))
    ids = [int(at) for at, _, one in listed if one == email]
    times = dict.fromkeys(("createdAt", "modifiedAt"), MOMENT)
    blocks = dict.fromkeys(("emailBlacklisted", "smsBlacklisted"), False)
    contact = {"id": int(account.id_of(email) or 0), "email": email, "listIds": ids}
    return json_reply({**contact, **times, **blocks, "attributes": {}, "statistics": {}})


def _problem(code: str, status: int) -> Reply:
    return json_reply({"code": code, "message": code}, status)


def _windows(request: Request) -> Sequence[Window]:
    return OF_CONTACTS if request.path.startswith(CONTACTS) else OF_ALL_ELSE


def _headers(limit: int, left: int, wait: float) -> dict[str, str]:
    values = {"limit": limit, "remaining": left, "reset": ceil(wait)}
    return {f"x-sib-ratelimit-{name}": str(value) for name, value in values.items()}


def _throttled(wait: float) -> Reply:
    return json_reply({"code": "too_many_requests"}, 429, _headers(10, 0, wait))


PLATFORM = Platform("api.brevo.com", answer, 10, 1, _throttled, windows=_windows)
