"""Who an order says it is from: the alias instead of the address, the typed document, the names."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from enrich.simulator import book as flag
from enrich.simulator import words
from enrich.simulator.chance import roll
from enrich.simulator.world import World


@dataclass(frozen=True, slots=True)
class Buyer:
    """The true data behind an order; `user_id` is None without a profile."""

    user_id: str | None
    email: str | None
    first_name: str | None
    last_name: str | None
    document: str | None
    phone: str | None


def buyer_of(world: World, order: int) -> Buyer:
    """The person behind an order; a stranger is invented from the order's number."""
    person = world.book.person[order]
    flags = world.book.flags[order]
    if person < 0:
        return _stranger(world, order)
    people = world.people
    user_id = people.user_id[person]
    shown = user_id.upper() if flags & flag.UPPER_CASE_ID else user_id
    return Buyer(
        user_id=None if flags & flag.NO_PROFILE else shown,
        email=people.email[person],
        first_name=people.first_name[person],
        last_name=people.last_name[person],
        document=people.document[person],
        phone=people.phone[person],
    )


def _stranger(world: World, order: int) -> Buyer:
    drawn = roll(world.seed, "stranger", order)
    if world.book.flags[order] & flag.MARKETPLACE:
        email = f"buyer-{drawn % 10**10}@marketplace.example.com"
    else:
        email = f"guest.{order}@example.com"
    return Buyer(
        user_id=None,
        email=email,
        first_name=words.FIRST_NAMES[drawn % len(words.FIRST_NAMES)],
        last_name=words.LAST_NAMES[drawn // 97 % len(words.LAST_NAMES)],
        document=None,
        phone=None,
    )


def alias_of(world: World, order: int) -> str:
    """The address on the order: hard alias, or soft alias when the order's shop uses it."""
    buyer = buyer_of(world, order)
    order_id = world.book.order_id[order]
    if world.book.flags[order] & flag.SOFT_ALIAS and buyer.email:
        return f"{buyer.email}-{roll(world.seed, 'alias', order) % 10**12}b.ct.vtex.com.br"
    digest = blake2b(f"{world.seed} {order_id}".encode(), digest_size=16).hexdigest()
    return f"{digest}@ct.vtex.com.br"


def client_name(world: World, order: int) -> str:
    """First and last name as the order list shows them."""
    buyer = buyer_of(world, order)
    return f"{buyer.first_name or ''} {buyer.last_name or ''}".strip()


def client_profile_data(world: World, order: int) -> dict[str, Any]:
    """The `clientProfileData` of an order."""
    buyer = buyer_of(world, order)
    starred = world.book.flags[order] & flag.STARRED
    return {
        "id": "clientProfileData",
        "email": "***@***.com" if starred else alias_of(world, order),
        "firstName": "***" if starred else buyer.first_name,
        "lastName": buyer.last_name,
        "documentType": "cpf" if buyer.document else None,
        "document": _as_typed(buyer.document, order),
        "phone": buyer.phone,
        "corporateName": None,
        "tradeName": None,
        "corporateDocument": None,
        "stateInscription": None,
        "corporatePhone": None,
        "isCorporate": False,
        "userProfileId": buyer.user_id,
        "userProfileVersion": None,
        "customerClass": None,
        "customerCode": None,
    }


def _as_typed(document: str | None, order: int) -> str | None:
    """Every tenth buyer types the dots and the dash of the tax number."""
    if document is None or len(document) != 11 or order % 10:
        return document
    return f"{document[:3]}.{document[3:6]}.{document[6:9]}-{document[9:]}"
