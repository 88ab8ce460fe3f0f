"""RFM: the three digits per window, the scores, group and segment, and the segment before."""

import polars as pl

from enrich.model import Rules
from enrich.profile.field import ProfileField, per_window
from enrich.profile.windows import windows


def rfm_fields(rules: Rules) -> tuple[ProfileField, ...]:
    """The RFM fields; `rules.segment_window` decides whose scores make group and segment."""
    window = rules.segment_window

    def scored(letter: str, name: str) -> ProfileField:
        text = f"{name} score from 1 to 5 (best), of the window that makes the segment."
        return ProfileField(
            f"{letter}_score", pl.Int8, "score", None, text, pl.col(f"{letter}_{window}")
        )

    return (
        *per_window(
            windows(rules),
            "rfm",
            pl.String,
            "digits",
            None,
            "Recency, frequency and monetary score {when}, such as 545; null without a purchase.",
            lambda w: pl.col(f"rfm_{w}"),
        ),
        scored("r", "Recency"),
        scored("f", "Frequency"),
        scored("m", "Monetary"),
        _text(
            "rfm_group",
            "The group of the segment, such as LOYAL; PROSPECTS never bought.",
            pl.col("rfm_group"),
        ),
        _text("rfm_segment", "One of sixteen segments by the three scores.", pl.col("rfm_segment")),
        _text(
            "previous_rfm_segment",
            "The different segment before this one; null until it has changed.",
            pl.when(_moved()).then(pl.col("segment_before")).otherwise(pl.col("previous_before")),
        ),
        ProfileField(
            "rfm_segment_changed_on",
            pl.Date,
            "day",
            None,
            "Profile day on which the segment changed; null until it has changed.",
            pl.when(_moved()).then(pl.col("as_of")).otherwise(pl.col("changed_before")),
        ),
    )


def percentile_fields(rules: Rules) -> tuple[ProfileField, ...]:
    """Where a customer stands among all, finer than a score; and since when the scores hold."""
    axes = {"r": "how recently", "f": "how often", "m": "how much"}
    text = (
        "Percentile by {how} the customer bought, 0 to 100 (best), of the window that makes the"
        " segment: the share of customers who are worse, equal ones counted half."
    )
    percentiles = (
        ProfileField(
            f"{letter}_percentile",
            pl.Int8,
            "percent",
            None,
            text.format(how=how),
            pl.col(f"{letter}_percentile"),
            step=5,
        )
        for letter, how in axes.items()
    )
    window = rules.segment_window
    changed = pl.any_horizontal(
        pl.col(f"{letter}_before").ne_missing(pl.col(f"{letter}_{window}").cast(pl.Int64))
        for letter in axes
    )
    return (
        *percentiles,
        ProfileField(
            "rfm_score_changed_on",
            pl.Date,
            "day",
            None,
            "Profile day on which one of the three scores changed; null until one has.",
            pl.when(changed & pl.col("has_history"))
            .then(pl.col("as_of"))
            .otherwise(pl.col("score_changed_before")),
        ),
    )


def _moved() -> pl.Expr:
    return pl.col("segment_before").is_not_null() & (
        pl.col("segment_before") != pl.col("rfm_segment").cast(pl.String)
    )


def _text(name: str, definition: str, how: pl.Expr) -> ProfileField:
    return ProfileField(name, pl.String, "", None, definition, how)
