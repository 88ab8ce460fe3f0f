"""What is wrong with a key, told apart."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from enrich.client import Http
from enrich.errors import BadSettings
from enrich.sources.source import Probe
from enrich.sources.vtex import VtexClient
from enrich.sources.vtex.verify import verify
from tests.vtex.shop import Shop, customer, order

LIST = "/api/oms/pvt/orders"
DETAIL = "/api/oms/pvt/orders/000000-01"
CUSTOMERS = "/api/dataentities/CL/search"
OPTIONAL: dict[str, Any] = {
    "/api/catalog_system/pvt/sku/stockkeepingunitids": [301],
    "/api/catalog_system/pub/category/tree/1": [],
    "/api/catalog_system/pvt/brand/list": [],
    "/api/catalog_system/pvt/saleschannel/list": [],
    "/api/rnb/pvt/coupon": [],
    "/api/rnb/pvt/benefits/calculatorconfiguration": {"items": []},
}
NEEDED = ["orders.list", "orders.detail", "customers.search"]


def good_shop() -> Shop:
    shop = Shop([order(0)], [customer(0)])
    shop.lists = dict(OPTIONAL)
    return shop


def probes(shop: Shop, **options: Any) -> dict[str, Probe]:
    return {probe.resource: probe for probe in verify(shop.client(), **options)}


def test_a_good_key_works_everywhere() -> None:
    found = probes(good_shop())
    assert all(probe.works and probe.detail == "" for probe in found.values())
    assert [name for name, probe in found.items() if probe.needed] == NEEDED
    assert len(found) == len(NEEDED) + len(OPTIONAL)


def test_a_shop_without_orders_and_customers_works() -> None:
    shop = good_shop()
    shop.orders, shop.customers = [], []
    assert all(probe.works for probe in probes(shop).values())


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (httpx.Response(401), "wrong or inactive"),
        (httpx.Response(403), "tick OMS / OMS access / View order"),
        (httpx.Response(200, html="<html>"), "login page"),
        (httpx.Response(302), "login page"),
        (httpx.Response(500), "no usable answer"),
        (httpx.Response(404), "unexpected"),
        (httpx.Response(200, text="odd"), "unexpected"),
    ],
    ids=lambda value: (
        f"{value.status_code} {value.content[:4]!r}" if isinstance(value, httpx.Response) else ""
    ),
)
def test_faults_of_one_permission_are_told_apart(answer: httpx.Response, words: str) -> None:
    shop = good_shop()
    shop.faults[DETAIL] = [answer] * 2
    found = probes(shop)
    assert words in found["orders.detail"].detail
    assert [name for name, probe in found.items() if not probe.works] == ["orders.detail"]


def test_the_detail_is_asked_even_where_the_list_is_forbidden() -> None:
    shop = good_shop()
    shop.faults[LIST] = [httpx.Response(403)]
    found = probes(shop)
    assert "List Orders" in found["orders.list"].detail
    assert (found["orders.list"].works, found["orders.detail"].works) == (False, True)


def test_what_is_optional_says_so() -> None:
    shop = good_shop()
    shop.faults["/api/rnb/pvt/coupon"] = [httpx.Response(403)]
    probe = probes(shop)["coupons"]
    assert (probe.works, probe.needed) == (False, False)
    assert probe.detail.endswith("; the product goes on without it")


@pytest.mark.parametrize("is_gone", [True, False])
def test_an_account_that_keeps_its_customers_elsewhere_is_recognised(is_gone: bool) -> None:
    shop = good_shop()
    shop.customers = []
    if is_gone:
        shop.faults[CUSTOMERS] = [httpx.Response(404)]
    probe = probes(shop)["customers.search"]
    assert not probe.works
    assert "data protection" in probe.detail


def test_a_private_field_is_told_from_a_missing_permission() -> None:
    shop = good_shop()
    answer = httpx.Response(403, json={"Message": "Cannot read private fields"})
    shop.faults[CUSTOMERS] = [answer, answer]
    assert "private" in probes(shop, extra_fields=("tier",))["customers.search"].detail
    assert "tick" in probes(shop)["customers.search"].detail


@pytest.mark.parametrize(
    ("base_url", "is_accepted"),
    [
        ("https://demostore.vtexcommercestable.com.br", True),
        ("https://demostore.myvtex.com/", True),
        ("http://127.0.0.1:8000", True),
        ("http://localhost:8000", True),
        ("http://demostore.myvtex.com", False),
        ("ftp://127.0.0.1", False),
    ],
)
def test_keys_never_travel_in_clear(base_url: str, is_accepted: bool) -> None:
    def connect() -> VtexClient:
        return VtexClient(base_url, SecretStr("key"), SecretStr("token"), Http())

    if is_accepted:
        assert "token" not in repr(connect())
    else:
        with pytest.raises(BadSettings):
            connect()


def test_every_call_carries_both_keys_and_both_types() -> None:
    shop = good_shop()
    verify(shop.client())
    for request in shop.requests:
        assert request.headers["X-VTEX-API-AppKey"] == "key-of-the-shop"
        assert request.headers["X-VTEX-API-AppToken"] == "token-of-the-shop"
        assert request.headers["Accept"] == "application/json"
        assert request.headers["Content-Type"] == "application/json"
