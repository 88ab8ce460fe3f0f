"""Purchases as Synerise's transactions: overwritten by their salt, never counted twice.

A transaction is overwritten when salt, moment, client and action are the same. So the salt is the
order's id, and moment and client are remembered from the first time for ever. Each line makes an
event of its own, known by its place alone: lines keep their places, a line that is gone stays with
quantity 0 and `canceled`, and so do all lines of an order that counts no longer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from enrich.destinations.base import MappedField, Record, Row
from enrich.destinations.kinds import PURCHASES
from enrich.destinations.mapping import Write
from enrich.destinations.records import RECORD_FORMATS, HttpRecords
from enrich.destinations.sending import LATER, Refusal
from enrich.destinations.synerise.account import SyneriseAccount
from enrich.destinations.synerise.names import clean, client_of
from enrich.errors import EnrichError
from enrich.model import Outcome, RecordResult

PERMISSIONS = ("API_TRANSACTION_CREATE", "API_BATCH_TRANSACTION_CREATE")
TO_CANCEL = "API_CUSTOM_EVENTS_CREATE"
CANCEL = "/v4/events/cancelled-transaction"
NOTHING = Decimal("0.00")


class SynerisePurchases(HttpRecords, SyneriseAccount):
    """Transactions: overwritten by their salt, never counted twice."""

    name = PURCHASES
    version = "synerise-transactions-1"
    written = ("product_key",)
    # Their own plug-in sends at most so many; how many they take is not documented.
    max_records = 100
    idempotency_key = "eventSalt (the order's id)"
    null_meaning = "clears"
    mapping = (
        MappedField("order_id", "orderId", "text"),
        MappedField("ordered_at", "recordedAt", "moment"),
        MappedField("lines_amount", "revenue.amount", "amount"),
        MappedField("currency", "revenue.currency", "text"),
        MappedField("lines_amount", "value.amount", "amount"),
        MappedField("currency", "value.currency", "text"),
        MappedField("discount_amount", "discountAmount.amount", "above_zero"),
        MappedField("payment_method", "paymentInfo.method", "text"),
        MappedField("status", "metadata.orderStatus", "text", False),
        MappedField("is_canceled", "metadata.isCanceled", "boolean", False),
        MappedField("promo_code", "metadata.couponCode", "text", False),
        MappedField("amount", "metadata.totalAmount", "amount", False),
        MappedField("refunded_amount", "metadata.refundedAmount", "amount", False),
        MappedField("sales_channel", "metadata.salesChannel", "text", False),
        MappedField("lines.product_key", "products[].sku", "text"),
        MappedField("lines.product", "products[].name", "text"),
        MappedField("lines.quantity", "products[].quantity", "integer"),
        MappedField("lines.unit_amount", "products[].finalUnitPrice.amount", "amount"),
        MappedField("currency", "products[].finalUnitPrice.currency", "text"),
        MappedField("lines.unit_list_amount", "products[].regularPrice.amount", "amount"),
        MappedField("currency", "products[].regularPrice.currency", "text"),
        MappedField("lines.category_path", "products[].categories", "list"),
        MappedField("lines.brand", "products[].brand", "text", False),
        MappedField("lines.image_url", "products[].image", "text"),
        MappedField("lines.url", "products[].url", "text"),
        MappedField("lines.is_canceled", "products[].canceled", "flag", False),
    )

    @property
    def formats(self) -> Mapping[str, Write]:
        above_zero = {"above_zero": lambda amount: float(amount) if amount > 0 else None}
        return {**RECORD_FORMATS, **above_zero}

    def arrange(self, row: Row, memo: Mapping[str, Any]) -> Row:
        """The row with its lines in their places; what is gone costs nothing."""
        there = {} if row["is_canceled"] else {line["line_key"]: line for line in row["lines"]}
        lines = [_in_place(line, there.get(line["line_key"])) for line in memo["lines"]]
        if row["is_canceled"]:
            return {**row, "lines": lines, "lines_amount": NOTHING, "discount_amount": NOTHING}
        return {**row, "lines": lines}

    def validate(self, row: Row) -> str | None:
        """What Synerise cannot take; one currency is the rule of a purchase already."""
        if not (row["lines"] or json.loads(row.get("memo") or "{}").get("lines")):
            return "no lines"
        return None if row["currency"] else "no currency; set it for the store"

    def new_memo(self, row: Row, memo: Mapping[str, Any]) -> dict[str, Any]:
        """Client, moment and lines as first sent; lines that came later stand behind them."""
        known = list(memo.get("lines", []))
        keys = {line["line_key"] for line in known}
        now = [{name: line[name] for name in _KEPT} for line in row["lines"]]
        kept = {
            "client": memo.get("client")
            or client_of(row, send_custom_id=self.settings.send_custom_id),
            "recordedAt": memo.get("recordedAt") or _moment(row["ordered_at"]),
            "lines": known + [line for line in now if line["line_key"] not in keys],
        }
        if row["is_canceled"]:
            kept["canceledAt"] = memo.get("canceledAt") or _moment(row["changed_at"])
        return kept

    def shape(self, row: Row, values: dict[str, Any]) -> dict[str, Any]:
        memo = row["memo"]
        fixed = {
            "client": memo["client"],
            "eventSalt": row["order_id"],
            "recordedAt": memo["recordedAt"],
        }
        if "canceledAt" in memo:
            values["metadata"]["canceledAt"] = memo["canceledAt"]
        payload: dict[str, Any] = clean({**values, **fixed})
        return payload

    def save(self, records: Sequence[Record]) -> list[RecordResult]:
        """The transactions; then, for each that was canceled, the event that reports it."""
        answer = self.send_batch("/v4/transactions/batch", records)
        if not self.settings.cancel_events:
            return answer
        by_id = {record.record_id: record for record in records}
        return [self._with_cancellation(by_id[result.record_id], result) for result in answer]

    def _with_cancellation(self, record: Record, result: RecordResult) -> RecordResult:
        """The result of a canceled order once the event is taken too; else both are repeated."""
        is_canceled = record.payload["metadata"].get("isCanceled")
        if not is_canceled or result.outcome is not Outcome.QUEUED:
            return result
        try:
            self.ask("POST", CANCEL, cancel_event(record.payload))
        except EnrichError as fault:  # the transactions are taken, and that must not be lost
            code = fault.code if isinstance(fault, Refusal) else _code(fault)
            return replace(result, outcome=Outcome.RETRYABLE, code=code, message=LATER)
        return result

    def problems(self) -> list[str]:
        wanted = (*PERMISSIONS, *((TO_CANCEL,) if self.settings.cancel_events else ()))
        return self.missing_permissions(wanted)


_KEPT = ("line_key", "product_key", "product")


_moment = RECORD_FORMATS["moment"]


def _in_place(sent: Mapping[str, Any], now: Mapping[str, Any] | None) -> dict[str, Any]:
    if now is not None and now["quantity"] > 0:
        return {**now, "is_canceled": False}
    return {**_GONE, **sent}


_GONE: Mapping[str, Any] = {
    "quantity": 0,
    "unit_amount": NOTHING,
    "unit_list_amount": NOTHING,
    "category_path": [],
    "brand": None,
    "image_url": None,
    "url": None,
    "is_canceled": True,
}


def _code(fault: EnrichError) -> str:
    return f"cancel_{type(fault).__name__.lower()}"


def cancel_event(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The event of a cancellation; its salt is its own, for no salt serves two actions."""
    metadata = payload["metadata"]
    return {
        "client": payload["client"],
        "eventSalt": f"{payload['eventSalt']}-canceled",
        "label": "canceled",
        "time": metadata["canceledAt"],
        "params": {
            "orderId": payload["orderId"],
            "orderStatus": metadata.get("orderStatus", "canceled"),
            "revenue": {**payload["revenue"], "amount": metadata["totalAmount"]},
        },
    }
