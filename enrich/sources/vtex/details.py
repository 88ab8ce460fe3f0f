"""Documents fetched one by one, a few at once: the details of orders and SKUs, single customers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypeVar

from enrich.client import BadBody, GaveUp, HttpStatus, LoginPage, NotFound, Response
from enrich.model import RawRecord
from enrich.sources.source import Fetched, Gone, Missing, Wanted
from enrich.sources.vtex.access import VtexClient
from enrich.sources.vtex.entities import CUSTOMER, ORDER, ORDERS, SKU, SKUS
from enrich.sources.vtex.parse import VtexDocuments, parse_record, utc
from enrich.sources.vtex.records.base import field_names
from enrich.sources.vtex.records.entity import Entity
from enrich.threads import in_parallel

# Single orders answer 500 or a web page for ever; five in a row are no accident of one order.
MAX_TROUBLE_IN_A_ROW = 5
SETTLING_SECONDS = 3.0
_NO_DOCUMENT = frozenset({b"", b"{}", b"[]", b"null"})

_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class _Trouble:
    """A fault that may be the document's own or everybody's: its neighbours decide."""

    key: str
    error: GaveUp | LoginPage


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

    def read(order_id: str) -> Fetched:
        return _document(ORDERS, order_id, client.fetch(ORDER, path={"order_id": order_id}))

    def fetch(order_id: str) -> Fetched:
        found = read(order_id)
        if not _is_older(found, changes.get(order_id)):
            return found
        sleep(SETTLING_SECONDS)
        again = _own_fault(read, order_id)
        return again if isinstance(again, RawRecord) else found

    return _fetch_all(fetch, order_ids, concurrent)


@dataclass(frozen=True)
class VtexSkus(VtexDocuments, Wanted):
    """The SKUs with their brand and category path.

    Accounts on the newer catalogue answer 500 to all of them: that ends in GaveUp, and the products
    as the orders tell them have to do.
    """

    entity = SKUS
    client: VtexClient
    threads: int = 5

    def fetch(self, keys: Iterable[str]) -> Iterator[Fetched]:
        """As `fetch_orders`."""

        def fetch(sku_id: str) -> Fetched:
            answer = self.client.fetch(SKU, path={"sku_id": sku_id}, tries=3)
            return _document(SKUS, sku_id, answer)

        return _fetch_all(fetch, keys, self.threads)


def fetch_customers(
    client: VtexClient, entity: Entity, document_ids: Iterable[str], *, concurrent: int = 5
) -> Iterator[Fetched | Gone]:
    """The customers as they are now, in the order asked for: a read by id is never late.

    Each a record, a reject, missing with a reason, or gone. Raises as `fetch_orders`.
    """
    params = {"_fields": ",".join(field_names(entity.model))}

    def fetch(key: str) -> Fetched | Gone:
        answer = client.send(CUSTOMER, path={"document_id": key}, params=params)
        if _is_absent(answer):
            return Gone(key)
        client.refuse(CUSTOMER, answer)
        return _document(entity, key, answer)

    return _fetch_all(fetch, document_ids, concurrent)


def _is_absent(response: Response) -> bool:
    """Not found, or a success that shows no document."""
    is_empty = response.is_success and response.content.strip() in _NO_DOCUMENT
    return response.status_code == 404 or is_empty


def _document(entity: Entity, key: str, answer: Response) -> Fetched:
    """The record or the reject of an answer; another document than the one asked for is none."""
    found = parse_record(entity, answer.content)
    if isinstance(found, RawRecord) and found.key != entity.tidy_key(key):
        return Missing(key, f"VTEX {entity.name}: another document than the one asked for")
    return found


def _fetch_all(
    fetch: Callable[[str], _Found], keys: Iterable[str], concurrent: int
) -> Iterator[_Found | Missing]:
    """What came for each key; a fault of its own is Missing, everybody's is raised."""
    trouble_in_a_row = 0
    for found in in_parallel(partial(_own_fault, fetch), keys, concurrent):
        if isinstance(found, _Trouble):
            trouble_in_a_row += 1
            if trouble_in_a_row >= MAX_TROUBLE_IN_A_ROW:
                raise found.error
            yield Missing(found.key, str(found.error))
        else:
            trouble_in_a_row = 0
            yield found


def _own_fault(fetch: Callable[[str], _Found], key: str) -> _Found | Missing | _Trouble:
    try:
        return fetch(key)
    except (NotFound, BadBody, HttpStatus) as error:
        return Missing(key, str(error))
    except (GaveUp, LoginPage) as error:
        return _Trouble(key, error)


def _is_older(found: Fetched, listed_change: datetime | None) -> bool:
    """Whether the list, which has no fractions of a second, saw a later change than the detail."""
    if listed_change is None or not isinstance(found, RawRecord) or found.changed_at is None:
        return False
    return found.changed_at < utc(listed_change).replace(microsecond=0)
