"""Customers, whole by scroll and touched ones by search."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from enrich.client import HttpStatus, PermissionMissing
from enrich.errors import TryAgain
from enrich.model import Span
from enrich.sources.source import Batch
from enrich.sources.vtex.customers import VtexCustomers
from enrich.sources.vtex.paging import RepeatedPage
from tests.vtex.shop import START, Shop, customer

SCROLL = "/api/dataentities/CL/scroll"
SEARCH = "/api/dataentities/CL/search"
A_DAY = Span(START, START + timedelta(days=1))


def keys(batches: list[Batch]) -> list[str]:
    return [str(record.key) for batch in batches for record in batch]


def everybody(shop: Shop, **options: Any) -> Iterator[Batch]:
    return VtexCustomers(shop.client(), **options).changed(None, START)


def touched(shop: Shop, span: Span) -> Iterator[Batch]:
    return VtexCustomers(shop.client()).touched(span)


def people(count: int, seconds_apart: int = 1) -> list[dict[str, object]]:
    return [customer(n * seconds_apart) for n in range(count)]


def test_a_scroll_reads_everybody_to_the_empty_page() -> None:
    shop = Shop(customers=people(25))
    batches = [*everybody(shop, scroll_size=10)]
    assert [len(batch) for batch in batches] == [10, 10, 5]
    assert keys(batches) == [c["id"] for c in shop.customers]
    assert shop.scrolls["token-0"][0] == []  # none is left half-read: an account has ten


def test_an_expired_scroll_begins_again() -> None:
    shop = Shop(customers=people(25))
    batches = everybody(shop, scroll_size=10)
    first = next(batches)
    shop.scrolls.clear()
    assert keys([first, *batches])[10:] == [c["id"] for c in shop.customers]


@pytest.mark.parametrize("code", [408, 429, 503])
def test_a_scroll_that_is_too_much_takes_smaller_pages(code: int) -> None:
    shop = Shop(customers=people(25))
    shop.faults[SCROLL] = [httpx.Response(code)] * 3
    assert len(keys([*everybody(shop)])) == 25
    sizes = [r.url.params["_size"] for r in shop.requests if "_size" in r.url.params]
    assert (sizes[0], sizes[-1]) == ("1000", "500")


def test_ten_open_scrolls_are_for_a_later_run() -> None:
    shop = Shop()
    message = {"Message": "Maximum simultaneous scrolls rate exceeded (10)"}
    shop.faults[SCROLL] = [httpx.Response(400, json=message)]
    with pytest.raises(TryAgain, match="ten scrolls"):
        list(everybody(shop))


def test_only_the_allowed_fields_are_asked_for() -> None:
    shop = Shop(customers=[customer(0, tier="gold", secretNote="x")])
    ((record,),) = everybody(shop, extra_fields=("tier",))
    assert '"tier":"gold"' in record.payload and "secretNote" not in record.payload
    asked = shop.requests[0].url.params["_fields"].split(",")
    assert {"id", "userId", "checkouttag", "tier"} <= set(asked)
    assert "secretNote" not in asked


def test_an_increment_asks_by_last_interaction() -> None:
    shop = Shop(customers=people(300, seconds_apart=3600))
    assert keys([*touched(shop, A_DAY)]) == [c["id"] for c in shop.customers[:25]]
    assert SCROLL not in shop.asked


def test_an_increment_falls_back_on_creation_and_update() -> None:
    shop = Shop(customers=[customer(0), customer(-9, updatedIn=customer(5)["createdIn"])])
    shop.unfilterable = {"lastInteractionIn"}
    assert set(keys([*touched(shop, A_DAY)])) == {c["id"] for c in shop.customers}


def test_an_increment_that_cannot_be_filtered_at_all_is_refused() -> None:
    shop = Shop()
    shop.unfilterable = {"lastInteractionIn", "createdIn"}
    with pytest.raises(HttpStatus):
        list(touched(shop, A_DAY))


def test_more_than_a_search_reaches_is_searched_in_parts() -> None:
    shop = Shop(customers=people(10_200))
    found = keys([*touched(shop, A_DAY)])
    assert set(found) == {c["id"] for c in shop.customers}
    ends = [int(re.findall(r"\d+", r.headers["REST-Range"])[1]) for r in shop.requests]
    assert max(ends) <= 10_000


def test_a_second_with_more_than_a_search_reaches_is_scrolled() -> None:
    moment = customer(0)["lastInteractionIn"]
    shop = Shop(customers=[customer(n, lastInteractionIn=moment) for n in range(10_100)])
    second = Span(START, START + timedelta(seconds=1))
    assert len(set(keys([*touched(shop, second)]))) == 10_100
    assert shop.asked[SCROLL] > 0


@pytest.mark.parametrize(("count", "pages"), [(99, 1), (100, 2), (101, 2)])
def test_a_search_ends_with_a_short_page(count: int, pages: int) -> None:
    shop = Shop(customers=people(count))
    assert len(keys([*touched(shop, A_DAY)])) == count
    assert shop.asked[SEARCH] == pages


def page(first: int, token: str | None = None) -> httpx.Response:
    headers = {"X-VTEX-MD-TOKEN": token} if token else {}
    documents = [customer(first + n) for n in range(100)]
    return httpx.Response(200, json=documents, headers=headers)


def test_a_scroll_follows_the_newest_token_to_the_empty_page() -> None:
    shop = Shop()
    empty = httpx.Response(200, json=[])
    shop.faults[SCROLL] = [page(0, "t1"), page(100, "t2"), page(200), empty]
    assert len(keys([*everybody(shop)])) == 300
    assert [r.url.params.get("_token") for r in shop.requests] == [None, "t1", "t2", "t2"]


def test_a_scroll_without_a_token_ends() -> None:
    shop = Shop()
    shop.faults[SCROLL] = [page(0)]
    assert len(keys([*everybody(shop)])) == 100


def test_the_same_whole_page_twice_stops() -> None:
    shop = Shop()
    shop.faults[SCROLL] = [page(0, "t"), page(0, "t")]
    with pytest.raises(RepeatedPage):
        list(everybody(shop))
    shop.faults[SEARCH] = [page(0), page(0)]
    with pytest.raises(RepeatedPage):
        list(touched(shop, A_DAY))


def test_documents_without_an_id_are_rejected() -> None:
    shop = Shop(customers=[{"email": "nobody@example.com"}, customer(1)])
    ((first, second),) = everybody(shop)
    assert (first.key, second.key) == (None, "c-000001")


@pytest.mark.parametrize("path", [SCROLL, SEARCH])
def test_a_missing_permission_is_named(path: str) -> None:
    shop = Shop()
    shop.faults[path] = [httpx.Response(403, json={"Message": "Unauthorized"})]
    batches = everybody(shop) if path == SCROLL else touched(shop, A_DAY)
    with pytest.raises(PermissionMissing, match="Read only documents"):
        list(batches)
