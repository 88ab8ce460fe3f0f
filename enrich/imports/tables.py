"""What each import file may hold: its columns, which are required, how a cell becomes a value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from enrich.imports.values import (
    Fault,
    Parsed,
    cents,
    currency,
    day,
    email,
    identifier,
    lowered,
    moment,
    plain,
    short,
    whole_number,
    yes_or_no,
)


@dataclass(frozen=True)
class Column:
    """One column of an import file and the output column it becomes."""

    name: str
    parse: Callable[[str], Parsed]
    dtype: pl.DataType
    output: str | None = None
    is_required: bool = False  # the column must be there
    is_filled: bool = False  # and every row must have a value

    @property
    def output_name(self) -> str:
        return self.output or self.name


@dataclass(frozen=True)
class Table:
    """One kind of import file.

    `key` names its row in a reject; where `is_unique`, rows that repeat a key are one row when they
    say the same. `keeps_extra` collects unknown columns in `extra_fields`; else they are ignored.
    """

    name: str
    key: str
    columns: tuple[Column, ...]
    is_unique: bool
    keeps_extra: bool = False
    defaults: Mapping[str, str | None] | None = None
    faults: tuple[Fault, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        return frozenset(column.name for column in self.columns)

    @property
    def required(self) -> list[str]:
        return [column.name for column in self.columns if column.is_required]


def _key(name: str, parse: Callable[[str], Parsed] = short) -> Column:
    return Column(name, parse, pl.String(), is_required=True, is_filled=True)


def _text(name: str, parse: Callable[[str], Parsed] = plain) -> Column:
    return Column(name, parse, pl.String())


def _amount() -> Column:
    return Column("amount", cents, pl.Int64(), "amount_cents", is_required=True, is_filled=True)


def orders_table(time_zone: str, default_currency: str | None) -> Table:
    """The file of orders: one row per order or refund."""

    def ordered_at(name: str) -> Parsed:
        return moment(name, time_zone)

    return Table(
        "orders",
        "order_id",
        (
            _key("order_id"),
            Column("customer_id", identifier, pl.String(), is_required=True),
            _text("email", email),
            Column("ordered_at", ordered_at, pl.Datetime("us"), is_required=True, is_filled=True),
            _amount(),
            _text("currency", currency),
            _text("status", lowered),
            _text("promo_code"),
            _text("refund_of"),
        ),
        is_unique=True,
        defaults={"currency": default_currency},
        faults=(
            Fault(
                pl.col("refund_of").is_not_null() & (cents("amount").value >= 0),
                "refund_of: the amount is not negative",
            ),
            Fault(pl.col("refund_of") == pl.col("order_id"), "refund_of: names the order itself"),
        ),
    )


def items_table() -> Table:
    """The file of order lines: one row per line, in the order of the lines."""
    return Table(
        "items",
        "order_id",
        (
            _key("order_id"),
            _key("sku"),
            Column("quantity", whole_number, pl.Int64(), is_required=True, is_filled=True),
            _amount(),
            _text("product"),
            _text("brand"),
            _text("category"),
        ),
        is_unique=False,
    )


def customers_table() -> Table:
    """The file of customers: one row per customer; columns of the shop's own are kept."""
    return Table(
        "customers",
        "customer_id",
        (
            _key("customer_id", identifier),
            _text("email", email),
            _text("first_name"),
            _text("last_name"),
            _text("phone"),
            Column("birth_date", day, pl.Date()),
            _text("document"),
            _text("gender"),
            Column("newsletter_opt_in", yes_or_no, pl.Boolean()),
            _text("locale"),
        ),
        is_unique=True,
        keeps_extra=True,
    )


def consents_table(time_zone: str) -> Table:
    """The file of consents: one row per word of a person; a reject is named by its origin."""

    def changed_at(name: str) -> Parsed:
        return moment(name, time_zone)

    return Table(
        "consents",
        "origin",
        (
            Column("email", email, pl.String(), is_required=True, is_filled=True),
            Column("opted_in", yes_or_no, pl.Boolean(), is_required=True, is_filled=True),
            Column("changed_at", changed_at, pl.Datetime("us"), is_required=True, is_filled=True),
            _key("origin", lowered),
            Column("by_person", yes_or_no, pl.Boolean()),
        ),
        is_unique=False,
    )
