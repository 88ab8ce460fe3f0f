"""Products in Connectif's catalogue: a few by PATCH, many as a CSV import of type products.

Purchases refer to them, so they go first. Their pages must belong to a domain that the account
authorises (E0201).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from enrich.client import Call, path_segment
from enrich.destinations.base import Capabilities, MappedField, Record, Row
from enrich.destinations.connectif.account import RATE_LIMIT, check_reach, headers, host, save_one
from enrich.destinations.connectif.imports import poll, requests_for_few_or_imports, start_import
from enrich.destinations.records import RecordWire
from enrich.destinations.remote import Remote
from enrich.destinations.sending import Answer, send_each
from enrich.model import RecordResult

CAPABILITIES = Capabilities(
    entities=("products",),
    modes=("upsert",),
    record_key="record_id",
    transport="job",
    result_fidelity="counts_only",
    null_meaning="unknown",
    max_records=20_000,
    max_bytes=45_000_000,
    rate_limit=RATE_LIMIT,
    idempotency_key="productId",
    sends_empty=False,
    max_open_jobs=10,
)

MAPPING = (
    MappedField("record_id", "productId", "text"),
    MappedField("product", "name", "text"),
    MappedField("url", "productDetailUrl", "text"),
    MappedField("price", "unitPrice", "amount"),
    MappedField("brand", "brand", "text"),
    MappedField("category_path", "categories", "paths"),
    MappedField("image_url", "imageUrl", "text"),
)
NO_PAGE = "no page in the shop; set store_url"


def _refuses(remote: Remote, row: Row) -> str | None:
    return None if row["url"] else NO_PAGE


def _shape(remote: Remote, row: Row, values: dict[str, Any]) -> dict[str, Any]:
    return values


def _save(remote: Remote, records: Sequence[Record]) -> Answer:
    if len(records) > remote.settings.patch_limit:
        return start_import(remote, "products", records)
    return send_each(records, lambda one: _patch(remote, one), 1)


def _patch(remote: Remote, record: Record) -> RecordResult:
    return save_one(remote, record, product_call(remote, record.payload))


def product_call(remote: Remote, product: Mapping[str, Any]) -> Call:
    """The call that creates or updates one product, given with its productId."""
    path = f"/products/product-id/{path_segment(str(product['productId']))}"
    body = {name: value for name, value in product.items() if name != "productId"}
    return remote.call("PATCH", path, body, name="connectif PATCH /products/product-id/{productId}")


WIRE = RecordWire(
    version="connectif-products-1",
    host=host,
    headers=headers,
    shape=_shape,
    save=_save,
    check=check_reach,
    refuses=_refuses,
    formats=lambda settings: {},
    poll=lambda remote, job_id, records: poll(
        remote, job_id, records, remote.settings.product_report_column
    ),
    requests_for=lambda remote, count, size: requests_for_few_or_imports(
        remote.settings.patch_limit, CAPABILITIES, count, size
    ),
    written=("product_key",),
)
