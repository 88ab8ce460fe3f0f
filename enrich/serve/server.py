"""A Prefect server of our own and the process that runs the schedules, as child processes.

Prefect's API runs code, so our server asks for a password and knows no key of VTEX or a platform.
Nothing of the user's own Prefect is touched, and nothing is reported to anybody.
"""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import SecretStr

from enrich.errors import BadSettings, Stop
from enrich.runs.reporting import SILENT, Reporter
from enrich.serve.installation import api_password
from enrich.warehouse import serving_lock

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
# All that the server gets of the caller's environment: a key may be in any other variable.
SERVER_VARIABLES = frozenset(
    {"PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "PYTHONPATH"}
)
# How to reach a server of the user's own: password, headers, TLS.
CLIENT_VARIABLES = frozenset(
    {
        "PREFECT_API_AUTH_STRING",
        "PREFECT_API_KEY",
        "PREFECT_API_TLS_INSECURE_SKIP_VERIFY",
        "PREFECT_API_SSL_CERT_FILE",
        "PREFECT_API_ENABLE_HTTP2",
        "PREFECT_API_REQUEST_TIMEOUT",
    }
)
CLIENT_PREFIX = "PREFECT_CLIENT_"


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


def server_environment(
    environ: Mapping[str, str], home: Path, address: Address, password: SecretStr
) -> dict[str, str]:
    """Return the environment of our own server: closed, and without any key of the caller."""
    return {
        **{name: value for name, value in environ.items() if name in SERVER_VARIABLES},
        **QUIET_SETTINGS,
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_API_AUTH_STRING": password.get_secret_value(),
        "PREFECT_SERVER_CSRF_PROTECTION_ENABLED": "true",
        "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": address.ui,
        # The UI asks the address it was loaded from, so that it works through a tunnel as well.
        "PREFECT_UI_API_URL": "/api",
    }


def runner_environment(
    environ: Mapping[str, str], home: Path, api_url: str, password: SecretStr | None
) -> dict[str, str]:
    """Return the environment of the process that runs the schedules: the keys, and one server.

    `password` is that of our own server; None leaves the user's own way to theirs.
    """
    ours = {**QUIET_SETTINGS, "PREFECT_HOME": str(home), "PREFECT_API_URL": api_url}
    if password is None:
        return {name: value for name, value in environ.items() if _is_passed_on(name)} | ours
    kept = {name: value for name, value in environ.items() if not name.startswith("PREFECT_")}
    return {**kept, **ours, "PREFECT_API_AUTH_STRING": password.get_secret_value()}


def _is_passed_on(name: str) -> bool:
    if not name.startswith("PREFECT_"):
        return True
    return name in CLIENT_VARIABLES or name.startswith(CLIENT_PREFIX)


def register(arguments: Sequence[str], *, environ: Mapping[str, str]) -> None:
    """The deployments at the Prefect server that `environ` names; SystemExit by their fault."""
    command = [sys.executable, "-m", "enrich.flows.deploy", *arguments]
    if code := subprocess.call(command, env=dict(environ)):
        raise SystemExit(code)


def serve_forever(
    arguments: Sequence[str],
    *,
    environ: Mapping[str, str],
    data_dir: Path,
    started_at: datetime,
    address: Address,
    api_url: str | None = None,
    report: Reporter = SILENT,
) -> None:
    """Run the deployments until interrupted; starts our own server unless `api_url` names one.

    `arguments` go to `python -m enrich.flows.runner`. Raises Locked when the data folder is served
    already, Stop when a process ends by itself, SystemExit when the runner named its fault.
    """
    runner = [sys.executable, "-m", "enrich.flows.runner", *arguments]
    home = (data_dir / "prefect").resolve()
    # The children hold the lock too: it is free when the last of them is gone.
    with serving_lock(data_dir, started_at) as lock:
        if api_url is not None:
            report.say("serving the deployments through the server of --api-url; Ctrl-C ends it")
            env = runner_environment(environ, home, api_url, None)
            with _child([*runner, "--shared"], env, lock) as process:
                _wait_for_end(process)
            return
        password = api_password(data_dir)
        env = server_environment(environ, home, address, password)
        with prefect_server(env, address, data_dir, lock) as server:
            report.say(
                f"Prefect UI: {address.ui}   (`enrich serve --show-password` shows its password;"
                f" home {home}); Ctrl-C ends it"
            )
            env = runner_environment(environ, home, address.api, password)
            with _child(runner, env, lock) as process:
                _wait_for_end(process, server)


def _wait_for_end(
    runner: subprocess.Popen[bytes], server: subprocess.Popen[bytes] | None = None
) -> None:
    """Wait for the runner, which names its own fault; raise Stop when the server is gone first."""
    while (code := runner.poll()) is None:
        if server is not None and server.poll() is not None:
            raise Stop("the Prefect server ended; its log is prefect-server.log in the data folder")
        time.sleep(0.5)
    if code < 0:
        raise Stop(f"the process that runs the schedules ended by {signal.Signals(-code).name}")
    if code:
        raise SystemExit(code)


@contextmanager
def prefect_server(
    env: Mapping[str, str], address: Address, data_dir: Path, lock: int
) -> Iterator[subprocess.Popen[bytes]]:
    """A Prefect server that answers at `address` while the block runs; its log is in `data_dir`."""
    _refuse_taken(address)
    Path(env["PREFECT_HOME"]).mkdir(mode=0o700, exist_ok=True)
    log = data_dir / "prefect-server.log"
    where = ("--host", address.host, "--port", str(address.port))
    with _child([sys.executable, "-m", "enrich.flows.server", *where], env, lock, log) as server:
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


def _wait_until_healthy(server: subprocess.Popen[bytes], address: Address, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise Stop(f"the Prefect server ended at once; its log is {log}")
        if is_healthy(address):
            return
        time.sleep(0.5)
    raise Stop(f"the Prefect server did not answer within {START_SECONDS:.0f} s; its log is {log}")


def is_healthy(address: Address) -> bool:
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
    command: Sequence[str], env: Mapping[str, str], lock: int, log: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that ends with the block, first asked, then made to; it holds `lock` with us."""
    output = os.fdopen(_private(log), "ab") if log else None
    process = subprocess.Popen(
        command, env=dict(env), stdout=output, stderr=output, pass_fds=(lock,)
    )
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
