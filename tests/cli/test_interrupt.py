"""Ctrl-C on a real process in the middle of a sync."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from enrich.simulator.build import FULL_KEY
from enrich.warehouse import open_warehouse
from tests.jobs.town import NOW, town

SETTINGS = """
now = "{now}"
[stores.main]
account = "demostore"
base_url = "{address}/vtex"
app_key = {{ env = "KEY" }}
app_token = {{ env = "TOKEN" }}
currency = "BRL"
pace = {{ requests_per_second = 40 }}
"""


def start_sync(folder: Path) -> subprocess.Popen[str]:
    environ = {**os.environ, "KEY": FULL_KEY.app_key, "TOKEN": FULL_KEY.app_token}
    return subprocess.Popen(
        [sys.executable, "-m", "enrich", "sync"],
        cwd=folder,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell in the background makes its children deaf to Ctrl-C; people are not there.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


def test_ctrl_c_ends_with_130_and_the_next_run_completes(tmp_path: Path) -> None:
    with town(orders=150, customers=60) as there:
        text = SETTINGS.format(now=NOW.isoformat(), address=there.address)
        (tmp_path / "enrich.toml").write_text(text)

        first = start_sync(tmp_path)
        there.wait_for_details(30)
        first.send_signal(signal.SIGINT)
        _, said = first.communicate(timeout=600)
        assert first.returncode == 130
        assert "the next run completes" in said
        assert "Traceback" not in said

        second = start_sync(tmp_path)
        output, said = second.communicate(timeout=600)
        assert second.returncode == 0, said

    with open_warehouse(tmp_path / "data", job="a test") as warehouse:
        assert sorted(warehouse.runs.newest()["status"]) == ["completed", "interrupted"]
        assert warehouse.records.watermark("main", "orders") is not None
    assert "orders" in output


def test_of_two_at_once_one_works_and_the_other_says_who_does(tmp_path: Path) -> None:
    with town(orders=100, customers=40) as there:
        text = SETTINGS.format(now=NOW.isoformat(), address=there.address)
        (tmp_path / "enrich.toml").write_text(text)

        first = start_sync(tmp_path)
        there.wait_for_details(5)
        first.send_signal(signal.SIGSTOP)  # however slow the machine is, the first one is at work
        second = start_sync(tmp_path)
        _, said = second.communicate(timeout=600)
        first.send_signal(signal.SIGCONT)
        _, other = first.communicate(timeout=600)

    assert (first.returncode, "error" in other) == (0, False)
    assert second.returncode == 5
    assert f"sync (process {first.pid}, since " in said
    with open_warehouse(tmp_path / "data", job="a test") as warehouse:
        assert warehouse.runs.newest()["status"].to_list() == ["completed"]
