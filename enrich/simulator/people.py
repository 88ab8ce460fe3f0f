"""The invented people of the shop: customers known to it, and readers of the newsletter."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from enrich.simulator import words
from enrich.simulator.chance import picks, rolls, units


@dataclass(slots=True)
class People:
    """Columns, one entry per person who may order; `has_contact` is False without a CL document.

    `document` is CPF digits with a right check sum, or None; `email` is the true address or None.
    """

    user_id: list[str] = field(default_factory=list)
    email: list[str | None] = field(default_factory=list)
    first_name: list[str | None] = field(default_factory=list)
    last_name: list[str | None] = field(default_factory=list)
    document: list[str | None] = field(default_factory=list)
    phone: list[str | None] = field(default_factory=list)
    has_contact: list[bool] = field(default_factory=list)


def build_people(seed: int, count: int) -> pl.DataFrame:
    """One row per person, with the columns of `People` and birth date, gender and opt-in."""
    row = pl.int_range(pl.len(), dtype=pl.Int64)
    frame = pl.DataFrame({"person": pl.int_range(count, eager=True)}).with_columns(
        user_id=guid(seed, "user", row),
        first_name=_word(seed, "first name", words.FIRST_NAMES),
        last_name=_word(seed, "last name", words.LAST_NAMES),
        document=cpf(100_000_000 + (row * 7_919 + seed * 104_729) % 899_999_999),
        phone=pl.format("+551199{}", (picks(seed, "phone", 9_000_000) + 1_000_000)),
        birth_date=pl.date(1950, 1, 1) + pl.duration(days=picks(seed, "birth", 20_000)),
        gender=pl.when(units(seed, "gender") < 0.5)
        .then(pl.lit("female"))
        .otherwise(pl.lit("male")),
        opt_in=_maybe(units(seed, "opt in")),
        has_contact=units(seed, "contact") >= 0.03,
    )
    return frame.with_columns(
        email=pl.format("{}.{}.{}@example.com", _plain("first_name"), _plain("last_name"), "person")
    )


def guid(seed: int, name: str, row: pl.Expr) -> pl.Expr:
    """Identifiers in the shape of a GUID whose last twelve digits are the row in hexadecimal."""
    mixed = rolls(seed, name, row)
    return pl.format(
        "{}-{}-4{}-8{}-{}",
        _hex(mixed, 8), _hex(mixed // 97, 4), _hex(mixed // 89, 3), _hex(mixed // 83, 3),
        _hex(row.cast(pl.UInt64), 12),
    )  # fmt: skip


def cpf(nine: pl.Expr) -> pl.Expr:
    """Brazilian tax numbers, eleven digits as text, from nine-digit numbers."""
    digits = [nine // 10 ** (8 - at) % 10 for at in range(9)]
    first = _check_digit(digits)
    second = _check_digit([*digits, first])
    return pl.format("{}{}{}", nine.cast(pl.String), first, second)


def _check_digit(digits: list[pl.Expr]) -> pl.Expr:
    weighted = pl.sum_horizontal(digit * (len(digits) + 1 - at) for at, digit in enumerate(digits))
    return weighted * 10 % 11 % 10


def _hex(value: pl.Expr, width: int) -> pl.Expr:
    """Hexadecimal text of the lowest digits; polars has no such format of its own."""
    places = [
        (value // pl.lit(16**at, dtype=pl.UInt64) % pl.lit(16, dtype=pl.UInt64))
        for at in range(width - 1, -1, -1)
    ]
    letters = [
        place.replace_strict(list(range(16)), list("0123456789abcdef"), return_dtype=pl.String)
        for place in places
    ]
    return pl.concat_str(letters)


def _word(seed: int, name: str, among: tuple[str, ...]) -> pl.Expr:
    return pl.lit(pl.Series(among)).gather(picks(seed, name, len(among)))


def _maybe(unit: pl.Expr) -> pl.Expr:
    """True, False, or null where nobody was asked."""
    return pl.when(unit < 0.5).then(True).when(unit < 0.8).then(False)


def _plain(column: str) -> pl.Expr:
    return pl.col(column).str.to_lowercase().str.normalize("NFD").str.replace_all(r"[^a-z]", "")
