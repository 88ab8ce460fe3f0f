"""Products as the items of one of Synerise's catalogues."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from enrich.destinations.base import Capabilities, MappedField, Record, Row
from enrich.destinations.records import RecordWire
from enrich.destinations.remote import Remote
from enrich.destinations.sending import Answer, answer_of, safe_code
from enrich.destinations.synerise.account import (
    MAX_BYTES,
    headers,
    host,
    logged_in,
    missing_permissions,
)
from enrich.destinations.synerise.batches import send_batch
from enrich.destinations.synerise.names import clean
from enrich.errors import Stop

PERMISSIONS = ("CATALOGS_CATALOG_READ", "CATALOGS_ITEM_BATCH_CATALOG_CREATE")
TO_CREATE = "CATALOGS_CATALOG_CREATE"
MOST_FOUND = 100

CAPABILITIES = Capabilities(
    entities=("products",),
    modes=("upsert",),
    record_key="record_id",
    transport="json_batch",
    result_fidelity="rejected_only",
    null_meaning="unknown",
    max_records=100,
    max_bytes=MAX_BYTES,
    idempotency_key="itemKey",
)

MAPPING = (
    MappedField("record_id", "itemKey", "text"),
    # The key itself is not shown in Synerise, so it is a value too.
    MappedField("record_id", "value.itemId", "text", False),
    MappedField("sku", "value.sku", "text", False),
    MappedField("product_id", "value.productId", "text", False),
    MappedField("ref_id", "value.refId", "text", False),
    MappedField("product", "value.name", "text", False),
    MappedField("brand", "value.brand", "text", False),
    MappedField("category_path", "value.category", "path", False),
    MappedField("url", "value.url", "text", False),
    MappedField("image_url", "value.image", "text", False),
    MappedField("price", "value.price", "amount", False),
    MappedField("is_active", "value.isActive", "boolean", False),
)


def _shape(remote: Remote, row: Row, values: dict[str, Any]) -> dict[str, Any]:
    payload: dict[str, Any] = clean(values)
    return payload


def _save(remote: Remote, records: Sequence[Record]) -> Answer:
    path = f"/catalogs/bags/{_catalog_id(remote)}/items/batch"
    return send_batch(remote, path, records, "/catalogs/bags/{catalogId}/items/batch")


def _catalog_id(remote: Remote) -> str:
    """The id of the catalogue of the settings, asked for once; made if that is wished."""
    if "catalog" not in remote.memory:
        found = _found(remote) or (_created(remote) if remote.settings.create_catalog else None)
        if found is None:
            raise Stop(f"{_absent(remote)}")
        remote.memory["catalog"] = found
    return remote.memory["catalog"]


def _absent(remote: Remote) -> str:
    name = remote.settings.catalog
    return f"there is no catalogue {name!r} in Synerise: make it, or set create_catalog = true"


def _found(remote: Remote) -> str | None:
    params = {"searchBy": str(remote.settings.catalog), "limit": str(MOST_FOUND)}
    name = "synerise GET /catalogs/bags"
    answer = answer_of(logged_in(remote, "GET", "/catalogs/bags", None, name, params=params))
    bags = [bag for bag in answer.get("data") or [] if isinstance(bag, dict)]
    named = (bag for bag in bags if bag.get("name") == remote.settings.catalog)
    return next((safe_code(bag.get("id")) for bag in named), None)


def _created(remote: Remote) -> str | None:
    body = {"name": remote.settings.catalog}
    answer = answer_of(
        logged_in(remote, "POST", "/catalogs/bags", body, "synerise POST /catalogs/bags")
    )
    made = answer.get("data", answer)
    return safe_code(made.get("id")) if isinstance(made, dict) else _found(remote)


def _check(remote: Remote) -> list[str]:
    """The permissions, and whether the catalogue is there or may be made."""
    creates = remote.settings.create_catalog
    missing = missing_permissions(remote, (*PERMISSIONS, *((TO_CREATE,) if creates else ())))
    if missing or creates or _found(remote) is not None:
        return missing
    return [_absent(remote)]


WIRE = RecordWire(
    version="synerise-catalog-1",
    host=host,
    headers=headers,
    shape=_shape,
    save=_save,
    check=_check,
    refuses=lambda remote, row: None,
    formats=lambda settings: {},
    written=("product_key", "catalog"),
)
