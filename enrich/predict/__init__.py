"""What comes next for each customer, and how wrong it was before: a pure core."""

from enrich.predict.actuals import Sums, sums_of, with_actuals
from enrich.predict.backtest import (
    CALIBRATION,
    Backtest,
    backtest,
    backtest_of_sums,
    winners,
    with_winners,
)
from enrich.predict.bought_days import BoughtDays, Numbers, bought_days, day_number
from enrich.predict.kept import kept_levels, kept_model, model_rows
from enrich.predict.levels import Level, cutoffs, level, levels, seasonal_levels
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
    PredictionRules,
    PurchaseParts,
    ShopModel,
    SortedParts,
    fitted_shop,
    shop_model,
    states_of,
)
from enrich.predict.states import COUNTS, ShopCounts, shop_counts, states
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
    "SortedParts",
    "Sums",
    "backtest",
    "backtest_of_sums",
    "bought_days",
    "curve_of",
    "cutoffs",
    "day_number",
    "due",
    "fitted_shop",
    "kept_levels",
    "kept_model",
    "level",
    "levels",
    "model_rows",
    "next_products",
    "predictions",
    "repeats",
    "rhythms",
    "seasonal_levels",
    "shop_counts",
    "shop_model",
    "states",
    "states_of",
    "sums_of",
    "tier_cuts",
    "usual_days",
    "winners",
    "with_actuals",
    "with_tiers",
    "with_winners",
    "worths",
]
