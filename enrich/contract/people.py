"""Invented customers, whose every personal value can be found again where it must not be."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl

from enrich.profile import FIELDS

SCHEMA = {field.name: field.dtype for field in FIELDS}
EMPTY = {field.name: field.empty for field in FIELDS}
# What no output, log or ledger may hold of them.
PERSONAL = ("person000", "Zuleika", "Quastel", "+5511900000000", "00000000191", "1980", "Barthol")


def make_profiles(*rows: Mapping[str, Any]) -> pl.DataFrame:
    """Profiles of customers without purchases, with what `rows` say instead."""
    return pl.DataFrame([{**EMPTY, **row} for row in rows], schema=SCHEMA)


def make_people(count: int, **values: Any) -> pl.DataFrame:
    """`count` invented customers with keys from 1."""
    return make_profiles(
        *(
            {
                "customer_key": number,
                "customer_id": f"0f8fad5b-d9cb-469f-a165-{number:012}",
                "gender": "female",
                "newsletter_opt_in": True,
                "locale": "pt-BR",
                "email": email_of(number),
                "first_name": "Zuleika",
                "last_name": "Quastel",
                "phone": "+5511900000000",
                "document": "00000000191",
                "birth_date": date(1980, 5, 17),
                "extra_fields": '{"pet": "Bartholomew"}',
                "last_purchase_date": date(2026, 1, 9),
                "rfm_30d": "545",
                "products_30d": ["Lamp", "Mug"],
                **values,
            }
            for number in range(1, count + 1)
        )
    )


def email_of(number: int) -> str:
    return f"person{number:04}@example.com"
