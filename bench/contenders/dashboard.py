"""The dashboard from the read copy: python -m bench.contenders.dashboard SHOP FOLDER."""

from __future__ import annotations

import sys
from pathlib import Path

from bench.contenders.job import TODAY
from enrich.dashboard.file import DASHBOARD_NAME, make_dashboard
from enrich.model import Rules
from enrich.warehouse import read_warehouse


def write_dashboard(folder: Path) -> Path:
    """The page of the shop whose read copy lies in the folder."""
    rules = {"shop": Rules(currency="BRL")}
    with read_warehouse(folder) as copy:
        return make_dashboard(copy, rules, folder / DASHBOARD_NAME, TODAY)


if __name__ == "__main__":
    write_dashboard(Path(sys.argv[2]))
