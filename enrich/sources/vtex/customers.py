"""The customers of an account: CL documents of Master Data, whole or only those touched since.

The whole is read by scroll (no depth limit, ten open scrolls an account, 20 minutes between calls),
an increment by search (10,000 documents deep, cut finer where there are more).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from enrich.client import BadBody, GaveUp, HttpStatus, Response, is_web_page, parse_json
from enrich.errors import TryAgain
from enrich.model import RawRecord, Span
from enrich.sources.source import Batch, Changing, Fetched, Gone
from enrich.sources.vtex.access import VtexClient
from enrich.sources.vtex.details import fetch_customers
from enrich.sources.vtex.entities import (
    CUSTOMER_IDS,
    CUSTOMER_SCROLL,
    CUSTOMER_SEARCH,
    customers_with,
)
from enrich.sources.vtex.paging import MAX_SEARCHED, PER_PAGE, PageGuard, content_range_total
from enrich.sources.vtex.parse import VtexDocuments, parse_records
from enrich.sources.vtex.records.base import field_names
from enrich.sources.vtex.records.entity import Entity, Route
from enrich.sources.vtex.spans import customer_span, filter_text, halves

SMALLEST_SCROLL = 100
MAX_STARTS = 5


class ScrollBroken(TryAgain):
    """A scroll cannot go on; what it was asked for must be read from its start."""


@dataclass(frozen=True)
class VtexCustomers(VtexDocuments, Changing):
    """The customers of an account; `extra_fields` are the shop's own, kept too."""

    client: VtexClient
    extra_fields: tuple[str, ...] = ()
    threads: int = 5
    scroll_size: int = 1000

    @property
    def entity(self) -> Entity:
        return customers_with(self.extra_fields)

    def changed(self, since: datetime | None, now: datetime) -> Iterator[Batch]:
        """A document may come twice, above all when a scroll broke and is read again."""
        if since is None:
            return self._scroll_patiently(self.entity, None)
        return self.touched(customer_span(since, now))

    def touched(self, span: Span) -> Iterator[Batch]:
        """The customers touched within the span, a batch a page.

        Some accounts cannot filter by last interaction (400); creation and update stand in for it.
        """
        try:
            yield from self._search(span, _INTERACTED)
        except HttpStatus as error:
            if error.status_code != 400:
                raise
            yield from self._search(span, _CREATED_OR_UPDATED)

    def ids(self) -> Iterator[list[str]]:
        """One may come twice."""
        for batch in self._scroll_patiently(CUSTOMER_IDS, None):
            yield [one.key for one in batch if isinstance(one, RawRecord)]

    def fetch(self, keys: Iterable[str]) -> Iterator[Fetched | Gone]:
        return fetch_customers(self.client, self.entity, keys, concurrent=self.threads)

    def _search(self, span: Span, condition: str) -> Iterator[Batch]:
        """The pages of one search; of finer ones where it holds more than a search can reach.

        VTEX's total is wrong with some custom indexes, so a short page ends it, not the total.
        """
        params = {**_query(self.entity), "_where": _where(condition, span)}
        guard = PageGuard(f"VTEX {CUSTOMER_SEARCH.name}")
        for start in range(0, MAX_SEARCHED, PER_PAGE):
            headers = {"REST-Range": f"resources={start}-{start + PER_PAGE}"}
            response = self.client.send(CUSTOMER_SEARCH, params=params, headers=headers)
            documents = self._documents(CUSTOMER_SEARCH, response, guard)
            if _is_too_deep(response, start + len(documents)):
                yield from self._search_deeper(span, condition)
                return
            if documents:
                yield parse_records(self.entity, documents)
            if len(documents) < PER_PAGE:
                return

    def _search_deeper(self, span: Span, condition: str) -> Iterator[Batch]:
        """Both halves of the span; by scroll where a second holds too many (a bulk import)."""
        cut = halves(span)
        if cut is None:
            yield from self._scroll_patiently(self.entity, _where(condition, span))
            return
        for half in cut:
            yield from self._search(half, condition)

    def _scroll_patiently(self, entity: Entity, where: str | None) -> Iterator[Batch]:
        """One scroll, begun again when it breaks, with smaller pages when VTEX could not answer."""
        size = self.scroll_size
        for start in range(1, MAX_STARTS + 1):
            try:
                yield from self._scroll(entity, where, size)
                return
            except ScrollBroken:
                if start == MAX_STARTS:
                    raise
            except GaveUp as error:
                if start == MAX_STARTS or error.status_code not in (408, 429, 500, 503, 504):
                    raise
                size = max(SMALLEST_SCROLL, size // 2)

    def _scroll(self, entity: Entity, where: str | None, size: int) -> Iterator[Batch]:
        """The pages of one scroll, to the empty one.

        The token may be renewed by any answer, and stands for the whole query.
        """
        params: dict[str, str] = {**_query(entity), "_size": str(size)}
        if where is not None:
            params["_where"] = where
        guard = PageGuard(f"VTEX {CUSTOMER_SCROLL.name}")
        while params:
            response = self.client.send(CUSTOMER_SCROLL, params=params, tries=3)
            _check_scroll(response)
            documents = self._documents(CUSTOMER_SCROLL, response, guard)
            if not documents:
                return
            yield parse_records(entity, documents)
            token = response.headers.get("x-vtex-md-token") or params.get("_token")
            params = {"_token": token} if token else {}

    def _documents(self, route: Route, response: Response, guard: PageGuard) -> list[Any]:
        self.client.refuse(route, response)
        content = response.content
        documents = parse_json(content, f"VTEX {route.name}") if content.strip() else []
        if not isinstance(documents, list) or is_web_page(response):
            raise BadBody(f"VTEX {route.name}: the answer is no list")
        guard.check([str(d.get("id")) if isinstance(d, dict) else repr(d) for d in documents])
        return documents


_INTERACTED = "(lastInteractionIn between {span})"
_CREATED_OR_UPDATED = "(createdIn between {span}) OR (updatedIn between {span})"


def _query(entity: Entity) -> dict[str, str]:
    return {"_fields": ",".join(field_names(entity.model)), "_sort": "createdIn ASC"}


def _where(condition: str, span: Span) -> str:
    between = f"{filter_text(span.start_at)} AND {filter_text(span.end_at)}"
    return condition.format(span=between)


def _is_too_deep(response: Response, read_count: int) -> bool:
    """More than a search reaches: by the total, which some accounts tell wrong, or by arriving."""
    total = content_range_total(response.headers)
    return (total is not None and total > MAX_SEARCHED) or read_count >= MAX_SEARCHED


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
