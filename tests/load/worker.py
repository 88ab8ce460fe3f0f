"""One sync of the made-up shop in a process of its own, at a pace the settings may not allow.

python -m tests.load.worker enrich.toml PACE MOMENT
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from enrich.runs.publish import publish
from enrich.runs.reporting import in_lines
from enrich.settings import Settings, read_settings
from enrich.sync.store import sync_store
from enrich.wiring import Wiring

STORE = "main"


def at_pace(settings: Settings, requests_per_second: float) -> Settings:
    """The settings with another pace; unlike a user's, it is not held to VTEX's limits."""
    store = settings.stores[STORE]
    pace = store.pace.model_copy(update={"requests_per_second": requests_per_second})
    stores = {STORE: store.model_copy(update={"pace": pace})}
    return settings.model_copy(update={"stores": stores})


def main(config: str, pace: str, moment: str) -> None:
    """What `enrich sync` does, without its tables; a fault ends the process with its traceback."""
    path = Path(config)
    settings = at_pace(read_settings(path), float(pace))
    now = datetime.fromisoformat(moment)
    wiring = Wiring(
        settings.model_copy(update={"now": now, "data_dir": path.parent / "data"}),
        os.environ,
        lambda: datetime.now(UTC),
    )
    with wiring.warehouse("sync") as warehouse:
        with wiring.shop(STORE) as shop:
            done = sync_store(warehouse, shop, now=now, report=in_lines(_say))
        publish(warehouse)
    if done.fault is not None:
        raise done.fault


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
