"""Customers: the CL documents of Master Data, with the fields a shop added to its own."""

# ruff: noqa: N815 - the names are VTEX's

from __future__ import annotations

import json
from functools import lru_cache
from typing import Annotated, Any

from pydantic import AfterValidator, Field, JsonValue, create_model

from enrich.model import MAX_CENTS, MAX_TEXT
from enrich.vtex.records.base import Document, Key, Moment


class Score(Document):
    Point: float | None = None
    Date: str | None = None
    Until: str | None = None


class ScoreField(Document):
    DisplayValue: str | None = None
    Scores: dict[str, list[Score] | None] | None = None


class Customer(Document):
    """One CL document of Master Data; its last cart is in currency units."""

    id: Key
    userId: str | None = None
    email: str | None = None
    firstName: str | None = None
    lastName: str | None = None
    document: str | None = None
    documentType: str | None = None
    phone: str | None = None
    homePhone: str | None = None
    cellPhone: str | None = None
    businessPhone: str | None = None
    birthDate: str | None = None  # a date in the shape of a moment: shifting its zone moves the day
    gender: str | None = None
    isNewsletterOptIn: bool | None = None
    localeDefault: str | None = None
    isCorporate: bool | None = None
    corporateName: str | None = None
    corporateDocument: str | None = None
    createdIn: Moment | None = None
    updatedIn: Moment | None = None
    lastInteractionIn: Moment | None = None
    rclastcart: Annotated[str, Field(max_length=10 * MAX_TEXT)] | None = None  # some 3,000 lines
    rclastcartvalue: Annotated[float, Field(le=MAX_CENTS // 100)] | None = None
    rclastsessiondate: Moment | None = None
    checkouttag: ScoreField | None = None


class CustomerId(Document):
    """What is left of a CL document where only ids are asked for."""

    id: Key


def _short(value: JsonValue) -> JsonValue:
    """What a shop's own field holds, when it is no longer than any other field."""
    if len(json.dumps(value, ensure_ascii=False)) > MAX_TEXT:
        raise ValueError("too long")
    return value


_ShortValue = Annotated[JsonValue, AfterValidator(_short)]


@lru_cache(maxsize=16)
def customer_with(extra_fields: tuple[str, ...]) -> type[Customer]:
    """The Customer model that also keeps these fields of the shop's own, whatever they hold."""
    own = [name for name in dict.fromkeys(extra_fields) if name not in Customer.model_fields]
    definitions: dict[str, Any] = {
        # Attribute names are ours: a shop may call its field `copy` or `_code`.
        f"extra_{number}": (_ShortValue | None, Field(None, alias=name))
        for number, name in enumerate(own)
    }
    return create_model("CustomerWithExtras", __base__=Customer, **definitions)
