"""A real Prefect server with a home and a port of its own, and `enrich serve` that started it."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx

from tests.jobs.town import Town

PATIENCE_SECONDS = 600

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
    """The API of a server at a loopback port, asked with the password of the file."""

    def __init__(self, port: int, data: Path) -> None:
        self.ui = f"http://127.0.0.1:{port}"
        self.data = data

    @property
    def password(self) -> str:
        return (self.data / "prefect-password").read_text().strip()

    def call(self, method: str, path: str, **options: Any) -> Any:
        """What the API answers, asked as Prefect's own clients ask.

        They too ask again when its SQLite is busy with something else, which it answers by 503.
        """
        user, _, password = self.password.partition(":")
        url, deadline = f"{self.ui}/api/{path}", time.monotonic() + PATIENCE_SECONDS
        while True:
            answer = httpx.request(method, url, auth=(user, password), timeout=120, **options)
            if answer.status_code != 503 or time.monotonic() > deadline:
                break
            time.sleep(0.5)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    @cached_property
    def unforged(self) -> dict[str, str]:
        """The headers that show a request to be no forged one."""
        token = self.call("GET", "csrf-token", params={"client": "tests"})["token"]
        return {"Prefect-Csrf-Client": "tests", "Prefect-Csrf-Token": token}

    def ask(self, path: str, body: Any = None) -> Any:
        return self.call("POST", path, json=body or {}, headers=self.unforged)

    def get(self, path: str) -> Any:
        return self.call("GET", path)

    def delete(self, path: str) -> None:
        self.call("DELETE", path, headers=self.unforged)

    def deployments(self) -> dict[str, Any]:
        """By name, without the name of the installation."""
        return {found["name"].rpartition("-")[0]: found for found in self.ask("deployments/filter")}

    def start(self, deployment: str) -> str:
        """The id of a triggered run of the deployment."""
        deployment_id = self.deployments()[deployment]["id"]
        return str(self.ask(f"deployments/{deployment_id}/create_flow_run")["id"])

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

    def artifacts(self, run: dict[str, Any]) -> dict[str, str]:
        wanted = {"artifacts": {"flow_run_id": {"any_": [run["id"]]}}}
        found = wait_for(lambda: self.ask("artifacts/filter", wanted))
        return {artifact["key"].rpartition("-")[0]: artifact["data"] for artifact in found}

    def artifact_id(self, name: str) -> str:
        wanted = {"artifacts": {"key": {"like_": f"{name}-"}}}
        return str(self.ask("artifacts/filter", wanted)[0]["id"])


def wait_for(question: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            if found := question():
                return found
        except (OSError, KeyError, httpx.HTTPError):
            pass
        time.sleep(0.5)
    raise AssertionError("the server did not get there in time")


def free_port() -> int:
    """A port that nobody has; of those that no system hands out to whoever asks for any.

    It stays free for the seconds until a server takes it, however many others begin meanwhile.
    """
    while True:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", 20_000 + secrets.randbelow(12_000)))
            return int(probe.getsockname()[1])


@dataclass
class Served:
    """`enrich serve` of one installation, and its server; `town` is the made-up shop of one.

    It has started when all its `deployments` are registered, which happens one by one.
    """

    folder: Path
    server: Server
    environ: Mapping[str, str]
    town: Town | None = None
    deployments: frozenset[str] = frozenset({"four-hourly", "daily", "received"})
    process: subprocess.Popen[bytes] | None = None

    def start(self, *arguments: str) -> None:
        """Start it as `enrich serve` with these arguments, or on the port of its own server."""
        own = ("--port", self.server.ui.rpartition(":")[2])
        with (self.folder / "said.txt").open("ab") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "enrich", "serve", *(arguments or own)],
                cwd=self.folder,
                env={**os.environ, **self.environ},
                stdout=said,
                stderr=subprocess.STDOUT,
            )
        wait_for(lambda: self.is_at_work() and self.deployments <= set(self.server.deployments()))

    def is_at_work(self) -> bool:
        """True; raises with what was said when the process has ended."""
        assert self.process is not None
        assert self.process.poll() is None, self.said
        return True

    def stop(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=PATIENCE_SECONDS)

    @property
    def said(self) -> str:
        return (self.folder / "said.txt").read_text()

    def pull_the_plug(self) -> None:
        """Every process of it is gone at once, as when the power fails."""
        assert self.process is not None
        for pid in family(self.process.pid):
            with suppress(ProcessLookupError):  # it ended meanwhile
                os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def holding(self, content: bytes) -> list[Path]:
        """The files of the folder that hold it, but for those that the server just removed."""
        return [path for path in self.folder.rglob("*") if path.is_file() and content in read(path)]


def read(path: Path) -> bytes:
    """What is in the file; nothing when it is gone, as one of SQLite or of a process may be."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return path.read_bytes()
    return b""


def family(pid: int) -> list[int]:
    """The process and all its descendants."""
    children = read(Path(f"/proc/{pid}/task/{pid}/children")).split()
    return [pid, *(each for child in children for each in family(int(child)))]
