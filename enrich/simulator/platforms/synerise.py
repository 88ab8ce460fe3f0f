"""A stand-in for Synerise: a token that runs out, a 207 that names values, not places, and events
that are overwritten by their salt, or else counted twice.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from typing import Any

from enrich.simulator.http import Reply, Request, RequestError, json_reply
from enrich.simulator.outbox import json_call
from enrich.simulator.platforms.account import Account, Platform
from enrich.simulator.platforms.newsletter import moment_of

MAX_ITEMS, MAX_BYTES = 1_000, 1_000_000
MAX_TRANSACTIONS = 100
RESERVED = frozenset({"email", "firstName", "status", "source", "time", "type"})
AGREED = "agreed"
TRANSACTION, BUY, CANCEL = "transaction.charge", "product.buy", "transaction.cancel"


def answer(account: Account, request: Request) -> Reply:
    """The reply to one call; `account.tokens` are the tokens that still hold."""
    if request.path == "/uauth/v2/auth/login/profile":
        return _log_in(account, request)
    authorization = request.headers.get("authorization", "")
    is_basic = authorization.startswith("Basic ")
    if not is_basic and authorization.removeprefix("Bearer ") not in account.tokens:
        return json_reply({"error": "Token expired.", "status": 401}, 401)
    if request.path == "/uauth/api-key/permission-check":
        granted = {name: name not in account.denied for name in request.json()}
        return json_reply({"businessProfileName": "Demo", "permissions": granted})
    batches: Mapping[str, Callable[[Account, dict[str, Any]], list[dict[str, Any]]]] = {
        "/v4/clients/batch": _take_profile,
        "/v4/transactions/batch": _take_transaction,
        "/v4/events/batch": _take_event,
    }
    if request.path in batches:
        most = MAX_TRANSACTIONS if "transactions" in request.path else MAX_ITEMS
        return _batch(account, request, batches[request.path], most)
    if request.path == "/v4/events/cancelled-transaction":
        _keep_event(account, "cancels", CANCEL, request.json(), "time")
        return Reply(202)
    if request.path.startswith("/catalogs/bags"):
        return _catalogs(account, request)
    return _client(account, request)


def _log_in(account: Account, request: Request) -> Reply:
    if not request.json().get("apiKey"):
        return json_reply({"error": "Unauthorized"}, 401)
    token = f"token-{account.calls.get('POST uauth', 0)}"
    if account.token_exp is not None:
        claims = json.dumps({"jti": token, "exp": account.token_exp}).encode()
        token = f"e30.{urlsafe_b64encode(claims).decode().rstrip('=')}.signature"
    account.tokens.add(token)
    return json_reply({"token": token})


def _batch(
    account: Account,
    request: Request,
    take: Callable[[Account, dict[str, Any]], list[dict[str, Any]]],
    most: int,
) -> Reply:
    items = request.json()
    if len(items) > most or len(request.body) > MAX_BYTES:
        return json_reply({"error": "Bad Request", "message": "too large", "status": 400}, 400)
    errors = [error for item in items for error in take(account, item)]
    return json_reply(errors, 207) if errors else Reply(202)


def _error(field: str, value: Any) -> list[dict[str, Any]]:
    """What is wrong with an item: by value, without a place."""
    return [
        {"code": 1001, "field": field, "message": f"invalid value {value}", "rejectedValue": value}
    ]


def _take_profile(account: Account, profile: dict[str, Any]) -> list[dict[str, Any]]:
    email = profile["email"]
    attributes = profile.get("attributes", {})
    if email in account.refused:
        value = attributes.get("rfm_group", email)
        return _error("attributes.rfm_group" if value != email else "email", value)
    kept = {name: value for name, value in attributes.items() if name not in RESERVED}
    native = {name: value for name, value in profile.items() if name != "attributes"}
    account.keep(email, {**native, **kept})
    if "email" in profile.get("agreements", {}):
        agree(account, email, profile["agreements"]["email"])
    return []


def agree(account: Account, email: str, is_agreed: Any) -> None:
    """Keep whether somebody wants mails, without a date; an automation of the shop reports it."""
    if not isinstance(is_agreed, bool):
        raise RequestError("agreements are true or false")
    agreements = account.table("consents")
    was, agreements[email] = agreements.get(email), {"email": is_agreed}
    if AGREED in account.webhooks and was != agreements[email]:
        body = {"email": email, "opted_in": is_agreed, "changed_at": moment_of(account)}
        url = account.webhooks[AGREED]
        account.outbox.post(json_call(f"webhook {AGREED}", url, {}, body, tries=1))


def _take_transaction(account: Account, charge: dict[str, Any]) -> list[dict[str, Any]]:
    """One transaction, and an event for each of its lines, distinguished by the place alone."""
    if charge["orderId"] in account.refused:
        return _error("orderId", charge["orderId"])
    _check_money(charge)
    key = _keep_event(account, "purchases", TRANSACTION, charge, "recordedAt")
    for place, line in enumerate(charge["products"]):
        account.table(BUY)[f"{key} {place}"] = line
    return []


def _check_money(charge: dict[str, Any]) -> None:
    """Amounts are not negative, of one currency; revenue is the sum of the lines to the cent."""
    prices = [
        money
        for line in charge["products"]
        for name, money in line.items()
        if name.endswith("Price")
    ]
    amounts = [charge["revenue"], charge["value"], *prices]
    total = sum(line["finalUnitPrice"]["amount"] * line["quantity"] for line in charge["products"])
    if (
        any(money["amount"] < 0 for money in amounts)
        or len({money["currency"] for money in amounts}) != 1
        or charge.get("discountAmount", {"amount": 1})["amount"] <= 0
        or round(total, 2) != charge["revenue"]["amount"]
    ):
        raise RequestError("the amounts are not right")


def _take_event(account: Account, event: dict[str, Any]) -> list[dict[str, Any]]:
    if not event["label"] or len(event["action"]) > 32:
        return _error("action", event["action"])
    if event["eventSalt"] in account.refused:
        return _error("eventSalt", event["eventSalt"])
    _keep_event(account, "carts", event["action"], event, "time")
    return []


def _keep_event(
    account: Account, table: str, action: str, event: dict[str, Any], moment: str
) -> str:
    """The key of the event: the same salt, moment, client and action overwrite, all else is new.

    A moment to come is replaced by the present one, and then the salt has no effect.
    """
    kept = account.table(table)
    client, salt, at = event["client"], event.get("eventSalt"), event.get(moment)
    if not isinstance(client, dict) or not set(client) & {"id", "email", "customId", "uuid"}:
        raise RequestError("an event needs a client")
    if not salt or not at or (account.now and at > account.now):
        key = f"{action} {len(kept)}"
        kept[key] = {**event, moment: at if at and not account.now else account.now}
        return key
    key = json.dumps([action, salt, at, sorted(client.items())])
    kept[key] = event
    return key


def _catalogs(account: Account, request: Request) -> Reply:
    """The catalogues by name, and the items of the one whose number the path names."""
    names = list(account.table("catalogs"))
    rest = request.path.removeprefix("/catalogs/bags").strip("/")
    if rest:
        return _items(account, request, names[int(rest.partition("/")[0]) - 1])
    if request.method == "POST":
        account.table("catalogs")[request.json()["name"]] = {}
        return json_reply({"data": {"id": len(names) + 1}})
    wanted = request.query.get("searchBy", "")
    found = [{"id": at, "name": name} for at, name in enumerate(names, 1) if wanted in name]
    return json_reply({"data": found})


def _items(account: Account, request: Request, catalog: str) -> Reply:
    def take(account: Account, item: dict[str, Any]) -> list[dict[str, Any]]:
        if item["itemKey"] in account.refused:
            return _error("itemKey", item["itemKey"])
        account.table("products")[item["itemKey"]] = {"catalog": catalog, **item["value"]}
        return []

    return _batch(account, request, take, MAX_ITEMS)


def _client(account: Account, request: Request) -> Reply:
    email = request.path.removeprefix("/v4/clients/by-email/")
    by_id = account.by_id(request.path.removeprefix("/v4/clients/"))
    if request.method == "DELETE":
        return Reply(404) if by_id is None else _delete(account, by_id)
    if request.method == "POST":
        return Reply(404) if by_id is None else _update(account, by_id, request.json())
    found = account.id_of(email)
    if found is None:
        return json_reply({"error": "Not Found", "status": 404}, 404)
    agreed = account.table("consents").get(email, {"email": False})
    return json_reply({"clientId": int(found), "email": email, "agreements": agreed})


def _update(account: Account, email: str, changes: dict[str, Any]) -> Reply:
    """One client, who may get another address."""
    address = changes.get("email", email)
    if address != email and not account.rename(email, address):
        return json_reply({"error": "Conflict", "status": 409}, 409)
    account.keep(address, changes.get("attributes", {}))
    return Reply(202)


def _delete(account: Account, email: str) -> Reply:
    del account.contacts[email]
    return Reply(202)


PLATFORM = Platform("api.synerise.com", answer)
