"""HubSpot: contacts by batch upsert, keyed by e-mail; every value a text, every property known."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, ClassVar, Literal

from pydantic import Field

from enrich.client import (
    BadBody,
    Call,
    NotFound,
    PermissionMissing,
    Response,
    raise_for_refusal,
)
from enrich.destinations.base import (
    Addressee,
    MappedField,
    MovesAddress,
    RateLimit,
    Record,
    Removable,
    Row,
)
from enrich.destinations.http import HttpDestination, HttpSettings, payloads_of
from enrich.destinations.lists import ListMembersById
from enrich.destinations.mapping import CORE, named
from enrich.destinations.sending import (
    GONE,
    Refusal,
    accepted_but,
    answer_of,
    by_hand,
    refusal_in,
    safe_code,
)
from enrich.errors import EnrichError, Stop
from enrich.model import Outcome, RecordResult

API_VERSION = "2026-09"
CONTACTS = f"/crm/objects/{API_VERSION}/contacts"
PROPERTIES = f"/crm/properties/{API_VERSION}/contacts"
LISTS = f"/crm/lists/{API_VERSION}"
SCHEMA = f"/crm-object-schemas/{API_VERSION}/schemas/contacts"
REQUIRED = "MISSING_REQUIRED_PROPERTY"
SECOND = "the address is a second one of a merged contact; search for it in HubSpot, erase by hand"
_NUMBER = ("number", "string")
# Every value is a text; HubSpot reads it by the type of the property.
TYPES = {
    "text": ("string", "enumeration"),
    "list": ("enumeration", "string"),
    "integer": _NUMBER,
    "amount": _NUMBER,
    "date": ("date", "string"),
    "boolean": ("bool", "enumeration", "string"),
}


class HubspotSettings(HttpSettings):
    """The keys of a destination of kind `hubspot`."""

    NAME: ClassVar[str] = r"[a-z][a-z0-9_]*"
    OFF_LIMITS: ClassVar[frozenset[str]] = frozenset(
        ["email", "hs_email_optout", "hs_legal_basis", "hs_marketable_status"]
    )

    list_separator: str = Field(";", min_length=1)
    batch_size: int = Field(100, ge=1, le=100)


class Hubspot(HttpDestination):
    kind = "hubspot"
    version = "hubspot-1"
    api_version = API_VERSION
    vendor_pages = (
        "https://developers.hubspot.com/docs/api-reference/latest/crm/objects/contacts/batch/upsert-contacts",
        "https://developers.hubspot.com/changelog/crm-api-write-validation-enforcement",
        "https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines",
        "https://developers.hubspot.com/docs/api-reference/2026-03/crm/lists/memberships/add-to-list",
        "https://developers.hubspot.com/docs/api-reference/legacy/crm/objects/contacts/gdpr/gdpr-delete-contact",
    )
    checked_on = date(2026, 11, 30)
    Settings = HubspotSettings
    settings: HubspotSettings
    example = {"api_key": {"env": "HUBSPOT_SERVICE_KEY"}}
    mapping: ClassVar[tuple[MappedField, ...]] = named(CORE)
    host = "https://api.hubapi.com"
    empty = ""
    writes_texts = True
    max_records = 100
    rate_limit = RateLimit(100, 10)
    fields_created_first = True
    idempotency_key = "email"
    null_meaning = "clears"
    removals: Removable = ("clear",)
    moves_address: MovesAddress = "update"
    refusal_keys = ("category", "message")
    # Of an update: it has been seen without the category. `delete` looks for the contact instead.
    gone_codes = frozenset({"OBJECT_NOT_FOUND", "http_404"})

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret()}"}

    def shape(self, row: Row, values: dict[str, Any]) -> Mapping[str, Any]:
        return {
            "id": row["email"],
            "idProperty": "email",
            "objectWriteTraceId": str(row["record_id"]),
            "properties": values,
        }

    def save(self, records: Sequence[Record]) -> list[RecordResult]:
        call = self.call("POST", f"{CONTACTS}/batch/upsert", {"inputs": payloads_of(records)})
        response = self.http.send(call)
        if response.status_code in self.wrong_record:
            raise self._refusal(call, response)
        raise_for_refusal(call, response)
        answer = answer_of(response)
        refused = dict(pair for error in answer.get("errors") or [] for pair in _traced(error))
        if len(refused) < int(answer.get("numErrors") or 0):
            raise Refusal("partial")
        return accepted_but(records, refused)

    def _refusal(self, call: Call, response: Response) -> EnrichError:
        """Why a batch was refused; a property that no contact is sent with ends the push."""
        try:
            answer = answer_of(response)
        except BadBody:
            answer = {}
        unmapped = self._unmapped(_required_of(answer))
        if unmapped:
            return Stop(f"hubspot: {_advice(unmapped)}")
        return _why(answer, f"http_{response.status_code}", call.name)

    def move(self, old: Addressee, address: str) -> RecordResult:
        return self._update(old, {"email": address})

    def clear(self, one: Addressee) -> RecordResult:
        return self._update(one, self.emptied(one)[0])

    def delete(self, one: Addressee) -> RecordResult:
        """For good, by the id: an address that HubSpot does not know would be blocked there."""
        found = self.ids_of([one.remote_key])
        contact_id = found.get(one.remote_key.lower())
        if contact_id is not None:
            self.ask("POST", f"{CONTACTS}/gdpr-delete", {"objectId": contact_id})
            return RecordResult(one.record_id, Outcome.ACCEPTED)
        if found or self._has_second(one.remote_key):
            return by_hand(one, SECOND)
        return RecordResult(one.record_id, Outcome.ACCEPTED, GONE)

    def _has_second(self, email: str) -> bool:
        """Whether an address is a second one: whoever merged contacts may have meant two people."""
        second = {"propertyName": "hs_additional_emails", "operator": "EQ", "value": email}
        asked = {"filterGroups": [{"filters": [second]}], "properties": ["email"], "sorts": []}
        page = {"after": "0", "limit": 1}
        return bool(self.fetch("POST", f"{CONTACTS}/search", {**asked, **page}).get("results"))

    def ids_of(self, emails: Sequence[str]) -> Mapping[str, str]:
        """HubSpot's id of each contact that is there, by its first address."""
        inputs = [{"id": email} for email in dict.fromkeys(emails)]
        body = {"idProperty": "email", "properties": ["email"], "inputs": inputs}
        answer = self.fetch("POST", f"{CONTACTS}/batch/read", {**body, "propertiesWithHistory": []})
        found = answer.get("results") or []
        return {str(one["properties"]["email"]).lower(): str(one["id"]) for one in found}

    def _update(self, one: Addressee, properties: Mapping[str, Any]) -> RecordResult:
        path, at = f"{CONTACTS}/{{email}}?idProperty=email", {"email": one.remote_key}
        return self.done_to(one, "PATCH", path, {"properties": properties}, at=at)

    def problems(self) -> list[str]:
        found = self.fetch("GET", PROPERTIES).get("results")
        return [*self.unfit_fields(found, "name", "property", TYPES), *self.unmet()]

    def unmet(self) -> list[str]:
        """The properties that the account requires of a new contact, where its schema names them.

        HubSpot documents no call that reads the settings of the Create Record form; what the schema
        does not show is named by the first refusal.
        """
        try:
            required = self.fetch("GET", SCHEMA).get("requiredProperties")
        except (PermissionMissing, NotFound):
            return []
        unmapped = self._unmapped(required if isinstance(required, list) else [])
        return [_advice(unmapped)] if unmapped else []

    def _unmapped(self, required: Sequence[object]) -> list[str]:
        """Those of the names that nothing is sent under."""
        sent = {"email", *(field.target for field in self.fields)}
        return [name for name in map(str, required) if _is_name(name) and name not in sent]


