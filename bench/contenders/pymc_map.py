"""What comes next for every buyer by pymc-marketing: python -m bench.contenders.pymc_map SHOP OUT.

Summarises the purchases of the shop, fits MBG/NBD and gamma-gamma by MAP, writes the same
expectations as `predict`; it has no date of the next order, and k is 1.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
from pymc_marketing.clv import GammaGammaModel, ModifiedBetaGeoModel
from pymc_marketing.clv.utils import rfm_summary

from bench.measure import say_seconds
from bench.scales import AS_OF, table_path

WEEKS = {"30d": 30 / 7, "90d": 90 / 7, "365d": 365 / 7}


def write_expectations(shop: Path, out: Path) -> None:
    """Writes one row per buyer of the shop."""
    buyers = summary(shop)
    buying, paying = ModifiedBetaGeoModel(), GammaGammaModel()
    buying.fit(buyers, method="map", progressbar=False)
    paid = buyers[(buyers["frequency"] > 0) & (buyers["monetary_value"] > 0)]
    paying.fit(paid, method="map", progressbar=False)
    found = {
        "p_alive": buying.expected_probability_alive(buyers),
        "value": paying.expected_customer_spend(buyers),
        **{
            f"expected_orders_{name}": buying.expected_purchases(buyers, future_t=weeks)
            for name, weeks in WEEKS.items()
        },
    }
    columns = {name: values.mean(("chain", "draw")).to_numpy() for name, values in found.items()}
    pd.DataFrame({"customer_key": buyers["customer_id"], **columns}).to_parquet(out)


def summary(shop: Path) -> pd.DataFrame:
    """frequency, recency, T in weeks and monetary_value of each buyer."""
    purchases = pd.read_parquet(
        table_path(shop, "purchases"), columns=["customer_key", "purchased_on", "amount_cents"]
    )
    found = rfm_summary(
        purchases,
        customer_id_col="customer_key",
        datetime_col="purchased_on",
        monetary_value_col="amount_cents",
        observation_period_end=AS_OF.isoformat(),
        time_unit="D",
        time_scaler=7,
    ).reset_index()
    return found.assign(monetary_value=found["monetary_value"] / 100)


if __name__ == "__main__":
    say_seconds(lambda: write_expectations(Path(sys.argv[1]), Path(sys.argv[2])))
