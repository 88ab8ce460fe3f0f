"""Stand-ins for the marketing platforms: each keeps what it is sent and its documented limits."""

from __future__ import annotations

from enrich.simulator.platforms import connectif, synerise
from enrich.simulator.platforms.account import Account, Platform, report, serve

PLATFORMS: dict[str, Platform] = {
    "connectif": connectif.PLATFORM,
    "synerise": synerise.PLATFORM,
}

__all__ = ["PLATFORMS", "Account", "Platform", "report", "serve"]
