"""Predictions become fields of their customers, whatever the blocks are."""

import polars as pl

from enrich.model import Rules
from enrich.predict import PREDICTIONS
from enrich.profile import profile_parts, score_parts
from enrich.profile.predicted import PREDICTED, no_predictions
from tests.profile.reference import Purchase
from tests.profile.shops import AS_OF, inputs
from tests.profile.test_parts import Split

BUYERS = [5, 1, 9, 30]
PROSPECT = 7


def profiles(predictions: pl.DataFrame) -> pl.DataFrame:
    shop = inputs([*BUYERS, PROSPECT], [Purchase(key, AS_OF, 100, key) for key in BUYERS])
    scored = score_parts(Split(shop, 2), AS_OF, Rules(), customers_per_block=1)
    made = pl.concat(profile_parts(scored, predictions=predictions), how="vertical_relaxed")
    names = ["customer_key", *(field.name for field in PREDICTED)]
    return made.select(names).sort("customer_key")


def test_each_customer_has_its_own() -> None:
    rows = [{"customer_key": key, "p_alive": key / 100, "clv_tier": "top_5"} for key in BUYERS]
    found = profiles(pl.DataFrame(rows, PREDICTIONS).sort("customer_key"))
    alive = dict(found.select("customer_key", "p_alive").iter_rows())
    assert alive == {**{key: key / 100 for key in BUYERS}, PROSPECT: None}
    status = dict(found.select("customer_key", "prediction_status").iter_rows())
    assert status == {**dict.fromkeys(BUYERS), PROSPECT: "no_purchases"}


def test_without_predictions_all_are_null() -> None:
    assert profiles(no_predictions())["p_alive"].null_count() == len(BUYERS) + 1
