"""A table as Parquet, CSV and NDJSON take it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import IO, Any

import polars as pl

from enrich.destinations.mapping import joined
from enrich.spreadsheet import harmless_cells

MOMENT = "%Y-%m-%dT%H:%M:%S%.3fZ"


def writer(
    table: pl.DataFrame, written: str, list_separator: str, formula_safe: bool
) -> Callable[[IO[bytes]], object]:
    """What writes the table into an open file, as parquet, csv or ndjson."""
    if written == "parquet":
        return in_utc(table).write_parquet
    if written == "ndjson":
        return as_numbers(table).write_ndjson
    return as_cells(table, list_separator, formula_safe).write_csv


def in_utc(table: pl.DataFrame) -> pl.DataFrame:
    """The table for Parquet, whose moments say that they are UTC."""
    moments = _of(table, pl.Datetime)
    return table.with_columns(pl.col(name).dt.replace_time_zone("UTC") for name in moments)


def as_cells(table: pl.DataFrame, list_separator: str, formula_safe: bool) -> pl.DataFrame:
    """The table for CSV: lists joined, lines as JSON, and no text a spreadsheet would run."""
    flat = _plain(table).with_columns(
        _json(name)
        if isinstance(kind.inner, pl.Struct)
        else joined(list_separator).column(pl.col(name))
        for name, kind in table.schema.items()
        if isinstance(kind, pl.List)
    )
    return harmless_cells(flat) if formula_safe else flat


def as_numbers(table: pl.DataFrame) -> pl.DataFrame:
    """The table for NDJSON, where an amount is a number, not a text."""
    plain = _plain(table)
    return plain.with_columns(pl.col(name).cast(pl.Float64) for name in _of(plain, pl.Decimal))


def _plain(table: pl.DataFrame) -> pl.DataFrame:
    """Moments as ISO texts with a Z, the amounts of lines as numbers."""
    return table.with_columns(
        *(pl.col(name).dt.to_string(MOMENT) for name in _of(table, pl.Datetime)),
        *(
            pl.col(name).cast(pl.List(_numbers(kind.inner)))
            for name, kind in table.schema.items()
            if isinstance(kind, pl.List) and isinstance(kind.inner, pl.Struct)
        ),
    )


def _numbers(line: pl.Struct) -> pl.Struct:
    kinds = {one.name: one.dtype for one in line.fields}
    return pl.Struct(
        {
            name: pl.Float64() if isinstance(kind, pl.Decimal) else kind
            for name, kind in kinds.items()
        }
    )


def _json(name: str) -> pl.Expr:
    lines = pl.col(name).list.eval(pl.element().struct.json_encode()).list.join(",")
    return pl.concat_str(pl.lit("["), lines, pl.lit("]")).alias(name)


def _of(table: pl.DataFrame, kind: Any) -> Iterable[str]:
    return [name for name, dtype in table.schema.items() if dtype.base_type() is kind]
