"""The notebook runs from top to bottom on the read copy of a shop."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.report.shop import published

NOTEBOOK = Path(__file__).resolve().parents[1] / "notebooks" / "customers.py"


def run(copy: Path) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "ENRICH_COPY": str(copy)}
    command = [sys.executable, str(NOTEBOOK)]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)


def test_every_cell_runs(tmp_path: Path) -> None:
    pytest.importorskip("marimo")
    with published(tmp_path) as copy:
        done = run(copy.path)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_cell_that_fails_is_a_failure(tmp_path: Path) -> None:
    pytest.importorskip("marimo")
    assert run(tmp_path / "nothing.duckdb").returncode != 0
