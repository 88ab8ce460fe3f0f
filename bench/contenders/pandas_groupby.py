"""The same table in plain pandas: python -m bench.contenders.pandas_groupby SHOP OUT.

Knows nothing of the project, so that it runs in an environment of its own.
"""

from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bench.scales import AS_OF, table_path

Frame = Any  # pandas brings no types of its own
Numbers = Any

DAYS = {"30d": 30, "60d": 60, "90d": 90, "180d": 180, "360d": 360}
WINDOWS = (*DAYS, "360d_plus", "lifetime")
LISTED = (
    ("products", "lines", "product"),
    ("categories", "lines", "category"),
    ("brands", "lines", "brand"),
    ("promo_codes", "codes", "promo_code"),
    ("applied_promo_codes", "applied", "promo_code"),
)
LAST = (LISTED[2], LISTED[1], LISTED[3])
LOW_NAMES = {"BEGINNERS": "LOSE_IT", "FREQUENT": "HIBERNATING", "LOYAL": "HIBERNATING"}
RICH_LOW_NAMES = {"BEGINNERS": "AT_RISK", "FREQUENT": "AT_RISK", "LOYAL": "CANT_LOSE"}
HIGH_NAMES = {"BEGINNERS": "NEW", "FREQUENT": "ACTIVE", "LOYAL": "ACTIVE"}
RICH_HIGH_NAMES = {
    "BEGINNERS": "PROMISING",
    "FREQUENT": "POTENTIAL_LOYAL",
    "LOYAL": "CHAMPIONS",
}


def write_profiles(shop: Path, out: Path) -> None:
    """Reads the four tables of the shop and writes its profiles."""
    customers = pd.read_parquet(table_path(shop, "customers")).set_index("customer_key")
    bought = purchases(shop)
    tables = details(shop, bought)
    columns = dates(customers.index, bought)
    columns |= spending(customers.index, bought, tables["lines"])
    columns |= baskets(customers.index, bought, tables)
    columns |= standing(customers.index, bought)
    write(customers, columns, out)


def purchases(shop: Path) -> Frame:
    """The purchases until the day, with their age in days."""
    bought = pd.read_parquet(table_path(shop, "purchases"))
    bought["purchased_on"] = pd.to_datetime(bought["purchased_on"])
    bought["age"] = (pd.Timestamp(AS_OF) - bought["purchased_on"]).dt.days
    return bought[bought["age"] >= 0]


def details(shop: Path, bought: Frame) -> dict[str, Frame]:
    """Lines and promo codes with customer and age of their purchase."""
    known = bought[["purchase_no", "customer_key", "age"]]
    lines = pd.read_parquet(table_path(shop, "lines")).merge(known, on="purchase_no")
    codes = pd.read_parquet(table_path(shop, "promo_codes")).merge(known, on="purchase_no")
    return {"lines": lines, "codes": codes, "applied": codes[codes["is_applied"]]}


def within(frame: Frame, window: str) -> Frame:
    """The rows of a window."""
    if window == "lifetime":
        return frame
    return frame[frame["age"] > 360] if window not in DAYS else frame[frame["age"] <= DAYS[window]]


def dates(keys: Frame, bought: Frame) -> dict[str, Any]:
    """First and last purchase and their ages."""
    grouped = bought.groupby("customer_key")
    days, ages = grouped["purchased_on"], grouped["age"]
    return {
        "first_purchase_date": pa.array(days.min().reindex(keys)).cast(pa.date32()),
        "last_purchase_date": pa.array(days.max().reindex(keys)).cast(pa.date32()),
        "days_since_first_purchase": ages.max().reindex(keys).astype("Int32"),
        "days_since_last_purchase": ages.min().reindex(keys).astype("Int32"),
    }


