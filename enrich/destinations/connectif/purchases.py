"""Purchases in Connectif: one call each, never twice, never changed.

Nothing documented makes a repeated purchase harmless, and none can be changed or taken back. So
where it may be there already (no answer the last time, older than what the ledger remembers, an
export) it is asked for by its id, and only what is not there is posted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from enrich.client import NotFound, Response, is_web_page, raise_for_refusal
from enrich.destinations.base import AsksFirst, MappedField, Record, Row
from enrich.destinations.connectif.account import ConnectifAccount
from enrich.destinations.connectif.products import NO_PAGE
from enrich.destinations.kinds import PURCHASES
from enrich.destinations.mapping import Write
from enrich.destinations.records import RECORD_FORMATS, HttpRecords
from enrich.destinations.sending import LATER, Refusal, answer_of, rejected
from enrich.model import Outcome, RecordResult

NO_CONTACT, NO_PRODUCTS, FOREIGN_DOMAIN = "E0101", "E0102", "E0103"
ALREADY_THERE = "already_there"
ON_A_FOREIGN_DOMAIN = "a product page is on a domain that the account does not authorise"
NOBODY = "no-such-purchase"
# What a product of a purchase has in common with a product of the catalogue.
OF_PRODUCT = (
    "productId",
    "name",
    "productDetailUrl",
    "unitPrice",
    "brand",
    "categories",
    "imageUrl",
)


class ConnectifPurchases(HttpRecords, ConnectifAccount):
    """Purchases: one call each, never twice, never changed."""

    name = PURCHASES
    version = "connectif-purchases-1"
    written = ("product_key",)
    transport = "single"
    # What a killed run leaves unanswered is asked for one by one: a batch is small.
    max_records = 50
    asks_first: AsksFirst = "doubt"
    takes_changes = False
    tells_end = False
    mapping = (
        MappedField("order_id", "purchaseId", "text"),
        MappedField("cart_id", "cartId", "text"),
        MappedField("email", "contactEmail", "text"),
        MappedField("ordered_at", "purchaseDate", "moment"),
        MappedField("amount", "totalPrice", "amount"),
        MappedField("quantity", "totalQuantity", "integer"),
        MappedField("payment_method", "paymentMethod", "text"),
        MappedField("lines.product_key", "products[].productId", "text"),
        MappedField("lines.product", "products[].name", "text"),
        MappedField("lines.url", "products[].productDetailUrl", "text"),
        MappedField("lines.unit_amount", "products[].unitPrice", "cents"),
        MappedField("lines.unit_list_amount", "products[].unitPriceOriginal", "cents"),
        MappedField("lines.amount", "products[].price", "amount"),
        MappedField("lines.quantity", "products[].quantity", "integer"),
        MappedField("lines.brand", "products[].brand", "text"),
        MappedField("lines.category_path", "products[].categories", "paths"),
        MappedField("lines.image_url", "products[].imageUrl", "text"),
    )

    def adapt(self) -> None:
        self.asks_first = self.settings.ask_first

    @property
    def formats(self) -> Mapping[str, Write]:
        return {**RECORD_FORMATS, "cents": lambda value: float(round(value, 2))}

    def arrange(self, row: Row, memo: Mapping[str, Any]) -> Row:
        """The purchase without lines of quantity 0."""
        return {**row, "lines": [line for line in row["lines"] if line["quantity"] > 0]}

    def save(self, records: Sequence[Record]) -> list[RecordResult]:
        return self.save_each(records, self._purchase)

    def validate(self, row: Row) -> str | None:
        """Connectif wants the page of every product, and a purchase has products."""
        lines = [line for line in row["lines"] if line["quantity"] > 0]
        if not lines:
            return "no lines"
        return None if all(line["url"] for line in lines) else NO_PAGE

    def _purchase(self, record: Record) -> RecordResult:
        """Posted once; what it needs and is not there is made, and it is posted once more."""
        if record.is_doubtful and self._is_there(record.record_id):
            return RecordResult(record.record_id, Outcome.ACCEPTED, ALREADY_THERE)
        made: set[str] = set()
        while True:
            response = self._post(record)
            refusal = self.refusal_of(response)
            code = refusal.code
            if code not in (NO_CONTACT, NO_PRODUCTS) or code in made:
                return _outcome(record, response, refusal)
            made.add(code)
            for refused in self._make(record, response, code):
                return refused

    def _is_there(self, purchase_id: str) -> bool:
        try:
            self.ask("GET", "/purchases/purchase-id/{id}", at={"id": purchase_id})
        except NotFound:
            return False
        return True

    def _post(self, record: Record) -> Response:
        """The answer; workflows run for it only where the settings say so and it is no replay."""
        is_news = self.settings.purchase_events and not record.is_doubtful
        call = self.call(
            "POST",
            "/purchases/",
            record.payload,
            params={"triggerPurchaseEvent": str(is_news).lower()},
            is_repeatable=False,
        )
        response = self.http.send(call)
        if response.status_code in (401, 403):
            raise_for_refusal(call, response)
        return response

    def _make(self, record: Record, response: Response, code: str) -> Iterator[RecordResult]:
        """Make the contact or the products that are missing; yields why one of them is refused."""
        calls = (
            [self.contact_call(str(record.payload["contactEmail"]), {})]
            if code == NO_CONTACT
            else [self.product_call(product) for product in _missing(record, response)]
        )
        for call in calls:
            done = self.save_one(record, call)
            if done.outcome is not Outcome.ACCEPTED:
                yield replace(done, code=f"{code}_{done.code}")

    def problems(self) -> list[str]:
        """Asks for a purchase that nobody has: proves the right to read them, writes nothing."""
        self._is_there(NOBODY)
        return []


def _missing(record: Record, response: Response) -> list[dict[str, Any]]:
    """The products of the purchase that the answer names; all of them when it names none."""
    named = answer_of(response).get("productIds")
    wanted = {str(one) for one in named} if isinstance(named, list) else None
    products = {
        str(line["productId"]): {name: line[name] for name in OF_PRODUCT if name in line}
        for line in record.payload["products"]
    }
    return [one for key, one in products.items() if wanted is None or key in wanted]


def _outcome(record: Record, response: Response, refusal: Refusal) -> RecordResult:
    """What is neither a yes nor a no may have stored it: nobody knows, and the next run asks."""
    status = response.status_code
    if 200 <= status < 300 and not is_web_page(response):
        return RecordResult(record.record_id, Outcome.ACCEPTED)
    if not 400 <= status < 500:
        return RecordResult(record.record_id, Outcome.UNKNOWN, f"http_{status}", LATER)
    done = rejected(record, refusal)
    return replace(done, message=ON_A_FOREIGN_DOMAIN) if done.code == FOREIGN_DOMAIN else done
