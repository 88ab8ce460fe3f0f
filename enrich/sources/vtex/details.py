"""Documents fetched one by one, a few at once: the details of orders and SKUs, single customers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypeAlias, TypeVar

from enrich.client import BadBody, GaveUp, HttpStatus, LoginPage, NotFound, Response
from enrich.model import RawRecord, Reject
from enrich.sources.vtex.access import VtexClient
from enrich.sources.vtex.entities import (
    CUSTOMER,
    ORDER,
    ORDERS,
    SKU,
    SKUS,
    Entity,
    Route,
    customers_with,
)
from enrich.sources.vtex.parallel import in_parallel
from enrich.sources.vtex.parse import parse_record, utc
from enrich.sources.vtex.records import field_names

# Single orders answer 500 or a web page for ever; five in a row are no accident of one order.
MAX_TROUBLE_IN_A_ROW = 5
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


@dataclass(frozen=True, slots=True)
class _Answer:
    """What came for a key, not yet read."""

    key: str
    content: bytes


Fetched: TypeAlias = RawRecord | Reject | Missing
_NO_DOCUMENT = frozenset({b"", b"{}", b"[]", b"null"})

_Said = TypeVar("_Said")
_Found = TypeVar("_Found")


def fetch_orders(
    client: VtexClient,
    order_ids: Iterable[str],
    *,
    listed_changes: Mapping[str, datetime | None] | None = None,
    concurrent: int = 5,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Fetched]:
    """The orders in the order asked for: each a record, a reject, or missing with a reason.

    `listed_changes` says when the list saw each order change: a detail older than that is fetched
    once more, because VTEX applies transitions with delay. Raises Refused, PermissionMissing, and
    the GaveUp or LoginPage that five in a row ran into.
    """
    changes = listed_changes or {}

    def ask(order_id: str) -> _Answer | Missing | _Trouble:
        return _ask(client, ORDER, "order_id", order_id)

    def read(answer: _Answer | Missing | _Trouble) -> Fetched | _Trouble:
        found = _read(ORDERS, ORDER, answer)
        if not _is_older(found, changes.get(answer.key)):
            return found
        sleep(SETTLING_SECONDS)
        again = _read(ORDERS, ORDER, ask(answer.key))
        return again if isinstance(again, RawRecord) else found

    return _fetch_all(ask, read, order_ids, concurrent)


def fetch_skus(
    client: VtexClient, sku_ids: Iterable[str], *, concurrent: int = 5
) -> Iterator[Fetched]:
    """The SKUs with their brand and category path, as `fetch_orders`.

    Accounts on the newer catalogue answer 500 to all of them: that ends in GaveUp, and the products
    as the orders tell them have to do.
    """

    def ask(sku_id: str) -> _Answer | Missing | _Trouble:
        return _ask(client, SKU, "sku_id", sku_id, tries=3)

    return _fetch_all(ask, partial(_read, SKUS, SKU), sku_ids, concurrent)


def fetch_customers(
    client: VtexClient,
    document_ids: Iterable[str],
    *,
    extra_fields: tuple[str, ...] = (),
    concurrent: int = 5,
) -> Iterator[Fetched | Gone]:
    """The customers as they are now, in the order asked for: a read by id is never late.

    Each a record, a reject, missing with a reason, or gone. Raises as `fetch_orders`.
    """
    entity = customers_with(extra_fields)

    def ask(document_id: str) -> _Answer | Gone | Missing | _Trouble:
        return _ask_for_customer(client, entity, document_id)

    def read(answer: _Answer | Gone | Missing | _Trouble) -> Fetched | Gone | _Trouble:
        return answer if isinstance(answer, Gone) else _read(entity, CUSTOMER, answer)

    return _fetch_all(ask, read, document_ids, concurrent)


def _ask_for_customer(
    client: VtexClient, entity: Entity, document_id: str
) -> _Answer | Gone | Missing | _Trouble:
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
    return _Answer(document_id, response.content)


def _is_absent(response: Response) -> bool:
    """Not found, or a success that shows no document."""
    is_empty = response.is_success and response.content.strip() in _NO_DOCUMENT
    return response.status_code == 404 or is_empty


def _fetch_all(
    ask: Callable[[str], _Said],
    read: Callable[[_Said], _Found | _Trouble],
    keys: Iterable[str],
    concurrent: int,
) -> Iterator[_Found | Missing]:
    def fetch(few: Sequence[str]) -> list[_Found | _Trouble]:
        answers = [ask(key) for key in few]
        # After all of them: to and fro between network and validation costs twice the validation.
        return [read(answer) for answer in answers]

    trouble_in_a_row = 0
    for found in in_parallel(fetch, list(keys), concurrent):
        if isinstance(found, _Trouble):
            trouble_in_a_row += 1
            if trouble_in_a_row >= MAX_TROUBLE_IN_A_ROW:
                raise found.error
            yield Missing(found.key, str(found.error))
        else:
            trouble_in_a_row = 0
            yield found


def _ask(
    client: VtexClient, route: Route, part: str, key: str, tries: int = 8
) -> _Answer | Missing | _Trouble:
    try:
        return _Answer(key, client.fetch(route, path={part: key}, tries=tries).content)
    except (NotFound, BadBody, HttpStatus) as error:
        return Missing(key, str(error))
    except (GaveUp, LoginPage) as error:
        return _Trouble(key, error)


def _read(entity: Entity, route: Route, answer: _Answer | Missing | _Trouble) -> Fetched | _Trouble:
    """The record or the reject of an answer; another document than the one asked for is none."""
    if not isinstance(answer, _Answer):
        return answer
    found = parse_record(entity, answer.content)
    if isinstance(found, RawRecord) and found.key != entity.tidy_key(answer.key):
        return Missing(answer.key, f"VTEX {route.name}: another document than the one asked for")
    return found


def _is_older(found: Fetched | _Trouble, listed_change: datetime | None) -> bool:
    """Whether the list, which has no fractions of a second, saw a later change than the detail."""
    if listed_change is None or not isinstance(found, RawRecord) or found.changed_at is None:
        return False
    return found.changed_at < utc(listed_change).replace(microsecond=0)
