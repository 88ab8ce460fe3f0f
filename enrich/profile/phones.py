"""Phones as E.164, the way platforms and messengers want them."""

from __future__ import annotations

import phonenumbers
import polars as pl
from phonenumbers import PhoneMetadata, PhoneNumberFormat

from enrich.profile.field import ProfileField

PHONE = ProfileField(
    "phone_e164",
    pl.String,
    "",
    None,
    "The phone as +, country and number; null where that is no valid number. Without a + it is"
    " one of the country of the store's currency, or else of the customer's locale.",
    pl.col("phone_e164"),
)

_PLAIN = r"^[0-9 ().+/-]+$"
_OF_NO_COUNTRY = pl.when(pl.col("digits").str.starts_with("+0")).then(pl.lit(""))
_KINDS = (
    "fixed_line mobile toll_free premium_rate shared_cost personal_number voip pager uan voicemail"
)


def regions(locales: pl.Series, currency: str | None) -> pl.Series:
    """The country of each customer: that of the currency (BRL is of BR), else of the locale."""
    of_shop = (currency or "")[:2]
    if of_shop in phonenumbers.SUPPORTED_REGIONS:
        return pl.repeat(of_shop, len(locales), eager=True)
    return locales.cast(pl.String).str.extract(r"[-_]([A-Z]{2})$")


def e164(phones: pl.Series, regions: pl.Series) -> pl.Series:
    """Each phone as E.164; null where phonenumbers calls it no valid number of its country.

    Most are settled by the patterns of their country; only one that may hide a prefix, an extension
    or another country goes through the library, each text once.
    """
    rows = pl.DataFrame({"phone": phones.cast(pl.String), "region": regions})
    digits = pl.col("phone").str.replace_all(r"[^0-9+]", "").str.replace(r"^00", "+")
    countries = [
        one for one in rows["region"].drop_nulls().unique() if one in phonenumbers.SUPPORTED_REGIONS
    ]
    rows = rows.with_columns(
        digits=pl.when(pl.col("phone").str.contains(_PLAIN)).then(digits)
    ).with_columns(found=pl.coalesce(_OF_NO_COUNTRY, *map(_settled, countries)))
    left = rows.filter(pl.col("found").is_null() & pl.col("phone").is_not_null())
    return _with_parsed(rows, left.select("phone", "region").unique())


def _settled(region: str) -> pl.Expr:
    """The number where it is one of the region, empty where it cannot be one; else null.

    It cannot where no pattern fits and nothing in front of it could be taken off.
    """
    metadata = PhoneMetadata.metadata_for_region(region)
    kinds = [getattr(metadata, name) for name in _KINDS.split()]
    patterns = [kind.national_number_pattern for kind in kinds if kind]
    number = "|".join(one for one in patterns if one and one != "NA")
    code, digits = phonenumbers.country_code_for_region(region), pl.col("digits")
    of_region, with_code = pl.col("region") == region, digits.str.starts_with(f"+{code}")
    is_national = of_region & digits.str.contains(f"^(?:{number})$")
    is_whole = digits.str.contains(rf"^\+{code}(?:{number})$")
    is_shared = len(phonenumbers.region_codes_for_country_code(code)) > 1
    prefix = getattr(metadata, "national_prefix_for_parsing", None) or "$^"
    abroad = getattr(metadata, "international_prefix", None) or "$^"
    rest = digits.str.strip_prefix(f"+{code}")
    no_number = with_code & ~_begins(rest, prefix) & (not is_shared)
    no_national = of_region & digits.str.contains("^[0-9]+$")
    no_national &= ~_begins(digits, prefix) & ~_begins(digits, f"{code}|{abroad}")
    return (
        pl.when(is_whole)
        .then(digits)
        .when(is_national)
        .then(pl.format(f"+{code}{{}}", digits))
        .when(no_number | no_national)
        .then(pl.lit(""))
    )


def _begins(digits: pl.Expr, pattern: str) -> pl.Expr:
    """Whether the pattern takes something off the front."""
    return digits.str.extract(f"^(?:{pattern})", 0).fill_null("") != ""


def _with_parsed(rows: pl.DataFrame, left: pl.DataFrame) -> pl.Series:
    parsed = pl.Series("parsed", [_parsed(*one) for one in left.iter_rows()], dtype=pl.String)
    whole = rows.join(
        left.with_columns(parsed),
        on=["phone", "region"],
        how="left",
        nulls_equal=True,
        maintain_order="left",
    )
    found = pl.coalesce("found", "parsed")
    return whole.select(phone_e164=pl.when(found != "").then(found))["phone_e164"]


def _parsed(phone: str, region: str | None) -> str | None:
    try:
        number = phonenumbers.parse(phone, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)
