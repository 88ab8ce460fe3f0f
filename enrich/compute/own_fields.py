"""Fields of a shop's own, computed: what is wrong with one is a line and stops only itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from enrich.errors import BadSettings
from enrich.profile.field import Joined
from enrich.profile.own import OwnField, joined
from enrich.warehouse import Warehouse

_KEPT = dict.fromkeys(("field", "type", "unit", "definition", "problem"), pl.String)


@dataclass(frozen=True, slots=True)
class OwnFields:
    """The fields with their values, what is kept of how they went, and a line for each problem."""

    joined: tuple[Joined, ...]
    kept: pl.DataFrame
    lines: tuple[str, ...]


def own_fields(
    warehouse: Warehouse, store: str, as_of: date, time_zone: str, fields: Sequence[OwnField]
) -> OwnFields:
    """The fields of the settings for the day; of one that cannot be computed all is null."""
    found, rows = [], []
    with warehouse.own_values.limited(store, as_of, time_zone) as tables:
        for one in fields:
            values = None
            problem: str | None = "enrich has a field of this name: give it another"
            if not one.is_taken:
                try:
                    values, problem = tables.values(one), None
                except BadSettings as error:
                    problem = str(error)
                found.append(joined(one, values))
            rows.append((one.name, one.type, one.unit, one.definition, problem))
    kept = pl.DataFrame(rows, _KEPT, orient="row")
    bad = kept.drop_nulls("problem").select("field", "problem")
    lines = tuple(f"fields.{name}: {problem}" for name, problem in bad.rows())
    return OwnFields(tuple(found), kept, lines)
