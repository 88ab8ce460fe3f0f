"""Purchases in Connectif: one call each, never twice, never changed.

Nothing documented makes a repeated purchase harmless, and none can be changed or taken back. So
where it may be there already (no answer the last time, older than what the ledger remembers, an
export) it is asked for by its id, and only what is not there is posted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from enrich.client import NotFound, Response, is_web_page, path_segment, raise_for_refusal
from enrich.destinations.base import Capabilities, MappedField, Record, Row
from enrich.destinations.connectif.account import RATE_LIMIT, code_of, headers, host, save_one
from enrich.destinations.connectif.contacts import contact_call
from enrich.destinations.connectif.products import NO_PAGE, product_call
from enrich.destinations.mapping import Format
from enrich.destinations.records import RecordWire
from enrich.destinations.remote import Remote
from enrich.destinations.sending import (
    LATER,
    REFUSED,
    Answer,
    answer_of,
    send_each,
)
from enrich.model import Outcome, RecordResult

NO_CONTACT, NO_PRODUCTS, FOREIGN_DOMAIN = "E0101", "E0102", "E0103"
ALREADY_THERE = "already_there"
ON_A_FOREIGN_DOMAIN = "a product page is on a domain that the account does not authorise"
NOBODY = "no-such-purchase"

CAPABILITIES = Capabilities(
    entities=("purchases",),
    modes=("upsert",),
    record_key="email",
    transport="single",
    result_fidelity="per_record",
    null_meaning="unknown",
    # What a killed run leaves unanswered is asked for one by one: a batch is small.
    max_records=50,
    rate_limit=RATE_LIMIT,
    takes_changes=False,
    tells_end=False,
    asks_first="doubt",
)

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

MAPPING = (
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
FORMATS: dict[str, Format] = {"cents": lambda value: float(round(value, 2))}


def _refuses(remote: Remote, row: Row) -> str | None:
    """Connectif wants the page of every product, and a purchase has products."""
    lines = [line for line in row["lines"] if line["quantity"] > 0]
    if not lines:
        return "no lines"
    return None if all(line["url"] for line in lines) else NO_PAGE


def _bought(row: Row, memo: Mapping[str, Any]) -> Row:
    """The purchase without lines of quantity 0."""
    return {**row, "lines": [line for line in row["lines"] if line["quantity"] > 0]}


def _shape(remote: Remote, row: Row, values: dict[str, Any]) -> dict[str, Any]:
    return values


def _save(remote: Remote, records: Sequence[Record]) -> Answer:
    return send_each(records, lambda one: _purchase(remote, one), 1)


def _purchase(remote: Remote, record: Record) -> RecordResult:
    """Posted once; what it needs and is not there is made, and it is posted once more."""
    if record.is_doubtful and _is_there(remote, record.record_id):
        return RecordResult(record.record_id, Outcome.ACCEPTED, ALREADY_THERE)
    made: set[str] = set()
    while True:
        response = _post(remote, record)
        code = code_of(response) if 400 <= response.status_code < 500 else ""
        if code not in (NO_CONTACT, NO_PRODUCTS) or code in made:
            return _outcome(record, response, code)
        made.add(code)
        for refused in _make(remote, record, response, code):
            return refused


def _is_there(remote: Remote, purchase_id: str) -> bool:
    path = f"/purchases/purchase-id/{path_segment(purchase_id)}"
    try:
        remote.ask("GET", path, name="connectif GET /purchases/purchase-id/{id}")
    except NotFound:
        return False
    return True


def _post(remote: Remote, record: Record) -> Response:
    """The answer; workflows run for it only when that is wished and it is no replay."""
    is_news = remote.settings.purchase_events and not record.is_doubtful
    call = remote.call(
        "POST",
        "/purchases/",
        record.payload,
        name="connectif POST /purchases/",
        params={"triggerPurchaseEvent": str(is_news).lower()},
        is_repeatable=False,
    )
    response = remote.http.send(call)
    if response.status_code in (401, 403):
        raise_for_refusal(call, response)
    return response


def _make(remote: Remote, record: Record, response: Response, code: str) -> Iterator[RecordResult]:
    """Make the contact or the products that are missing; yields why one of them is refused."""
    calls = (
        [contact_call(remote, str(record.payload["contactEmail"]), {})]
        if code == NO_CONTACT
        else [product_call(remote, product) for product in _missing(record, response)]
    )
    for call in calls:
        done = save_one(remote, record, call)
        if done.outcome is not Outcome.ACCEPTED:
            yield replace(done, code=f"{code}_{done.code}")


def _missing(record: Record, response: Response) -> list[dict[str, Any]]:
    """The products of the purchase that the answer names; all of them when it names none."""
    named = answer_of(response).get("productIds")
    wanted = {str(one) for one in named} if isinstance(named, list) else None
    products = {
        str(line["productId"]): {name: line[name] for name in OF_PRODUCT if name in line}
        for line in record.payload["products"]
    }
    return [one for key, one in products.items() if wanted is None or key in wanted]


def _outcome(record: Record, response: Response, code: str) -> RecordResult:
    """What is neither a yes nor a no may have stored it: nobody knows, and the next run asks."""
    status = response.status_code
    if 200 <= status < 300 and not is_web_page(response):
        return RecordResult(record.record_id, Outcome.ACCEPTED)
    if not code:
        return RecordResult(record.record_id, Outcome.UNKNOWN, f"http_{status}", LATER)
    message = ON_A_FOREIGN_DOMAIN if code == FOREIGN_DOMAIN else REFUSED
    return RecordResult(record.record_id, Outcome.REJECTED, code, message)


def _check(remote: Remote) -> list[str]:
    """Asks for a purchase that nobody has: proves the right to read them, writes nothing."""
    _is_there(remote, NOBODY)
    return []


def _requests_for(remote: Remote, record_count: int, byte_count: int) -> int:
    """One each; what is asked for first is counted by the plan."""
    return record_count


WIRE = RecordWire(
    version="connectif-purchases-1",
    host=host,
    headers=headers,
    shape=_shape,
    save=_save,
    check=_check,
    refuses=_refuses,
    formats=lambda settings: FORMATS,
    requests_for=_requests_for,
    written=("product_key",),
    arrange=_bought,
    limited=lambda settings, limits: replace(limits, asks_first=settings.ask_first),
)
