"""Synerise: profiles, transactions, catalogue items and events, in one workspace with one login."""

from __future__ import annotations

from enrich.destinations.base import Adapter, Entity
from enrich.destinations.kinds import CARTS, CONSENTS, PRODUCTS, PURCHASES
from enrich.destinations.records import record_opener
from enrich.destinations.remote import opener
from enrich.destinations.synerise import carts, catalog, consents, profiles, transactions
from enrich.destinations.synerise.account import SyneriseSettings

ADAPTER = Adapter(
    settings=SyneriseSettings,
    capabilities=profiles.CAPABILITIES,
    mapping=profiles.MAPPING,
    open=opener(profiles.WIRE, profiles.CAPABILITIES, profiles.MAPPING),
    example={"api_key": {"env": "SYNERISE_API_KEY"}},
    others=(
        Entity(
            PRODUCTS,
            catalog.CAPABILITIES,
            catalog.MAPPING,
            record_opener(catalog.WIRE, catalog.CAPABILITIES, catalog.MAPPING),
            needs=("catalog",),
            example={"catalog": "products"},
            wishes=("product_key",),
        ),
        Entity(
            PURCHASES,
            transactions.CAPABILITIES,
            transactions.MAPPING,
            record_opener(transactions.WIRE, transactions.CAPABILITIES, transactions.MAPPING),
            after=("profiles", PRODUCTS),
            wishes=("product_key",),
        ),
        Entity(
            CARTS,
            carts.CAPABILITIES,
            carts.MAPPING,
            record_opener(carts.WIRE, carts.CAPABILITIES, carts.MAPPING),
            after=("profiles",),
            wishes=("cart_days",),
        ),
        Entity(
            CONSENTS,
            consents.CAPABILITIES,
            consents.MAPPING,
            record_opener(consents.WIRE, consents.CAPABILITIES, consents.MAPPING),
        ),
    ),
)
