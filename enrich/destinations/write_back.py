"""VTEX Master Data v1: chosen fields written back into the shop's own customer documents (CL).

A write fires every trigger the shop has on a customer and moves the document's dates, so little is
written: only by PATCH, only what differs, only so many a day, only into fields that are there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from enrich.client import NotFound, parse_json, path_segment
from enrich.destinations.base import Addressee, MappedField, Record, Row
from enrich.destinations.mapping import JSON_FORMATS, Format, joined
from enrich.destinations.remote import Remote, Wire
from enrich.destinations.sending import (
    Answer,
    Refusal,
    answer_of,
    post,
    save_one,
    send_each,
)
from enrich.errors import Stop
from enrich.model import Outcome, RecordResult

ENTITY = "CL"
CONCURRENCY = 5
REQUESTS_PER_RECORD = 3  # find, read, write
STRUCTURE = f"/api/dataentities/{ENTITY}"
DOCUMENTS = f"{STRUCTURE}/documents"
DAY = re.compile(r"^\d{4}-\d{2}-\d{2}$")

# VTEX's own fields of a customer: never ours to write.
OF_VTEX = frozenset(  # one word a field
    """
    accountId accountName approved attach auto_filter beneficio birthDate birthDateMonth
    businessPhone cellPhone checkouttag corporateDocument corporateName createdBy createdIn
    customerClass customerCode dataEntityId document documentType email firstName followers gender
    homePhone id isCorporate isFreeStateRegistration isNewsletterOptIn lastInteractionBy
    lastInteractionIn lastName localeDefault nickName phone priceTables profilePicture rclastcart
    rclastcartvalue rclastsession rclastsessiondate stateRegistration tags tradeName updatedBy
    updatedIn userId
    """.split()  # noqa: SIM905
)

_TEXTS = ("Text", "Varchar")
TYPES: Mapping[str, tuple[str, ...]] = {
    "text": _TEXTS,
    "list": _TEXTS,
    "date": ("Date", "Date and Time", *_TEXTS),
    "integer": ("Integer", "Long", "Decimal", "Currency"),
    "amount": ("Decimal", "Currency"),
    "boolean": ("Boolean",),
    "object": _TEXTS,
}
"""What a field of CL may be, by how its value is written; `Varchar` stands for every length."""


def _formats(settings: Any) -> Mapping[str, Format]:
    return {**JSON_FORMATS, "list": joined("|")}


def _shape(remote: Remote, row: Row, values: dict[str, Any]) -> Mapping[str, Any]:
    return {"address": row["email"], "fields": values}


def _save(remote: Remote, records: Sequence[Record]) -> Answer:
    if "structure" not in remote.memory:
        problems = _check(remote)
        if problems:
            raise Stop(f"nothing is written to {ENTITY}: {'; '.join(problems)}")
        remote.memory["structure"] = "as needed"
    return send_each(records, lambda one: _write(remote, one), CONCURRENCY)


def _write(remote: Remote, record: Record) -> RecordResult:
    """The fields that differ, in every document of the address; none is ever made."""
    address = str(record.payload["address"])
    documents = _documents_of(remote, address)
    if not documents:
        message = "no customer document with this address"
        return RecordResult(record.record_id, Outcome.INVALID, "no_document", message)
    results = [
        _patch(remote, record, document_id, differing)
        for document_id, found in documents.items()
        if (differing := different(record.payload["fields"], found))
    ]
    failed = [result for result in results if result.outcome is not Outcome.ACCEPTED]
    same = RecordResult(record.record_id, Outcome.ACCEPTED, "same")
    return next(iter([*failed, *results]), same)


def different(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    """The wanted values that the document does not have yet."""
    return {name: value for name, value in wanted.items() if not _is_same(value, found.get(name))}


def _is_same(wanted: Any, found: Any) -> bool:
    """VTEX shows a date with a time, and may show a number as text."""
    if isinstance(wanted, str) and DAY.match(wanted):
        return str(found)[:10] == wanted
    if isinstance(wanted, (int, float)) and isinstance(found, str):
        return found == str(wanted)
    return bool(wanted == found) or (wanted == "" and found is None)


def _documents_of(remote: Remote, address: str) -> dict[str, Mapping[str, Any]]:
    """The customer's documents by id, each read by its id: a search lags behind the writes."""
    call = remote.call(
        "GET",
        f"{STRUCTURE}/search",
        name="vtex CL search",
        resource="Read only documents",
        params={"email": address, "_fields": "id"},
        headers={"REST-Range": "resources=0-10"},
    )
    response = post(remote.http, call)
    found = [] if isinstance(response, Refusal) else parse_json(response.content)
    ids = [str(one["id"]) for one in found if isinstance(one, dict) and one.get("id")]
    read = {document_id: _read(remote, document_id) for document_id in ids}
    return {key: one for key, one in read.items() if str(one.get("email")).lower() == address}


