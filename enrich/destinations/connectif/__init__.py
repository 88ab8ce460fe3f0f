"""Connectif: contacts, in one account that gives everybody together 100 requests a minute."""

from __future__ import annotations

from enrich.destinations.base import Adapter
from enrich.destinations.connectif import contacts
from enrich.destinations.connectif.account import ConnectifSettings
from enrich.destinations.remote import opener

ADAPTER = Adapter(
    settings=ConnectifSettings,
    capabilities=contacts.CAPABILITIES,
    mapping=contacts.MAPPING,
    open=opener(contacts.WIRE, contacts.CAPABILITIES, contacts.MAPPING),
    example={"api_key": {"env": "CONNECTIF_KEY_ID"}, "api_secret": {"env": "CONNECTIF_KEY_SECRET"}},
)
