"""The documents of Master Data as they stand now: those of the world, and those written since."""

from __future__ import annotations

from typing import Any

import polars as pl

from enrich.simulator.contacts import (
    CART_FIELDS,
    DATE_FIELDS,
    TEXT_FIELDS,
    address_document,
    contact_documents,
    contacts_at,
)
from enrich.simulator.hooks import fire
from enrich.simulator.moments import SECOND, parse_us, zulu
from enrich.simulator.vtex_state import Vtex

FILTERABLE = frozenset({*TEXT_FIELDS, *DATE_FIELDS, *CART_FIELDS, "isNewsletterOptIn",
                        "acceptsAds", "isCorporate"}) - {"id", "rclastsession"}  # fmt: skip
_PLAIN = (*TEXT_FIELDS, "isNewsletterOptIn", "acceptsAds", "isCorporate",
          "rclastcart", "rclastcartvalue")  # fmt: skip


def current_view(vtex: Vtex) -> pl.DataFrame:
    """One row per customer document as search knows it, with VTEX's names; dates in microseconds.

    `edited` holds the id of a document that was written over HTTP, else null.
    """
    view = contacts_at(vtex.world.contacts, vtex.now_us())
    shown_us = vtex.now_us() - int(vtex.weather.search_lag_seconds * SECOND)
    gone = [key for key, at_us in vtex.deleted.items() if at_us <= shown_us]
    view = view.with_columns(edited=pl.lit(None, dtype=pl.String)).filter(
        ~pl.col("id").str.to_lowercase().is_in(gone)
    )
    edits = {
        key: document
        for key, document in vtex.edits.items()
        if parse_us(document["lastInteractionIn"]) <= shown_us and key not in gone
    }
    if not edits:
        return view
    untouched = view.filter(~pl.col("id").str.to_lowercase().is_in(list(edits)))
    rows = [_row(key, document) for key, document in edits.items()]
    schema = {name: kind for name, kind in view.schema.items() if name in rows[0]}
    return pl.concat([untouched, pl.DataFrame(rows, schema=schema)], how="diagonal")


def documents_of(vtex: Vtex, entity: str, view: pl.DataFrame) -> list[dict[str, Any]]:
    """The JSON documents of rows of `current_view`, in their order."""
    made = iter(contact_documents(view.filter(pl.col("edited").is_null()), vtex.account))
    found = [
        next(made) if edited is None else dict(vtex.edits[edited])
        for edited in view["edited"].to_list()
    ]
    if entity == "AD":
        return [address_document(document, vtex.account) for document in found]
    return found


def find_document(vtex: Vtex, entity: str, document_id: str) -> dict[str, Any] | None:
    """One document by its id, with or without the entity in front, in any letter case."""
    key = _key(entity, document_id)
    if key in vtex.deleted:
        return None
    if key in vtex.edits:
        document = dict(vtex.edits[key])
        return address_document(document, vtex.account) if entity == "AD" else document
    view = current_view(vtex).filter(pl.col("id").str.to_lowercase() == key)
    documents = documents_of(vtex, entity, view)
    return documents[0] if documents else None


def write_document(
    vtex: Vtex, document_id: str, document: dict[str, Any], *, created: bool
) -> None:
    """Keep a customer document; its audit dates move to now, its triggers go off."""
    now = zulu(vtex.now_us())
    audit = {"createdIn": now} if created else {"updatedIn": now}
    stamped = document | audit | {"id": document_id, "lastInteractionIn": now}
    vtex.edits[_key("CL", document_id)] = _whole(stamped)
    vtex.deleted.pop(_key("CL", document_id), None)
    fire(vtex, "created" if created else "changed", document_id)


def delete_document(vtex: Vtex, document_id: str) -> None:
    """The document is gone at once for a reader by id, for a search when its lag is over."""
    vtex.deleted[_key("CL", document_id)] = vtex.now_us()
    fire(vtex, "deleted", document_id)


def _whole(document: dict[str, Any]) -> dict[str, Any]:
    """Every field of a customer document is there, null when it was never written."""
    return {**dict.fromkeys((*_PLAIN, *DATE_FIELDS)), "checkouttag": None, **document}


def _key(entity: str, document_id: str) -> str:
    lowered = document_id.lower().removeprefix(f"{entity.lower()}-")
    return lowered.removeprefix("cl-")


def _row(key: str, document: dict[str, Any]) -> dict[str, Any]:
    moments = {name: document[name] and parse_us(document[name]) for name in DATE_FIELDS}
    return {name: document[name] for name in _PLAIN} | moments | {"edited": key}
