"""Connectif: contacts, products, purchases, coupons, consents, in 100 requests a minute."""

from __future__ import annotations

from enrich.destinations.base import Adapter, Entity
from enrich.destinations.connectif import consents, contacts, coupons, products, purchases
from enrich.destinations.connectif.account import ConnectifSettings
from enrich.destinations.kinds import CONSENTS, COUPONS, PRODUCTS, PURCHASES
from enrich.destinations.records import record_opener
from enrich.destinations.remote import opener

ADAPTER = Adapter(
    settings=ConnectifSettings,
    capabilities=contacts.CAPABILITIES,
    mapping=contacts.MAPPING,
    open=opener(contacts.WIRE, contacts.CAPABILITIES, contacts.MAPPING),
    example={"api_key": {"env": "CONNECTIF_KEY_ID"}, "api_secret": {"env": "CONNECTIF_KEY_SECRET"}},
    others=(
        Entity(
            PRODUCTS,
            products.CAPABILITIES,
            products.MAPPING,
            record_opener(products.WIRE, products.CAPABILITIES, products.MAPPING),
            wishes=("product_key",),
        ),
        Entity(
            PURCHASES,
            purchases.CAPABILITIES,
            purchases.MAPPING,
            record_opener(purchases.WIRE, purchases.CAPABILITIES, purchases.MAPPING),
            after=("profiles", PRODUCTS),
            wishes=("product_key",),
        ),
        Entity(
            COUPONS,
            coupons.CAPABILITIES,
            coupons.MAPPING,
            record_opener(coupons.WIRE, coupons.CAPABILITIES, coupons.MAPPING),
            needs=("coupon_set_id",),
            example={"coupon_set_id": "set-1"},
        ),
        Entity(
            CONSENTS,
            consents.CAPABILITIES,
            consents.MAPPING,
            record_opener(consents.WIRE, consents.CAPABILITIES, consents.MAPPING),
        ),
    ),
)
