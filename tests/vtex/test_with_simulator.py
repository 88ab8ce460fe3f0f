"""The whole pull against the simulated shop on a real socket, in fair and in foul weather."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from enrich.client import BadBody, Http
from enrich.errors import Refused
from enrich.model import RawRecord, Reject, Span
from enrich.simulator import (
    FULL_KEY,
    REFERENCE_ROLE,
    AppKey,
    Simulation,
    Weather,
    build_simulation,
    serve,
)
from enrich.sources.vtex import VtexClient
from enrich.sources.vtex.catalogue import VtexList
from enrich.sources.vtex.customers import VtexCustomers
from enrich.sources.vtex.details import VtexSkus, fetch_orders
from enrich.sources.vtex.entities import SKU_IDS
from enrich.sources.vtex.listing import list_orders
from enrich.sources.vtex.records.catalogue import BRANDS, LISTS
from enrich.sources.vtex.spans import order_windows
from enrich.sources.vtex.stock import VtexStock
from enrich.sources.vtex.verify import verify

NOW = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)
# Five faults in a row give an order up. Which calls meet them depends on the order in which
# threads ask: with twice as many faults one was given up in one of a hundred runs.
FOUL = Weather(
    throttled=0.02, broken=0.02, html=0.0, cut=0.02, lost=0.02, float_totals=True, moving_rows=0.1
)


@contextmanager
def shop(key: AppKey = FULL_KEY, **options: Any) -> Iterator[tuple[Any, VtexClient]]:
    """A simulator with 400 orders and a client that holds `key` and never waits long."""
    keys = (key,) if key.app_token == FULL_KEY.app_token else (FULL_KEY,)
    simulator = build_simulation(
        Simulation(customers=120, orders=400, now=NOW, keys=keys, **options)
    )
    with serve(simulator) as address, Http(sleep=lambda _: None) as http:
        client = VtexClient(
            f"{address}/vtex", SecretStr(key.app_key), SecretStr(key.app_token), http
        )
        yield simulator, client


def order_ids(client: VtexClient) -> list[str]:
    (window,) = order_windows(None, NOW, first_sync_days=730)
    return [key for part in list_orders(client, window) for key in part.rows["order_id"]]


@pytest.mark.parametrize("weather", [Weather(), FOUL], ids=["fair", "foul"])
def test_every_listed_order_arrives_whole(weather: Weather) -> None:
    with shop(weather=weather) as (_, client):
        ids = order_ids(client)
        found = list(fetch_orders(client, ids, sleep=lambda _: None))
    assert len(ids) == len(set(ids)) > 300
    assert [each.key for each in found] == ids
    assert {type(each) for each in found} == {RawRecord}


def test_all_customers_arrive_by_scroll_and_the_touched_ones_by_search() -> None:
    with shop() as (_, client):
        customers = VtexCustomers(client, scroll_size=50)
        everybody = [r for batch in customers.changed(None, NOW) for r in batch]
        span = Span(NOW - timedelta(days=60), NOW)
        touched = [r for batch in customers.touched(span) for r in batch]
    assert len({r.key for r in everybody}) >= 100
    assert {type(r) for r in everybody} == {RawRecord}
    expected = {
        r.key
        for r in everybody
        if isinstance(r, RawRecord) and r.changed_at and span.start_at <= r.changed_at <= NOW
    }
    assert {r.key for r in touched} == expected


def test_the_catalogue_arrives() -> None:
    with shop() as (_, client):
        pulled = {one.entity.name: VtexList(client, one).read() for one in LISTS}
        skus = list(VtexSkus(client).fetch([_any_sku(client)]))
    assert {name: each.note for name, each in pulled.items()} == dict.fromkeys(pulled)
    assert all(each.records for each in pulled.values())
    assert not any(isinstance(r, Reject) for each in pulled.values() for r in each.records)
    assert isinstance(skus[0], RawRecord)


def test_stock_is_asked_for_by_the_fifty() -> None:
    with shop() as (_, client):
        ids = [str(sku) for sku in client.fetch_json(SKU_IDS, params={"page": "1"})]
        asked = [*map(str, range(1, 51)), *ids]
        found = list(VtexStock(client).fetch(asked))
    assert [each.key for each in found] == asked
    stock = {one["sku"]: one for one in (json.loads(each.payload) for each in found)}
    assert stock["1"] == {"sku": "1", "isAvailable": False, "quantity": None}
    shown = [stock[sku] for sku in ids]
    assert {one["isAvailable"] for one in shown} == {True, False}
    assert all(one["isAvailable"] == (one["quantity"] > 0) for one in shown)


def test_a_search_that_shows_nothing_says_nothing_of_stock() -> None:
    with shop() as (_, client), pytest.raises(BadBody, match="shows none"):
        list(VtexStock(client).fetch([str(no) for no in range(1, 52)]))


def _any_sku(client: VtexClient) -> str:
    return str(client.fetch_json(SKU_IDS, params={"page": "1", "pagesize": "1"})[0])


def test_the_newer_catalogue_costs_notes_only() -> None:
    with shop(mode="seller_portal") as (_, client):
        assert VtexList(client, BRANDS).read().note is not None
        assert order_ids(client)


def test_verify_names_what_the_usual_role_lacks() -> None:
    key = AppKey(FULL_KEY.app_key, FULL_KEY.app_token, REFERENCE_ROLE)
    with shop(key) as (_, client):
        probes = verify(client)
    assert all(probe.works for probe in probes if probe.needed)
    lacking = {probe.resource for probe in probes if not probe.works}
    assert lacking == {"sales_channels", "coupons", "promotions"}


def test_a_wrong_key_is_refused_and_verify_says_so() -> None:
    with shop(AppKey(FULL_KEY.app_key, "another-token")) as (_, client):
        with pytest.raises(Refused):
            order_ids(client)
        assert all("401" in p.detail for p in verify(client) if p.needed)


def test_a_login_page_is_recognised() -> None:
    with shop(mode="login_page") as (_, client):
        assert all("login page" in p.detail for p in verify(client) if p.needed)
