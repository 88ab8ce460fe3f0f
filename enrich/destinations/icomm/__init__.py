"""icomm: contacts with their profile, and with the cart they left, in one of its profiles."""

from __future__ import annotations

from enrich.destinations.base import PROFILES, Adapter, Entity
from enrich.destinations.icomm import carts, contacts
from enrich.destinations.icomm.contacts import IcommSettings
from enrich.destinations.kinds import CARTS
from enrich.destinations.records import record_opener
from enrich.destinations.remote import opener

ADAPTER = Adapter(
    settings=IcommSettings,
    capabilities=contacts.CAPABILITIES,
    mapping=contacts.MAPPING,
    open=opener(contacts.WIRE, contacts.CAPABILITIES, contacts.MAPPING),
    example={"api_key": {"env": "ICOMM_API_KEY"}, "profile_key": "MDE6MTIzNDU2"},
    others=(
        Entity(
            CARTS,
            carts.CAPABILITIES,
            carts.MAPPING,
            record_opener(carts.WIRE, carts.CAPABILITIES, carts.MAPPING),
            after=(PROFILES,),
            wishes=("cart_days",),
        ),
    ),
)
