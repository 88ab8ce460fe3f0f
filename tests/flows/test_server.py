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
from pathlib import Path
from typing import Any

import pytest

from enrich.simulator.build import FULL_KEY
from flows.deploy import TAGS
from tests.flows import screenshot
from tests.jobs.town import town

pytestmark = [pytest.mark.server, pytest.mark.slow]
PATIENCE_SECONDS = 180

SETTINGS = """
[stores.main]
account = "demostore"
base_url = "{address}/vtex"
app_key = {{ env = "KEY" }}
app_token = {{ env = "TOKEN" }}
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

    def run(self, deployment: str) -> dict[str, Any]:
        """A triggered run of the deployment, when it has ended."""
        deployment_id = self.deployments()[deployment]["id"]
        # Its SQLite answers 503 while something else writes; Prefect's own clients ask again too.
        started = wait_for(lambda: self.ask(f"deployments/{deployment_id}/create_flow_run"))
        wanted = {"flow_runs": {"id": {"any_": [started["id"]]}}}

        def ended() -> Any:
            found = self.ask("flow_runs/filter", wanted)[0]
            return found if found["state_type"] in ("COMPLETED", "FAILED", "CRASHED") else None

        return dict(wait_for(ended))

    def artifacts(self, run: dict[str, Any]) -> dict[str, str]:
        wanted = {"artifacts": {"flow_run_id": {"any_": [run["id"]]}}}
        return {found["key"]: found["data"] for found in self.ask("artifacts/filter", wanted)}

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


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("serve")
    port = free_port()
    with town(orders=120, customers=60) as there:
        (folder / "enrich.toml").write_text(SETTINGS.format(address=there.address))
        environ = {**os.environ, "KEY": FULL_KEY.app_key, "TOKEN": FULL_KEY.app_token}
        process = subprocess.Popen(
            [sys.executable, "-m", "enrich", "serve", "--port", str(port)],
            cwd=folder,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        try:
            found = Server(port, folder / "data")
            wait_for(lambda: len(found.deployments()) == 2)
            yield found
        finally:
            process.send_signal(signal.SIGTERM)
            output, _ = process.communicate(timeout=60)
        assert process.returncode == 130, output.decode()
        assert (folder / "data" / "prefect" / "prefect.db").is_file()


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
    if "ENRICH_SCREENSHOTS" in os.environ:
        _photograph(server, run, Path(os.environ["ENRICH_SCREENSHOTS"]))


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
        screenshot.take(f"{server.ui}/{path}", folder / name)
