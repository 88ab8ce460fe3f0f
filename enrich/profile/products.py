"""Products that a customer needs again or may buy next, as `enrich.predict` finds them."""

from dataclasses import replace

import polars as pl

from enrich.profile.field import TEXTS, ProfileField
from enrich.profile.predicted import DATE_STEP_DAYS

PRODUCTS = (
    ProfileField(
        "next_due_product",
        pl.String,
        "",
        None,
        "Product that the customer is likely to need again next, of those that are bought again at"
        " regular intervals (table replenishment).",
        pl.col("next_due_product"),
    ),
    ProfileField(
        "next_due_on",
        pl.Date,
        "day",
        None,
        "Day on which it is: the newest purchase and the usual days, their own of who bought it on"
        " three days; what is late by more than half of them is given up.",
        pl.col("next_due_on"),
        DATE_STEP_DAYS,
    ),
    ProfileField(
        "next_best_products",
        TEXTS,
        "",
        [],
        "Up to ten products that the customer is likeliest to buy next, again or for the first"
        " time, the likeliest first; of those that are active and in stock. The entity of this name"
        " gives platforms each with its SKU, category and reason.",
        pl.col("next_best_products").fill_null([]),
    ),
)
# The same where no lists were computed, which is not to have an empty one.
UNLISTED = tuple(replace(one, expression=pl.col(one.name)) for one in PRODUCTS)


def no_products(texts: pl.DataType) -> pl.DataFrame:
    """Nothing is known of anybody's next products; `texts` is the vocabulary of products."""
    return pl.DataFrame(
        schema={
            "customer_key": pl.Int64,
            "next_due_product": texts,
            "next_due_on": pl.Date,
            "next_best_products": pl.List(texts),
        }
    )
