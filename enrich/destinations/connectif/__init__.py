"""Connectif: contacts, products, purchases, coupons, consents, in 100 requests a minute."""

from enrich.destinations.connectif.consents import ConnectifConsents
from enrich.destinations.connectif.contacts import Connectif
from enrich.destinations.connectif.coupons import ConnectifCoupons
from enrich.destinations.connectif.members import ConnectifMembers
from enrich.destinations.connectif.products import ConnectifProducts
from enrich.destinations.connectif.purchases import ConnectifPurchases

__all__ = ["Connectif"]

Connectif.others = (
    ConnectifProducts,
    ConnectifPurchases,
    ConnectifCoupons,
    ConnectifConsents,
    ConnectifMembers,
)
