"""A stand-in for Salesforce Marketing Cloud: one data extension, tokens of twenty minutes.

By the vendor's reference pages, which docs/platforms/marketingcloud.md names.
"""

from __future__ import annotations

import re
from typing import Any

from enrich.profile import FIELDS
from enrich.simulator.http import Reply, Request, json_reply
from enrich.simulator.platforms.account import Account, Platform

MAX_ROWS, MAX_COLUMNS, MAX_TEXT, TOKEN_SECONDS = 50, 50, 4_000, 1_200
KEY = "EmailAddress"
DATA_EXTENSION = re.compile(r"^0{8}(-0{4}){3}-0{12}$")
DAY = re.compile(r"^\d{4}-\d\d-\d\d$")
WAIT_SECONDS = 5
# Whoever asks next meets one of the two documented 429: with a time to wait, or without.
RATE_EXCEEDED, BLOCKED = "50100", "50200"


def answer(account: Account, request: Request) -> Reply:
    """The reply to one call."""
    if request.path == "/v2/token":
        return _token(account, request.json())
    if not _is_signed(account, request):
        return _problem(401, "Not Authorized")
    for code in (RATE_EXCEEDED, BLOCKED):
        if code in account.tokens:
            account.tokens.discard(code)
            return _throttled(code)
    if request.path == "/contacts/v1/contacts/actions/delete":
        return _delete(account, request)
    area, _, rest = request.path.removeprefix("/").partition("/v1/")
    _, extension, call = rest.split("/")
    if not DATA_EXTENSION.match(extension):
        return _problem(404, "Not Found")
    if (area, call) == ("data", "fields"):
        return json_reply({"id": extension, "fields": list(_columns(account).values())})
    return _upsert(account, request.json())


def _token(account: Account, body: dict[str, Any]) -> Reply:
    if body["grant_type"] != "client_credentials" or not body["client_secret"]:
        return json_reply({"error": "invalid_client"}, 401)
    tokens = account.table("tokens")
    token = f"{body['client_id']}-{len(tokens) + 1}"
    tokens[token] = account.seconds + TOKEN_SECONDS
    return json_reply({"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_SECONDS})


def _is_signed(account: Account, request: Request) -> bool:
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    return bool(account.table("tokens").get(token, 0) > account.seconds)


def _upsert(account: Account, rows: list[dict[str, Any]]) -> Reply:
    """Every row, or none when one of them cannot be."""
    columns = _columns(account)
    if not 0 < len(rows) <= MAX_ROWS or not all(_is_good(account, columns, row) for row in rows):
        return _problem(400, "Unable to save rows for data extension")
    for row in rows:
        account.keep(row["keys"][KEY], row["values"])
    return json_reply(rows)


def _is_good(account: Account, columns: dict[str, dict[str, Any]], row: dict[str, Any]) -> bool:
    values = row["values"]
    if set(row) != {"keys", "values"} or set(row["keys"]) != {KEY}:
        return False
    if len(values) + 1 > MAX_COLUMNS or not set(values) <= set(columns) - {KEY}:
        return False
    is_taken = row["keys"][KEY] not in account.refused
    return is_taken and all(_fits(columns[name], value) for name, value in values.items())


def _fits(column: dict[str, Any], value: Any) -> bool:
    """Whether the column takes the value; a text fits into its length, a null into every one."""
    kind = column.get("type")
    if value is None:
        return True
    if kind == "Boolean":
        return isinstance(value, bool)
    if kind in ("Number", "Decimal"):
        return isinstance(value, int if kind == "Number" else int | float)
    if kind == "Date":
        return bool(DAY.match(str(value)))
    return not isinstance(value, list | dict) and len(str(value)) <= column["length"]


def _columns(account: Account) -> dict[str, dict[str, Any]]:
    """What the shop made; an account that nobody set up has every field of a profile."""
    names = account.known_fields or {field.name for field in FIELDS}
    lengths = account.table("lengths")
    key = {"name": KEY, "type": "EmailAddress", "length": 254, "isPrimaryKey": True}
    return {KEY: key} | {
        name: {"name": name, "length": lengths.get(name, MAX_TEXT), "isPrimaryKey": False}
        | ({"type": account.field_types[name]} if name in account.field_types else {})
        for name in sorted(names)
    }


def _delete(account: Account, request: Request) -> Reply:
    """Queued; in time the contact leaves every sendable data extension."""
    body = request.json()
    is_whole = body["DeleteOperationType"] == "ContactAndAttributes" and body["values"]
    if request.query.get("type") != "keys" or not is_whole:
        return _problem(400, "Bad Request")
    for key in body["values"]:
        account.contacts.pop(key, None)
    return json_reply({"operationInitiated": True, "operationID": 1})


def _throttled(code: str) -> Reply:
    if code == RATE_EXCEEDED:
        body = {"message": "Rate limit exceeded", "errorcode": 50100, "retryAfter": WAIT_SECONDS}
        return json_reply(body, 429, {"retry-after": str(WAIT_SECONDS)})
    body = {"message": "Your requests are temporarily blocked.", "errorcode": 50200}
    return json_reply(body, 429)


def _problem(status: int, message: str) -> Reply:
    return json_reply({"message": message, "errorcode": 0, "documentation": ""}, status)


def _refused(code: str, reason: str) -> Reply:
    return json_reply({"message": reason, "errorcode": code, "documentation": ""}, 400)


PLATFORM = Platform(
    "mc-demo.rest.marketingcloudapis.com",
    answer,
    login_host="mc-demo.auth.marketingcloudapis.com",
    refused=_refused,
)