def spending(keys: Frame, bought: Frame, lines: Frame) -> dict[str, Any]:
    """Counts, units, amounts and averages per window, and the last amount."""
    columns: dict[str, Any] = {}
    for window in WINDOWS:
        grouped = within(bought, window).groupby("customer_key")
        units = within(lines, window).groupby("customer_key")["quantity"].sum()
        count = grouped.size().reindex(keys, fill_value=0)
        cents = grouped["amount_cents"].sum().reindex(keys, fill_value=0)
        average = ((2 * cents + count) // (2 * count.where(count > 0))).astype("Int64")
        columns[f"orders_{window}"] = count.astype("int32")
        columns[f"items_{window}"] = units.reindex(keys, fill_value=0)
        columns[f"amount_{window}"] = money(cents)
        columns[f"avg_amount_{window}"] = money(average)
    last = bought.sort_values("purchase_no").groupby("customer_key")["amount_cents"].last()
    columns["last_purchase_amount"] = money(last.reindex(keys).astype("Int64"))
    return columns


def money(cents: Frame) -> Any:
    """Cents as decimals in currency units."""
    whole = pa.array(cents).cast(pa.decimal128(19, 0))
    return pc.multiply(whole, pa.scalar(Decimal("0.01"))).cast(pa.decimal128(18, 2))


def baskets(keys: Frame, bought: Frame, tables: dict[str, Frame]) -> dict[str, Any]:
    """Distinct sorted lists per window, and of the last purchase."""
    last = bought.groupby("customer_key")["purchase_no"].max()
    columns: dict[str, Any] = {}
    for stem, table, column in LISTED:
        for window in WINDOWS:
            columns[f"{stem}_{window}"] = lists(keys, within(tables[table], window), column)
    for stem, table, column in LAST:
        of_last = tables[table][tables[table]["purchase_no"].isin(last)]
        columns[f"last_purchase_{stem}"] = lists(keys, of_last, column)
    return columns


def lists(keys: Frame, rows: Frame, column: str) -> Any:
    """One sorted list of distinct values per customer."""
    pairs = rows[["customer_key", column]].dropna().drop_duplicates().sort_values(column)
    found = pairs.groupby("customer_key")[column].agg(list).reindex(keys)
    return pa.array([value if isinstance(value, list) else [] for value in found])


def standing(keys: Frame, bought: Frame) -> dict[str, Any]:
    """RFM digits per window, the lifetime scores, group and segment."""
    columns: dict[str, Any] = {}
    for window in WINDOWS:
        grouped = within(bought, window).groupby("customer_key")
        scores = pd.DataFrame(
            {
                "r": fifths(-grouped["age"].min()),
                "f": steps(grouped.size()),
                "m": fifths(grouped["amount_cents"].sum()),
            }
        )
        digits = scores["r"].astype(str) + scores["f"].astype(str) + scores["m"].astype(str)
        columns[f"rfm_{window}"] = texts(digits.reindex(keys))
    for axis in "rfm":
        columns[f"{axis}_score"] = scores[axis].reindex(keys).astype("Int8")
    named = [names(r, f, m) for r, f, m in zip(scores["r"], scores["f"], scores["m"], strict=True)]
    for place, name in enumerate(("rfm_group", "rfm_segment")):
        found = pd.Series([pair[place] for pair in named], index=scores.index, dtype="str")
        columns[name] = texts(found.reindex(keys, fill_value="PROSPECTS"))
    columns["previous_rfm_segment"] = pa.nulls(len(keys), pa.string())
    columns["rfm_segment_changed_on"] = pa.nulls(len(keys), pa.date32())
    return columns


def texts(values: Frame) -> Any:
    """Strings, null where the value is missing."""
    return pa.array(values.astype("str"), pa.string(), from_pandas=True)


def fifths(values: Frame) -> Frame:
    """1 + 5 * (2 * worse + equal) // (2 * n)."""
    counts = values.value_counts().sort_index()
    worse = counts.cumsum() - counts
    return values.map(1 + 5 * (2 * worse + counts) // (2 * len(values)))


def steps(orders: Frame) -> Frame:
    """1 for one purchase; repeat buyers climb from 2, one class at most from count to count."""
    counts = orders[orders > 1].value_counts().sort_index()
    reached = 2 + 4 * (counts.cumsum() - counts) // max(int(counts.sum()), 1)
    place = pd.Series(np.arange(len(counts)), index=counts.index)
    return orders.map(place + (reached - place).cummin()).fillna(1).astype("int64")


def names(r: int, f: int, m: int) -> tuple[str, str]:
    """Group and segment of one customer."""
    group = "BEGINNERS" if f == 1 else "FREQUENT" if f <= 3 else "LOYAL"
    if r == 3:
        return group, f"{group}_NEEDS_ATTENTION"
    if r < 3:
        return group, f"{group}_{(RICH_LOW_NAMES if m > 3 else LOW_NAMES)[group]}"
    return group, f"{group}_{(RICH_HIGH_NAMES if m > 3 else HIGH_NAMES)[group]}"


def write(customers: Frame, columns: dict[str, Any], out: Path) -> None:
    """Contacts and columns beside one another, in Parquet."""
    table = pa.Table.from_pandas(customers.reset_index(), preserve_index=False)
    for name, values in columns.items():
        table = table.append_column(name, values if _is_arrow(values) else pa.array(values))
    pq.write_table(table, out, compression="zstd", compression_level=1)


def _is_arrow(values: Any) -> bool:
    return isinstance(values, (pa.Array, pa.ChunkedArray))


if __name__ == "__main__":
    write_profiles(Path(sys.argv[1]), Path(sys.argv[2]))
