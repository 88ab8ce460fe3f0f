"""Measuring whole processes, and what is made of the figures."""

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench.entries import entries_of
from bench.measure import Command, Failed, Run, in_turn, measured, ratio
from bench.plot import bars
from bench.roster import BY_NAME
from bench.table import as_data, boards
from bench.targets import TARGETS, reached
from tests.docs.pages import ROOT

RUNS = {
    "stage@M": [Run(2, 3, 900), Run(4, 3, 1_000), Run(3, 3, 1_100)],
    "duckdb@M": [Run(10, 9, 2_000), Run(8, 9, 2_000), Run(9, 9, 2_000)],
}


MEASURING = """
import dataclasses, pathlib, sys
from bench.measure import measured
run = measured([sys.executable, "-c", sys.argv[1]], pathlib.Path(), 300)
print(*dataclasses.astuple(run))
"""


def test_a_run_tells_wall_cpu_and_peak_of_the_process_alone() -> None:
    """By a small process, as the benchmarks: its peak counts, and that of pytest grows."""
    program = "x = bytearray(80_000_000)\nfor i in range(2_000_000): pass"
    command = [sys.executable, "-c", MEASURING, program]
    said = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    run = Run(*map(float, said.split()))
    assert 0 < run.cpu_seconds < run.wall_seconds + 1
    assert 80 < run.peak_mib < 200


def test_a_failing_command_is_told_with_what_it_said(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="no such luck"):
        measured([sys.executable, "-c", "raise SystemExit('no such luck')"], tmp_path, 30)


def test_a_command_that_never_ends_is_ended(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="exit -9"):
        measured([sys.executable, "-c", "import time; time.sleep(60)"], tmp_path, 0.2)


def test_commands_run_in_turn_each_after_its_preparation(tmp_path: Path) -> None:
    done: list[str] = []
    nothing = (sys.executable, "-c", "")
    commands = [Command(name, nothing, lambda name=name: done.append(name)) for name in "ab"]
    runs = in_turn(commands, 2, tmp_path, timeout_seconds=30, say=lambda line: None)
    assert done == ["a", "b", "a", "b"]
    assert {name: len(each) for name, each in runs.items()} == {"a": 2, "b": 2}


def test_a_ratio_is_taken_within_each_round() -> None:
    assert ratio(RUNS, "stage@M", "duckdb@M", lambda run: run.wall_seconds) == 3 / 9


def test_targets_are_judged_where_both_sides_ran() -> None:
    runs = {**RUNS, "stage_7@M": RUNS["stage@M"]}
    found = {one.target.says: one for one in reached(runs, "M")}
    assert set(found) == {"stage / tuned DuckDB SQL, time", "stage in 7 parts, peak memory in GB"}
    assert found["stage / tuned DuckDB SQL, time"].verdict == "aim"
    assert found["stage in 7 parts, peak memory in GB"].verdict == "aim"
    assert all(one.is_on_scale for one in found.values())


def test_every_target_speaks_of_known_contenders() -> None:
    for target in TARGETS:
        for name in filter(None, (target.of, target.to)):
            assert name.partition("@")[0] in BY_NAME


def test_a_name_may_carry_its_own_scale() -> None:
    assert [one.name for one in entries_of("stage@L, duckdb", "M")] == ["stage@L", "duckdb@M"]
    with pytest.raises(Failed, match="unknown: nobody"):
        entries_of("nobody", "M")


def test_the_standard_set_leaves_slow_peers_out_where_shops_are_large() -> None:
    small = {one.contender.name for one in entries_of(None, "S")}
    large = {one.contender.name for one in entries_of(None, "M")}
    assert small - large == {"pandas", "pymc", "pymc_import"}


def test_figures_go_into_a_picture_and_plain_data() -> None:
    picture = ElementTree.fromstring(bars(RUNS, "Seconds & memory"))
    assert len(picture.findall("{http://www.w3.org/2000/svg}rect")) == 2
    data = as_data(RUNS, reached(RUNS, "M"), {"cpus": 2})
    assert data["medians"]["stage@M"]["wall_seconds"] == 3
    assert list(boards(RUNS)) == ["The whole profile table"]
