"""A stand-in for HubSpot, version 2026-09: a hundred inputs, texts and known properties only.

A shop's own rules for new and changed contacts are kept too. The shapes are those of
github.com/HubSpot/HubSpot-public-api-spec-collection; the rules of developers.hubspot.com/changelog
(crm-api-write-validation-enforcement) and its usage guidelines.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from enrich.simulator.http import Reply, Request, json_reply
from enrich.simulator.platforms.account import Account, Platform

MAX_INPUTS, REQUESTS, SECONDS = 100, 100, 10
CONTACTS = "/crm/objects/2026-09/contacts"
PROPERTIES = "/crm/properties/2026-09/contacts"
SCHEMA = "/crm-object-schemas/2026-09/schemas/contacts"
MOMENT, CORRELATION = "2026-09-08T00:00:00Z", "aeb5f871-7f07-4993-9211-075dc63e7cbf"
LISTS, BY_NAME = "/crm/lists/2026-09", "/object-type-id/0-1/name/"
READ_SCHEMA = "crm-object-schemas"  # among the rights that a key may lack


def answer(account: Account, request: Request) -> Reply:
    """The reply to one call."""
    if not request.headers.get("authorization", "").startswith("Bearer "):
        return _error(401, "INVALID_AUTHENTICATION")
    if request.path == PROPERTIES:
        return json_reply({"results": [_property(one) for one in account.listed("name", "type")]})
    if request.path == SCHEMA:
        return _schema(account)
    if request.path.startswith(f"{LISTS}/"):
        return _lists(account, request)
    if (request.method, request.path) == ("POST", f"{CONTACTS}/batch/read"):
        return _read(account, request.json())
    if (request.method, request.path) == ("POST", f"{CONTACTS}/search"):
        return _search(account, request.json())
    if (request.method, request.path) == ("POST", f"{CONTACTS}/gdpr-delete"):
        return _forget(account, request.json())
    if request.method == "PATCH" and request.path.startswith(f"{CONTACTS}/"):
        return _patch(account, request)
    if (request.method, request.path) == ("POST", f"{CONTACTS}/batch/upsert"):
        return _batch(account, request.json()["inputs"])
    return _error(404, "OBJECT_NOT_FOUND")


def _schema(account: Account) -> Reply:
    """What is always required; the schema of an object names no conditions."""
    if READ_SCHEMA in account.denied:
        return _error(403, "MISSING_SCOPES")
    required = [name for name, because in account.required.items() if not because]
    lists = ("associations", "properties", "searchableProperties", "secondaryDisplayProperties")
    schema = {
        **{"id": "0-1", "objectTypeId": "0-1", "name": "contact", "fullyQualifiedName": "CONTACT"},
        **{"labels": {}, "archived": False, "allowsSensitiveProperties": False},
        **{name: [] for name in lists},
    }
    return json_reply({**schema, "requiredProperties": required})


def _property(listed: Mapping[str, Any]) -> dict[str, Any]:
    """A property as it is listed; a text where no type was given."""
    texts = dict.fromkeys(("description", "fieldType", "groupName", "label"), "")
    return {**texts, "options": [], "type": "string", **listed}


def _batch(account: Account, inputs: list[dict[str, Any]]) -> Reply:
    """An upsert; one bad input of several whose fault is the caller's refuses all of them."""
    values = [value for one in inputs for value in one["properties"].values()]
    is_twice = len({one["id"] for one in inputs}) < len(inputs)
    is_no_text = not all(isinstance(value, str) for value in values)
    if len(inputs) > MAX_INPUTS or is_twice or is_no_text:
        return _error(400, "VALIDATION_ERROR")
    for one in inputs:
        wrong = _wrong(account, one["id"], one["properties"])
        if wrong:
            return _error(400, "VALIDATION_ERROR", *wrong)
    return _upsert(account, inputs)


def _wrong(account: Account, email: str, properties: Mapping[str, Any]) -> tuple[str, str] | None:
    """The code and the property of what the account does not take."""
    for name in properties:
        if account.known_fields is not None and name not in account.known_fields:
            return "PROPERTY_DOESNT_EXIST", name
    kept = account.contacts.get(email)
    after = {"email": email, **(kept or {}), **properties}
    for name, because in account.required.items():
        if because and after.get(because) and not after.get(name):
            return "MISSING_CONDITIONAL_REQUIRED_PROPERTY", name
        if not because and kept is None and not after.get(name):
            return "MISSING_REQUIRED_PROPERTY", name
    return None


def _patch(account: Account, request: Request) -> Reply:
    """One contact by its address, which may get another one."""
    email, properties = unquote(request.path.rpartition("/")[2]), request.json()["properties"]
    if request.query.get("idProperty") != "email" or email not in account.contacts:
        return _error(404, "OBJECT_NOT_FOUND")
    address = properties.pop("email", email)
    wrong = _wrong(account, email, properties)
    if wrong:
        return _error(400, "VALIDATION_ERROR", *wrong)
    if address != email and not account.rename(email, address):
        return _error(409, "CONFLICT")
    account.keep(address, {name: value or None for name, value in properties.items()})
    return json_reply(_contact(address))


def _contact(email: str) -> dict[str, Any]:
    times = {"createdAt": MOMENT, "updatedAt": MOMENT}
    return {"id": email, "archived": False, "properties": {}, **times}


