"""What comes next for each customer, and how wrong it was before: a pure core."""

from enrich.predict.backtest import Backtest, backtest, levels, winners, with_winners
from enrich.predict.kept import kept_levels, kept_model, model_rows
from enrich.predict.mbg import Model
from enrich.predict.predicting import (
    PLAIN,
    PREDICTIONS,
    Levels,
    predictions,
    tier_cuts,
    with_tiers,
)
from enrich.predict.shop import (
    NO_PURCHASES,
    PredictionRules,
    PurchaseParts,
    ShopModel,
    modelled,
    shop_model,
    states_of,
)
from enrich.predict.states import added, counted
from enrich.predict.tracking import curve_of

__all__ = [
    "NO_PURCHASES",
    "PLAIN",
    "PREDICTIONS",
    "Backtest",
    "Levels",
    "Model",
    "PredictionRules",
    "PurchaseParts",
    "ShopModel",
    "added",
    "backtest",
    "counted",
    "curve_of",
    "kept_levels",
    "kept_model",
    "levels",
    "model_rows",
    "modelled",
    "predictions",
    "shop_model",
    "states_of",
    "tier_cuts",
    "winners",
    "with_tiers",
    "with_winners",
]
