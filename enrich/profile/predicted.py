"""What comes next for a customer: the predictions of `enrich.predict` as fields."""

import polars as pl

from enrich.predict import NO_PURCHASES, PREDICTIONS
from enrich.profile.field import MONEY, ProfileField, ShareStep

DTypes = pl.DataType | type[pl.DataType]
PROBABILITY_STEP, DATE_STEP_DAYS, ORDERS_STEP, MONEY_STEP = 0.05, 7, 0.1, ShareStep(0.1)


def _field(
    name: str, dtype: DTypes, unit: str, definition: str, step: float | None = None
) -> ProfileField:
    return ProfileField(name, dtype, unit, None, definition, pl.col(name), step)


def _expected_orders(days: int) -> ProfileField:
    text = f"Expected purchases in the next {days} days; docs/prediction.md says how well it held."
    return _field(f"expected_orders_{days}d", pl.Float64, "purchases", text, ORDERS_STEP)


PREDICTED = (
    _field(
        "p_alive",
        pl.Float64,
        "probability",
        "Probability that the customer has not left for good; it falls with silence.",
        PROBABILITY_STEP,
    ),
    _field(
        "churn_probability_90d",
        pl.Float64,
        "probability",
        "Probability of no purchase in the next 90 days.",
        PROBABILITY_STEP,
    ),
    *(_expected_orders(days) for days in (30, 90, 365)),
    _field(
        "expected_amount_365d",
        MONEY,
        "currency",
        "Expected amount of the next 365 days: expected purchases times expected value.",
        MONEY_STEP,
    ),
    _field(
        "clv_365d",
        MONEY,
        "currency",
        "The same discounted by the yearly rate of the settings (none unless they say so).",
        MONEY_STEP,
    ),
    _field(
        "clv_tier",
        pl.String,
        "",
        "Place by clv_365d among the store's buyers: top_1, top_5, top_10, top_25, top_50 (the top"
        " 1 %, the next up to 5 %, and so on) or rest.",
    ),
    _field(
        "next_order_on",
        pl.Date,
        "day",
        "Day by which half of such customers have ordered again, if they have not left; null when"
        " it is more than 730 days ahead.",
        DATE_STEP_DAYS,
    ),
    _field(
        "next_order_from",
        pl.Date,
        "day",
        "Day by which a tenth of them have: the interval from here to next_order_until holds 80 %.",
        DATE_STEP_DAYS,
    ),
    _field("next_order_until", pl.Date, "day", "Day by which nine tenths have.", DATE_STEP_DAYS),
    ProfileField(
        "prediction_status",
        pl.String,
        "",
        None,
        "Why predictions are null: too_few_buyers, short_history, not_converged,"
        " value_depends_on_frequency (amounts alone), beyond_horizon (dates alone), no_purchases.",
        pl.when(pl.col("orders_lifetime") == 0)
        .then(pl.lit(NO_PURCHASES, PREDICTIONS["prediction_status"]))
        .otherwise("prediction_status"),
    ),
)


def no_predictions() -> pl.DataFrame:
    """Nobody is predicted: every field is null."""
    return pl.DataFrame(schema=PREDICTIONS)
