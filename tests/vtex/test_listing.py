"""Listing a window: pages, the wall of 3,000 rows, windows that move."""

from __future__ import annotations

import httpx
import polars as pl
import pytest

from enrich.client import LoginPage, PermissionMissing
from enrich.errors import Stop
from enrich.sources.source import LISTED_SCHEMA, Listing
from enrich.sources.vtex.listing import list_orders
from enrich.sources.vtex.paging import RepeatedPage
from tests.vtex.shop import Shop, order, window

LIST = "/api/oms/pvt/orders"


def ids(listings: list[Listing]) -> list[str]:
    return [key for listing in listings for key in listing.rows["order_id"]]


def test_an_empty_window_is_one_empty_frame() -> None:
    (listing,) = list_orders(Shop().client(), window(0, 10))
    assert (listing.rows.height, listing.rows.schema) == (0, LISTED_SCHEMA)


def test_rows_come_in_cents_and_utc_without_a_zone() -> None:
    shop = Shop([order(7, creationDate="2026-03-01T00:00:07+00:00")])
    (row,) = next(list_orders(shop.client(), window(0, 10))).rows.to_dicts()
    moment = pl.Series(["2026-03-01T00:00:07"]).str.to_datetime(time_unit="us")[0]
    assert row == {
        "order_id": "000007-01",
        "status": "invoiced",
        "total_value": 1007,
        "invoice_input": None,
        "is_complete": True,
        "authorized_at": moment,
        "last_change_at": moment,
        "created_at": moment,
    }


def test_only_the_window_is_listed_and_by_its_own_moment() -> None:
    shop = Shop([order(n, invoicedDate=order(n + 100)["creationDate"]) for n in range(10)])
    assert len(ids([*list_orders(shop.client(), window(2, 5))])) == 4
    assert len(ids([*list_orders(shop.client(), window(102, 103, "invoicedDate"))])) == 2


def test_all_pages_are_read() -> None:
    shop = Shop([order(n) for n in range(250)])
    (listing,) = list_orders(shop.client(), window(0, 300))
    assert listing.rows["order_id"].to_list() == [o["orderId"] for o in shop.orders]


def test_more_than_3000_orders_are_read_in_parts_each_once_and_never_past_page_30() -> None:
    shop = Shop([order(n) for n in range(7000)])
    listings = [*list_orders(shop.client(), window(0, 7000))]
    assert len(listings) > 2
    assert sorted(set(ids(listings))) == [o["orderId"] for o in shop.orders]
    assert len(ids(listings)) - 7000 < len(listings)  # but for an order at the moment of a cut
    assert all(int(r.url.params["page"]) <= 30 for r in shop.requests)


def test_a_second_with_more_than_3000_orders_is_read_as_far_as_vtex_lets_and_reported() -> None:
    moment = order(5)["creationDate"]
    shop = Shop([order(n, creationDate=moment) for n in range(3100)])
    listings = [*list_orders(shop.client(), window(0, 10))]
    assert len(set(ids(listings))) == 3000
    assert max(listing.unlisted_count for listing in listings) == 100


def test_a_window_that_grows_is_read_again() -> None:
    shop = Shop([order(n) for n in range(100, 350)])
    # while page 2 is read, an older order appears and pushes every row one place on
    shop.on_list_page[2] = lambda: shop.orders.insert(0, order(50))
    (listing,) = list_orders(shop.client(), window(0, 400), concurrent=1)
    assert sorted(listing.rows["order_id"]) == [o["orderId"] for o in shop.orders]


def test_a_window_that_shrinks_while_it_is_read_is_read_again() -> None:
    shop = Shop([order(n) for n in range(250)])
    # before page 2 is read, an order leaves and pulls every row one place back
    shop.on_list_page[2] = lambda: shop.orders.pop(0)
    (listing,) = list_orders(shop.client(), window(0, 300), concurrent=1)
    assert {o["orderId"] for o in shop.orders} <= set(listing.rows["order_id"])
    assert listing.unlisted_count == 0


def test_orders_that_vtex_counts_and_never_lists_are_told() -> None:
    shop = Shop([order(n) for n in range(120)])
    shop.unlisted_count = 2
    (listing,) = list_orders(shop.client(), window(0, 300))
    assert (listing.rows.height, listing.unlisted_count) == (120, 2)


def test_of_an_order_that_comes_twice_the_last_reading_counts() -> None:
    shop = Shop([order(n) for n in range(250)])

    def move() -> None:
        shop.orders.insert(0, order(-1, creationDate=order(0)["creationDate"]))
        shop.orders[1]["status"] = "canceled"

    shop.on_list_page[3] = move
    (listing,) = list_orders(shop.client(), window(0, 300), concurrent=1)
    status = dict(listing.rows.select("order_id", "status").iter_rows())
    assert (status["000000-01"], len(status)) == ("canceled", 251)


def test_a_server_that_repeats_a_page_stops_the_listing() -> None:
    shop = Shop([order(n) for n in range(100)])
    same = Shop([order(n) for n in range(250)])(
        httpx.Request("GET", "https://shop.example" + LIST, params={"page": 1, "per_page": 100})
    )
    shop.faults[LIST] = [same] * 3
    with pytest.raises(RepeatedPage):
        list(list_orders(shop.client(), window(0, 300), concurrent=1))


def test_sales_channels_are_listed_one_by_one() -> None:
    shop = Shop([order(n, salesChannel=str(n % 3)) for n in range(9)])
    listings = [*list_orders(shop.client(sales_channels=("0", "2")), window(0, 9))]
    assert sorted(ids(listings)) == [f"{n:06d}-01" for n in range(9) if n % 3 != 1]
    assert shop.asked[LIST] == 2


def test_a_row_without_an_id_is_counted_not_lost_in_silence() -> None:
    shop = Shop()
    rows = [{"orderId": None}, {"orderId": "1-01", "totalValue": 99.6, "status": None}, 7]
    answer = {"list": rows, "paging": {"total": 3}}
    shop.faults[LIST] = [httpx.Response(200, json=answer)]
    (listing,) = list_orders(shop.client(), window(0, 9))
    assert listing.unlisted_count == 2
    assert listing.rows["total_value"].to_list() == [100]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(403), PermissionMissing),
        (httpx.Response(200, html="<html>"), LoginPage),
        (httpx.Response(200, json={"list": []}), Stop),
        (httpx.Response(200, json=[]), Stop),
    ],
)
def test_a_list_that_is_refused_stops(answer: httpx.Response, error: type[Exception]) -> None:
    shop = Shop()
    shop.faults[LIST] = [answer]
    with pytest.raises(error):
        list(list_orders(shop.client(), window(0, 9)))
