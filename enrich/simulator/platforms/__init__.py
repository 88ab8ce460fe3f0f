"""Stand-ins for the marketing platforms: each keeps what it is sent and its documented limits.

A module of this folder with a `PLATFORM` is one; it is served under the module's name.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module

from enrich.simulator.platforms.account import Account, Platform, report, serve

PLATFORMS: dict[str, Platform] = {
    found.name: module.PLATFORM
    for found in pkgutil.iter_modules(__path__)
    if hasattr(module := import_module(f"{__name__}.{found.name}"), "PLATFORM")
}

__all__ = ["PLATFORMS", "Account", "Platform", "report", "serve"]
