"""From a profile to a payload: which field, under which name, written how."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from enrich.destinations.base import MappedField
from enrich.errors import BadSettings
from enrich.profile import FIELDS, is_field_name, window_names
from enrich.profile.contact import CONTACT
from enrich.profile.field import ProfileField
from enrich.profile.phones import PHONE

# What the shop knows from the contact. A null here means "not known" and never overwrites what a
# platform has. Every other field is computed: there a null is an answer (no purchase).
ATTRIBUTES = frozenset(field.name for field in (*CONTACT, PHONE))


@dataclass(frozen=True, slots=True)
class InColumns:
    """A format that writes a whole column at once."""

    column: Callable[[pl.Expr], pl.Expr]


Write = Callable[[Any], Any]  # one value
Format = InColumns | Write
AS_IT_IS = InColumns(lambda column: column)
DATE = "%Y-%m-%d"

JSON_FORMATS: Mapping[str, Format] = {
    "text": AS_IT_IS,
    "integer": AS_IT_IS,
    "amount": InColumns(lambda column: column.cast(pl.Float64)),
    "boolean": AS_IT_IS,
    "date": InColumns(lambda column: column.dt.to_string(DATE)),
    "list": AS_IT_IS,
    "object": lambda value: json.loads(value) if isinstance(value, str) else value,
}


def _of_windows(*families: str) -> tuple[str, ...]:
    return tuple(f"{family}_{window}" for family in families for window in window_names())


# What most platforms are sent unless the settings say otherwise: computed, nothing personal. Where
# lifetime figures are among it, so is the day they begin with.
SCORES = (
    "rfm_group",
    "rfm_segment",
    "first_purchase_date",
    "last_purchase_date",
    "days_since_last_purchase",
    "last_purchase_amount",
)
CORE = (
    *SCORES,
    "previous_rfm_segment",
    "rfm_segment_changed_on",
    "history_since",
    *_of_windows("orders", "amount", "avg_amount", "rfm"),
    "brands_360d",
    "categories_360d",
    "applied_promo_codes_360d",
    "last_purchase_brands",
    "last_purchase_categories",
    "last_purchase_promo_codes",
)
COMPUTED = tuple(
    field.name for field in FIELDS if field.is_sent_by_default and field.name not in ATTRIBUTES
)


def named(sources: Iterable[str], name: Callable[[str], str] = str) -> tuple[MappedField, ...]:
    """These profile fields, each under the name the platform's own rules make of it."""
    known = {field.name: field for field in FIELDS}
    return tuple(
        MappedField(
            source,
            name(source),
            _format_of(known[source]),
            is_documented=name(source) == source,
            is_diffed=not is_day_counter(source),
            step=known[source].step,
        )
        for source in sources
    )


def in_texts(separator: str, *, date: str = DATE, decimal: str = ".") -> Mapping[str, Format]:
    """Everything as text: dates as `date` says, amounts with two decimals, lists joined."""
    as_text = InColumns(lambda column: column.cast(pl.String))
    return {
        "text": as_text,
        "integer": as_text,
        "boolean": as_text,
        "amount": InColumns(
            lambda column: _in_cents(column).str.replace(".", decimal, literal=True)
        ),
        "date": InColumns(lambda column: column.dt.to_string(date)),
        "list": joined(separator),
        "object": str,
    }


def _in_cents(column: pl.Expr) -> pl.Expr:
    return column.cast(pl.Decimal(38, 2)).cast(pl.String)


def joined(separator: str) -> InColumns:
    """Lists as one text; a separator inside a value becomes a space, so it splits back."""
    clean = pl.element().str.replace_all(separator, " ", literal=True)
    return InColumns(
        lambda column: column.cast(pl.List(pl.String)).list.eval(clean).list.join(separator)
    )


