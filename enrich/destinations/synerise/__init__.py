"""Synerise: profiles, in one workspace with one login."""

from __future__ import annotations

from enrich.destinations.base import Adapter
from enrich.destinations.remote import opener
from enrich.destinations.synerise import profiles
from enrich.destinations.synerise.account import SyneriseSettings

ADAPTER = Adapter(
    settings=SyneriseSettings,
    capabilities=profiles.CAPABILITIES,
    mapping=profiles.MAPPING,
    open=opener(profiles.WIRE, profiles.CAPABILITIES, profiles.MAPPING),
    example={"api_key": {"env": "SYNERISE_API_KEY"}},
)
