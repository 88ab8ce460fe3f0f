"""The profiles a warehouse keeps, as Parquet: python -m bench.export FOLDER OUT."""

from __future__ import annotations

import sys
from pathlib import Path

from enrich.warehouse import open_warehouse


def export(folder: Path, out: Path) -> None:
    """Writes the kept profiles of the only store, without its name."""
    with open_warehouse(folder) as warehouse:
        warehouse.profiles.of("shop").drop("store").write_parquet(out)


if __name__ == "__main__":
    export(Path(sys.argv[1]), Path(sys.argv[2]))
