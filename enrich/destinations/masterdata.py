"""VTEX Master Data v2: one document per customer in an entity of our own.

With `entity = "CL"` chosen fields go into the shop's own customer documents instead, with guards:
see write_back.py.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from enrich.client import NotFound
from enrich.destinations import write_back
from enrich.destinations.base import (
    Adapter,
    Addressee,
    Capabilities,
    Destination,
    Record,
    Row,
    SecretRef,
    Tools,
)
from enrich.destinations.mapping import COMPUTED, named
from enrich.destinations.remote import Remote, RemoteSettings, Wire, one_by_one, opener
from enrich.destinations.sending import removed, save_one
from enrich.model import RecordResult

CAPABILITIES = Capabilities(
    entities=("profile", "erase"),
    modes=("upsert",),
    record_key="email",
    transport="single",
    result_fidelity="per_record",
    null_meaning="clears",
    max_records=50,
    concurrency=5,
    idempotency_key="document id, made from the e-mail",
    removals=("clear", "delete"),
)

MAPPING = named(COMPUTED, lambda source: source)


class MasterDataSettings(RemoteSettings):
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
        if len(entity) == 2 and entity != write_back.ENTITY:
            raise ValueError("two letters name an entity of VTEX or the shop, such as AD; use ours")
        return entity

    @model_validator(mode="after")
    def _guarded(self) -> MasterDataSettings:
        """What goes into the shop's own documents is chosen field by field."""
        if self.entity != write_back.ENTITY:
            return self
        if not self.names or self.schema_name is not None:
            raise ValueError(
                'entity "CL" needs names = { our_field = "theirField" }, and no schema'
            )
        taken = sorted(set(self.names.values()) & write_back.OF_VTEX)
        if taken:
            raise ValueError(f"VTEX's own fields are not written: {', '.join(taken)}")
        if self.removals == "delete":
            raise ValueError("a customer document of the shop is never deleted from here")
        if self.removals == "clear" and self.clear_with == "nothing":
            raise ValueError('removals = "clear" needs clear_with: VTEX documents no empty value')
        return self

    @property
    def max_records_per_day(self) -> int | None:
        return self.records_per_day if self.entity == write_back.ENTITY else None


def document_id(email: str) -> str:
    """The id of a customer's document: the same address, the same document, no address in it."""
    return hashlib.sha256(email.encode()).hexdigest()[:32]


def _shape(remote: Remote, row: Row, values: dict[str, Any]) -> Mapping[str, Any]:
    return {"email": row["email"], **values}


def _put(remote: Remote, record: Record) -> RecordResult:
    """A PUT replaces the whole document, which is ours alone; 304 says that nothing differs."""
    schema = remote.settings.schema_name
    call = remote.call(
        "PUT",
        _path(remote, str(record.payload["email"])),
        record.payload,
        name="vtex PUT document",
        resource="Insert or update document (not remove)",
        params={"_schema": schema} if schema else None,
    )
    return save_one(remote.http, call, record)


def _erase(remote: Remote, one: Addressee) -> RecordResult:
    path = _path(remote, one.remote_key)
    return removed(remote.ask("DELETE", path, name="vtex DELETE document"), one)


def _path(remote: Remote, email: str) -> str:
    return f"/api/dataentities/{remote.settings.entity}/documents/{document_id(email)}"


def _check(remote: Remote) -> list[str]:
    """Asks for a document that is not there: an answer of 404 proves the key."""
    try:
        remote.ask("GET", _path(remote, "check@example.com"), name="vtex GET document")
    except NotFound:
        return []
    return []


def _headers(remote: Remote) -> dict[str, str]:
    return {
        "X-VTEX-API-AppKey": remote.secret(),
        "X-VTEX-API-AppToken": remote.secret("app_token"),
    }


WIRE = Wire(
    version="masterdata-1",
    host=lambda settings: f"https://{settings.account}.vtexcommercestable.com.br",
    headers=_headers,
    shape=_shape,
    save=one_by_one(_put, CAPABILITIES.concurrency),
    check=_check,
    erase=_erase,
)

# What VTEX does with an empty value in a PATCH is not documented.
INTO_CUSTOMERS = replace(
    CAPABILITIES,
    modes=("update_only",),
    null_meaning="unknown",
    idempotency_key="document id",
    fields_created_first=True,
    sends_empty=False,
)


def _open(settings: MasterDataSettings, tools: Tools) -> Destination:
    if settings.entity == write_back.ENTITY:
        return opener(write_back.WIRE, INTO_CUSTOMERS, ())(settings, tools)
    return opener(WIRE, CAPABILITIES, MAPPING)(settings, tools)


ADAPTER = Adapter(
    settings=MasterDataSettings,
    capabilities=CAPABILITIES,
    mapping=MAPPING,
    open=_open,
    example={
        "account": "demostore",
        "api_key": {"env": "VTEX_APP_KEY"},
        "app_token": {"env": "VTEX_APP_TOKEN"},
    },
)
