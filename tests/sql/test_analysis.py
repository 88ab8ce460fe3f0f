"""The ready queries of sql/analysis run on the read copy of a shop and answer what they say."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from enrich.warehouse import ReadCopy, ready_queries
from enrich.warehouse.scripts import scripts_in
from tests.report.shop import published

NAMES = [name.rpartition("/")[2] for name in scripts_in("analysis")]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReadCopy]:
    with published(Path(tmp_path_factory.mktemp("shop"))) as found:
        yield found


def answer(copy: ReadCopy, name: str) -> pl.DataFrame:
    asked = ready_queries()[name]
    return copy.query(asked.statement, asked.values() or None)


def rows(copy: ReadCopy, query: str) -> list[dict[str, Any]]:
    return copy.query(query).to_dicts()


@pytest.mark.parametrize("name", NAMES)
def test_every_query_answers_on_its_own(copy: ReadCopy, name: str) -> None:
    found = answer(copy, name)
    assert found.height > 0
    assert found.columns[0] == "store"


def test_the_best_customers_come_first(copy: ReadCopy) -> None:
    profiles = rows(copy, "from profiles")
    amounts = sorted((one["amount_lifetime"] for one in profiles), reverse=True)
    assert (
        answer(copy, "best_customers")["amount_lifetime"].to_list()
        == [amount for amount in amounts if amount > 0][:100]
    )


def test_who_slips_away_is_silent_for_twice_the_usual_gap(copy: ReadCopy) -> None:
    expected = set()
    for one in rows(copy, "from profiles where orders_lifetime > 1"):
        span = one["days_since_first_purchase"] - one["days_since_last_purchase"]
        exact = Decimal(span) / (one["orders_lifetime"] - 1)
        gap = float(exact.quantize(Decimal("0.1"), ROUND_HALF_UP))
        if gap and one["days_since_last_purchase"] > 2 * gap:
            expected.add(one["customer_key"])
    assert set(answer(copy, "slipping_away")["customer_key"]) == expected


def test_promo_codes_count_their_new_customers(copy: ReadCopy) -> None:
    purchases = rows(copy, "from purchases where customer_key is not null order by purchase_no")
    codes = {
        (one["purchase_no"], one["promo_code"]) for one in rows(copy, "from purchase_promo_codes")
    }
    counts: dict[int, list[int]] = {}
    for one in purchases:
        counts.setdefault(one["customer_key"], []).append(one["purchase_no"])
    for row in answer(copy, "promo_code_effect").to_dicts():
        mine = {number for number, code in codes if code == row["promo_code"]}
        new = [numbers for numbers in counts.values() if numbers[0] in mine]
        assert row["purchases"] == sum(one["purchase_no"] in mine for one in purchases)
        assert row["new_customers"] == len(new)
        assert row["new_customers_who_came_back"] == sum(len(numbers) > 1 for numbers in new)


def test_what_customers_began_with_holds_everybody_once_a_kind(copy: ReadCopy) -> None:
    bought: dict[int, list[dict[str, Any]]] = {}
    for one in rows(copy, "from purchases where customer_key is not null order by purchase_no"):
        bought.setdefault(one["customer_key"], []).append(one)
    products: dict[int, set[str]] = {}
    for one in rows(copy, "from purchase_lines"):
        products.setdefault(one["purchase_no"], set()).add(one["product"])
    found = answer(copy, "first_purchase_value")
    (campaigns,) = found.filter(kind="campaign").to_dicts()
    assert (campaigns["value"], campaigns["customers"]) == (None, len(bought))
    for row in found.filter(kind="product").to_dicts():
        began = [b for b in bought.values() if row["value"] in products[b[0]["purchase_no"]]]
        cents = sum(one["amount_cents"] for purchases in began for one in purchases)
        came_back = sum(len(purchases) > 1 for purchases in began)
        assert row["customers_who_came_back"] == came_back
        assert (row["customers"], row["amount"] * 100) == (len(began), cents)


def test_pairs_of_brands_and_of_products(copy: ReadCopy) -> None:
    lines = rows(copy, "from purchase_lines")
    brands: dict[int, set[str]] = {}
    baskets: dict[int, set[str]] = {}
    for one in lines:
        if one["brand"] and one["customer_key"]:
            brands.setdefault(one["customer_key"], set()).add(one["brand"])
        baskets.setdefault(one["purchase_no"], set()).add(one["product"])
    found = answer(copy, "brand_affinity").row(0, named=True)
    both = sum({found["brand"], found["other_brand"]} <= mine for mine in brands.values())
    assert found["common_customers"] == both
    assert found["lift"] == pytest.approx(
        both * len(brands) / (found["brand_customers"] * found["other_brand_customers"]), abs=0.006
    )
    pairs = [pair for basket in baskets.values() for pair in combinations(sorted(basket), 2)]
    top = answer(copy, "basket_pairs").row(0, named=True)
    assert top["purchases_together"] == pairs.count((top["product"], top["other_product"]))


def test_segments_and_cohorts_hold_everybody_once(copy: ReadCopy) -> None:
    assert answer(copy, "segment_value")["customers"].sum() == len(rows(copy, "from profiles"))
    cohorts = answer(copy, "cohorts").filter(months_since=0)
    assert (cohorts["customers"] == cohorts["cohort_customers"]).all()
    buyers = copy.query("select count(distinct customer_key) from purchases").item()
    assert cohorts["customers"].sum() == buyers


def test_intervals_are_between_purchases(copy: ReadCopy) -> None:
    found = answer(copy, "repurchase_interval")
    purchases = copy.query(
        "select count(*), count(distinct customer_key) from purchases where customer_key > 0"
    )
    total, customers = purchases.row(0)
    assert found["intervals"].sum() == total - customers


def test_movements_by_month_add_up_to_the_changes(copy: ReadCopy) -> None:
    found = answer(copy, "movements_by_month")
    stretches: dict[int, list[str]] = {}
    for one in rows(copy, "from segment_history order by valid_from"):
        stretches.setdefault(one["customer_key"], []).append(one["rfm_segment"])
    changes = sum(a != b for held in stretches.values() for a, b in pairwise(held))
    assert found["customers"].sum() == changes
    seen = copy.query("select count(*) from segment_changes where segment_before is not null")
    assert seen.item() == changes


def test_the_views_hold_what_the_tables_hold(copy: ReadCopy) -> None:
    cents = copy.query("select sum(amount_cents), count(*) from purchases").row(0)
    assert copy.query("select sum(amount) * 100, count(*) from sales").row(0) == cents
    cents = copy.query("select sum(amount_cents), count(*) from purchase_lines").row(0)
    assert copy.query("select sum(amount) * 100, count(*) from sold_products").row(0) == cents
    open_carts = copy.query("select count(*), count(distinct contact_id) from open_carts").row(0)
    carts = copy.query("select count(*) from carts where is_abandoned").item()
    assert open_carts == (carts, carts)
    first = copy.query("select count(*) from sales where purchase_rank = 1").item()
    assert first == copy.query("select count(distinct customer_key) from purchases").item()
