"""What is known about consent when it is decided, as frames. A person is a digest of the e-mail."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import polars as pl

VTEX = "vtex"
MOMENT = pl.Datetime("us")

STATEMENTS = pl.Schema(
    {
        "person": pl.String(),
        "origin": pl.String(),
        "opted_in": pl.Boolean(),
        "changed_at": MOMENT,
        "is_dated": pl.Boolean(),
        "by_person": pl.Boolean(),
    }
)
"""What was said, one row each. `is_dated` False: the origin shows it and cannot say since when;
then changed_at is the earliest moment of a yes and the latest of a no."""

WRITES = pl.Schema(
    {
        "person": pl.String(),
        "party": pl.String(),
        "opted_in": pl.Boolean(),
        "written_at": MOMENT,
        "settled_at": MOMENT,
        "is_certain": pl.Boolean(),
    }
)
"""What we told a platform, one row each: when it left, when its fate was known (null: not yet), and
whether it surely arrived."""

CONTACTS = pl.Schema({"person": pl.String(), "contact_id": pl.String(), "opted_in": pl.Boolean()})
"""The customer documents of VTEX and what each says; null: nothing."""

THERE = pl.Schema({"person": pl.String(), "party": pl.String()})
"""Whom a platform is known to have, whatever it says of them."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a decision takes into account; `parties` are the platforms that are told."""

    statements: pl.DataFrame
    writes: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=WRITES))
    contacts: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=CONTACTS))
    there: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=THERE))
    parties: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ConsentRules:
    """What a shop may decide. `undated_no`: whether a no that VTEX showed from the beginning stands
    against an older yes, or counts as not said."""

    undated_no: Literal["stands", "yields"] = "stands"
