"""Days before today for the demo, so that movements between segments can be seen at once."""

from __future__ import annotations

from datetime import timedelta

from enrich.cli.shell import Shell
from enrich.compute.profiles import make_profiles
from enrich.warehouse import Warehouse

DAYS_BACK = (90, 30, 7)


def keep_history(shell: Shell, warehouse: Warehouse, store: str) -> None:
    """Profiles as the daily runs of those days would have kept them, from what is known today."""
    for days in DAYS_BACK:
        shop = shell.wiring.plain_shop(store)
        make_profiles(warehouse, shop, now=shell.now - timedelta(days=days))
