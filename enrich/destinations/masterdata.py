"""VTEX Master Data v2: one document per customer in an entity of our own.

With `entity = "CL"` chosen fields go into the shop's own customer documents instead, with guards:
see write_back.py.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from enrich.client import NotFound
from enrich.destinations.base import (
    Addressee,
    Capabilities,
    Record,
    Row,
    SecretRef,
    Tools,
)
from enrich.destinations.entity import DestinationEntity
from enrich.destinations.http import HttpDestination, HttpSettings
from enrich.destinations.mapping import COMPUTED, named
from enrich.destinations.sending import Answer, removed, save_one
from enrich.destinations.write_back import ENTITY, OF_VTEX, WriteBack
from enrich.model import RecordResult


class MasterDataSettings(HttpSettings):
    """The keys of a destination of kind `masterdata`."""

    SECRETS: ClassVar[tuple[str, ...]] = ("api_key", "app_token")

    account: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    app_token: SecretRef
    entity: str = Field("enrich_profiles", pattern=r"^[A-Za-z][A-Za-z0-9_]{1,49}$")
    schema_name: str | None = Field(None, pattern=r"^[A-Za-z0-9_-]+$")
    records_per_day: int = Field(5_000, ge=1)
    clear_with: Literal["nothing", "null", "empty"] = "nothing"

    @field_validator("entity")
    @classmethod
    def _not_the_shops(cls, entity: str) -> str:
        if len(entity) == 2 and entity != ENTITY:
            raise ValueError("two letters name an entity of VTEX or the shop, such as AD; use ours")
        return entity

    @model_validator(mode="after")
    def _guarded(self) -> MasterDataSettings:
        """What goes into the shop's own documents is chosen field by field."""
        if self.entity != ENTITY:
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
        return self.records_per_day if self.entity == ENTITY else None


def document_id(email: str) -> str:
    """The id of a customer's document: the same address, the same document, no address in it."""
    return hashlib.sha256(email.encode()).hexdigest()[:32]


class MasterData(HttpDestination):
    """One document per customer in an entity of our own."""

    version = "masterdata-1"
    Settings = MasterDataSettings
    settings: MasterDataSettings
    example = {
        "account": "demostore",
        "api_key": {"env": "VTEX_APP_KEY"},
        "app_token": {"env": "VTEX_APP_TOKEN"},
    }
    capabilities = Capabilities(
        record_key="email",
        transport="single",
        result_fidelity="per_record",
        null_meaning="clears",
        max_records=50,
        concurrency=5,
        idempotency_key="document id, made from the e-mail",
        removals=("clear", "delete"),
    )
    mapping = named(COMPUTED, lambda source: source)

    @classmethod
    def open(cls, settings: MasterDataSettings, tools: Tools) -> DestinationEntity:
        return (WriteBack if settings.entity == ENTITY else cls)(settings, tools)

    @property
    def host(self) -> str:
        return f"https://{self.settings.account}.vtexcommercestable.com.br"

    def save(self, records: Sequence[Record]) -> Answer:
        return self.save_each(records, self._put)

    def shape(self, row: Row, values: dict[str, Any]) -> Mapping[str, Any]:
        return {"email": row["email"], **values}

    def _put(self, record: Record) -> RecordResult:
        """A PUT replaces the whole document, which is ours alone; 304 says that nothing differs."""
        schema = self.settings.schema_name
        call = self.call(
            "PUT",
            self._path(str(record.payload["email"])),
            record.payload,
            name="vtex PUT document",
            resource="Insert or update document (not remove)",
            params={"_schema": schema} if schema else None,
        )
        return save_one(self.http, call, record)

    def delete(self, one: Addressee) -> RecordResult:
        path = self._path(one.remote_key)
        return removed(self.ask("DELETE", path, name="vtex DELETE document"), one)

    def _path(self, email: str) -> str:
        return f"/api/dataentities/{self.settings.entity}/documents/{document_id(email)}"

    def problems(self) -> list[str]:
        """Asks for a document that is not there: an answer of 404 proves the key."""
        with suppress(NotFound):
            self.ask("GET", self._path("check@example.com"), name="vtex GET document")
        return []

    def headers(self) -> dict[str, str]:
        return {
            "X-VTEX-API-AppKey": self.secret(),
            "X-VTEX-API-AppToken": self.secret("app_token"),
        }
