"""What people need again and buy next: arrays say what plain loops say, and lists are useful."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich.predict import (
    BoughtDays,
    NextProducts,
    ProductRules,
    bought_days,
    day_number,
    due,
    next_products,
    repeats,
    rhythms,
    usual_days,
)
from enrich.predict.next_products import SAMPLE
from tests.profile import reference

AS_OF = date(2026, 6, 30)
ITEMS = ["coffee", "filter", "lamp", "tea"]
KINDS = {"coffee": "drinks", "filter": None, "lamp": "lights", "tea": "drinks"}
LIMITS = (2, 1, 0.1, 1.0)
RULES = ProductRules(min_gaps=2, min_people=1)
CATEGORIES = np.array([0, -1, 1, 0])

rows = st.lists(
    st.tuples(
        st.sampled_from([3, 8, 10**12]),
        st.sampled_from(ITEMS),
        st.integers(-20, 90).map(lambda age: AS_OF - timedelta(days=age)),
    ),
    max_size=30,
)
Rows = list[tuple[int, str, date]]


def days_of(bought: Rows) -> BoughtDays:
    lines = [(customer, ITEMS.index(item), on) for customer, item, on in bought]
    schema = {"customer_key": pl.Int64, "item": pl.Int32, "purchased_on": pl.Date}
    return bought_days(pl.DataFrame(lines, schema, orient="row"), AS_OF)


def due_of(parts: list[BoughtDays]) -> dict[int, tuple[str, date]]:
    by_item = rhythms(map(repeats, parts), RULES)
    by_kind = rhythms([repeats(part.by(CATEGORIES)) for part in parts], RULES)
    usual = usual_days(by_item, len(ITEMS)), usual_days(by_kind, 2)
    found = pl.concat(due(part, CATEGORIES, *usual, AS_OF) for part in parts)
    return {key: (ITEMS[item], on) for key, item, on in found.iter_rows()}


@given(rows)
def test_what_is_due_is_what_plain_loops_say_in_any_parts(bought: Rows) -> None:
    expected = reference.next_due(
        [(customer, item, KINDS[item], on) for customer, item, on in bought], AS_OF, LIMITS
    )
    assert due_of([days_of(bought)]) == expected
    parts = [[row for row in bought if (row[0] < 5) is is_first] for is_first in (True, False)]
    assert due_of([days_of(part) for part in parts]) == expected


def gaps(*days: int, buyers: int = 1) -> Rows:
    """Customers who bought coffee with these gaps, one gap each; `buyers` buy it once."""
    again = [
        (n, "coffee", AS_OF - timedelta(days=d)) for n, gap in enumerate(days) for d in (gap, 0)
    ]
    return [*again, *((1000 + n, "coffee", AS_OF) for n in range(buyers))]


REGULAR: list[tuple[str, Rows, dict[str, Any], bool]] = [
    ("people come every 28 to 32 days", gaps(28, 30, 30, 32), {}, True),
    ("too few gaps", gaps(30, 30, 30), {}, False),
    ("too few people", gaps(30, 30, 30, 30), {"min_people": 5}, False),
    ("few of its buyers buy it again", gaps(30, 30, 30, 30, buyers=40), {}, False),
    ("the gaps are wide apart", gaps(5, 10, 60, 90), {}, False),
    ("a setting allows wide ones", gaps(5, 10, 60, 90), {"max_spread": 2.0}, True),
]


@pytest.mark.parametrize(("why", "bought", "limits", "is_regular"), REGULAR)
def test_regular_is(why: str, bought: Rows, limits: dict[str, Any], is_regular: bool) -> None:
    rules = ProductRules(**{"min_gaps": 4, "min_people": 4, **limits})
    (found,) = rhythms([repeats(days_of(bought))], rules).rows(named=True)
    assert found["is_regular"] is is_regular, why


PRODUCTS, CUSTOMERS = 40, 3000
EVERY = np.ones(PRODUCTS, dtype=np.bool_)


def shop(*, repeats_itself: bool) -> pl.DataFrame:
    """Two years of a shop: tastes of four products each, bought again and again or each once."""
    random = np.random.default_rng(7)
    rows = []
    for customer in range(CUSTOMERS):
        taste = 4 * random.integers(0, PRODUCTS // 4) + random.permutation(4)
        for n, day in enumerate(np.cumsum(random.integers(20, 240, size=6))):
            if day < 700:
                item = taste[0] if repeats_itself else taste[n % 4]
                rows.append((customer, int(item), AS_OF - timedelta(days=int(699 - day))))
    schema = {"customer_key": pl.Int64, "item": pl.Int32, "purchased_on": pl.Date}
    return pl.DataFrame(rows, schema, orient="row")


def found(lines: pl.DataFrame, available: Any = EVERY, parts: int = 1) -> NextProducts:
    cut = [lines.filter(pl.col("customer_key") % parts == n) for n in range(parts)]
    days = [bought_days(part, AS_OF) for part in cut]
    return next_products(days.__getitem__, parts, day_number(AS_OF), available, ProductRules())


@pytest.fixture(scope="module")
def once() -> pl.DataFrame:
    return shop(repeats_itself=False)


def hits(done: NextProducts) -> dict[tuple[str, str | None], tuple[float, float]]:
    return {(m, baseline): (value, beside) for m, value, baseline, beside in done.measured.rows()}


def test_lists_beat_both_rules_where_people_try_new_things(once: pl.DataFrame) -> None:
    for (metric, baseline), (value, beside) in hits(found(once)).items():
        assert value > beside + 0.2, (metric, baseline)


def test_lists_are_as_good_as_habit_where_people_repeat_themselves() -> None:
    done = found(shop(repeats_itself=True))
    value, beside = hits(done)["hit_rate_5", "personal_frequency"]
    assert value >= beside == 1
    first = done.lists.select("customer_key", pl.col("next_best_products").list.first())
    assert first.rows() == shop(repeats_itself=True).group_by("customer_key").agg(
        pl.col("item").first()
    ).sort("customer_key").rows()  # fmt: skip


def test_only_what_is_available_is_recommended_each_once(once: pl.DataFrame) -> None:
    available = np.arange(PRODUCTS) % 3 > 0
    lists = found(once, available).lists["next_best_products"]
    assert set(lists.explode()) <= set(np.flatnonzero(available))
    assert lists.list.n_unique().equals(lists.list.len())
    assert lists.list.len().max() == 10


def test_parts_and_order_change_nothing(once: pl.DataFrame) -> None:
    whole = found(once)
    for other in (found(once, parts=3), found(once.sample(fraction=1, shuffle=True, seed=1))):
        assert other.lists.sort("customer_key").equals(whole.lists)
        assert other.measured.equals(whole.measured)


def test_the_last_of_many_customers_is_as_good_as_the_first() -> None:
    """More than are looked at together, each with one product of their own that they repeat."""
    count = SAMPLE + 5000
    keys = np.repeat(np.arange(count), 5)
    ago = np.tile([400, 310, 220, 130, 40], count)
    on = pl.Series(day_number(AS_OF) - ago).cast(pl.Int32).cast(pl.Date)
    lines = pl.DataFrame({"customer_key": keys, "item": keys % PRODUCTS, "purchased_on": on})
    done = found(lines)
    first = done.lists["next_best_products"].list.first().to_numpy()
    assert (first == np.arange(count) % PRODUCTS).all()
    assert hits(done)["hit_rate_5", "personal_frequency"] == (1, 1)


@pytest.mark.parametrize(
    ("days", "has_lists", "is_tested"), [(170, 0, 0), (200, 1, 0), (300, 1, 1)]
)
def test_it_takes_two_horizons_and_three_for_a_test(
    days: int, has_lists: bool, is_tested: bool, once: pl.DataFrame
) -> None:
    done = found(once.filter(pl.col("purchased_on") > AS_OF - timedelta(days=days)))
    assert (not done.lists.is_empty(), not done.measured.is_empty()) == (has_lists, is_tested)
