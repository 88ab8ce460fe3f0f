"""What comes next for each customer, and how wrong it was before: a pure core."""

from enrich.predict.backtest import (
    BASELINES,
    Backtest,
    backtest,
    levels,
    winners,
)
from enrich.predict.mbg import Model
from enrich.predict.predicting import (
    HORIZONS,
    PLAIN,
    Levels,
    predictions,
    tier_cuts,
    with_tiers,
)
from enrich.predict.shop import (
    PredictionRules,
    PurchaseParts,
    ShopModel,
    shop_model,
    states_of,
)

__all__ = [
    "BASELINES",
    "HORIZONS",
    "PLAIN",
    "Backtest",
    "Levels",
    "Model",
    "PredictionRules",
    "PurchaseParts",
    "ShopModel",
    "backtest",
    "levels",
    "predictions",
    "shop_model",
    "states_of",
    "tier_cuts",
    "winners",
    "with_tiers",
]
