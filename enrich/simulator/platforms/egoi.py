"""A stand-in for E-goi's API V3: contacts of one list by id, extra fields by number.

As its published schema says (https://github.com/E-goi/sdk-java, api/openapi.yaml). Who is not
refused and has not left is in the list.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

from enrich.profile import FIELDS
from enrich.simulator.http import Reply, Request, json_reply
from enrich.simulator.platforms.account import Account, Platform

MAX_BYTES, MAX_FORGOTTEN, MAX_FIELDS, DEFAULT_FIELDS = 20_000_000, 1_000, 1_000, 10
CONTACT_ID = re.compile(r"^[a-fA-F\d]{10}$")
VALUES = {"date": re.compile(r"^(\d{4}-\d\d-\d\d)?$"), "number": re.compile(r"^(-?\d+(\.\d+)?)?$")}
RFC = "http://www.w3.org/Protocols/rfc2616/rfc2616-sec10.html"
OTHER = "0000000000"  # somebody else
THROTTLED, RESET_SECONDS = "throttled", 7  # the next call meets a 429
OF_EGOI = {"type": "base", "field_id": "email", "name": "Email", "format": "email", "unique": True}


def answer(account: Account, request: Request) -> Reply:
    """The reply to one call."""
    if not request.headers.get("apikey"):
        return _problem(401, "Unauthorized")
    if THROTTLED in account.tokens:
        account.tokens.discard(THROTTLED)
        return _problem(429, "Too Many Requests", {"x-ratelimit-reset": str(RESET_SECONDS)})
    if len(request.body) > MAX_BYTES:
        return _problem(413, "Request Entity Too Large")
    list_id, _, rest = request.path.removeprefix("/lists/").partition("/")
    if list_id != "1":
        return _problem(404, "Not Found")
    if rest == "fields":
        return _fields(account, request)
    if rest == "contacts":
        return _search(account, request.query["email"])
    if rest == "contacts/actions/forget":
        return _forget(account, request.json()["contacts"])
    return _patch(account, rest.removeprefix("contacts/"), request.json())


def _search(account: Account, email: str) -> Reply:
    """The contacts that answer to an address: one like it, and the one, if it is in the list."""
    found = [_contact(f"{email}.org", "active", OTHER)]
    if _is_in_list(account, email):
        ids = account.table("ids")
        ids.setdefault(email, hashlib.sha256(email.encode()).hexdigest()[:10])
        status = "removed" if email in account.table("removed") else "active"
        found.append(_contact(email, status, ids[email]))
    return json_reply({"total_items": len(found), "items": found})


def _contact(email: str, status: str, contact_id: str) -> dict[str, Any]:
    base = {"contact_id": contact_id, "status": status, "email": email}
    return {"base": base, "extra": [], "tags": []}


def _is_in_list(account: Account, email: str) -> bool:
    has_left = email in account.table("left") and email not in account.table("ids")
    return email not in account.refused and not has_left


def _patch(account: Account, contact_id: str, body: dict[str, Any]) -> Reply:
    """What is sent is changed, nothing else; nothing of who opted out, and no status from here."""
    email = _address(account, contact_id)
    if email is None:
        return _problem(404, "Not Found")
    base, extra = body.get("base", {}), body.get("extra", [])
    has_left = email in account.table("removed")
    if has_left or set(body) - {"base", "extra"} or set(base) - {"email"}:
        return _problem(422, "Unprocessable Entity")
    values = _values(account, extra)
    if values is None:
        return _problem(422, "Unprocessable Entity")
    address = base.get("email", email)
    if address != email and not _move(account, email, address):
        return _problem(409, "Conflict")
    account.keep(address, values)
    return json_reply({"contact_id": contact_id})


def _values(account: Account, extra: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The values by name, an empty one as null; None when one is not as its field wants it."""
    fields = {one["field_id"]: one for one in _all_fields(account)}
    values: dict[str, Any] = {}
    for item in extra:
        field, value = fields.get(str(item["field_id"])), item["value"]
        if field is None or set(item) != {"field_id", "value"} or not isinstance(value, str):
            return None
        if field["format"] in VALUES and not VALUES[field["format"]].match(value):
            return None
        values[field["name"]] = value or None
    return values


def _move(account: Account, old: str, new: str) -> bool:
    ids = account.table("ids")
    if new in ids:
        return False
    ids[new] = ids.pop(old)
    account.table("left")[old] = {}
    if old in account.contacts:
        account.rename(old, new)
    return True


def _forget(account: Account, contacts: list[str]) -> Reply:
    """Accepted; E-goi empties the contacts within thirty days."""
    is_whole = 1 <= len(contacts) <= MAX_FORGOTTEN and len(set(contacts)) == len(contacts)
    if not is_whole or not all(CONTACT_ID.match(one) for one in contacts):
        return _problem(422, "Unprocessable Entity")
    for contact_id in contacts:
        email = _address(account, contact_id)
        if email is not None:
            account.table("left")[email] = account.table("ids").pop(email)
            account.contacts.pop(email, None)
    return json_reply({"result": "success"}, 202)


def _address(account: Account, contact_id: str) -> str | None:
    return next((name for name, one in account.table("ids").items() if one == contact_id), None)


def _fields(account: Account, request: Request) -> Reply:
    """A page of the list's fields; ten unless more are asked for."""
    limit, offset = request.number("limit", DEFAULT_FIELDS), request.number("offset", 0)
    if not 1 <= limit <= MAX_FIELDS:
        return _problem(422, "Unprocessable Entity")
    return json_reply([OF_EGOI, *_all_fields(account)][offset : offset + limit])


def _all_fields(account: Account) -> list[dict[str, Any]]:
    """What the shop created; an account that nobody set up has every field of a profile."""
    names = account.known_fields
    return [
        {
            "type": "extra",
            "field_id": str(number),
            "name": name,
            "format": account.field_types.get(name, "text"),
            "unique": False,
        }
        for number, name in enumerate(sorted(names or (field.name for field in FIELDS)), 1)
    ]


def _problem(status: int, title: str, headers: dict[str, str] | None = None) -> Reply:
    """An error as the schema has it: no code but a title, and a sentence."""
    body = {"type": RFC, "title": title, "status": status, "detail": f"{title}, simulated"}
    return json_reply(body, status, headers)


def _refused(_: str, reason: str) -> Reply:
    return json_reply({"type": RFC, "title": "Bad Request", "status": 400, "detail": reason}, 400)


PLATFORM = Platform("api.egoiapp.com", answer, refused=_refused)
