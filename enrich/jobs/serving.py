"""A Prefect server of our own and the process that runs both schedules, as child processes.

Nothing of the user's own Prefect is touched: home, database and port are ours, every PREFECT_
variable of the caller is dropped, and nothing is reported to anybody.
"""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from enrich.errors import BadSettings, Stop
from enrich.jobs.reporting import SILENT, Reporter

DEFAULT_PORT = 4210
START_SECONDS = 180.0
STOP_SECONDS = 20.0

_LEASES = "prefect.server.concurrency.lease_storage"
QUIET_SETTINGS = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
    "PREFECT_TELEMETRY_ENABLE_RESOURCE_METRICS": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "PREFECT_SERVER_EPHEMERAL_ENABLED": "false",
    # A run holds its place in the queue by a lease; in memory it would be lost with the server, and
    # the place be taken for ever.
    "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": f"{_LEASES}.filesystem",
    # Old runs, logs and events would grow until the server slows down.
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": '["events","flow_runs"]',
}


@dataclass(frozen=True, slots=True)
class Address:
    """Where a Prefect server of ours listens; the loopback unless the user says otherwise."""

    port: int = DEFAULT_PORT
    host: str = "127.0.0.1"

    @property
    def ui(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def api(self) -> str:
        return f"{self.ui}/api"


def prefect_environment(environ: Mapping[str, str], data_dir: Path, api_url: str) -> dict[str, str]:
    """The environment of every Prefect process we start: our home, our server, no telemetry."""
    kept = {name: value for name, value in environ.items() if not name.startswith("PREFECT_")}
    home = (data_dir / "prefect").resolve()
    return {**kept, **QUIET_SETTINGS, "PREFECT_HOME": str(home), "PREFECT_API_URL": api_url}


def serve_forever(
    arguments: Sequence[str],
    *,
    environ: Mapping[str, str],
    data_dir: Path,
    address: Address,
    api_url: str | None = None,
    report: Reporter = SILENT,
) -> None:
    """Run both deployments until interrupted; starts our own server unless `api_url` names one.

    `arguments` go to `python -m flows.deploy`. Raises Stop when a process ends by itself.
    """
    env = prefect_environment(environ, data_dir, api_url or address.api)
    deploy = [sys.executable, "-m", "flows.deploy", *arguments]
    if api_url is not None:
        report.say(f"serving both deployments through {api_url}; Ctrl-C ends it")
        with _child(deploy, env, None) as runner:
            _wait_for_end(runner)
        return
    with prefect_server(env, address, data_dir):
        report.say(f"Prefect UI: {address.ui}   (home {env['PREFECT_HOME']}); Ctrl-C ends it")
        with _child(deploy, env, None) as runner:
            _wait_for_end(runner)


def _wait_for_end(runner: subprocess.Popen[bytes]) -> None:
    if code := runner.wait():
        raise Stop(
            f"the process that runs the schedules ended with code {code}; see its lines above"
        )


@contextmanager
def prefect_server(
    env: Mapping[str, str], address: Address, data_dir: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """A Prefect server that answers at `address` while the block runs; its log is in `data_dir`."""
    _refuse_taken(address)
    data_dir.mkdir(parents=True, exist_ok=True)
    Path(env["PREFECT_HOME"]).mkdir(mode=0o700, exist_ok=True)
    log = data_dir / "prefect-server.log"
    where = ("--host", address.host, "--port", str(address.port))
    command = [sys.executable, "-m", "prefect", "server", "start", *where]
    with _child(command, env, log) as server:
        _wait_until_healthy(server, address, log)
        yield server


def _refuse_taken(address: Address) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address.host, address.port))
        except OSError:
            raise BadSettings(
                f"port {address.port} on {address.host} is taken; choose another with --port"
            ) from None


def _wait_until_healthy(
    server: subprocess.Popen[bytes],
    address: Address,
    log: Path,
    monotonic: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    deadline = monotonic() + START_SECONDS
    while monotonic() < deadline:
        if server.poll() is not None:
            raise Stop(f"the Prefect server ended at once; its log is {log}")
        if _is_healthy(address):
            return
        sleep(0.5)
    raise Stop(f"the Prefect server did not answer within {START_SECONDS:.0f} s; its log is {log}")


def _is_healthy(address: Address) -> bool:
    connection = http.client.HTTPConnection(address.host, address.port, timeout=5)
    try:
        connection.request("GET", "/api/health")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _private(path: Path) -> int:
    """A file to go on writing, for its owner alone, made or tightened."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.fchmod(descriptor, 0o600)
    return descriptor


@contextmanager
def _child(
    command: Sequence[str], env: Mapping[str, str], log: Path | None
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that ends with the block, first asked, then made to."""
    output = os.fdopen(_private(log), "ab") if log else None
    process = subprocess.Popen(command, env=dict(env), stdout=output, stderr=output)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if output:
            output.close()
