"""A real Prefect server with a home and a port of its own, and `enrich serve` beside it.

Set ENRICH_SCREENSHOTS to a folder to keep the pictures of the run pages.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from enrich.simulator.build import FULL_KEY
from enrich.simulator.weather import Weather
from flows.deploy import ABANDONED, TAGS
from tests.flows import screenshot
from tests.jobs.town import Town, town

pytestmark = [pytest.mark.server, pytest.mark.slow]
PATIENCE_SECONDS = 300
PICTURES = os.environ.get("ENRICH_SCREENSHOTS")
"""A folder for pictures of the pages, of a larger shop: those of docs/images are made so."""

SETTINGS = """
[stores.main]
account = "demostore"
base_url = "{address}/vtex"
app_key = {{ env = "KEY" }}
app_token = {{ prefect_block = "vtex-token" }}
time_zone = "America/Sao_Paulo"
currency = "BRL"
pace = {{ requests_per_second = 90 }}

[destinations.files]
kind = "file"

[consent]
enabled = true
"""


class Server:
    """The API of the server that `enrich serve` started, and its data folder."""

    def __init__(self, port: int, data: Path) -> None:
        self.ui = f"http://127.0.0.1:{port}"
        self.data = data

    def ask(self, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            f"{self.ui}/api/{path}",
            data=json.dumps(body or {}).encode(),
            headers={"content-type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)

    def deployments(self) -> dict[str, Any]:
        return {found["name"]: found for found in self.ask("deployments/filter")}

    def start(self, deployment: str) -> str:
        """The id of a triggered run of the deployment."""
        deployment_id = self.deployments()[deployment]["id"]
        # Its SQLite answers 503 while something else writes; Prefect's own clients ask again too.
        started = wait_for(lambda: self.ask(f"deployments/{deployment_id}/create_flow_run"))
        return str(started["id"])

    def until(self, run_id: str, *states: str) -> dict[str, Any]:
        """The run, when it is in one of these states."""
        wanted = {"flow_runs": {"id": {"any_": [run_id]}}}

        def there() -> Any:
            found = self.ask("flow_runs/filter", wanted)[0]
            return found if found["state_type"] in states else None

        return dict(wait_for(there))

    def run(self, deployment: str) -> dict[str, Any]:
        """A triggered run of the deployment, when it has ended."""
        return self.until(self.start(deployment), "COMPLETED", "FAILED", "CRASHED")

    def keep_secret(self, name: str, value: str) -> None:
        """A Secret block, as a person makes it in the UI."""
        kind = wait_for(lambda: self.get("block_types/slug/secret"))
        wanted = {"block_schemas": {"block_type_id": {"any_": [kind["id"]]}}}
        schema = wait_for(lambda: self.ask("block_schemas/filter", wanted))[0]
        ids = {"block_type_id": kind["id"], "block_schema_id": schema["id"]}
        wait_for(
            lambda: self.ask("block_documents/", {"name": name, "data": {"value": value}, **ids})
        )

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self.ui}/api/{path}", timeout=30) as response:
            return json.load(response)

    def artifacts(self, run: dict[str, Any]) -> dict[str, str]:
        wanted = {"artifacts": {"flow_run_id": {"any_": [run["id"]]}}}
        found = wait_for(lambda: self.ask("artifacts/filter", wanted))
        return {artifact["key"]: artifact["data"] for artifact in found}

    def artifact_id(self, key: str) -> str:
        return str(self.ask("artifacts/filter", {"artifacts": {"key": {"any_": [key]}}})[0]["id"])


def wait_for(question: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            if found := question():
                return found
        except (OSError, KeyError):
            pass
        time.sleep(0.5)
    raise AssertionError("the server did not get there in time")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Served:
    """`enrich serve` of one made-up shop, and its server."""

    folder: Path
    server: Server
    town: Town
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        port = self.server.ui.rpartition(":")[2]
        with (self.folder / "said.txt").open("ab") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "enrich", "serve", "--port", port],
                cwd=self.folder,
                env={**os.environ, "KEY": FULL_KEY.app_key},
                stdout=said,
                stderr=subprocess.STDOUT,
            )
        wait_for(lambda: len(self.server.deployments()) == 2)

    @property
    def said(self) -> str:
        return (self.folder / "said.txt").read_text()

    def pull_the_plug(self) -> None:
        """Every process of it is gone at once, as when the power fails."""
        assert self.process is not None
        for pid in family(self.process.pid):
            os.kill(pid, signal.SIGKILL)
        self.process.wait()


def family(pid: int) -> list[int]:
    """The process and all its descendants."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in family(int(child)))]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("serve")
    size = {"orders": 1500, "customers": 600} if PICTURES else {"orders": 120, "customers": 60}
    with town(**size) as there:
        (folder / "enrich.toml").write_text(SETTINGS.format(address=there.address))
        found = Served(folder, Server(free_port(), folder / "data"), there)
        found.start()
        try:
            found.server.keep_secret("vtex-token", FULL_KEY.app_token)
            yield found
        finally:
            assert found.process is not None
            found.process.send_signal(signal.SIGTERM)
            found.process.wait(timeout=60)
        assert found.process.returncode == 130, found.said
        assert (folder / "data" / "prefect" / "prefect.db").is_file()


