"""Abandoned carts as events of Synerise: each cart one event, overwritten by its salt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from enrich.destinations.base import MappedField, Record, Row
from enrich.destinations.kinds import CARTS
from enrich.destinations.records import HttpRecords
from enrich.destinations.synerise.account import SyneriseAccount
from enrich.destinations.synerise.names import clean, client_of
from enrich.model import RecordResult

PERMISSIONS = ("API_CUSTOM_EVENTS_CREATE",)


class SyneriseCarts(HttpRecords, SyneriseAccount):
    """Abandoned carts: each one event, overwritten by its salt."""

    name = CARTS
    version = "synerise-carts-1"
    written = ("cart_action",)
    idempotency_key = "eventSalt (the cart)"
    null_meaning = "ignored"
    # An event cannot be taken back: that a cart was bought follows from the purchase.
    tells_end = False
    mapping = (
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

    def save(self, records: Sequence[Record]) -> list[RecordResult]:
        return self.send_batch("/v4/events/batch", records)

    def problems(self) -> list[str]:
        return self.missing_permissions(PERMISSIONS)

    def shape(self, row: Row, values: dict[str, Any]) -> dict[str, Any]:
        event: dict[str, Any] = {
            "action": self.settings.cart_action,
            "label": "abandoned cart",  # required, kept nowhere
            "client": client_of(row, send_custom_id=self.settings.send_custom_id),
        }
        payload: dict[str, Any] = clean({**event, **values})
        return payload
