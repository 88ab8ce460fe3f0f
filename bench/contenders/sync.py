"""Everything a sync pulls, loaded and resolved: python -m bench.contenders.sync ADDRESS FOLDER."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import SecretStr

from bench.simulated import APP, HISTORY_DAYS, NOW
from enrich.client import Http
from enrich.shop import Shop
from enrich.sources.vtex import Vtex, VtexClient
from enrich.sync.store import sync_store
from enrich.warehouse import open_warehouse


@contextmanager
def simulated(address: str) -> Iterator[Shop]:
    """The simulated shop, asked as fast as it answers."""
    with Http() as http:
        client = VtexClient(address, SecretStr(APP), SecretStr(APP), http)
        yield Shop("shop", source=Vtex(client, first_sync_days=HISTORY_DAYS))


def sync(address: str, folder: Path) -> None:
    """One sync of everything; raises what went wrong with any entity."""
    with simulated(address) as shop, open_warehouse(folder) as warehouse:
        fault = sync_store(warehouse, shop, now=NOW).fault
        if fault is not None:
            raise fault


if __name__ == "__main__":
    sync(sys.argv[1], Path(sys.argv[2]))
