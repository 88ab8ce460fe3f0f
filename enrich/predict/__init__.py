"""What comes next for each customer, and how wrong it was before: a pure core."""

from enrich.predict.backtest import Backtest, backtest, levels, winners, with_winners
from enrich.predict.bought_days import BoughtDays, Numbers, bought_days, day_number
from enrich.predict.kept import kept_levels, kept_model, model_rows
from enrich.predict.mbg import Model
from enrich.predict.next_products import (
    HIT_RATES,
    NEXT_BEST,
    NEXT_PRODUCTS,
    NextProducts,
    next_products,
)
from enrich.predict.predicting import (
    PLAIN,
    PREDICTIONS,
    Levels,
    predictions,
    tier_cuts,
    with_tiers,
)
from enrich.predict.replenishment import (
    DUE,
    ProductRules,
    due,
    repeats,
    rhythms,
    usual_days,
)
from enrich.predict.shop import (
    NO_PURCHASES,
    InOrder,
    PredictionRules,
    PurchaseParts,
    ShopModel,
    shop_model,
    states_of,
)
from enrich.predict.tracking import curve_of

__all__ = [
    "DUE",
    "HIT_RATES",
    "NEXT_BEST",
    "NEXT_PRODUCTS",
    "NO_PURCHASES",
    "PLAIN",
    "PREDICTIONS",
    "Backtest",
    "BoughtDays",
    "InOrder",
    "Levels",
    "Model",
    "NextProducts",
    "Numbers",
    "PredictionRules",
    "ProductRules",
    "PurchaseParts",
    "ShopModel",
    "backtest",
    "bought_days",
    "curve_of",
    "day_number",
    "due",
    "kept_levels",
    "kept_model",
    "levels",
    "model_rows",
    "next_products",
    "predictions",
    "repeats",
    "rhythms",
    "shop_model",
    "states_of",
    "tier_cuts",
    "usual_days",
    "winners",
    "with_tiers",
    "with_winners",
]
