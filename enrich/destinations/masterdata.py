"""VTEX Master Data: a document per customer in an entity of our own, or chosen fields of CL.

Ours is Master Data v2, as is that of the lists of next best products. With `entity = "CL"` fields
go into the shop's own customer documents (v1). A write there fires every trigger the shop has on a
customer and moves the document's dates, so little is written: only by PATCH, only what differs,
only so many a day, only into fields that are there.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import Any, ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from enrich.client import NotFound, parse_json
from enrich.destinations.base import (
    Addressee,
    MappedField,
    Record,
    RecordKey,
    Removable,
    Row,
    SecretRef,
    Tools,
)
from enrich.destinations.entity import DestinationEntity
from enrich.destinations.http import HttpDestination, HttpSettings
from enrich.destinations.kinds import NEXT_BEST_PRODUCTS
from enrich.destinations.mapping import COMPUTED, JSON_FORMATS, Format, joined, named
from enrich.destinations.records import HttpRecords, own_fields
from enrich.destinations.sending import GONE, by_hand, erase_one, objects_in
from enrich.errors import Stop
from enrich.model import Outcome, RecordResult

OF_THE_SHOP = "CL"
REQUESTS_PER_RECORD = 3  # find, read, write
DOCUMENT = "/api/dataentities/{entity}/documents/{id}"
STRUCTURE = f"/api/dataentities/{OF_THE_SHOP}"
OF_CL = f"{STRUCTURE}/documents/{{id}}"
TO_WRITE = "Insert or update document (not remove)"
TO_DELETE = "Full access to all documents"
ENTITY_NAME = r"^[A-Za-z][A-Za-z0-9_]{1,49}$"
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
# What a field of CL may be, by how its value is written; `Varchar` stands for every length.
TYPES: Mapping[str, tuple[str, ...]] = {
    "text": _TEXTS,
    "list": _TEXTS,
    "date": ("Date", "Date and Time", *_TEXTS),
    "integer": ("Integer", "Long", "Decimal", "Currency"),
    "amount": ("Decimal", "Currency"),
    "boolean": ("Boolean",),
    "object": _TEXTS,
}


class MasterDataSettings(HttpSettings):
    """The keys of a destination of kind `masterdata`."""

    SECRETS: ClassVar[tuple[str, ...]] = ("api_key", "app_token")

    account: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    app_token: SecretRef
    entity: str = Field("enrich_profiles", pattern=ENTITY_NAME)
    next_best_products_entity: str = Field("enrich_next_best_products", pattern=ENTITY_NAME)
    schema_name: str | None = Field(None, pattern=r"^[A-Za-z0-9_-]+$")
    records_per_day: int = Field(5_000, ge=1)
    clear_with: Literal["nothing", "null", "empty"] = "nothing"

    @field_validator("entity")
    @classmethod
    def _not_the_shops(cls, entity: str) -> str:
        if len(entity) == 2 and entity != OF_THE_SHOP:
            raise ValueError("two letters name an entity of VTEX or the shop, such as AD; use ours")
        return entity

    @field_validator("next_best_products_entity")
    @classmethod
    def _of_lists_alone(cls, entity: str, info: ValidationInfo) -> str:
        if len(entity) == 2 or entity == info.data.get("entity"):
            raise ValueError("use an entity with over two letters that is not the one of `entity`")
        return entity

    @model_validator(mode="after")
    def _guarded(self) -> MasterDataSettings:
        """What goes into the shop's own documents is chosen field by field."""
        if self.entity != OF_THE_SHOP:
            return self
        if not self.names or self.schema_name is not None:
            raise ValueError(
                'entity "CL" needs names = { our_field = "theirField" }, and no schema'
            )
        taken = sorted(set(self.names.values()) & OF_VTEX)
        if taken:
            raise ValueError(f"VTEX's own fields are not written: {', '.join(taken)}")
        if self.removals == "delete":
            raise ValueError("a customer document of the shop is never deleted from here")
        if self.removals == "clear" and self.clear_with == "nothing":
            raise ValueError('removals = "clear" needs clear_with: VTEX documents no empty value')
        return self

    @property
    def max_records_per_day(self) -> int | None:
        return self.records_per_day if self.entity == OF_THE_SHOP else None


