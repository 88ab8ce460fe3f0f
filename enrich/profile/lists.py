"""Which values a customer bought in which window, from packed integer keys sorted once.

A packed key is one whole number for (customer, value, bucket of age, not of the last purchase), in
this order of weight. Sorted, the keys of one customer and value stand together, the newest first:
a distinct value, which is in a window or not. The factors are the sizes of the shop and of the list
of windows, never fixed widths.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from enrich.errors import Stop
from enrich.profile.windows import Window

_KEYS = 2**64


@dataclass(frozen=True, slots=True)
class Dimension:
    """A dimension with lists of distinct values: base name of its fields, table, column, filter."""

    base_name: str
    table: str
    column: str
    only_where: str | None = None


DIMENSIONS = (
    Dimension("products", "lines", "product"),
    Dimension("categories", "lines", "category"),
    Dimension("brands", "lines", "brand"),
    Dimension("promo_codes", "promo_codes", "promo_code"),
    Dimension("applied_promo_codes", "promo_codes", "promo_code", only_where="is_applied"),
)


@dataclass(frozen=True, slots=True)
class PackedKeys:
    """The sorted packed keys of one dimension; `texts` are its values in order."""

    base_name: str
    texts: pl.Enum
    bucket_count: int
    keys: pl.Series

    @property
    def keys_per_customer(self) -> int:
        """How many different keys one customer can have."""
        return _keys_per_customer(self.texts, self.bucket_count)

    def distinct_values(self, first: int, end: int) -> pl.LazyFrame:
        """customer, value, newest and oldest bucket, is_last, in order, of a range of customers."""
        here, per_value = self._between(first, end), 2 * self.bucket_count
        pair, low = pl.col("key") // per_value, pl.col("key") % per_value
        keys = here.select("key", pair=pair, bucket=(low // 2).cast(pl.UInt16))
        is_newest = pl.col("pair").ne_missing(pl.col("pair").shift(1))
        is_oldest = pl.col("pair").ne_missing(pl.col("pair").shift(-1))
        oldest = keys.filter(is_oldest).select(oldest="bucket")
        newest = keys.filter(is_newest).select(
            customer=(pl.col("pair") // len(self.texts.categories)).cast(pl.UInt32),
            value=(pl.col("pair") % len(self.texts.categories))
            .cast(_code_type(self.texts))
            .cat.to(self.texts),
            newest="bucket",
            is_last=pl.col("key") % 2 == 0,
        )
        return pl.concat([newest, oldest], how="horizontal")

    def line_counts(self, first: int, end: int) -> pl.LazyFrame:
        """customer, code of the value, lines: how many rows each has, of a range of customers."""
        pair = self._between(first, end).select(pair=pl.col("key") // (2 * self.bucket_count))
        counted = pair.select(pl.col("pair").rle()).unnest("pair")
        return counted.select(
            customer=(pl.col("value") // len(self.texts.categories)).cast(pl.Int64),
            code=(pl.col("value") % len(self.texts.categories)).cast(pl.Int64),
            lines=pl.col("len").cast(pl.Int64),
        )

    def _between(self, first: int, end: int) -> pl.LazyFrame:
        """The keys of a range of customers."""
        bounds = [customer * self.keys_per_customer for customer in (first, end)]
        places = self.keys.search_sorted(pl.Series(bounds, dtype=pl.UInt64), side="left")
        return pl.LazyFrame({"key": self.keys[places[0] : places[1]]})

    def lists(self, first: int, end: int, windows: tuple[Window, ...]) -> pl.DataFrame:
        """STEM_W and last_STEM: the distinct values in order, a row per customer of the range."""
        wanted = {f"{self.base_name}_{window.name}": _is_in(window) for window in windows}
        wanted[f"last_{self.base_name}"] = pl.col("is_last")
        rows = self.distinct_values(first, end).with_columns(**wanted).collect()
        everyone = pl.int_range(first, end + 1, dtype=pl.UInt32, eager=True)
        starts = rows["customer"].search_sorted(everyone, side="left")
        return pl.DataFrame([_lists(rows["value"], rows[name], starts) for name in wanted])


def _lists(values: pl.Series, is_wanted: pl.Series, starts: pl.Series) -> pl.Series:
    """The wanted ones of the values between each start and the next, named like `is_wanted`."""
    import pyarrow as pa  # a quarter of the start of who only wants scores

    before = pl.concat([pl.Series([0], dtype=pl.UInt32), is_wanted.cum_sum().cast(pl.UInt32)])
    offsets, kept = before.gather(starts).cast(pl.Int64), values.filter(is_wanted)
    codes = pa.LargeListArray.from_arrays(offsets.to_arrow(), kept.to_physical().to_arrow())
    lists = pl.Series(is_wanted.name, pl.from_arrow(codes))
    return lists.list.eval(pl.element().cat.to(values.dtype))


def _is_in(window: Window) -> pl.Expr:
    """Whether a value with this newest and oldest bucket was bought in the window.

    That is enough, because every window begins with the newest bucket or ends with the oldest.
    """
    return (pl.col("newest") <= window.oldest_bucket) & (pl.col("oldest") >= window.newest_bucket)


def _code_type(texts: pl.Enum) -> pl.DataType:
    return pl.Series([], dtype=texts).to_physical().dtype


def _keys_per_customer(texts: pl.Enum, bucket_count: int) -> int:
    return len(texts.categories) * bucket_count * 2


def packed_keys(
    table: str, rows: pl.DataFrame, customer_count: int, bucket_count: int
) -> list[PackedKeys]:
    """The packed keys of the dimensions of one table; `rows` have customer, bucket and is_last.

    Raises Stop when a key needs over 64 bits.
    """
    dimensions = [one for one in DIMENSIONS if one.table == table]
    columns = {one.column: rows[one.column] for one in dimensions}
    texts = {name: sorted_texts(column) for name, column in columns.items()}
    for enum in texts.values():
        if customer_count * _keys_per_customer(enum, bucket_count) > _KEYS:
            raise Stop("too many customers and products for one part: profile in smaller parts")
    keys = (
        rows.lazy()
        .with_columns(**{name: codes(column, texts[name]) for name, column in columns.items()})
        .select(_packed(one, texts[one.column], bucket_count) for one in dimensions)
        .collect(engine="streaming")
    )
    return [
        PackedKeys(
            one.base_name,
            texts[one.column],
            bucket_count,
            keys.drop_in_place(one.base_name).drop_nulls().sort(),
        )
        for one in dimensions
    ]


def _packed(dimension: Dimension, texts: pl.Enum, bucket_count: int) -> pl.Expr:
    """The key of a row; null where it has no value or does not count in the dimension."""
    value = pl.col(dimension.column).cast(pl.UInt64)
    if dimension.only_where:
        value = pl.when(dimension.only_where).then(value)
    pair = pl.col("customer").cast(pl.UInt64) * len(texts.categories) + value
    key = (pair * bucket_count + pl.col("bucket")) * 2 + pl.col("is_last").not_().cast(pl.UInt64)
    return key.alias(dimension.base_name)


def sorted_texts(values: pl.Series) -> pl.Enum:
    """The distinct texts of a column in the order of their code points."""
    if isinstance(values.dtype, pl.Enum) and values.dtype.categories.is_sorted():
        return values.dtype
    return pl.Enum(values.unique().drop_nulls().cast(pl.String).sort())


def codes(values: pl.Series, texts: pl.Enum) -> pl.Series:
    """The place of each value among the texts."""
    if values.dtype == texts or values.dtype == pl.String:
        return values.cast(texts).to_physical()
    distinct = values.unique().drop_nulls()  # looked up in a table: a third of casting every row
    codes = pl.Series(range(int(distinct.to_physical().max() or 0) + 1))  # type: ignore[arg-type]
    places = distinct.cast(texts).to_physical()
    return codes.replace_strict(distinct.to_physical(), places, default=None).gather(
        values.to_physical()
    )
