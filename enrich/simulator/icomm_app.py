"""A stand-in for icomm's contact API: it keeps what was saved, and fails as the real one does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from enrich.simulator.http import Reply, Request, RequestError, json_reply

SAVED, REMOVED, NOT_FOUND, REFUSED = 1, 2, 101, 103


@dataclass(slots=True)
class Icomm:
    """The contacts of each profile key, and the faults still to come.

    `fields` None lets every custom field exist; else only these are kept and others are dropped
    in silence. `faults` are used up call by call: "envelope" (200 with a failed envelope), "row"
    (200 with the middle row refused), "short" (fewer Responses than sent). `refused` addresses are
    turned down row by row.
    """

    api_key: str = field(repr=False)
    fields: frozenset[str] | None = None
    contacts: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    calls: dict[str, int] = field(default_factory=dict)
    dropped_fields: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)


def find_call(path: str) -> str | None:
    """The name of the call behind a path such as /Contacts/SaveMultiContact.Json/."""
    for name in _CALLS:
        if path.rstrip("/") == f"/Contacts/{name}.Json":
            return name
    return None


def answer(icomm: Icomm, name: str, request: Request) -> Reply:
    """The reply of one call; the key stands bare in the Authorization header."""
    if request.headers.get("authorization", "") != icomm.api_key:
        return json_reply({"code": 401, "message": "Unauthorized"}, 401)
    try:
        body = request.json()
        if request.method != "POST" or not isinstance(body, dict):
            raise RequestError("a JSON object is posted")
    except RequestError as problem:
        return json_reply({"code": 400, "message": str(problem)}, 400)
    icomm.calls[name] = icomm.calls.get(name, 0) + 1
    return json_reply(_CALLS[name](icomm, body))


def report(icomm: Icomm) -> dict[str, Any]:
    """What the stand-in holds, for tests and the demo."""
    return {
        "contacts": icomm.contacts,
        "contact_count": sum(len(saved) for saved in icomm.contacts.values()),
        "calls": icomm.calls,
        "dropped_fields": sorted(icomm.dropped_fields),
        "faults": icomm.faults,
    }


def _save_many(icomm: Icomm, body: Mapping[str, Any]) -> dict[str, Any]:
    fault = icomm.faults.pop(0) if icomm.faults else ""
    if fault == "envelope":
        return {"SaveMultiContactJsonResult": {"StatusCode": REFUSED, "Responses": []}}
    contacts = body.get("ContactList") or []
    middle = len(contacts) // 2 if fault == "row" else -1
    rows = [
        {"StatusCode": REFUSED, "Message": "refused"}
        if at == middle
        else {"StatusCode": _save(icomm, body, contact), "Message": ""}
        for at, contact in enumerate(contacts)
    ]
    shown = rows[:-1] if fault == "short" else rows
    return {"SaveMultiContactJsonResult": {"StatusCode": SAVED, "Responses": shown}}


def _save_one(icomm: Icomm, body: Mapping[str, Any]) -> dict[str, Any]:
    fault = icomm.faults.pop(0) if icomm.faults else ""
    contact = body.get("Contact") or {}
    return {
        "SaveContactJsonResult": {
            "Message": "",
            "MessageDetail": "",
            "Data": {"Email": contact.get("Email"), "Status": "A"},
            "StatusCode": REFUSED if fault else _save(icomm, body, contact),
        }
    }


def _list_full(icomm: Icomm, body: Mapping[str, Any]) -> dict[str, Any]:
    saved = icomm.contacts.get(str(body.get("ProfileKey")), {})
    wanted = str((body.get("Filters") or {}).get("Email", "")).lower()
    return {
        "ListContactsFullJsonResult": [
            {
                "Email": email,
                "Status": "A",
                "CustomFields": [{"Key": key, "Value": value} for key, value in values.items()],
            }
            for email, values in saved.items()
            if not wanted or email == wanted
        ]
    }


def _remove(icomm: Icomm, body: Mapping[str, Any]) -> dict[str, Any]:
    saved = icomm.contacts.get(str(body.get("ProfileKey")), {})
    email = str((body.get("Contact") or {}).get("Email", "")).lower()
    code = NOT_FOUND if saved.pop(email, None) is None else REMOVED
    return {"RemoveContactJsonResult": {"StatusCode": code, "Message": ""}}


def _save(icomm: Icomm, body: Mapping[str, Any], contact: Mapping[str, Any]) -> int:
    """Upsert by e-mail; fields that are not sent keep their value."""
    email = str(contact.get("Email") or "").strip().lower()
    if "@" not in email or email in icomm.refused:
        return REFUSED
    saved = icomm.contacts.setdefault(str(body.get("ProfileKey")), {}).setdefault(email, {})
    for entry in contact.get("CustomFields") or []:
        name = str(entry.get("Key"))
        if icomm.fields is None or name in icomm.fields:
            saved[name] = str(entry.get("Value"))
        else:
            icomm.dropped_fields.add(name)
    return SAVED


_CALLS = {
    "SaveMultiContact": _save_many,
    "SaveContact": _save_one,
    "ListFull": _list_full,
    "RemoveContact": _remove,
}
