"""The customers of an account: CL documents of Master Data, whole or only those touched since.

The whole is read by scroll (no depth limit, ten open scrolls an account, 20 minutes between calls),
an increment by search (10,000 documents deep, cut finer where there are more).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from enrich.client import BadBody, GaveUp, HttpStatus, Response, is_web_page, parse_json
from enrich.errors import TryAgain
from enrich.model import RawRecord, Reject, Span
from enrich.sources.vtex.access import VtexClient
from enrich.sources.vtex.entities import (
    CUSTOMER_IDS,
    CUSTOMER_SCROLL,
    CUSTOMER_SEARCH,
    Entity,
    Route,
    customers_with,
)
from enrich.sources.vtex.paging import (
    MAX_SEARCHED,
    Page,
    content_range_total,
    range_pages,
    scroll_pages,
    turn,
)
from enrich.sources.vtex.parse import parse_records
from enrich.sources.vtex.records import field_names
from enrich.sources.vtex.spans import filter_text, halves

Batch: TypeAlias = list[RawRecord | Reject]

LARGEST_SCROLL = 1000
SMALLEST_SCROLL = 100
MAX_STARTS = 5


class ScrollBroken(TryAgain):
    """A scroll cannot go on; what it was asked for must be read from its start."""


def fetch_all_customers(
    client: VtexClient,
    *,
    extra_fields: tuple[str, ...] = (),
    created: Sequence[Span] | None = None,
    size: int = LARGEST_SCROLL,
) -> Iterator[Batch]:
    """Every customer, a batch a page; `created` reads them slice by slice of their creation.

    A document may come twice, above all when a scroll broke and its slice is read again: upsert by
    key. Slices are for accounts with millions of documents, where one long scroll times out; a
    document without a creation date is in none.
    """
    entity = customers_with(extra_fields)
    for span in created or (None,):
        yield from _scroll_patiently(client, entity, _where(_CREATED, span) if span else None, size)


def fetch_customer_ids(client: VtexClient) -> Iterator[list[str]]:
    """The id of every customer as `customers` has it, a page at a time.

    One may come twice; one that changes meanwhile may not come at all.
    """
    for batch in _scroll_patiently(client, CUSTOMER_IDS, None, LARGEST_SCROLL):
        yield [one.key for one in batch if isinstance(one, RawRecord)]


def fetch_changed_customers(
    client: VtexClient, span: Span, *, extra_fields: tuple[str, ...] = ()
) -> Iterator[Batch]:
    """The customers touched within the span, a batch a page.

    Some accounts cannot filter by last interaction (400); creation and update stand in for it.
    """
    entity = customers_with(extra_fields)
    try:
        yield from _search(client, entity, span, _INTERACTED)
    except HttpStatus as error:
        if error.status_code != 400:
            raise
        yield from _search(client, entity, span, _CREATED_OR_UPDATED)


_INTERACTED = "(lastInteractionIn between {span})"
_CREATED_OR_UPDATED = "(createdIn between {span}) OR (updatedIn between {span})"
_CREATED = "(createdIn between {span})"


def _where(condition: str, span: Span) -> str:
    between = f"{filter_text(span.start_at)} AND {filter_text(span.end_at)}"
    return condition.format(span=between)


def _search(client: VtexClient, entity: Entity, span: Span, condition: str) -> Iterator[Batch]:
    """The pages of one search; of finer ones where it holds more than a search can reach."""
    params = {
        "_fields": ",".join(field_names(entity.model)),
        "_where": _where(condition, span),
        "_sort": "createdIn ASC",
    }
    pager = range_pages(f"VTEX {CUSTOMER_SEARCH.name}")
    headers: dict[str, str] | None = next(pager)
    read_count = 0
    while headers is not None:
        response = client.send(CUSTOMER_SEARCH, params=params, headers=headers)
        documents = _documents(client, CUSTOMER_SEARCH, response)
        if _is_too_deep(response, read_count + len(documents)):
            yield from _search_deeper(client, entity, span, condition)
            return
        read_count += len(documents)
        if documents:
            yield parse_records(entity, documents)
        headers = turn(pager, Page(_keys(documents), response.headers))


def _search_deeper(
    client: VtexClient, entity: Entity, span: Span, condition: str
) -> Iterator[Batch]:
    """Both halves of the span; by scroll where a single second holds too many (a bulk import)."""
    cut = halves(span)
    if cut is None:
        yield from _scroll_patiently(client, entity, _where(condition, span), LARGEST_SCROLL)
        return
    for half in cut:
        yield from _search(client, entity, half, condition)


def _is_too_deep(response: Response, read_count: int) -> bool:
    """More than a search reaches: by the total, which some accounts tell wrong, or by arriving."""
    total = content_range_total(response.headers)
    return (total is not None and total > MAX_SEARCHED) or read_count >= MAX_SEARCHED


def _scroll_patiently(
    client: VtexClient, entity: Entity, where: str | None, size: int
) -> Iterator[Batch]:
    """One scroll, begun again when it breaks, and with smaller pages when VTEX could not answer."""
    for start in range(1, MAX_STARTS + 1):
        try:
            yield from _scroll(client, entity, where, size)
            return
        except ScrollBroken:
            if start == MAX_STARTS:
                raise
        except GaveUp as error:
            if start == MAX_STARTS or error.status_code not in (408, 429, 500, 503, 504):
                raise
            size = max(SMALLEST_SCROLL, size // 2)


def _scroll(client: VtexClient, entity: Entity, where: str | None, size: int) -> Iterator[Batch]:
    query = {
        "_size": str(size),
        "_fields": ",".join(field_names(entity.model)),
        "_sort": "createdIn ASC",
    }
    if where is not None:
        query["_where"] = where
    pager = scroll_pages(f"VTEX {CUSTOMER_SCROLL.name}", query)
    params: dict[str, str] | None = next(pager)
    while params is not None:
        response = client.send(CUSTOMER_SCROLL, params=params, tries=3)
        _check_scroll(response)
        documents = _documents(client, CUSTOMER_SCROLL, response)
        if documents:
            yield parse_records(entity, documents)
        params = turn(pager, Page(_keys(documents), response.headers))


def _check_scroll(response: Response) -> None:
    """The two refusals of a scroll that are no fault of the query; only their texts tell them."""
    if response.status_code != 400:
        return
    text = response.content.decode("utf-8", "replace").lower()
    if "simultaneous scroll" in text:
        raise TryAgain(
            "VTEX customers.scroll: ten scrolls are open already; try in 20 minutes", 1200
        )
    if "token" in text:
        raise ScrollBroken("VTEX customers.scroll: the scroll expired each time it was begun")


def _documents(client: VtexClient, route: Route, response: Response) -> list[Any]:
    client.refuse(route, response)
    documents = (
        parse_json(response.content, f"VTEX {route.name}") if response.content.strip() else []
    )
    if not isinstance(documents, list) or is_web_page(response):
        raise BadBody(f"VTEX {route.name}: the answer is no list")
    return documents


def _keys(documents: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(str(d.get("id")) if isinstance(d, dict) else repr(d) for d in documents)
