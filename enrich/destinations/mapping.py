"""From a profile to a payload: which field, under which name, written how."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import polars as pl

from enrich.destinations.base import MappedField, Row
from enrich.errors import BadSettings
from enrich.profile import FIELDS
from enrich.profile.contact import CONTACT
from enrich.profile.field import ProfileField

Format = Callable[[Any], Any]

# What a contact told the shop. A null here means "not known" and never overwrites what a platform
# has. Every other field is computed: there a null is an answer (no purchase in the window).
ATTRIBUTES = frozenset(field.name for field in CONTACT)

JSON_FORMATS: Mapping[str, Format] = {
    "text": str,
    "integer": int,
    "amount": lambda value: float(Decimal(value)),
    "boolean": bool,
    "date": lambda value: value.isoformat(),
    "list": list,
    "object": lambda value: json.loads(value) if isinstance(value, str) else value,
}


def _of_windows(*families: str) -> tuple[str, ...]:
    windows = ("30d", "60d", "90d", "180d", "360d", "360d_plus", "lifetime")
    return tuple(f"{family}_{window}" for family in families for window in windows)


# What most platforms are sent unless the settings say otherwise: computed, nothing personal.
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
    *_of_windows("orders", "amount", "avg_amount", "rfm"),
    "brands_360d",
    "categories_360d",
    "applied_promo_codes_360d",
    "last_purchase_brands",
    "last_purchase_categories",
    "last_purchase_promo_codes",
)
COMPUTED = tuple(field.name for field in FIELDS if field.name not in ATTRIBUTES)


def named(
    sources: Iterable[str], name: Callable[[str], str], *, is_documented: bool = False
) -> tuple[MappedField, ...]:
    """These profile fields, each under the name the platform's own rules make of it."""
    kinds = {field.name: _format_of(field) for field in FIELDS}
    return tuple(
        MappedField(
            source,
            name(source),
            kinds[source],
            is_documented=is_documented or name(source) == source,
            is_diffed=not is_day_counter(source),
        )
        for source in sources
    )


def in_texts(separator: str) -> Mapping[str, Format]:
    """Everything as text: ISO dates, amounts with two decimals, lists joined."""
    return {
        "text": str,
        "integer": str,
        "boolean": lambda value: "true" if value else "false",
        "amount": lambda value: f"{value:.2f}",
        "date": lambda value: value.isoformat(),
        "list": lambda values: join_list(values, separator),
        "object": str,
    }


def own_names(
    only: Sequence[str] = (),
    names: Mapping[str, str] | None = None,
    *,
    diff_days_since: bool = False,
) -> tuple[MappedField, ...]:
    """Every profile field (or `only` these) under its own name, or the one `names` gives it."""
    return settled(
        (
            MappedField(field.name, field.name, _format_of(field))
            for field in FIELDS
            if not only or field.name in only
        ),
        names or {},
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


def render_fields(
    row: Row,
    fields: Sequence[MappedField],
    formats: Mapping[str, Format],
    *,
    is_known: bool,
    empty: Any,
) -> dict[str, Any]:
    """The mapped values of one profile by the platform's names.

    A null is left out. Only where the platform already has a value of ours (`is_known`) and the
    field is a computed one, it is sent as `empty`: else the platform would show a score or a date
    that is no longer true.
    """
    rendered = {}
    for field in fields:
        value = row[field.source]
        if value is not None:
            rendered[field.target] = formats[field.format](value)
        elif is_known and field.source not in ATTRIBUTES:
            rendered[field.target] = empty
    return rendered


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