def _read(account: Account, body: dict[str, Any]) -> Reply:
    """The contacts of these addresses that are there; the others are errors of a 207."""
    emails = [one["id"] for one in body["inputs"]]
    if len(emails) > MAX_INPUTS or body["idProperty"] != "email":
        return _error(400, "VALIDATION_ERROR")
    found = [(account.id_of(email), email) for email in emails if email in account.contacts]
    results = [{**_contact(str(at)), "properties": {"email": email}} for at, email in found]
    body = {"status": "COMPLETE", "startedAt": MOMENT, "completedAt": MOMENT, "results": results}
    missing = len(emails) - len(found)
    if not missing:
        return json_reply(body)
    errors = [{**_problem("OBJECT_NOT_FOUND"), "context": {}, "links": {}}]
    return json_reply({**body, "errors": errors, "numErrors": missing}, 207)


def _search(account: Account, body: dict[str, Any]) -> Reply:
    """Whose second addresses an address is among; after a merge one contact has those of two."""
    ((wanted,),) = (group["filters"] for group in body["filterGroups"])
    is_same = wanted["propertyName"] == "hs_additional_emails" and wanted["operator"] == "EQ"
    if not is_same:
        return _error(400, "VALIDATION_ERROR")
    seconds = account.table("second_addresses")
    found = [first for first in account.contacts if wanted["value"] in seconds.get(first, ())]
    results = [_contact(str(account.id_of(first))) for first in found[: body["limit"]]]
    return json_reply({"total": len(found), "results": results})


def _forget(account: Account, body: dict[str, Any]) -> Reply:
    """Gone for good; an address that is nobody's is one that nobody can have any more."""
    is_email = body.get("idProperty") == "email"
    email: str | None = body["objectId"] if is_email else account.by_id(body["objectId"])
    if email is None:
        return _error(404, "OBJECT_NOT_FOUND")
    if account.contacts.pop(email, None) is None:
        account.refused.add(email)
    return Reply(204)


def _lists(account: Account, request: Request) -> Reply:
    """A list by its name, without regard to letters, or contacts put in and taken out by id."""
    lists, members = account.table("lists"), account.table("audiences")
    rest = unquote(request.path.removeprefix(LISTS))
    if rest.startswith(BY_NAME):
        name = rest.removeprefix(BY_NAME).lower()
        found = next((at for at, known in lists.items() if known.lower() == name), None)
        return _error(404, "OBJECT_NOT_FOUND") if found is None else _list(found, lists[found])
    list_id, _, verb = rest.strip("/").partition("/memberships/")
    if request.method != "PUT" or list_id not in lists or verb not in ("add", "remove"):
        return _error(404, "OBJECT_NOT_FOUND")
    people = {number: account.by_id(number) for number in request.json()}
    missing = [at for at, email in people.items() if email is None or email in account.refused]
    changed = [at for at in people if at not in missing]
    for at in changed:
        if verb == "add":
            members[f"{list_id}:{people[at]}"] = {"count": 1}
        else:
            members.pop(f"{list_id}:{people[at]}", None)
    done = {"recordIdsMissing": missing, "recordsIdsAdded": [], "recordIdsRemoved": []}
    return json_reply({**done, f"record{'sIdsAdded' if verb == 'add' else 'IdsRemoved'}": changed})


def _list(list_id: str, name: str) -> Reply:
    kinds = {"objectTypeId": "0-1", "processingType": "MANUAL", "processingStatus": "COMPLETE"}
    return json_reply({"list": {"listId": list_id, "listVersion": 1, "name": name, **kinds}})


def _upsert(account: Account, inputs: list[dict[str, Any]]) -> Reply:
    results, errors = [], []
    for one in inputs:
        trace = one["objectWriteTraceId"]
        if one["id"] in account.refused:
            context = {"objectWriteTraceId": [trace]}
            reason = f"Email address {one['id']} is invalid"
            error = {**_problem("VALIDATION_ERROR"), "message": reason}
            errors.append({**error, "context": context, "links": {}})
            continue
        is_new = one["id"] not in account.contacts
        account.keep(one["id"], {k: v or None for k, v in one["properties"].items()})
        results.append({**_contact(one["id"]), "new": is_new, "objectWriteTraceId": trace})
    body = {"status": "COMPLETE", "startedAt": MOMENT, "completedAt": MOMENT, "results": results}
    if errors:
        return json_reply({**body, "errors": errors, "numErrors": len(errors)}, 207)
    return json_reply(body)


def _error(status: int, category: str, code: str = "", name: str = "") -> Reply:
    return json_reply({**_problem(category, code, name), "correlationId": CORRELATION}, status)


def _problem(category: str, code: str = "", name: str = "") -> dict[str, Any]:
    details = [{"code": code, "message": code, "context": {"propertyName": [name]}}]
    body = {"status": "error", "category": category, "message": category}
    return {**body, "errors": details if code else []}


def _throttled(wait: float) -> Reply:
    """HubSpot names no time to wait, only how long its window is."""
    headers = {
        "x-hubspot-ratelimit-max": str(REQUESTS),
        "x-hubspot-ratelimit-remaining": "0",
        "x-hubspot-ratelimit-interval-milliseconds": str(SECONDS * 1000),
    }
    body = {
        **{"status": "error", "message": "You have reached your ten_secondly_rolling limit."},
        **{"errorType": "RATE_LIMIT", "policyName": "TEN_SECONDLY_ROLLING"},
        "correlationId": CORRELATION,
    }
    return json_reply(body, 429, headers)


def _refused(code: str, reason: str) -> Reply:
    problem = {**_problem(code), "message": reason, "correlationId": CORRELATION}
    return json_reply(problem, 400)


PLATFORM = Platform("api.hubapi.com", answer, REQUESTS, SECONDS, _throttled, refused=_refused)
