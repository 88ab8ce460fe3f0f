"""What holds people's data for a while is gone after its days, and nothing else is."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

from enrich.jobs.tidying import tidy
from enrich.model import Reject
from enrich.store import open_warehouse
from tests.store.conftest import NOW


def test_old_rejects_and_exports_go_and_young_ones_stay(tmp_path: Path) -> None:
    exports = tmp_path / "exports" / "files"
    exports.mkdir(parents=True)
    for name, days in (("old.csv", 91), ("young.csv", 89)):
        (exports / name).touch()
        at = (NOW - timedelta(days=days)).timestamp()
        os.utime(exports / name, (at, at))
    with open_warehouse(tmp_path) as warehouse:
        for key, days in (("old", 31), ("young", 29)):
            at = NOW - timedelta(days=days)
            reject = [Reject(key, "broken", "{}")]
            warehouse.load_records("main", "orders", [], reject, run_id="r", now=at)

        tidy(warehouse, rejects_days=30, exports_days=90, now=NOW)

        assert warehouse.rejects()["key"].to_list() == ["young"]
    assert [path.name for path in exports.iterdir()] == ["young.csv"]