@pytest.fixture
def server(served: Served) -> Server:
    return served.server


def test_both_deployments_run_on_the_stores_clock(server: Server) -> None:
    found = server.deployments()
    assert {name: d["schedules"][0]["schedule"]["cron"] for name, d in found.items()} == {
        "four-hourly": "15 */4 * * *",
        "daily": "45 5 * * *",
    }
    for deployment in found.values():
        assert deployment["schedules"][0]["schedule"]["timezone"] == "America/Sao_Paulo"
        assert deployment["schedules"][0]["active"]
        assert deployment["tags"] == TAGS
        assert deployment["concurrency_options"]["collision_strategy"] == "ENQUEUE"


def test_triggered_runs_complete_and_leave_pages(server: Server, tmp_path: Path) -> None:
    # What stands in the place of the dashboard cannot be replaced; the data comes in all the same.
    in_the_way = server.data / "dashboard.html"
    in_the_way.mkdir(parents=True)
    pulled = server.run("four-hourly")
    assert pulled["state_type"] == "COMPLETED", pulled["state"]
    assert "new or changed" in pulled["state"]["message"]
    page = server.artifacts(pulled)["sync"]
    assert "| orders |" in page
    assert "| pushes are | free |" in page
    assert "**The dashboard stays as it was:**" in page
    assert "| people with a word of theirs |" in server.artifacts(pulled)["consent"]

    in_the_way.rmdir()
    computed = server.run("daily")
    assert computed["state_type"] == "COMPLETED", computed["state"]
    pages = server.artifacts(computed)
    assert "| segment | customers | amount of all time |" in pages["profiles"]
    assert "| **R 5** |" in pages["profiles"]
    assert "| files | main |" in pages["push"]
    assert "nothing to compare with" in pages["movements"]
    assert "@" not in "".join(pages.values())
    assert in_the_way.is_file()
    _look(server, computed, tmp_path)


def _look(server: Server, run: dict[str, Any], tmp_path: Path) -> None:
    """The pages as a browser shows them: the run by its name, its tasks, the tables as tables."""
    if screenshot.browser() is None:
        pytest.skip("no chromium here: the run pages were not looked at")
    assert re.fullmatch(r"profiles \d{4}-\d\d-\d\d \d\d:\d\d UTC", run["name"])
    text = screenshot.elements(f"{server.ui}/runs/flow-run/{run['id']}", tmp_path)
    for words in (run["name"], "Completed", "daily", *TAGS):
        assert words in text, words
    grid = f"{server.ui}/artifacts/artifact/{server.artifact_id('profiles')}"
    shown = screenshot.elements(grid, tmp_path)
    assert re.search(r"<td[^>]*><div[^>]*>R 5</div></td>", shown)
    if PICTURES:
        _photograph(server, run, Path(PICTURES))


def _photograph(server: Server, run: dict[str, Any], folder: Path) -> None:
    artifacts = ("sync", "profiles", "push", "movements")
    pages = {
        "prefect-run.png": f"runs/flow-run/{run['id']}",
        "prefect-deployments.png": "deployments",
        **{
            f"prefect-{key}.png": f"artifacts/artifact/{server.artifact_id(key)}"
            for key in artifacts
        },
    }
    for name, path in pages.items():
        height = 1500 if "artifact" in path else 1000
        screenshot.take(f"{server.ui}/{path}", folder / name, height=height)


def test_after_a_power_cut_the_next_run_begins_and_the_lost_one_is_ended(served: Served) -> None:
    served.town.simulator.main.sky.weather = Weather(slow=1.0, slow_seconds=30)
    lost = served.server.start("four-hourly")
    lock = served.folder / "data" / ".lock"
    wait_for(lambda: served.server.until(lost, "RUNNING") and '"sync"' in lock.read_text())
    served.pull_the_plug()
    served.town.simulator.main.sky.weather = Weather()

    served.start()
    done = served.server.run("four-hourly")

    assert done["state_type"] == "COMPLETED", done["state"]
    ended = served.server.until(lost, "CRASHED")
    assert ended["state"]["message"] == ABANDONED
    assert f"1 run(s) ended: {ABANDONED}" in served.said


def test_a_second_serve_of_the_same_data_says_who_serves(served: Served) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "flows.deploy", "--config", "enrich.toml", "--data", "data"],
        cwd=served.folder,
        env={**os.environ, "PREFECT_API_URL": f"{served.server.ui}/api"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert second.returncode == 1
    assert "serve (process" in second.stderr
    assert "serves the schedules of this data folder" in second.stderr


def test_prefect_keeps_no_secret_and_nobody(served: Served) -> None:
    data = served.folder / "data"
    kept = [path for path in served.folder.rglob("*") if path.is_file()]
    for path in kept:
        content = path.read_bytes()
        assert FULL_KEY.app_token.encode() not in content, path.name
        if path.is_relative_to(data / "prefect") or path.parent == served.folder:
            assert b"@example.com" not in content, path.name
    assert (data / "prefect").stat().st_mode & 0o777 == 0o700
    assert (data / "prefect-server.log").stat().st_mode & 0o777 == 0o600
