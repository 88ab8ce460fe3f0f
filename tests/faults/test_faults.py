"""The small form of the harness; `python -m tests.faults --kills 200` is the large one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.harness import run
from tests.faults.moments import MOMENTS

ENRICH = Path(__file__).resolve().parents[2] / "enrich"


@pytest.mark.slow
def test_killed_locked_and_full_runs_lose_invent_and_repeat_nothing(tmp_path: Path) -> None:
    figures = run(tmp_path, kills=4, seed=1, orders=90)
    assert (figures.kills, figures.full_disks, figures.locks) == (4, 1, 1)
    assert figures.orders > 60
    assert figures.comparisons > 6
    assert (figures.half_written, figures.faults) == ([], [])
    assert (figures.lost, figures.duplicated, figures.invented, figures.cents_off) == (0, 0, 0, 0)
    assert (figures.statuses_off_at_the_end, figures.needless_repeats) == (0, 0)
    assert figures.is_clean


@pytest.mark.parametrize("name", MOMENTS)
def test_every_named_moment_is_a_function_of_the_product(name: str) -> None:
    moment = MOMENTS[name]
    assert f"def {moment.function}(" in (ENRICH / moment.file).read_text(encoding="utf-8")
