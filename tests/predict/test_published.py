"""Figures that others published, or that are known of public shops, found again."""

from datetime import date
from functools import cache

import numpy as np
import polars as pl
import pytest

from enrich.predict import Backtest, PredictionRules, backtest
from enrich.predict.fitting import fit
from enrich.predict.gamma_gamma import fit_values
from enrich.predict.mbg import Silence, expected_orders, p_alive
from enrich.predict.metrics import correlation, error_by_tenth, share_between
from enrich.predict.states import ShopCounts, shop_counts, states
from tests.predict.shops import Split, public

CALIBRATED_ON, HOLD_OUT_DAYS = date(1997, 9, 30), 273
CDNOW = public("cdnow")


@cache
def cdnow() -> tuple[pl.DataFrame, ShopCounts]:
    known = states(CDNOW, CALIBRATED_ON)
    return known.customers, shop_counts(known)


@pytest.mark.parametrize(
    ("leaves_after_first", "parameters", "log_likelihood"),
    [
        (False, (0.2425945, 4.4136019, 0.7929199, 2.4258881), -9582.429),
        (True, (0.525, 6.183, 0.891, 1.614), -9582.136),
    ],
    ids=["BG/NBD", "MBG/NBD"],
)
def test_cdnow_parameters(
    leaves_after_first: bool, parameters: tuple[float, ...], log_likelihood: float
) -> None:
    found = fit(cdnow()[1], leaves_after_first=leaves_after_first)
    assert found.is_converged
    assert found.model.parameters == pytest.approx(parameters, abs=5e-4)
    assert found.log_likelihood == pytest.approx(log_likelihood, abs=1e-3)


def test_cdnow_gamma_gamma() -> None:
    found = fit_values(cdnow()[1].values)
    assert (found.customers, found.is_converged) == (946, True)
    assert (found.p, found.q, found.gamma) == pytest.approx((6.25, 3.74, 15.44), abs=0.005)
    assert found.log_likelihood == pytest.approx(-4055.918, abs=0.01)


@cache
def hold_out(leaves_after_first: bool) -> tuple[np.ndarray, np.ndarray]:
    """Predicted and actual orders of CDNOW's 39 weeks."""
    rows, counts = cdnow()
    model = fit(counts, leaves_after_first=leaves_after_first).model
    after = CDNOW.filter(pl.col("purchased_on") > CALIBRATED_ON).group_by("customer_key").len()
    actual = rows.join(after, on="customer_key", how="left", maintain_order="left")["len"]
    predicted = p_alive(rows, model) * expected_orders(rows, model, HOLD_OUT_DAYS)
    return predicted, actual.fill_null(0).to_numpy().astype(float)


@pytest.mark.parametrize(
    ("leaves_after_first", "by_tenth", "bias"), [(False, 0.139, -0.12), (True, 0.162, -0.16)]
)
def test_cdnow_hold_out(leaves_after_first: bool, by_tenth: float, bias: float) -> None:
    predicted, actual = hold_out(leaves_after_first)
    assert correlation(predicted, actual) == pytest.approx(0.626, abs=0.0015)
    assert error_by_tenth(predicted, actual) == pytest.approx(by_tenth, abs=1e-3)
    assert predicted.sum() / actual.sum() - 1 == pytest.approx(bias, abs=0.005)


def test_cdnow_hold_out_by_repeat_purchases() -> None:
    repeats = np.minimum(cdnow()[0]["x"].to_numpy(), 7)
    predicted, _ = hold_out(False)
    means = [predicted[repeats == x].mean() for x in range(8)]
    published = [0.225, 0.523, 1.044, 1.520, 2.164, 2.654, 3.504, 6.157]
    assert means == pytest.approx(published, abs=5e-4)


def test_cdnow_coverage_of_the_next_date() -> None:
    rows, counts = cdnow()
    silence = Silence(rows, fit(counts, leaves_after_first=False).model)
    after = CDNOW.filter(pl.col("purchased_on") > CALIBRATED_ON).group_by("customer_key")
    first = after.agg((pl.col("purchased_on").min() - CALIBRATED_ON).dt.total_days().alias("days"))
    days = rows.join(first, on="customer_key", how="left", maintain_order="left")["days"]
    came = days.fill_null(0).to_numpy()
    position = (1 - silence.lasts(came)) / (1 - silence.lasts(HOLD_OUT_DAYS))
    assert share_between(position, came.astype(float)) == pytest.approx(0.803, abs=5e-4)


@cache
def retail() -> Backtest:
    purchases = public("online_retail_purchases")
    return backtest(Split(purchases), date(2011, 12, 9), 91, PredictionRules())


def test_online_retail_ranks_better_than_the_figures_known_of_it() -> None:
    done = retail()
    assert done.shop.buyers == 3370
    found = dict(done.backtests.select("metric", "value").iter_rows())
    assert found["buys_again_auc"] > 0.735
    assert found["money_gini"] > 0.688
    assert 0.75 < found["next_order_coverage"] < 0.85
    assert found["orders_bias_plain"] == pytest.approx(-0.24, abs=0.01)
    assert done.shop.purchases is not None
    assert done.shop.purchases.model.name == "MBG/CNBD-2"
