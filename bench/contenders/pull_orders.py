"""Orders alone, through client, validation and load, without the resolve.

python -m bench.contenders.pull_orders ADDRESS FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

from bench.contenders.sync import simulated
from bench.simulated import NOW
from enrich.runs.record import recorded
from enrich.runs.reporting import SILENT
from enrich.sync.orders import pull_orders
from enrich.sync.pulling import Pull
from enrich.warehouse import open_warehouse


def load_orders(address: str, folder: Path) -> None:
    """Every order of the shop is in the warehouse, raw and typed."""
    with simulated(address) as shop, open_warehouse(folder) as warehouse:
        assert shop.source is not None
        with recorded(warehouse, "sync", shop.name, NOW) as run:
            pull_orders(Pull(warehouse, shop, shop.source, run, SILENT), shop.source.listed, None)


if __name__ == "__main__":
    load_orders(sys.argv[1], Path(sys.argv[2]))
