"""Segments from purchases alone are those of the profiles."""

import polars as pl
import pytest
from hypothesis import given, settings

from enrich.model import Rules
from enrich.profile import segments_of_day
from tests.profile.reference import Purchase
from tests.profile.shops import AS_OF, inputs, shops
from tests.profile.whole import build_profiles

RULES = [Rules(), Rules(segment_window="90d"), Rules(segment_window="360d_plus")]


@pytest.mark.parametrize("rules", RULES, ids=lambda rules: rules.segment_window)
@settings(deadline=None, max_examples=20)
@given(shop=shops())
def test_segments_are_those_of_the_profiles(
    rules: Rules, shop: tuple[list[int], list[Purchase]]
) -> None:
    whole = inputs(*shop)
    expected = build_profiles(whole, AS_OF, rules)
    found = segments_of_day(whole.customers["customer_key"], whole.purchases, AS_OF, rules)
    again = segments_of_day(
        whole.customers["customer_key"], whole.purchases, AS_OF, rules, found.cut_points
    )

    segments = expected.profiles.select("customer_key", pl.col("rfm_segment").cast(pl.String))
    assert found.segments.equals(segments)
    assert again.segments.equals(segments)
    in_window = expected.cut_points.filter(window=rules.segment_window)
    assert found.cut_points.equals(in_window)
