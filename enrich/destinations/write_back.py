"""VTEX Master Data v1: chosen fields written back into the shop's own customer documents (CL).

A write fires every trigger the shop has on a customer and moves the document's dates, so little is
written: only by PATCH, only what differs, only so many a day, only into fields that are there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from enrich.client import NotFound, parse_json, path_segment
from enrich.destinations.base import Addressee, Capabilities, MappedField, Record, Row
from enrich.destinations.http import HttpDestination
from enrich.destinations.mapping import JSON_FORMATS, Format, joined
from enrich.destinations.sending import (
    Answer,
    Refusal,
    answer_of,
    post,
    save_one,
)
from enrich.errors import Stop
from enrich.model import Outcome, RecordResult

ENTITY = "CL"
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


class WriteBack(HttpDestination):
    """Chosen fields in the shop's own customer documents, of which none is ever made."""

    version = "write-back-1"
    # What VTEX does with an empty value in a PATCH is not documented.
    capabilities = Capabilities(
        record_key="email",
        transport="single",
        result_fidelity="per_record",
        null_meaning="unknown",
        max_records=50,
        concurrency=5,
        idempotency_key="document id",
        fields_created_first=True,
        sends_empty=False,
        removals=("clear", "delete"),
    )
    mapping = ()

    @property
    def host(self) -> str:
        return f"https://{self.settings.account}.vtexcommercestable.com.br"

    @property
    def formats(self) -> Mapping[str, Format]:
        return {**JSON_FORMATS, "list": joined("|")}

    def shape(self, row: Row, values: dict[str, Any]) -> Mapping[str, Any]:
        return {"address": row["email"], "fields": values}

    def save(self, records: Sequence[Record]) -> Answer:
        if "structure" not in self.session:
            problems = self.problems()
            if problems:
                raise Stop(f"nothing is written to {ENTITY}: {'; '.join(problems)}")
            self.session["structure"] = "as needed"
        return self.save_each(records, self._write)

    def _write(self, record: Record) -> RecordResult:
        """The fields that differ, in every document of the address; none is ever made."""
        address = str(record.payload["address"])
        documents = self._documents_of(address)
        if not documents:
            message = "no customer document with this address"
            return RecordResult(record.record_id, Outcome.INVALID, "no_document", message)
        results = [
            self._patch(record, document_id, differing)
            for document_id, found in documents.items()
            if (differing := different(record.payload["fields"], found))
        ]
        failed = [result for result in results if result.outcome is not Outcome.ACCEPTED]
        same = RecordResult(record.record_id, Outcome.ACCEPTED, "same")
        return next(iter([*failed, *results]), same)

    def _documents_of(self, address: str) -> dict[str, Mapping[str, Any]]:
        """The customer's documents by id, each read by its id: a search lags behind the writes."""
        call = self.call(
            "GET",
            f"{STRUCTURE}/search",
            name="vtex CL search",
            resource="Read only documents",
            params={"email": address, "_fields": "id"},
            headers={"REST-Range": "resources=0-10"},
        )
        response = post(self.http, call)
        found = [] if isinstance(response, Refusal) else parse_json(response.content)
        ids = [str(one["id"]) for one in found if isinstance(one, dict) and one.get("id")]
        read = {document_id: self._read(document_id) for document_id in ids}
        return {key: one for key, one in read.items() if str(one.get("email")).lower() == address}

    def _read(self, document_id: str) -> Mapping[str, Any]:
        """The document as it is now; empty when it is gone."""
        fields = ",".join(("id", "email", *(field.target for field in self.fields)))
        try:
            return answer_of(
                self.ask("GET", _path(document_id), name="vtex CL GET", params={"_fields": fields})
            )
        except NotFound:
            return {}

    def _patch(self, record: Record, document_id: str, values: Mapping[str, Any]) -> RecordResult:
        call = self.call(
            "PATCH",
            _path(document_id),
            values,
            name="vtex CL PATCH",
            resource="Insert or update document (not remove)",
        )
        return save_one(self.http, call, record)

    def delete(self, one: Addressee) -> RecordResult:
        """Our fields emptied, where the settings say how; the customer's document is the shop's."""
        names = [field.target for field in self.fields]
        if self.settings.clear_with == "nothing":
            message = f"empty {', '.join(names)} of the customer's document in Master Data by hand"
            return RecordResult(one.record_id, Outcome.INVALID, "by_hand", message)
        empty = dict.fromkeys(names, self.empty)
        return self._write(Record(one.record_id, "", {"address": one.remote_key, "fields": empty}))

    @property
    def empty(self) -> str | None:
        return "" if self.settings.clear_with == "empty" else None

    def problems(self) -> list[str]:
        """Which fields of the mapping CL does not have, or has of a type that does not fit."""
        response = self.ask(
            "GET", STRUCTURE, name="vtex CL structure", resource="View data entity details"
        )
        fields = answer_of(response).get("fields")
        types = {
            str(field.get("name")): str(field.get("type"))
            for field in (fields if isinstance(fields, list) else [])
            if isinstance(field, dict)
        }
        return [problem for field in self.fields if (problem := _problem(field, types))]

    def requests_for(self, record_count: int, byte_count: int) -> int:
        return REQUESTS_PER_RECORD * record_count

    def headers(self) -> dict[str, str]:
        return {
            "X-VTEX-API-AppKey": self.secret(),
            "X-VTEX-API-AppToken": self.secret("app_token"),
            "Accept": "application/vnd.vtex.ds.v10+json",
        }


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


def _path(document_id: str) -> str:
    return f"{DOCUMENTS}/{path_segment(document_id)}"


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
