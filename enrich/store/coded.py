"""The lists of kept profiles: codes in the file, the texts they stand for to whoever reads.

A text stands in many lists of many customers, and DuckDB needs three times as long to store lists
of texts as lists of numbers. So `coded_profiles` holds codes, `profile_texts` what they mean, and
the view `profiles` shows texts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import duckdb
import polars as pl

from enrich.errors import Stop
from enrich.store.scripts import quoted, quoted_name, read, run, table_exists

_CODE = pl.UInt32
_FIRST_CODE = 1  # as list_select counts


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The texts that the lists of one store's profiles may hold, several enums in a row."""

    enums: tuple[pl.Enum, ...]

    @classmethod
    def of(cls, profiles: pl.DataFrame) -> Vocabulary:
        """The enums of the list columns, each once."""
        enums: list[pl.Enum] = []
        enums.extend(enum for enum in _enums(profiles).values() if enum not in enums)
        return cls(tuple(enums))

    @property
    def texts(self) -> pl.DataFrame:
        """code, text: one row per text of each enum."""
        texts = pl.concat([pl.Series("text", [], dtype=pl.String), *map(_texts, self.enums)])
        return texts.to_frame().with_row_index("code", offset=_FIRST_CODE)

    def coded(self, profiles: pl.DataFrame) -> pl.DataFrame:
        """The profiles with codes for texts; raises Stop on a list of another enum."""
        return profiles.with_columns(
            pl.col(name).list.eval(pl.element().to_physical().cast(_CODE) + self._first_code(enum))
            for name, enum in _enums(profiles).items()
        )

    def _first_code(self, enum: pl.Enum) -> int:
        code = _FIRST_CODE
        for one in self.enums:
            if one == enum:
                return code
            code += len(one.categories)
        raise Stop("all blocks of profiles need lists of the same texts as the first one")


def _enums(profiles: pl.DataFrame) -> dict[str, pl.Enum]:
    """The enum of each column of lists of texts."""
    lists = {n: t.inner for n, t in profiles.schema.items() if isinstance(t, pl.List)}
    return {name: inner for name, inner in lists.items() if isinstance(inner, pl.Enum)}


def _texts(enum: pl.Enum) -> pl.Series:
    return enum.categories.alias("text")


def show_profiles(connection: duckdb.DuckDBPyConnection) -> None:
    """The view `profiles` fits the stores and columns of coded_profiles.

    Each store has its own rows in it: joined by store, the texts of all would be copied into every
    row. Where no profiles were ever kept there is no view.
    """
    stores = read(connection, "history/coded_stores")["store"]
    columns = read(connection, "history/coded_columns").rows()
    shown = "\nunion all\n".join(_shown(store, columns) for store in stores)
    if shown:
        connection.execute(f"create or replace view profiles as\n{shown}")


def _shown(store: str, columns: Iterable[tuple[str, bool]]) -> str:
    names = ((quoted_name(name), is_coded) for name, is_coded in columns)
    parts = (f"list_select(texts, {n}) as {n}" if is_coded else n for n, is_coded in names)
    return (
        f"select {', '.join(parts)} from coded_profiles, ("  # noqa: S608 - names of our own tables
        "select coalesce(list(text order by code), []) as texts from profile_texts"
        f" where store = {quoted(store)}) where store = {quoted(store)}"
    )


def code_older_profiles(connection: duckdb.DuckDBPyConnection) -> None:
    """What schema 3 kept as texts is codes; the caller holds the transaction."""
    if table_exists(connection, "older_profiles"):
        lists = read(connection, "history/older_lists")["column_name"].to_list()
        run(connection, "history/code_older_profiles", lists=lists)
        show_profiles(connection)
