"""Master Data's `_where`, the part VTEX documents: read into a polars condition.

`=`, `<>`, `<`, `>`, `<=`, `>=`, `between A AND B`, `is null`, `is not null`, `AND`, `OR`,
parentheses and `*` as a wildcard. Field names keep their letter case, words and values do not.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

import polars as pl

from enrich.simulator.moments import parse_us

_TOKEN = re.compile(r"""\s*(\(|\)|<>|!=|<=|>=|=|<|>|"[^"]*"|'[^']*'|[^\s()<>=!"']+)""")


class WhereError(ValueError):
    """The condition cannot be read, or names a field that cannot be filtered."""


@dataclass(slots=True)
class _Reader:
    tokens: list[str]
    fields: Collection[str]
    dates: Collection[str]
    at: int = 0

    def peek(self) -> str:
        return self.tokens[self.at].lower() if self.at < len(self.tokens) else ""

    def take(self) -> str:
        if self.at >= len(self.tokens):
            raise WhereError("the condition ends too early")
        self.at += 1
        return self.tokens[self.at - 1]

    def expect(self, word: str) -> None:
        if self.take().lower() != word:
            raise WhereError(f"expected {word}")


def parse_where(text: str, fields: Collection[str], dates: Collection[str]) -> pl.Expr:
    """The condition on a frame with these columns; `dates` are the ones in microseconds.

    Raises WhereError.
    """
    reader = _Reader(_split(text), fields, dates)
    condition = _either(reader)
    if reader.at != len(reader.tokens):
        raise WhereError("something is left over")
    return condition


def equals(field: str, value: str, fields: Collection[str], dates: Collection[str]) -> pl.Expr:
    """The short form `?field=value`. Raises WhereError."""
    return _compare(_Reader([], fields, dates), field, "=", value)


def _split(text: str) -> list[str]:
    tokens, at = [], 0
    stripped = text.strip()
    while at < len(stripped):
        match = _TOKEN.match(stripped, at)
        if match is None:
            raise WhereError("a sign that is not allowed")
        tokens.append(match[1])
        at = match.end()
    return tokens


def _either(reader: _Reader) -> pl.Expr:
    found = _both(reader)
    while reader.peek() == "or":
        reader.take()
        found = found | _both(reader)
    return found


def _both(reader: _Reader) -> pl.Expr:
    found = _single(reader)
    while reader.peek() == "and":
        reader.take()
        found = found & _single(reader)
    return found


def _single(reader: _Reader) -> pl.Expr:
    if reader.peek() == "(":
        reader.take()
        inner = _either(reader)
        reader.expect(")")
        return inner
    field, sign = reader.take(), reader.take().lower()
    if sign == "is":
        return _null(reader, field)
    if sign == "between":
        low = reader.take()
        reader.expect("and")
        lower, upper = (
            _compare(reader, field, ">=", low),
            _compare(reader, field, "<=", reader.take()),
        )
        return lower & upper
    return _compare(reader, field, sign, reader.take())


def _null(reader: _Reader, field: str) -> pl.Expr:
    column = _column(reader, field)
    if reader.peek() == "not":
        reader.take()
        reader.expect("null")
        return column.is_not_null()
    reader.expect("null")
    return column.is_null()


def _compare(reader: _Reader, field: str, sign: str, raw: str) -> pl.Expr:
    column, value = _column(reader, field), raw.strip("\"'")
    if field in reader.dates:
        return _signs(column, sign, pl.lit(_moment(value)))
    text = column.cast(pl.String).str.to_lowercase()
    if "*" in value:
        pattern = ".*".join(re.escape(part) for part in value.lower().split("*"))
        return text.str.contains(f"^{pattern}$")
    return _signs(text, sign, pl.lit(value.lower())).fill_null(sign in ("<>", "!="))


def _signs(column: pl.Expr, sign: str, value: pl.Expr) -> pl.Expr:
    signs = {
        "=": column == value, "<>": column != value, "!=": column != value,
        "<": column < value, ">": column > value, "<=": column <= value, ">=": column >= value,
    }  # fmt: skip
    if sign not in signs:
        raise WhereError(f"{sign} is no comparison")
    return signs[sign]


def _moment(value: str) -> int:
    try:
        return parse_us(value)
    except ValueError:
        raise WhereError("a date is not in ISO form") from None


def _column(reader: _Reader, field: str) -> pl.Expr:
    if field not in reader.fields:
        raise WhereError(f"field {field} cannot be filtered")
    return pl.col(field)
