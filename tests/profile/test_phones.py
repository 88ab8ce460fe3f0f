"""Phones as E.164: small cases, and the library itself for every way of writing a number."""

import phonenumbers
import polars as pl
import pytest
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from enrich.profile.phones import e164, regions

COUNTRIES = ("AR", "BR", "CL", "CO", "ES", "IT", "MX", "PE", "PT", "US")
WAYS = (PhoneNumberFormat.E164, PhoneNumberFormat.INTERNATIONAL, PhoneNumberFormat.NATIONAL)
CASES = [
    # phone              region  e164
    ("+5511900000000",   "BR",   "+5511900000000"),
    ("(11) 90000-0000",  "BR",   "+5511900000000"),
    ("011 90000-0000",   "BR",   "+5511900000000"),
    ("5511900000000",    "BR",   "+5511900000000"),
    ("005511900000000",  "BR",   "+5511900000000"),
    ("+54 9 11 2345-6789", "BR", "+5491123456789"),
    ("011 15 2345-6789", "AR",   "+5491123456789"),
    ("90000-0000-0000",  "BR",   None),
    ("11 90000-0000",    None,   None),
    ("not known",        "BR",   None),
    ("+00 11 90000-0000", "BR",  None),
    ("11 3333-4444 ext 5", "BR", "+551133334444"),
    (None,               "BR",   None),
    ("+5511900000000",   "XX",   "+5511900000000"),
]  # fmt: skip


@pytest.mark.parametrize(("phone", "region", "expected"), CASES)
def test_a_phone_as_e164(phone: str | None, region: str | None, expected: str | None) -> None:
    found = e164(pl.Series([phone], dtype=pl.String), pl.Series([region], dtype=pl.String))
    assert found.to_list() == [expected]


def test_it_says_what_the_library_says_of_every_kind_of_number_of_every_country() -> None:
    examples = [
        (phonenumbers.format_number(number, way), home)
        for country in COUNTRIES
        for kind in PhoneNumberType.values()
        if (number := phonenumbers.example_number_for_type(country, kind))
        for way in WAYS
        for home in COUNTRIES
    ]
    written = [*examples, *((phone[:-1], home) for phone, home in examples)]
    frame = pl.DataFrame(written, schema=["phone", "region"], orient="row")
    assert e164(frame["phone"], frame["region"]).to_list() == [said(*one) for one in written]


def said(phone: str, region: str) -> str | None:
    try:
        number = phonenumbers.parse(phone, region)
    except phonenumbers.NumberParseException:
        return None
    is_valid = phonenumbers.is_valid_number(number)
    return phonenumbers.format_number(number, PhoneNumberFormat.E164) if is_valid else None


@pytest.mark.parametrize(
    ("currency", "locale", "region"),
    [("BRL", "en-US", "BR"), ("EUR", "es-ES", "ES"), ("EUR", None, None), (None, "pt-BR", "BR")],
)
def test_the_country_is_that_of_the_currency_else_of_the_locale(
    currency: str | None, locale: str | None, region: str | None
) -> None:
    assert regions(pl.Series([locale], dtype=pl.String), currency).to_list() == [region]
