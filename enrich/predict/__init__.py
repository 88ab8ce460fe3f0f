"""What comes next for each customer, and how wrong it was before: a pure core."""

from enrich.predict.backtest import (
    CALIBRATION,
    Backtest,
    backtest,
    backtest_of_sums,
    winners,
    with_winners,
)
from enrich.predict.bought_days import BoughtDays, Numbers, bought_days, day_number
from enrich.predict.compared import Sums, came, summed
from enrich.predict.kept import kept_levels, kept_model, model_rows
from enrich.predict.levels import Level, cutoffs, level, levels, levels_by
from enrich.predict.mbg import Model
from enrich.predict.next_products import (
    HIT_RATES,
    NEXT_BEST,
    NEXT_PRODUCTS,
    NextProducts,
    next_products,
)
from enrich.predict.predicting import (
    HORIZONS,
    PLAIN,
    PREDICTIONS,
    WORTHS,
    Levels,
    predictions,
    tier_cuts,
    with_tiers,
    worths,
)
from enrich.predict.replenishment import (
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
    modelled,
    shop_model,
    states_of,
)
from enrich.predict.states import COUNTS, ShopCounts, counted, states
from enrich.predict.tracking import curve_of

__all__ = [
    "CALIBRATION",
    "COUNTS",
    "HIT_RATES",
    "HORIZONS",
    "NEXT_BEST",
    "NEXT_PRODUCTS",
    "NO_PURCHASES",
    "PLAIN",
    "PREDICTIONS",
    "WORTHS",
    "Backtest",
    "BoughtDays",
    "InOrder",
    "Level",
    "Levels",
    "Model",
    "NextProducts",
    "Numbers",
    "PredictionRules",
    "ProductRules",
    "PurchaseParts",
    "ShopCounts",
    "ShopModel",
    "Sums",
    "backtest",
    "backtest_of_sums",
    "bought_days",
    "came",
    "counted",
    "curve_of",
    "cutoffs",
    "day_number",
    "due",
    "kept_levels",
    "kept_model",
    "level",
    "levels",
    "levels_by",
    "model_rows",
    "modelled",
    "next_products",
    "predictions",
    "repeats",
    "rhythms",
    "shop_model",
    "states",
    "states_of",
    "summed",
    "tier_cuts",
    "usual_days",
    "winners",
    "with_tiers",
    "with_winners",
    "worths",
]