def own_names(
    only: Sequence[str] = (),
    names: Mapping[str, str] | None = None,
    *,
    known: Sequence[ProfileField] = FIELDS,
    diff_days_since: bool = False,
) -> tuple[MappedField, ...]:
    """The known profile fields under their own names, or those that `names` gives them.

    All that are sent by default and those that `names` has, or `only` these.
    """
    named = names or {}
    return settled(
        (
            MappedField(field.name, field.name, _format_of(field), step=field.step)
            for field in known
            if (field.name in only if only else field.is_sent_by_default or field.name in named)
        ),
        named,
        diff_days_since=diff_days_since,
    )


def settled(
    fields: Iterable[MappedField], names: Mapping[str, str], *, diff_days_since: bool
) -> tuple[MappedField, ...]:
    """The fields with the settings' names; BadSettings when two would share one name.

    A renamed field counts as documented: its name is the user's knowledge of the account.
    """
    named = tuple(
        replace(
            field,
            target=names.get(field.source, field.target),
            is_documented=field.is_documented or field.source in names,
            is_diffed=diff_days_since or not is_day_counter(field.source),
        )
        for field in fields
    )
    twice = [name for name, count in Counter(field.target for field in named).items() if count > 1]
    if twice:
        raise BadSettings(f"two fields are mapped to the same name: {', '.join(sorted(twice))}")
    return named


def is_day_counter(source: str) -> bool:
    """Whether a field counts days until now, and so changes every day for everybody."""
    return source.startswith("days_since_")


def render_rows(
    frame: pl.DataFrame,
    fields: Sequence[MappedField],
    formats: Mapping[str, Format],
    *,
    sends_empty: bool,
    empty: Any,
) -> list[dict[str, Any]]:
    """The mapped values of each row of a frame by the platform's names.

    A null is left out. Only where the platform already has a value of ours (`is_known`) and the
    field is a computed one, it is sent as `empty` if the platform `sends_empty`: else the platform
    would show a score or a date that is no longer true.
    """
    targets = [field.target for field in fields]
    is_computed = [field.source not in ATTRIBUTES for field in fields]
    columns = zip(*_written(frame, fields, formats), strict=True) if fields else [()] * frame.height
    return [
        {
            target: empty if value is None else value
            for target, value, clears in zip(targets, row, is_computed, strict=True)
            if value is not None or (clears and is_known and sends_empty)
        }
        for row, is_known in zip(columns, frame["is_known"], strict=True)
    ]


def _written(
    frame: pl.DataFrame, fields: Sequence[MappedField], formats: Mapping[str, Format]
) -> list[list[Any]]:
    """Each field's values as the platform takes them."""
    by_column = {f.target: formats[f.format] for f in fields}
    table = frame.select(
        (
            how.column(pl.col(field.source))
            if isinstance(how := by_column[field.target], InColumns)
            else pl.col(field.source)
        ).alias(field.target)
        for field in fields
    )
    return [_one_by_one(table[name].to_list(), how) for name, how in by_column.items()]


def _one_by_one(values: list[Any], how: Format) -> list[Any]:
    if isinstance(how, InColumns):
        return values
    return [None if value is None else how(value) for value in values]


def without_computed(frame: pl.DataFrame) -> pl.DataFrame:
    """Who each row is about: without the many columns that only go through the mapping."""
    names = (name for name in frame.columns if name not in ATTRIBUTES)
    return frame.drop(name for name in names if is_field_name(name))


def version_of(*parts: object) -> str:
    """A short stable name for everything that decides how values are written."""
    text = json.dumps([str(part) for part in parts], ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def join_list(values: Iterable[Any], separator: str) -> str:
    """The values in one text; a separator inside a value becomes a space, so it splits back."""
    return separator.join(str(value).replace(separator, " ") for value in values)


def _format_of(field: ProfileField) -> str:
    dtype = field.dtype
    if field.name == "extra_fields":
        return "object"
    if dtype == pl.List:
        return "list"
    if dtype == pl.Date:
        return "date"
    if dtype == pl.Boolean:
        return "boolean"
    if dtype.is_integer():
        return "integer"
    return "amount" if dtype.is_numeric() else "text"
