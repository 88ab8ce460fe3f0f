"""What a dry run may show: the shape of a payload without the person in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

from enrich.destinations.base import Row

HIDDEN = "***"


def mask_email(email: str) -> str:
    """`ana@example.com` as `a***@e***.com`."""
    local, _, domain = email.partition("@")
    return f"{local[:1]}{HIDDEN}@{domain[:1]}{HIDDEN}.{domain.rpartition('.')[2]}"


def mask_name(name: str) -> str:
    """Only the first letter."""
    return f"{name[:1]}{HIDDEN}"


def mask_number(number: str) -> str:
    """Only the last two digits."""
    return f"{HIDDEN}{number[-2:]}" if len(number) > 6 else HIDDEN


def mask_row(row: Row) -> dict[str, Any]:
    """The profile with every personal value masked; types stay, so that it still renders."""
    return {column: _masked(column, value) for column, value in row.items()}


def _masked(column: str, value: Any) -> Any:
    if value is None:
        return None
    if column in _MASKS:
        return _MASKS[column](value)
    # An imported customer_id or a promo code may itself be an address.
    if isinstance(value, str) and "@" in value:
        return mask_email(value)
    if isinstance(value, list):
        return [_masked("", item) for item in value]
    if isinstance(value, dict):
        return {name: _masked(name, item) for name, item in value.items()}
    return value


def _mask_extra(value: Any) -> str:
    fields = json.loads(value) if isinstance(value, str) else value
    return json.dumps(dict.fromkeys(fields, HIDDEN)) if isinstance(fields, dict) else "{}"


def _mask_memo(value: str) -> str:
    return json.dumps(_masked("", json.loads(value)))


_MASKS: dict[str, Callable[[Any], Any]] = {
    "email": mask_email,
    "first_name": mask_name,
    "last_name": mask_name,
    "phone": mask_number,
    "phone_e164": mask_number,
    "document": mask_number,
    "birth_date": lambda _: date(1900, 1, 1),
    "gender": lambda _: HIDDEN,
    "city": mask_name,
    "postal_prefix": lambda _: HIDDEN,
    "customer_id": mask_number,
    "customId": mask_number,
    "cart_id": mask_number,
    "memo": _mask_memo,
    "extra_fields": _mask_extra,
}
