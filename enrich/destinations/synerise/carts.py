"""Abandoned carts as events of Synerise: each cart one event, overwritten by its salt."""

from __future__ import annotations

from typing import Any

from enrich.destinations.base import Capabilities, MappedField, Row
from enrich.destinations.records import RecordWire
from enrich.destinations.remote import Remote
from enrich.destinations.synerise.account import MAX_BYTES, headers, host, missing_permissions
from enrich.destinations.synerise.batches import send_batch
from enrich.destinations.synerise.names import clean, client_of

PERMISSIONS = ("API_CUSTOM_EVENTS_CREATE",)

CAPABILITIES = Capabilities(
    entities=("carts",),
    modes=("upsert",),
    record_key="email",
    transport="json_batch",
    result_fidelity="rejected_only",
    null_meaning="ignored",
    max_records=1_000,
    max_bytes=MAX_BYTES,
    idempotency_key="eventSalt (the cart)",
    # What happened has happened: that a cart was bought is told by the purchase.
    tells_end=False,
)

MAPPING = (
    MappedField("cart_id", "eventSalt", "text"),
    MappedField("abandoned_at", "time", "moment"),
    MappedField("amount", "params.totalAmount", "amount", False),
    MappedField("currency", "params.currency", "text", False),
    MappedField("checkout_step", "params.checkoutStep", "text", False),
    MappedField("url", "params.cartUrl", "text", False),
    MappedField("lines.sku", "params.products[].sku", "text", False),
    MappedField("lines.product", "params.products[].name", "text", False),
    MappedField("lines.quantity", "params.products[].quantity", "integer", False),
    MappedField("lines.url", "params.products[].url", "text", False),
    MappedField("lines.image_url", "params.products[].image", "text", False),
)


def _shape(remote: Remote, row: Row, values: dict[str, Any]) -> dict[str, Any]:
    event: dict[str, Any] = {
        "action": remote.settings.cart_action,
        "label": "abandoned cart",  # required, kept nowhere
        "client": client_of(row, send_custom_id=remote.settings.send_custom_id),
    }
    payload: dict[str, Any] = clean({**event, **values})
    return payload


WIRE = RecordWire(
    version="synerise-carts-1",
    host=host,
    headers=headers,
    shape=_shape,
    save=lambda remote, records: send_batch(remote, "/v4/events/batch", records),
    check=lambda remote: missing_permissions(remote, PERMISSIONS),
    refuses=lambda remote, row: None,
    formats=lambda settings: {},
    written=("cart_action",),
)
