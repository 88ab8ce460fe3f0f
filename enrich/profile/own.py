"""Fields of a shop's own: an SQL expression of the settings, with what a declared field has."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from enrich.profile.catalogue import is_field_name
from enrich.profile.field import MONEY, TEXTS, Joined, ProfileField

TYPES: dict[str, pl.DataType | type[pl.DataType]] = {
    "text": pl.String,
    "integer": pl.Int64,
    "number": pl.Float64,
    "amount": MONEY,
    "date": pl.Date,
    "boolean": pl.Boolean,
    "list": TEXTS,
}
TAKEN = frozenset(
    [
        "store",
        "as_of",
        "email_opt_in",
        "next_birthday_on",
        "cart_left_on",
        "cart_amount",
        "rule_fits",
        "place",
        "record_id",
        "remote_key",
        "hash",
        "memo",
        "is_known",
        "history_since",
    ]
)
"""Names that stand beside the fields of a customer somewhere: in audiences, pushes, tables."""


@dataclass(frozen=True, slots=True)
class OwnField:
    """A field of the settings: `sql` gives customer_key and a value, a row per customer at most."""

    name: str
    sql: str
    type: str
    definition: str
    unit: str = ""
    max_seconds: float = 60

    @property
    def is_taken(self) -> bool:
        """Whether the name is one of ours."""
        return is_field_name(self.name) or self.name in TAKEN

    @property
    def declared(self) -> ProfileField:
        """The same as a field that profiles have; a list is empty where nothing is known."""
        empty: list[str] | None = [] if self.type == "list" else None
        value = pl.col(self.name)
        return ProfileField(
            self.name,
            TYPES[self.type],
            self.unit,
            empty,
            self.definition,
            value if empty is None else value.fill_null(empty),
        )


def declared(own: Iterable[OwnField]) -> tuple[ProfileField, ...]:
    """The fields that profiles have of the settings: but for those whose name is one of ours."""
    return tuple(one.declared for one in own if not one.is_taken)


def joined(own: OwnField, values: pl.DataFrame | None) -> Joined:
    """The field with its values (customer_key, value); None: nobody has one."""
    schema = {"customer_key": pl.Int64, "value": TYPES[own.type]}
    rows = pl.DataFrame(schema=schema) if values is None else values
    return Joined((own.declared,), rows.rename({"value": own.name}))