class MasterDataAccount(HttpDestination):
    """What both ways into Master Data share."""

    Settings = MasterDataSettings
    settings: MasterDataSettings
    platform = "vtex"
    transport = "single"
    max_records = 50
    concurrency = 5
    removals: Removable = ("clear", "delete")
    refusal_keys = ("", "Message")
    gone_codes = frozenset({"http_404"})  # it has no code of its own

    @property
    def host(self) -> str:
        return f"https://{self.settings.account}.vtexcommercestable.com.br"

    def headers(self) -> dict[str, str]:
        return {
            "X-VTEX-API-AppKey": self.secret(),
            "X-VTEX-API-AppToken": self.secret("app_token"),
        }

    def delete_list(self, one: Addressee) -> RecordResult:
        """Delete a customer's list of next best products."""
        at = self.list_at(one.record_id)
        return self.done_to(one, "DELETE", DOCUMENT, at=at, resource=TO_DELETE)

    def list_at(self, customer_key: str) -> dict[str, str]:
        entity = self.settings.next_best_products_entity
        return {"entity": entity, "id": document_id(customer_key)}

    def prove(self, at: Mapping[str, str]) -> None:
        """Ask for a document that is not there: an answer of 404 proves the key."""
        with suppress(NotFound):
            self.ask("GET", DOCUMENT, at=at)


class MasterData(MasterDataAccount):
    """One document per customer in an entity of our own."""

    kind = "masterdata"
    version = "masterdata-1"
    api_version = "v2 (an entity of our own), v1 (CL)"
    vendor_pages = (
        "https://developers.vtex.com/docs/api-reference/master-data-api-v2",
        "https://developers.vtex.com/docs/api-reference/masterdata-api",
    )
    checked_on = date(2026, 11, 29)
    example = {
        "account": "demostore",
        "api_key": {"env": "VTEX_APP_KEY"},
        "app_token": {"env": "VTEX_APP_TOKEN"},
    }
    mapping = named(COMPUTED)
    empty = None
    idempotency_key = "document id, made from the e-mail"
    moves_address = "delete"
    null_meaning = "clears"

    @classmethod
    def open(cls, settings: MasterDataSettings, tools: Tools) -> DestinationEntity:
        return (WriteBack if settings.entity == OF_THE_SHOP else cls)(settings, tools)

    @classmethod
    def written_back(cls, options: Mapping[str, Any]) -> frozenset[str]:
        is_of_shop = options.get("entity") == OF_THE_SHOP
        return frozenset(dict(options.get("names", {})).values()) if is_of_shop else frozenset()

    def shape(self, row: Row, values: dict[str, Any]) -> Mapping[str, Any]:
        return {"email": row["email"], **values}

    def save(self, records: Sequence[Record]) -> list[RecordResult]:
        return self.save_each(records, self._put)

    def _put(self, record: Record) -> RecordResult:
        """A PUT replaces the whole document, which is ours alone."""
        schema = self.settings.schema_name
        params, at = {"_schema": schema} if schema else None, self._at(str(record.payload["email"]))
        call = self.call("PUT", DOCUMENT, record.payload, at=at, resource=TO_WRITE, params=params)
        return self.save_one(record, call)

    def delete(self, one: Addressee) -> RecordResult:
        if is_list(one):
            return self.delete_list(one)
        at = self._at(one.remote_key)
        return self.done_to(one, "DELETE", DOCUMENT, at=at, resource=TO_DELETE)

    def _at(self, email: str) -> dict[str, str]:
        return {"entity": self.settings.entity, "id": document_id(email)}

    def problems(self) -> list[str]:
        self.prove(self._at("check@example.com"))
        return []


def is_list(one: Addressee) -> bool:
    """Whether a record is a customer's list: `forget` has the profiles' entity erase all records of
    a person, a list by our key and a profile by its address."""
    return "@" not in one.remote_key


