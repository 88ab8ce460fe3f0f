"""What must hold of any profile, whatever the shop."""

import random
import re
from dataclasses import fields, replace
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from enrich.profile.windows import window_names
from tests.examples import costly
from tests.profile.reference import DAYS, Purchase
from tests.profile.shops import AS_OF, computed, inputs, shops
from tests.profile.whole import Frames

Shop = tuple[list[int], list[Purchase]]
OF_THE_SHOP = re.compile("rfm_|[rfm]_score|[rfm]_percentile|top_(brand|category)")
"""Fields that compare a customer with the others."""
DATES = ("first_purchase_date", "second_purchase_date", "last_purchase_date")


@costly(20)
@given(shops())
def test_counts_and_amounts_never_fall_from_30_to_360_days(shop: Shop) -> None:
    for row in computed(inputs(*shop)).values():
        for shorter, longer in pairwise(DAYS):
            for measure in ("orders", "items", "amount"):
                assert row[f"{measure}_{shorter}"] <= row[f"{measure}_{longer}"]


@costly(20)
@given(shops())
def test_inside_plus_outside_360_days_is_the_lifetime(shop: Shop) -> None:
    for row in computed(inputs(*shop)).values():
        for measure in ("orders", "items", "amount"):
            parts = row[f"{measure}_360d"] + row[f"{measure}_360d_plus"]
            assert parts == row[f"{measure}_lifetime"]


@costly(20)
@given(shops())
def test_average_times_count_is_the_amount_within_half_a_cent_each(shop: Shop) -> None:
    for row in computed(inputs(*shop)).values():
        for window in window_names():
            count, average = row[f"orders_{window}"], row[f"avg_amount_{window}"]
            if count == 0:
                assert average is None
                continue
            off = abs(average * count - row[f"amount_{window}"])
            assert off <= Decimal(count) / 200


@costly(20)
@given(shops(), st.randoms(use_true_random=False))
def test_shuffling_rows_changes_nothing(shop: Shop, shuffler: random.Random) -> None:
    plain = inputs(*shop)
    shuffled = Frames(
        *(
            frame.sample(fraction=1, shuffle=True, seed=shuffler.randrange(1000))
            for frame in (getattr(plain, one.name) for one in fields(plain))
        )
    )
    assert computed(plain) == computed(shuffled)


@costly(20)
@given(shops(), st.integers(-1000, 1000))
def test_moving_every_day_alike_changes_only_dates(shop: Shop, days: int) -> None:
    customers, purchases = shop
    by = timedelta(days=days)
    moved = [replace(purchase, on=purchase.on + by) for purchase in purchases]
    before = computed(inputs(customers, purchases))
    after = computed(inputs(customers, moved), AS_OF + by)
    for key, row in before.items():
        for name, value in row.items():
            if name == "preferred_weekday":  # another one, unless whole weeks were moved
                continue
            shift = by if name in DATES and value is not None else None
            assert after[key][name] == (value + shift if shift is not None else value)


@costly(20)
@given(shops())
def test_another_customers_order_changes_only_what_compares_customers(shop: Shop) -> None:
    customers, purchases = shop
    if len(customers) < 2:
        return
    stranger = customers[0]
    others = [purchase for purchase in purchases if purchase.customer != stranger]
    before, after = computed(inputs(customers, others)), computed(inputs(customers, purchases))
    for key in customers[1:]:
        for name, value in before[key].items():
            if not OF_THE_SHOP.match(name):
                assert after[key][name] == value


@costly(20)
@given(shops(), st.integers(1, 3))
def test_a_customer_who_never_buys_changes_nobody_else(shop: Shop, count: int) -> None:
    customers, purchases = shop
    newcomers = [max(customers, default=0) + number for number in range(1, count + 1)]
    before = computed(inputs(customers, purchases))
    after = computed(inputs([*customers, *newcomers], purchases))
    assert {key: after[key] for key in customers} == before
    assert {after[key]["rfm_segment"] for key in newcomers} == {"PROSPECTS"}


@costly(20)
@given(shops())
def test_equal_values_get_equal_scores_and_no_frequency_class_is_skipped(shop: Shop) -> None:
    rows = computed(inputs(*shop)).values()
    for window in window_names():
        scored = [(r[f"orders_{window}"], r[f"rfm_{window}"]) for r in rows if r[f"rfm_{window}"]]
        by_count = {(count, rfm[1]) for count, rfm in scored}
        assert len(by_count) == len({count for count, _ in by_count})
        repeat = sorted({int(score) for count, score in by_count if count > 1})
        assert repeat == list(range(2, 2 + len(repeat)))
