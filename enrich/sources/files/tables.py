"""What each import file may hold: its columns, which are required, how a cell becomes a value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

import polars as pl

from enrich.model import FileFormat
from enrich.sources.files.values import (
    Fault,
    Parsed,
    birth_date,
    cents,
    currency,
    digits,
    email,
    identifier,
    line_cents,
    lowered,
    moment,
    order_moment,
    person_id,
    plain,
    short,
    status,
    units,
    value_of,
    yes_or_no,
)


@dataclass(frozen=True)
class Column:
    """One column of an import file and the output column it becomes.

    `is_dropped`: a cell that cannot be read is left out and counted, its row stays.
    """

    name: str
    parse: Callable[..., Parsed]
    dtype: pl.DataType
    output: str | None = None
    is_required: bool = False  # the column must be there
    is_filled: bool = False  # and every row must have a value
    instead: str | None = None  # a column that does as well
    is_dropped: bool = False
    is_personal: bool = False

    @property
    def is_money(self) -> bool:
        return self.name in ("amount", "unit_price")

    @property
    def output_name(self) -> str:
        return self.output or self.name


@dataclass(frozen=True)
class Table:
    """One kind of import file.

    `key` names its row in a reject; where `is_unique`, rows that repeat a key are one row when they
    say the same. `keeps_extra` collects unknown columns in `extra_fields`; else they are ignored.
    `goes_on`: such a row adds nothing to the one before it that has the same key.
    """

    name: str
    key: str
    columns: tuple[Column, ...]
    is_unique: bool
    keeps_extra: bool = False
    defaults: Mapping[str, str | None] | None = None
    faults: tuple[Fault, ...] = ()
    goes_on: pl.Expr | None = None
    format: FileFormat = field(default_factory=FileFormat)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def required(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.is_required)

    @property
    def alternatives(self) -> dict[str, str]:
        return {column.name: column.instead for column in self.columns if column.instead}


def _key(name: str, parse: Callable[..., Parsed] = identifier) -> Column:
    return Column(name, parse, pl.String(), is_required=True, is_filled=True)


def _text(name: str, parse: Callable[..., Parsed] = plain) -> Column:
    return Column(name, parse, pl.String(), is_dropped=True)


def _personal(name: str, parse: Callable[..., Parsed] = plain) -> Column:
    return Column(name, parse, pl.String(), is_dropped=True, is_personal=True)


def orders_table(
    time_zone: str, default_currency: str | None, now: datetime, form: FileFormat
) -> Table:
    """The file of orders: one row per order or refund."""
    ordered_at = partial(order_moment, time_zone=time_zone, now=now, dates=form.dates)
    amount = partial(cents, decimal=form.decimal)
    is_further_line = pl.col("ordered_at").is_null() | pl.col("amount").is_null()
    return Table(
        "orders",
        "order_id",
        (
            _key("order_id"),
            Column(
                "customer_id",
                person_id,
                pl.String(),
                is_required=True,
                instead="email" if "email" in form.columns else None,
            ),
            _personal("email", email),
            Column("ordered_at", ordered_at, pl.Datetime("us"), is_required=True, is_filled=True),
            Column("amount", amount, pl.Int64(), "amount_cents", is_required=True, is_filled=True),
            Column("currency", currency, pl.String()),
            Column("status", partial(status, statuses=form.statuses), pl.String()),
            _text("promo_code", short),
            Column("refund_of", identifier, pl.String()),
        ),
        is_unique=True,
        defaults={"currency": default_currency},
        faults=(
            Fault(
                value_of("refund_of").is_not_null() & (value_of("amount") >= 0),
                "refund_of: the amount is not negative",
            ),
            Fault(
                value_of("refund_of") == value_of("order_id"), "refund_of: names the order itself"
            ),
        ),
        goes_on=is_further_line,
        format=form,
    )


def items_table(form: FileFormat) -> Table:
    """The file of order lines: one row per line, in the order of the lines."""
    amount = partial(line_cents, decimal=form.decimal)
    price = partial(cents, decimal=form.decimal)
    quantity = partial(units, decimal=form.decimal)
    return Table(
        "items",
        "order_id",
        (
            _key("order_id"),
            _key("sku"),
            Column("quantity", quantity, pl.Int64(), is_required=True, is_filled=True),
            Column(
                "amount",
                amount,
                pl.Int64(),
                "amount_cents",
                is_required=True,
                instead="unit_price",
            ),
            Column("unit_price", price, pl.Int64(), is_dropped=True),
            _text("product"),
            _text("brand"),
            _text("category"),
        ),
        is_unique=False,
        format=form,
    )


def customers_table(now: datetime, form: FileFormat) -> Table:
    """The file of customers: one row per customer; columns of the shop's own are kept."""
    born_on = partial(birth_date, now=now, dates=form.dates)
    return Table(
        "customers",
        "customer_id",
        (
            _key("customer_id", person_id),
            _personal("email", email),
            _personal("first_name"),
            _personal("last_name"),
            _personal("phone", digits),
            Column("birth_date", born_on, pl.Date(), is_dropped=True, is_personal=True),
            _personal("document", digits),
            _personal("gender"),
            *(
                Column(f"{channel}_opt_in", yes_or_no, pl.Boolean(), is_dropped=True)
                for channel in ("newsletter", "sms", "whatsapp", "ads")
            ),
            _personal("locale"),
        ),
        is_unique=True,
        keeps_extra=True,
        format=form,
    )


def consents_table(time_zone: str, form: FileFormat) -> Table:
    """The file of consents: one row per word of a person; a reject is named by its origin."""
    changed_at = partial(moment, time_zone=time_zone, dates=form.dates)
    given = (
        Column("email", email, pl.String(), is_personal=True),
        Column("opted_in", yes_or_no, pl.Boolean()),
        Column("changed_at", changed_at, pl.Datetime("us")),
    )
    return Table(
        "consents",
        "origin",
        (
            *(replace(column, is_required=True, is_filled=True) for column in given),
            _key("origin", lowered),
            Column("by_person", yes_or_no, pl.Boolean(), is_dropped=True),
        ),
        is_unique=False,
        format=form,
    )