def document_id(key: str) -> str:
    """The id of a document: the same address or key, the same document, no address in it."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]


class NextBestProducts(HttpRecords, MasterDataAccount):
    """One document per customer with their list, known by our key; none where the list is over."""

    name = NEXT_BEST_PRODUCTS
    version = "masterdata-lists-1"
    mapping = own_fields(NEXT_BEST_PRODUCTS)
    record_key: RecordKey = "record_id"
    idempotency_key = "document id, made from customer_key"
    written = ("next_best_products_entity",)
    removals = ()

    def save(self, records: Sequence[Record]) -> list[RecordResult]:
        return self.save_each(records, self._put)

    def _put(self, record: Record) -> RecordResult:
        if not record.payload["lines"]:
            return erase_one(Addressee(record.record_id, record.record_id), self.delete_list)
        at = self.list_at(record.record_id)
        return self.save_one(
            record, self.call("PUT", DOCUMENT, record.payload, at=at, resource=TO_WRITE)
        )

    def problems(self) -> list[str]:
        self.prove(self.list_at("check"))
        return []


MasterData.others = (NextBestProducts,)


class WriteBack(MasterDataAccount):
    """Chosen fields in the shop's own customer documents, of which none is ever created."""

    version = "write-back-1"
    mapping = ()
    fields_created_first = True
    idempotency_key = "document id"
    sends_empty = False  # what VTEX does with an empty value in a PATCH is not documented

    def headers(self) -> dict[str, str]:
        return {**super().headers(), "Accept": "application/vnd.vtex.ds.v10+json"}

    @property
    def formats(self) -> Mapping[str, Format]:
        return {**JSON_FORMATS, "list": joined("|")}

    def shape(self, row: Row, values: dict[str, Any]) -> Mapping[str, Any]:
        return {"address": row["email"], "fields": values}

    def requests_for(self, record_count: int, byte_count: int) -> int:
        return REQUESTS_PER_RECORD * record_count

    def save(self, records: Sequence[Record]) -> list[RecordResult]:
        if "structure" not in self.session:
            problems = self.problems()
            if problems:
                raise Stop(f"nothing is written to {OF_THE_SHOP}: {'; '.join(problems)}")
            self.session["structure"] = "as needed"
        return self.save_each(records, self._write)

    def _write(self, record: Record) -> RecordResult:
        """The fields that differ, in every document of the address; none is ever created."""
        documents = self._documents_of(str(record.payload["address"]))
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
        response = self.ask(
            "GET",
            f"{STRUCTURE}/search",
            resource="Read only documents",
            params={"email": address, "_fields": "id"},
            headers={"REST-Range": "resources=0-10"},
        )
        found = objects_in(parse_json(response.content))
        ids = [str(one["id"]) for one in found if one.get("id")]
        read = {document_id: self._read(document_id) for document_id in ids}
        return {key: one for key, one in read.items() if str(one.get("email")).lower() == address}

    def _read(self, document_id: str) -> Mapping[str, Any]:
        """The document as it is now; empty when it is gone."""
        fields = ",".join(("id", "email", *(field.target for field in self.fields)))
        try:
            return self.fetch("GET", OF_CL, at={"id": document_id}, params={"_fields": fields})
        except NotFound:
            return {}

    def _patch(self, record: Record, document_id: str, values: Mapping[str, Any]) -> RecordResult:
        call = self.call("PATCH", OF_CL, values, at={"id": document_id}, resource=TO_WRITE)
        return self.save_one(record, call)

    def delete(self, one: Addressee) -> RecordResult:
        """Our fields emptied, where the settings say how; the customer's document is the shop's."""
        if is_list(one):
            return self.delete_list(one)
        names = [field.target for field in self.fields]
        if self.settings.clear_with == "nothing":
            message = f"empty {', '.join(names)} of the customer's document in Master Data by hand"
            return by_hand(one, message)
        empty = dict.fromkeys(names, self.empty)
        return self._write(Record(one.record_id, "", {"address": one.remote_key, "fields": empty}))

    def leave(self, old: Addressee, address: str) -> RecordResult:
        """As a rule nothing is there: the shop's own document has the new address too."""
        if not self._documents_of(old.remote_key):
            return RecordResult(old.record_id, Outcome.ACCEPTED, GONE)
        return self.delete(old)

    def problems(self) -> list[str]:
        """Which fields of the mapping CL does not have, or has of a type that does not fit."""
        found = self.fetch("GET", STRUCTURE, resource="View data entity details").get("fields")
        types = {str(one.get("name")): str(one.get("type")) for one in objects_in(found)}
        return [problem for field in self.fields if (problem := _problem(field, types))]


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


def _problem(field: MappedField, types: Mapping[str, str]) -> str | None:
    kind = types.get(field.target)
    if kind is None:
        return f"{OF_THE_SHOP} has no field {field.target}: add it in the Master Data admin"
    if not kind.startswith(TYPES[field.format]):
        return (
            f"{OF_THE_SHOP}.{field.target} is of type {kind}, and {field.source} is a"
            f" {field.format}: make it {TYPES[field.format][0]}"
        )
    return None
