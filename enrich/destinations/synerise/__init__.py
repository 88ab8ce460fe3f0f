"""Synerise: profiles, transactions, catalogue items and events, in one workspace with one login."""

from enrich.destinations.synerise.carts import SyneriseCarts
from enrich.destinations.synerise.catalog import SyneriseProducts
from enrich.destinations.synerise.consents import SyneriseConsents
from enrich.destinations.synerise.members import SyneriseMembers
from enrich.destinations.synerise.profiles import Synerise
from enrich.destinations.synerise.transactions import SynerisePurchases

__all__ = ["Synerise"]

Synerise.others = (
    SyneriseProducts,
    SynerisePurchases,
    SyneriseCarts,
    SyneriseConsents,
    SyneriseMembers,
)
