"""Documents fetched one by one, a few at once: the details of orders and SKUs, single customers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias, TypeVar

import httpx

from enrich.client import BadBody, GaveUp, HttpStatus, LoginPage, NotFound
from enrich.model import RawRecord, Reject
from enrich.vtex.access import VtexClient
from enrich.vtex.entities import (
    CUSTOMER,
    ORDER,
    ORDERS,
    SKU,
    SKUS,
    Entity,
    Route,
    customers_with,
)
from enrich.vtex.parallel import in_parallel
from enrich.vtex.parse import parse_record, utc
from enrich.vtex.records import field_names

# Single orders answer 500 or a web page for ever; five in a row are no accident of one order.
MOST_TROUBLE_IN_A_ROW = 5
SETTLING_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Missing:
    """A listed document that could not be had this time, and why; the reason holds no value."""

    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class Gone:
    """A document that VTEX says it does not have."""

    key: str


@dataclass(frozen=True, slots=True)
class _Trouble:
    """A fault that may be the document's own or everybody's: `fetch` decides by its neighbours."""

    key: str
    error: GaveUp | LoginPage


Fetched: TypeAlias = RawRecord | Reject | Missing
_NO_DOCUMENT = frozenset({b"", b"{}", b"[]", b"null"})

_Found = TypeVar("_Found")


def fetch_orders(
    client: VtexClient,
    order_ids: Iterable[str],
    *,
    listed_changes: Mapping[str, datetime | None] | None = None,
    on_progress: Callable[[int], None] | None = None,
    concurrent: int = 5,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Fetched]:
    """The orders in the order asked for: each a record, a reject, or missing with a reason.

    `listed_changes` says when the list saw each order change: a detail older than that is fetched
    once more, because VTEX applies transitions with delay. `on_progress` is told the count so far.
    Raises Refused, PermissionMissing, and the GaveUp or LoginPage that five in a row ran into.
    """
    changes = listed_changes or {}

    def fetch(order_id: str) -> Fetched | _Trouble:
        found = _fetch_one(client, ORDER, ORDERS, "order_id", order_id)
        if not _is_older(found, changes.get(order_id)):
            return found
        sleep(SETTLING_SECONDS)
        again = _fetch_one(client, ORDER, ORDERS, "order_id", order_id)
        return again if isinstance(again, RawRecord) else found

    return _fetch_all(fetch, order_ids, on_progress, concurrent)


def fetch_skus(
    client: VtexClient,
    sku_ids: Iterable[str],
    *,
    on_progress: Callable[[int], None] | None = None,
    concurrent: int = 5,
) -> Iterator[Fetched]:
    """The SKUs with their brand and category path, as `fetch_orders`.

    Accounts on the newer catalogue answer 500 to all of them: that ends in GaveUp, and the products
    as the orders tell them have to do.
    """

    def fetch(sku_id: str) -> Fetched | _Trouble:
        return _fetch_one(client, SKU, SKUS, "sku_id", sku_id, tries=3)

    return _fetch_all(fetch, sku_ids, on_progress, concurrent)


def fetch_customers(
    client: VtexClient,
    document_ids: Iterable[str],
    *,
    extra_fields: tuple[str, ...] = (),
    on_progress: Callable[[int], None] | None = None,
    concurrent: int = 5,
) -> Iterator[Fetched | Gone]:
    """The customers as they are now, in the order asked for: a read by id is never late.

    Each a record, a reject, missing with a reason, or gone. Raises as `fetch_orders`.
    """
    entity = customers_with(extra_fields)

    def fetch(document_id: str) -> Fetched | Gone | _Trouble:
        return _fetch_customer(client, entity, document_id)

    return _fetch_all(fetch, document_ids, on_progress, concurrent)


def _fetch_customer(
    client: VtexClient, entity: Entity, document_id: str
) -> Fetched | Gone | _Trouble:
    params = {"_fields": ",".join(field_names(entity.model))}
    try:
        response = client.send(CUSTOMER, path={"document_id": document_id}, params=params)
        if _is_absent(response):
            return Gone(document_id)
        client.refuse(CUSTOMER, response)
    except (BadBody, HttpStatus) as error:
        return Missing(document_id, str(error))
    except (GaveUp, LoginPage) as error:
        return _Trouble(document_id, error)
    return _right_one(parse_record(entity, response.content), entity, CUSTOMER, document_id)


def _is_absent(response: httpx.Response) -> bool:
    """Not found, or a success that shows no document."""
    is_empty = response.is_success and response.content.strip() in _NO_DOCUMENT
    return response.status_code == 404 or is_empty


def _fetch_all(
    fetch: Callable[[str], _Found | _Trouble],
    keys: Iterable[str],
    on_progress: Callable[[int], None] | None,
    concurrent: int,
) -> Iterator[_Found | Missing]:
    trouble_in_a_row = 0
    for count, found in enumerate(in_parallel(fetch, list(keys), concurrent), start=1):
        if on_progress:
            on_progress(count)
        if isinstance(found, _Trouble):
            trouble_in_a_row += 1
            if trouble_in_a_row >= MOST_TROUBLE_IN_A_ROW:
                raise found.error
            yield Missing(found.key, str(found.error))
        else:
            trouble_in_a_row = 0
            yield found


def _fetch_one(
    client: VtexClient, route: Route, entity: Entity, part: str, key: str, tries: int = 8
) -> Fetched | _Trouble:
    try:
        content = client.fetch(route, path={part: key}, tries=tries).content
    except (NotFound, BadBody, HttpStatus) as error:
        return Missing(key, str(error))
    except (GaveUp, LoginPage) as error:
        return _Trouble(key, error)
    return _right_one(parse_record(entity, content), entity, route, key)


def _right_one(found: RawRecord | Reject, entity: Entity, route: Route, key: str) -> Fetched:
    if isinstance(found, RawRecord) and found.key != entity.tidy_key(key):
        return Missing(key, f"VTEX {route.name}: another document than the one asked for")
    return found


def _is_older(found: Fetched | _Trouble, listed_change: datetime | None) -> bool:
    """Whether the list, which has no fractions of a second, saw a later change than the detail."""
    if listed_change is None or not isinstance(found, RawRecord) or found.changed_at is None:
        return False
    return found.changed_at < utc(listed_change).replace(microsecond=0)
