"""Any number of parts gives the same profiles and the same cut points."""

from dataclasses import dataclass

import polars as pl
import pytest
from hypothesis import given, settings

from enrich.model import Rules
from enrich.profile import Details, profile_parts, score_parts
from tests.profile.reference import Purchase
from tests.profile.shops import AS_OF, inputs, shops
from tests.profile.whole import Frames, build_profiles


@dataclass(frozen=True)
class Split:
    """A shop split by customer key."""

    whole: Frames
    count: int

    def customers(self, part: int) -> pl.DataFrame:
        return self.whole.customers.filter(pl.col("customer_key") % self.count == part)

    def purchases(self, part: int) -> pl.DataFrame:
        return self.whole.purchases.filter(pl.col("customer_key") % self.count == part)

    def details(self, part: int) -> Details:
        purchases = self.purchases(part)
        lines = self.whole.lines.join(purchases, on="purchase_no", how="semi")
        codes = self.whole.promo_codes.join(purchases, on="purchase_no", how="semi")
        return Details(lines, codes)

    def sales(self, part: int) -> pl.DataFrame | None:
        assert self.whole.sales is not None
        return self.whole.sales.join(self.purchases(part), on="purchase_no", how="semi")

    def facts(self, part: int, purchase_nos: pl.Series) -> pl.DataFrame:
        assert self.whole.facts is not None
        return self.whole.facts.filter(pl.col("purchase_no").is_in(purchase_nos.implode()))


def texts(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with coded texts as plain ones: each part has a vocabulary of its own."""
    lists = pl.selectors.list().cast(pl.List(pl.String))
    return frame.with_columns(pl.selectors.enum().cast(pl.String), lists).sort("customer_key")


@pytest.mark.parametrize("count", [1, 7, 23])
@settings(deadline=None, max_examples=5)
@given(shop=shops())
def test_parts_give_what_the_whole_gives(
    count: int, shop: tuple[list[int], list[Purchase]]
) -> None:
    whole = inputs(*shop)
    expected = build_profiles(whole, AS_OF, Rules())
    scored = score_parts(Split(whole, count), AS_OF, Rules(), customers_per_block=3)
    profiles = pl.concat([texts(part) for part in profile_parts(scored)])
    assert scored.cut_points.equals(expected.cut_points)
    assert profiles.sort("customer_key").equals(texts(expected.profiles))