class HubspotMembers(ListMembersById, Hubspot):
    """Members of a static list (segment), which somebody made there by hand."""

    version = "hubspot-audiences-1"

    def unmet(self) -> list[str]:
        return []  # no contact begins there

    def find_lists(self, names: Sequence[str]) -> Mapping[str, Sequence[str]]:
        return {name: self._list_ids(name) for name in names}

    def _list_ids(self, name: str) -> list[str]:
        """The list of a name, of which HubSpot has one at most; an active one fills itself."""
        path = f"{LISTS}/object-type-id/0-1/name/{{name}}"
        try:
            found = self.fetch("GET", path, at={"name": name}).get("list") or {}
        except NotFound:
            return []
        if found.get("processingType") == "DYNAMIC":
            raise Stop(f"hubspot: the list {name!r} is an active one, make it static")
        return [str(found["listId"])]

    ids_of = Hubspot.ids_of  # ListMembersById declares it abstract and comes first

    def change_list(
        self, verb: Literal["add", "remove"], list_id: str, ids: Sequence[str]
    ) -> frozenset[str]:
        path = f"{LISTS}/{{id}}/memberships/{verb}"
        answer = self.fetch("PUT", path, list(ids), at={"id": list_id})
        return frozenset(map(str, answer.get("recordIdsMissing") or ()) if verb == "add" else ())


Hubspot.others = (HubspotMembers,)


def _advice(required: Sequence[str]) -> str:
    return (
        f"this account requires {', '.join(required)} of every new contact and nothing is sent"
        " under that name: map a field to it with `names`, or make it optional in HubSpot"
        " (Settings, Objects, Contacts, Create Record)"
    )


def _is_name(name: str) -> bool:
    return re.fullmatch(HubspotSettings.NAME, name) is not None


def _details(error: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The parts of an error, however HubSpot nests them."""
    for part in error.get("errors") or []:
        if isinstance(part, dict):
            yield part
            yield from _details(part)


def _required_of(answer: Mapping[str, Any]) -> list[object]:
    """The properties whose lack an answer blames."""
    parts = (part for part in _details(answer) if part.get("code") == REQUIRED)
    return [one for part in parts for one in _context(part).get("propertyName") or []]


def _context(part: Mapping[str, Any]) -> Mapping[str, Any]:
    found = part.get("context")
    return found if isinstance(found, dict) else {}


def _code(error: Mapping[str, Any]) -> str | None:
    """HubSpot's own word for what is wrong, the narrowest there is."""
    codes = (safe_code(part.get("code")) for part in _details(error))
    return next((code for code in codes if code), None) or safe_code(error.get("category"))


def _why(error: Mapping[str, Any], otherwise: str = "rejected", name: str = "") -> Refusal:
    why = refusal_in(error, Hubspot.refusal_keys, otherwise, name)
    return Refusal(_code(error) or why.code, name, why.reason)


def _traced(error: Mapping[str, Any]) -> list[tuple[str, Refusal]]:
    """Which inputs an error is about, and why they were refused."""
    traces = _context(error).get("objectWriteTraceId") or error.get("objectWriteTraceId") or []
    why = _why(error)
    return [(str(one), why) for one in ([traces] if isinstance(traces, str) else traces)]
