"""Customer documents of Master Data, and what the table `contacts` must hold of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tests.fuzz.reading import Fraction, Wrong, moment, record, text, tidy, yes

MOMENT = "2026-03-02T14:05:10.0000001Z"
BASE: Mapping[str, Any] = {
    "id": "cccccccc-0000-4000-8000-000000000001",
    "userId": "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee",
    "email": "ana@example.com",
    "firstName": "Ana",
    "lastName": "Souza",
    "document": "00000000191",
    "documentType": "cpf",
    "phone": None,
    "homePhone": "+5511900000000",
    "birthDate": "1990-05-17T00:00:00Z",
    "gender": "female",
    "isNewsletterOptIn": True,
    "isCorporate": False,
    "localeDefault": "pt-BR",
    "createdIn": "2025-11-20T12:00:00.1234567Z",
    "updatedIn": None,
    "lastInteractionIn": MOMENT,
    "rclastcart": "add?sku=301&qty=1&seller=1&sc=1",
    "rclastcartvalue": 99.9,
    "rclastsessiondate": "2026-03-05T18:00:00Z",
    "checkouttag": {"DisplayValue": "Carrinho", "Scores": {"Carrinho": [{"Point": 1.0}]}},
}


def key_of(document: Any) -> str:
    """The document's id in small letters, without the prefix some answers put before it."""
    said = record(document, "document")
    found = text((said or {}).get("id"), "id")
    if not found:
        raise Wrong("id")
    return found if isinstance(found, Fraction) else found.lower().removeprefix("cl-").lower()


def expected(document: Any) -> dict[str, Any]:
    """A customer is kept whenever it has an id; what is of the wrong kind is not known."""
    said = record(document, "document") or {}
    return {
        "contact_id": key_of(document),
        "customer_id": _lower(_text(said, "userId")),
        "first_name": _name(said, "firstName"),
        "last_name": _name(said, "lastName"),
        "phone": next(filter(None, (_name(said, name) for name in _PHONES)), None),
        "gender": _text(said, "gender"),
        "newsletter_opt_in": _or_none(yes, said.get("isNewsletterOptIn")),
        "is_corporate": _or_none(yes, said.get("isCorporate")) or False,
        "created_at": _or_none(moment, said.get("createdIn")),
        "last_interaction_at": _or_none(moment, said.get("lastInteractionIn")),
        "email": _email(said),
    }


_PHONES = ("homePhone", "cellPhone", "phone", "businessPhone")
_ALIAS = re.compile(r"-[^-@]*\.ct\.vtex\.com(\.br)?$")
_ADDRESS = re.compile(
    r"[^@\s,;:<>()\"\[\]\\]+@[^\W_](?:(?:[^\W_]|[.-])*[^\W_])?\.[^\W\d_](?:[^\W_]|-)+"
)


def _email(said: Mapping[str, Any]) -> str | None:
    """The address in small letters where it is one, else none."""
    found = _or_none(text, said.get("email"))
    address = _ALIAS.sub("", (found or "").strip(" ").lower())
    is_real = _ADDRESS.fullmatch(address) and ".." not in address and "*" not in address
    is_alias = re.search(r"[@.]ct\.vtex\.com(\.br)?$", address)
    return address if is_real and not is_alias and len(address) <= 254 else None


def _or_none(read: Any, value: Any) -> Any:
    try:
        return read(value, "")
    except Wrong:
        return None


def _text(said: Mapping[str, Any], name: str) -> str | None:
    return tidy(_or_none(text, said.get(name)))


def _name(said: Mapping[str, Any], name: str) -> str | None:
    """Masked names are none."""
    found = _text(said, name)
    return None if found is None or "*" in found else found


def _lower(found: str | None) -> str | None:
    return found and found.lower()
