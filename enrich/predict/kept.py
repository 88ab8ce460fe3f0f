"""A shop's models and levels as rows that are kept, and back."""

from __future__ import annotations

from datetime import date

import polars as pl

from enrich.predict.fitting import Fitted
from enrich.predict.gamma_gamma import ValueModel
from enrich.predict.mbg import PARAMETERS, Model
from enrich.predict.predicting import Levels
from enrich.predict.shop import ShopModel

MODELS = {
    "model": pl.String,
    "parameter": pl.String,
    "value": pl.Float64,
    "log_likelihood": pl.Float64,
    "customers": pl.Int64,
}
VALUES, LEVEL = "gamma-gamma", "level"
_VALUE_PARAMETERS = ("p", "q", "gamma", "correlation")


def model_rows(shop: ShopModel, levels: Levels) -> pl.DataFrame:
    """A row per parameter (MODELS); none where the shop has no model."""
    rows: list[tuple[str, str, float, float | None, int]] = []
    if shop.purchases is not None:
        model, fit = shop.buying, shop.purchases.log_likelihood
        rows += [
            (model.name, one, float(getattr(model, one)), fit, shop.buyers)
            for one in ("k", *PARAMETERS)
        ]
    if shop.values is not None:
        values = shop.values
        rows += [
            (VALUES, one, float(getattr(values, one)), values.log_likelihood, values.customers)
            for one in _VALUE_PARAMETERS
        ]
    kinds = {"orders": levels.orders, "amount": levels.amounts, "season": levels.seasons}
    for what, found in kinds.items():
        rows += [
            (LEVEL, f"{what}_{days}d", level, None, shop.buyers) for days, level in found.items()
        ]
    return pl.DataFrame(rows, MODELS, orient="row")


def kept_model(rows: pl.DataFrame, as_of: date) -> ShopModel | None:
    """The models of these rows, to search from; None without any."""
    found = {
        (model, parameter): (value, fit, customers)
        for model, parameter, value, fit, customers in rows.select(list(MODELS)).iter_rows()
    }
    names = {model for model, parameter in found if parameter == "k"}
    if not names:
        return None
    (name,) = names
    k, fit, buyers = found[name, "k"]
    model = Model(int(k), *(found[name, one][0] for one in PARAMETERS))
    values = None
    if (VALUES, "p") in found:
        p, q, gamma, together = (found[VALUES, one][0] for one in _VALUE_PARAMETERS)
        _, value_fit, customers = found[VALUES, "p"]
        values = ValueModel(p, q, gamma, value_fit, customers, together, is_converged=True)
    return ShopModel(as_of, buyers, 0, Fitted(model, fit, is_converged=True), values)


def kept_levels(rows: pl.DataFrame) -> Levels:
    """The levels of these rows."""
    found: dict[str, dict[int, float]] = {"orders": {}, "amount": {}, "season": {}}
    for parameter, value in rows.filter(model=LEVEL).select("parameter", "value").iter_rows():
        what, _, days = parameter.partition("_")
        found[what][int(days.removesuffix("d"))] = value
    return Levels(*found.values())
