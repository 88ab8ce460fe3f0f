"""The texts of kept profiles that come from a vocabulary: codes in the file, texts to who reads.

A text stands in many lists of many customers, and DuckDB needs three times as long to store lists
of texts as lists of numbers. So `coded_profiles` holds codes, `profile_texts` what they mean, and
the view `profiles` shows texts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import duckdb
import polars as pl

from enrich.warehouse.scripts import quoted, quoted_name, read

CODE = pl.UInt32
"""The type of codes, and of no other column of a profile."""

_SHOWN = {
    "UINTEGER": "list_extract(texts, {0}) as {0}",
    "UINTEGER[]": "list_select(texts, {0}) as {0}",
}
"""How the view shows a column of each type that codes have."""

_FIRST_CODE = 1  # list_extract and list_select count from 1


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The texts that one store's profiles may hold as codes: several enums in a row."""

    enums: tuple[pl.Enum, ...]

    @classmethod
    def of(cls, profiles: pl.DataFrame) -> Vocabulary:
        """The enums of the columns, each once."""
        distinct: list[pl.Enum] = []
        for enum in enums_of(profiles).values():
            if enum not in distinct:
                distinct.append(enum)
        return cls(tuple(distinct))

    @property
    def texts(self) -> pl.DataFrame:
        """code, text: one row per text of each enum."""
        texts = pl.concat([pl.Series([], dtype=pl.String), *(one.categories for one in self.enums)])
        return texts.alias("text").to_frame().with_row_index("code", offset=_FIRST_CODE)

    def coded(self, profiles: pl.DataFrame) -> pl.DataFrame:
        """The profiles with codes for the texts of enums; raises TypeError on another enum."""
        return profiles.with_columns(
            self._codes(profiles[name], enum) for name, enum in enums_of(profiles).items()
        )

    def _codes(self, texts: pl.Series, enum: pl.Enum) -> pl.Series:
        first = self._first_code(enum)
        if isinstance(texts.dtype, pl.List):
            return texts.list.eval(pl.element().to_physical().cast(CODE) + first)
        return texts.to_physical().cast(CODE) + first

    def _first_code(self, enum: pl.Enum) -> int:
        code = _FIRST_CODE
        for one in self.enums:
            if one == enum:
                return code
            code += len(one.categories)
        raise TypeError("all blocks of profiles need the vocabularies of the first one")


def enums_of(profiles: pl.DataFrame) -> dict[str, pl.Enum]:
    """The enum of each column of texts, or of lists of texts, that has one."""
    held = {n: t.inner if isinstance(t, pl.List) else t for n, t in profiles.schema.items()}
    return {name: inner for name, inner in held.items() if isinstance(inner, pl.Enum)}


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


def _shown(store: str, columns: Iterable[tuple[str, str]]) -> str:
    parts = (_SHOWN.get(held, "{0}").format(quoted_name(name)) for name, held in columns)
    return (
        f"select {', '.join(parts)} from coded_profiles, ("  # noqa: S608 - names of our own tables
        "select coalesce(list(text order by code), []) as texts from profile_texts"
        f" where store = {quoted(store)}) where store = {quoted(store)}"
    )
