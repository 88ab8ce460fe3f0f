"""Which names and characters Synerise takes: the others it drops without a word, or refuses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

# Fields of a profile of their own; every other name is a free attribute.
NATIVE = frozenset(
    """
    firstName lastName company address city zipCode province countryCode birthDate sex phone
    customId
    """.split()  # noqa: SIM905
)
# Silently ignored inside `attributes`.
RESERVED = frozenset(  # one word a name
    """
    email clientId phone customId uuid firstName lastName displayName company address city
    province zipCode countryCode birthDate sex avatarUrl anonymous agreements tags
    businessProfileId time ip source newsletter_agreement custom_identify firstname lastname
    created updated last_activity_date birthdate external_avatar_url displayname receive_smses
    receive_push_messages receive_webpush_messages receive_btooth_messages receive_rfid_messages
    receive_wifi_messages confirmation_hash ownerId anonymous_type country_id club_card_id type
    confirmed facebookId status
    """.split()  # noqa: SIM905
)
UNWANTED = re.compile("[\r\n\u2028\u2029\u00ad\u0000\ufe00-\ufe0f]")
OUTSIDE_THE_PLANE = re.compile("[\U00010000-\U0010ffff]")


def is_reserved(name: str) -> bool:
    """Whether a name would be dropped without a word; the native fields are no attributes."""
    return name not in NATIVE and (name in RESERVED or name.startswith("geo_loc_"))


def client_of(row: Mapping[str, Any], *, send_custom_id: bool) -> dict[str, str]:
    """Who an event is about: the shop's own id, where profiles are sent with it, else the address.

    Never both: they might be taken for two people.
    """
    if send_custom_id and row["customer_id"]:
        return {"customId": clean(row["customer_id"], is_identifier=True)}
    return {"email": clean(row["email"], is_identifier=True)}


def clean(value: Any, *, is_identifier: bool = False) -> Any:
    """The value without the characters Synerise refuses; lists and objects too."""
    if isinstance(value, str):
        text = UNWANTED.sub("", value)
        return OUTSIDE_THE_PLANE.sub("", text) if is_identifier else text
    if isinstance(value, list):
        return [clean(item) for item in value]
    if isinstance(value, dict):
        return {clean(name): clean(item) for name, item in value.items()}
    return value
