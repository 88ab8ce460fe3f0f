"""What somebody buys more of than others do: top brand and category, with share and lift.

Counted are order lines. A share is smoothed: everybody is taken to have bought a few lines more,
spread as the shop's are, so that two lines of a brand do not make a devotee.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from enrich.profile.field import ProfileField, ratio
from enrich.profile.lists import PackedKeys

PSEUDO_LINES = 5
LEAST_LINES = 2
SUBJECTS = {"brands": "brand", "categories": "category"}
"""The lists whose values are compared with the shop, and what one value is called."""


def _fields(name: str) -> tuple[ProfileField, ...]:
    top, lines, total = pl.col(f"top_{name}"), pl.col(f"{name}_lines"), pl.col(f"{name}_total")
    whole, plenty = pl.col("all_lines_" + name), pl.col(f"{name}_bought") + PSEUDO_LINES
    weight = lines * whole + PSEUDO_LINES * total
    return (
        ProfileField(
            f"top_{name}",
            pl.String,
            "",
            None,
            f"The {name} with the largest share of the customer's order lines; null with fewer than"
            f" {LEAST_LINES} of it, or where the share is no larger than the shop's.",
            top,
        ),
        ProfileField(
            f"top_{name}_share",
            pl.Float64,
            "share",
            None,
            f"Its share of the customer's lines, with {PSEUDO_LINES} lines spread as the shop's.",
            ratio(weight, plenty * whole),
            step=0.05,
        ),
        ProfileField(
            f"top_{name}_lift",
            pl.Float64,
            "times",
            None,
            "That share divided by the one of the whole shop; 1 is like everybody.",
            ratio(weight, plenty * total, 2),
            step=0.5,
        ),
    )


AFFINITY = tuple(field for name in SUBJECTS.values() for field in _fields(name))


def shop_lines(lines: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """text, lines: how many lines there are of each brand and category."""
    return {
        base_name: lines.group_by(name)
        .agg(lines=pl.len().cast(pl.Int64))
        .select("lines", text=pl.col(name).cast(pl.String))
        .drop_nulls("text")
        for base_name, name in SUBJECTS.items()
    }


def added(parts: Iterable[dict[str, pl.DataFrame]]) -> dict[str, pl.DataFrame]:
    """The lines of several parts together."""
    every = list(parts)
    return {
        base_name: pl.concat(one[base_name] for one in every).group_by("text").agg(pl.sum("lines"))
        for base_name in SUBJECTS
    }


def affinity(keys: PackedKeys, first: int, end: int, shop: pl.DataFrame) -> pl.DataFrame:
    """What the fields of one subject are made of, a row per customer of the range."""
    name = SUBJECTS[keys.base_name]
    whole = int(shop["lines"].sum())
    texts = pl.DataFrame({"text": keys.texts.categories})
    totals = texts.join(shop, on="text", how="left", maintain_order="left")["lines"]
    rows = keys.line_counts(first, end)
    bought = rows.group_by("customer").agg(bought=pl.col("lines").sum())
    weight = pl.col("lines") * whole + PSEUDO_LINES * pl.col("total")
    top = (
        rows.filter(pl.col("lines") >= LEAST_LINES)
        .with_columns(total=pl.lit(totals).gather(pl.col("code")))
        .join(bought, on="customer")
        .filter(weight > (pl.col("bought") + PSEUDO_LINES) * pl.col("total"))
        .sort("customer", -weight, "code")
        .unique("customer", keep="first", maintain_order=True)
    )
    everybody = pl.LazyFrame({"customer": pl.int_range(first, end, dtype=pl.Int64, eager=True)})
    found = everybody.join(top, on="customer", how="left", maintain_order="left").collect()
    held = pl.Series([], dtype=keys.texts).to_physical().dtype
    return found.select(
        pl.col("code").cast(held).cat.to(keys.texts).alias(f"top_{name}"),
        pl.col("lines").alias(f"{name}_lines"),
        pl.col("total").alias(f"{name}_total"),
        pl.col("bought").alias(f"{name}_bought"),
        pl.lit(whole, pl.Int64).alias(f"all_lines_{name}"),
    )
