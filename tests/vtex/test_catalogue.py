"""The small lists, and going on without them."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from enrich.errors import Refused
from enrich.sources.source import Pulled
from enrich.sources.vtex.catalogue import VtexList
from enrich.sources.vtex.records import catalogue
from enrich.sources.vtex.records.entity import ShortList
from tests.vtex.shop import Shop

TREE = "/api/catalog_system/pub/category/tree/10"
BRANDS = "/api/catalog_system/pvt/brand/list"
CHANNELS = "/api/catalog_system/pvt/saleschannel/list"
PUBLIC_CHANNELS = "/api/catalog_system/pub/saleschannel/list"
COUPONS = "/api/rnb/pvt/coupon"
PROMOTIONS = "/api/rnb/pvt/benefits/calculatorconfiguration"


def read(shop: Shop, wanted: ShortList) -> Pulled:
    return VtexList(shop.client(), wanted).read()


def payloads(pulled: Pulled) -> list[dict[str, Any]]:
    assert pulled.note is None
    return [json.loads(record.payload) for record in pulled.records]


def test_the_tree_becomes_one_row_a_category_with_its_way_from_the_root() -> None:
    shop = Shop()
    leaf = {"id": 10, "name": "Cups", "children": []}
    shop.lists[TREE] = [
        {"id": 1, "name": "Home", "children": [leaf, None]},
        {"id": 2, "name": None, "children": None},
    ]
    assert payloads(read(shop, catalogue.CATEGORIES)) == [
        {"id": "1", "name": "Home", "parentId": None, "path": ["1"], "pathNames": ["Home"]},
        {
            "id": "10",
            "name": "Cups",
            "parentId": "1",
            "path": ["1", "10"],
            "pathNames": ["Home", "Cups"],
        },
        {"id": "2", "name": None, "parentId": None, "path": ["2"], "pathNames": [None]},
    ]


@pytest.mark.parametrize(
    ("wanted", "path", "answer", "kept"),
    [
        (
            catalogue.BRANDS,
            BRANDS,
            [{"id": 7, "name": "D", "title": "x"}],
            [{"id": "7", "name": "D"}],
        ),
        (
            catalogue.SALES_CHANNELS,
            CHANNELS,
            [{"Id": 1, "Name": "Main"}],
            [{"Id": "1", "Name": "Main"}],
        ),
        (catalogue.SALES_CHANNELS, PUBLIC_CHANNELS, [{"Id": 1}], [{"Id": "1"}]),
        (catalogue.COUPONS, COUPONS, [{"couponCode": "TEN"}], [{"couponCode": "TEN"}]),
        (
            catalogue.PROMOTIONS,
            PROMOTIONS,
            {"items": [{"idCalculatorConfiguration": "p", "utmCampain": "march"}]},
            [{"idCalculatorConfiguration": "p", "utmCampaign": "march"}],
        ),
    ],
)
def test_lists_become_records(
    wanted: ShortList, path: str, answer: object, kept: list[dict[str, Any]]
) -> None:
    shop = Shop()
    shop.lists[path] = answer
    assert payloads(read(shop, wanted)) == kept


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(403),
        httpx.Response(404),
        httpx.Response(500),
        httpx.Response(302),
        httpx.Response(200, html="<html>"),
        httpx.Response(200, text="odd"),
        httpx.Response(200, json="odd"),
    ],
    ids=lambda answer: f"{answer.status_code} {answer.content[:6]!r}",
)
@pytest.mark.parametrize("wanted", [catalogue.BRANDS, catalogue.COUPONS, catalogue.SALES_CHANNELS])
def test_what_cannot_be_had_is_noted_and_the_run_goes_on(
    wanted: ShortList, answer: httpx.Response
) -> None:
    shop = Shop()
    for path in (BRANDS, COUPONS, CHANNELS, PUBLIC_CHANNELS):
        shop.faults[path] = [answer] * 5
    pulled = read(shop, wanted)
    assert pulled.records == ()
    assert pulled.note is not None and pulled.note.startswith("VTEX ")


def test_a_missing_permission_is_named_in_the_note() -> None:
    shop = Shop()
    shop.faults[BRANDS] = [httpx.Response(403)]
    assert "Catalog / Brands" in str(read(shop, catalogue.BRANDS).note)


def test_a_refused_key_stops_even_here() -> None:
    shop = Shop()
    shop.faults[BRANDS] = [httpx.Response(401)] * 2
    with pytest.raises(Refused):
        read(shop, catalogue.BRANDS)
