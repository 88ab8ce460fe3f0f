"""The load harness in small; the long form: python -m tests.load --orders 1000000 --kills 3"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.load.harness import run


@pytest.mark.slow
def test_a_killed_back_fill_and_a_busy_cycle_lose_nothing_and_keep_to_the_limits(
    tmp_path: Path,
) -> None:
    figures = run(tmp_path, orders=400, kills=1, cycles=1, changed=15, pace=200, seed=1)
    assert [part.ended.code for part in (*figures.backfill, *figures.cycles)] == [-9, 0, 0]
    assert figures.differences["compared"] > 350
    assert figures.refused == 0
    assert figures.changed == 15 <= figures.cycles[0].fetched
    assert figures.is_clean, figures.differences
