"""Fetching orders and SKUs one by one: whose fault stays whose."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from enrich.client import GaveUp, LoginPage, PermissionMissing
from enrich.errors import Refused
from enrich.model import RawRecord, Reject
from enrich.sources.source import Missing
from enrich.sources.vtex.details import VtexSkus, fetch_orders
from tests.vtex.shop import START, Shop, order

ORDERS = "/api/oms/pvt/orders/"
PAGE = httpx.Response(200, html="<html>Log in</html>")
BROKEN = [httpx.Response(500)] * 5


def keys_and_kinds(found: list[Any]) -> list[tuple[str, type]]:
    return [(each.key, type(each)) for each in found]


def test_orders_come_in_the_order_asked_for() -> None:
    shop = Shop([order(n) for n in range(60)])
    asked = [o["orderId"] for o in reversed(shop.orders)]
    found = list(fetch_orders(shop.client(), asked))
    assert keys_and_kinds(found) == [(key, RawRecord) for key in asked]


def test_one_orders_fault_stays_its_own() -> None:
    shop = Shop([order(0), order(1, value="much"), order(2), order(3), order(4)])
    shop.faults[ORDERS + "000002-01"] = list(BROKEN)
    shop.faults[ORDERS + "000003-01"] = [PAGE]
    asked = [o["orderId"] for o in shop.orders] + ["000009-01"]
    found = list(fetch_orders(shop.client(), asked))
    kinds = [RawRecord, Reject, Missing, Missing, RawRecord, Missing]
    assert keys_and_kinds(found) == list(zip(asked, kinds, strict=True))


def test_nothing_is_asked_for_nothing() -> None:
    shop = Shop()
    assert list(fetch_orders(shop.client(), [])) == []
    assert shop.asked.total() == 0


@pytest.mark.parametrize(
    ("answers", "error", "count"),
    [
        ([httpx.Response(401)] * 2, Refused, 1),
        ([httpx.Response(403)], PermissionMissing, 1),
        ([PAGE], LoginPage, 5),
        (BROKEN, GaveUp, 5),
    ],
)
def test_everybodys_fault_stops_the_fetch(
    answers: list[httpx.Response], error: type[Exception], count: int
) -> None:
    shop = Shop([order(n) for n in range(count)])
    for each in shop.orders:
        shop.faults[ORDERS + each["orderId"]] = list(answers)
    with pytest.raises(error):
        list(fetch_orders(shop.client(), [o["orderId"] for o in shop.orders]))


def test_a_passing_fault_passes() -> None:
    shop = Shop([order(0)])
    shop.faults[ORDERS + "000000-01"] = [httpx.Response(429), httpx.Response(503)]
    (found,) = fetch_orders(shop.client(), ["000000-01"])
    assert isinstance(found, RawRecord)


@pytest.mark.parametrize(
    ("listed_after_seconds", "ask_count"), [(None, 1), (-9, 1), (0, 1), (9, 2)]
)
def test_a_detail_older_than_the_list_is_fetched_once_more(
    listed_after_seconds: int | None, ask_count: int
) -> None:
    shop = Shop([order(0)])
    listed = (
        None if listed_after_seconds is None else START + timedelta(seconds=listed_after_seconds)
    )
    waits: list[float] = []
    (found,) = fetch_orders(
        shop.client(),
        ["000000-01"],
        listed_changes={"000000-01": listed},
        sleep=waits.append,
    )
    assert isinstance(found, RawRecord)
    assert (shop.asked.total(), len(waits)) == (ask_count, ask_count - 1)


def test_another_document_than_the_one_asked_for_is_not_taken() -> None:
    shop = Shop()
    shop.faults[ORDERS + "1-01"] = [httpx.Response(200, json=order(0))]
    (found,) = fetch_orders(shop.client(), ["1-01"])
    assert isinstance(found, Missing)


def test_odd_ids_are_quoted() -> None:
    shop = Shop()
    (found,) = fetch_orders(shop.client(), ["ABC-1/2?x=#-01"])
    assert found == Missing("ABC-1/2?x=#-01", "VTEX orders.detail: not found (404)")
    assert shop.requests[0].url.raw_path == b"/api/oms/pvt/orders/ABC-1%2F2%3Fx%3D%23-01"


def test_skus_come_as_records_and_the_newer_catalogue_gives_up() -> None:
    path = "/api/catalog_system/pvt/sku/stockkeepingunitbyid/"
    shop = Shop()
    shop.lists[path + "301"] = {"Id": 301, "BrandName": "Demo"}
    found = list(VtexSkus(shop.client()).fetch(["301", "302"]))
    assert keys_and_kinds(found) == [("301", RawRecord), ("302", Missing)]
    five = [str(sku) for sku in range(303, 308)]
    for sku in five:
        shop.faults[path + sku] = [httpx.Response(500)] * 3
    with pytest.raises(GaveUp):
        list(VtexSkus(shop.client()).fetch(five))
