"""What holds people's data for a while is gone after its days, and nothing else is."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

from enrich.model import Reject
from enrich.runs.tidying import tidy
from enrich.warehouse import open_warehouse
from tests.store.conftest import NOW


def test_old_rejects_and_exports_go_and_young_ones_stay(tmp_path: Path) -> None:
    exports, inbox = tmp_path / "exports" / "files", tmp_path / "inbox" / "main" / "orders"
    for folder, name, days in (
        (exports, "old.csv", 91),
        (exports, "young.csv", 89),
        (inbox, "old.inbox", 61),
        (inbox, "young.inbox", 59),
    ):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
        at = (NOW - timedelta(days=days)).timestamp()
        os.utime(folder / name, (at, at))
    with open_warehouse(tmp_path) as warehouse:
        for key, days in (("old", 31), ("young", 29)):
            at = NOW - timedelta(days=days)
            reject = [Reject(key, "broken", "{}")]
            warehouse.records.load("main", "orders", [], reject, run_id="r", now=at)

        tidy(warehouse, rejects_days=30, exports_days=90, inbox_days=60, now=NOW)

        assert warehouse.records.rejects()["key"].to_list() == ["young"]
    assert [path.name for path in exports.iterdir()] == ["young.csv"]
    assert [path.name for path in inbox.iterdir()] == ["young.inbox"]