def _read(remote: Remote, document_id: str) -> Mapping[str, Any]:
    """The document as it is now; empty when it is gone."""
    fields = ",".join(("id", "email", *(field.target for field in remote.fields)))
    try:
        return answer_of(
            remote.ask("GET", _path(document_id), name="vtex CL GET", params={"_fields": fields})
        )
    except NotFound:
        return {}


def _patch(
    remote: Remote, record: Record, document_id: str, values: Mapping[str, Any]
) -> RecordResult:
    call = remote.call(
        "PATCH",
        _path(document_id),
        values,
        name="vtex CL PATCH",
        resource="Insert or update document (not remove)",
    )
    return save_one(remote.http, call, record)


def _path(document_id: str) -> str:
    return f"{DOCUMENTS}/{path_segment(document_id)}"


def _erase(remote: Remote, one: Addressee) -> RecordResult:
    """Our fields emptied, where the settings say how; the customer's document is the shop's."""
    names = [field.target for field in remote.fields]
    if remote.settings.clear_with == "nothing":
        message = f"empty {', '.join(names)} of the customer's document in Master Data by hand"
        return RecordResult(one.record_id, Outcome.INVALID, "by_hand", message)
    empty = dict.fromkeys(names, _empty(remote.settings))
    return _write(remote, Record(one.record_id, "", {"address": one.remote_key, "fields": empty}))


def _empty(settings: Any) -> str | None:
    return "" if settings.clear_with == "empty" else None


def _check(remote: Remote) -> list[str]:
    """Which fields of the mapping CL does not have, or has of a type that does not fit."""
    response = remote.ask(
        "GET", STRUCTURE, name="vtex CL structure", resource="View data entity details"
    )
    fields = answer_of(response).get("fields")
    types = {
        str(field.get("name")): str(field.get("type"))
        for field in (fields if isinstance(fields, list) else [])
        if isinstance(field, dict)
    }
    return [problem for field in remote.fields if (problem := _problem(field, types))]


def _problem(field: MappedField, types: Mapping[str, str]) -> str | None:
    kind = types.get(field.target)
    if kind is None:
        return f"{ENTITY} has no field {field.target}: add it in the Master Data admin"
    if not kind.startswith(TYPES[field.format]):
        return (
            f"{ENTITY}.{field.target} is of type {kind}, and {field.source} is a {field.format}:"
            f" make it {TYPES[field.format][0]}"
        )
    return None


def _headers(remote: Remote) -> dict[str, str]:
    return {
        "X-VTEX-API-AppKey": remote.secret(),
        "X-VTEX-API-AppToken": remote.secret("app_token"),
        "Accept": "application/vnd.vtex.ds.v10+json",
    }


WIRE = Wire(
    version="write-back-1",
    host=lambda settings: f"https://{settings.account}.vtexcommercestable.com.br",
    headers=_headers,
    shape=_shape,
    save=_save,
    check=_check,
    formats=_formats,
    empty=_empty,
    erase=_erase,
    requests_for=lambda remote, record_count, byte_count: REQUESTS_PER_RECORD * record_count,
)
