"""Orders and their lines from files, loaded and resolved.

python -m bench.contenders.import_files SHOP FOLDER csv
"""

from __future__ import annotations

import sys
from pathlib import Path

from bench.simulated import NOW
from enrich.model import Rules
from enrich.shop import Shop
from enrich.sources.files import Files
from enrich.sync.import_files import import_store
from enrich.warehouse import open_warehouse


def load(folder: Path, suffix: str) -> None:
    """The files of the folder are in a warehouse in it, customers and purchases resolved."""
    files = Files(folder / f"orders.{suffix}", folder / f"items.{suffix}")
    with open_warehouse(folder / "data") as warehouse:
        import_store(warehouse, Shop("main", Rules(currency="BRL")), files, now=NOW)


if __name__ == "__main__":
    load(Path(sys.argv[2]), sys.argv[3])
