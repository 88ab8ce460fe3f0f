"""Stand-ins for the marketing platforms: each keeps what it is sent and its documented limits."""

from __future__ import annotations

from enrich.simulator.platforms import (
    braze,
    brevo,
    connectif,
    customerio,
    hubspot,
    klaviyo,
    mailchimp,
    masterdata,
    rdstation,
    segment,
    synerise,
)
from enrich.simulator.platforms.account import Account, Platform, report, serve

PLATFORMS: dict[str, Platform] = {
    "braze": braze.PLATFORM,
    "brevo": brevo.PLATFORM,
    "connectif": connectif.PLATFORM,
    "customerio": customerio.PLATFORM,
    "hubspot": hubspot.PLATFORM,
    "klaviyo": klaviyo.PLATFORM,
    "mailchimp": mailchimp.PLATFORM,
    "masterdata": masterdata.PLATFORM,
    "rdstation": rdstation.PLATFORM,
    "segment": segment.PLATFORM,
    "synerise": synerise.PLATFORM,
}

__all__ = ["PLATFORMS", "Account", "Platform", "report", "serve"]
