"""The whole profile job, resolving first: python -m bench.contenders.job SHOP FOLDER."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from pathlib import Path

from bench.simulated import NOW
from enrich.compute.profiles import make_profiles
from enrich.shop import Shop
from enrich.warehouse import open_warehouse

TODAY = NOW + timedelta(days=1)


def make(folder: Path, now: datetime) -> None:
    """The profiles of the last complete day at `now`, kept in the folder's warehouse."""
    with open_warehouse(folder) as warehouse:
        make_profiles(warehouse, Shop("shop"), now=now)


if __name__ == "__main__":
    make(Path(sys.argv[2]), TODAY)
