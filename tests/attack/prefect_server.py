"""Whoever reaches Prefect's API runs code with the keys of the shop: so nobody else reaches it."""

from __future__ import annotations

import atexit
import http.server
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import httpx

from enrich.serve.installation import installation_name
from enrich.settings import Settings
from tests.attack.attempt import Attempt, Finding, NotHere
from tests.flows import browser
from tests.flows.served import PATIENCE_SECONDS, Served, Server, family, free_port, read, wait_for

KEYS = {"VTEX_APP_TOKEN": "token-of-the-shop", "ICOMM_API_KEY": "key-of-the-platform"}

# What a page of another origin can try: a flow, in each way that a browser lets it ask.
FOREIGN_PAGE = """
<script>
const ask = async (path, options) => {
  try { return (await fetch("UI" + path, options)).status } catch { return "blocked" }
};
const flow = {method: "POST", body: '{"name": "foreign"}'};
Promise.all([
  ask("/api/flows/", {...flow, headers: {"content-type": "application/json"}}),
  ask("/api/flows/", {...flow, mode: "no-cors"}),
  ask("/api/csrf-token?client=foreign"),
  ask("/ui-settings"),
]).then(answers => document.title = answers.join(" "));
</script>
"""


@cache
def victim() -> Served:
    """One `enrich serve` for all attempts, with keys in its environment; it ends with Python."""
    stack = ExitStack()
    atexit.register(stack.close)
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    found = Served(folder, Server(free_port(), folder / "data"), KEYS)
    stack.callback(found.stop)
    found.start()
    return found


def enrich(arguments: Sequence[str], **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "enrich", *arguments],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


@contextmanager
def page_of_another_origin(html: str) -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, *_: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def foreign_page(_: Path) -> Finding:
    if not browser.is_here():
        raise NotHere("no chromium and chromedriver")
    server = victim().server
    html = FOREIGN_PAGE.replace("UI", server.ui)
    with page_of_another_origin(html) as page, browser.browser() as window:
        window.go(page)
        answers = wait_for(lambda: window.run("return document.title"))
    made = server.ask("flows/filter", {"flows": {"name": {"any_": ["foreign"]}}})
    # A request without CORS is sent and shows the page nothing (status 0).
    held = answers == "blocked 0 blocked blocked" and made == []
    return Finding(held, f"the page saw: {answers}; flows made: {len(made)}")


def strangers(folder: Path) -> Finding:
    """Another account of the machine, another password, a name made to lead here."""
    server = victim().server
    user, _, password = server.password.partition(":")
    ours, foreign = (user, password), {"host": "evil.example"}
    with httpx.Client(base_url=server.ui, timeout=PATIENCE_SECONDS) as client:
        answers = {
            "no password": client.get("/api/flows/count"),
            "wrong password": client.get("/api/flows/count", auth=(user, "guess")),
            "no CSRF token": client.post("/api/flows/filter", auth=ours),
            "foreign Host": client.get("/", headers=foreign),
            "foreign Host, api": client.get("/api/flows/count", auth=ours, headers=foreign),
        }
    found = {name: answer.status_code for name, answer in answers.items()}
    api = f"{server.ui}/api"
    serving = enrich(["serve", "--data", str(folder / "data"), "--api-url", api])
    is_one_line = serving.stderr.count("error: ") == 1 and "refused the password" in serving.stderr
    held = list(found.values()) == [401, 401, 403, 400, 400] and serving.returncode == 3
    return Finding(held and is_one_line, f"{found}; enrich serve exits {serving.returncode}")


def processes(_: Path) -> Finding:
    """What another account sees of the processes, and what the server knows of the shop."""
    served = victim()
    assert served.process is not None
    password = served.server.password.partition(":")[2].encode()
    pids = family(served.process.pid)
    lines = {pid: read(Path(f"/proc/{pid}/cmdline")) for pid in pids}
    (server,) = (pid for pid, line in lines.items() if b"enrich.flows.server" in line)
    known = Path(f"/proc/{server}/environ").read_bytes()
    leaked = [name for name, key in KEYS.items() if name.encode() in known or key.encode() in known]
    in_ps = [pid for pid, line in lines.items() if password in line]
    holding = [path.name for path in served.holding(password)]
    mode = (served.server.data / "prefect-password").stat().st_mode & 0o777
    held = not leaked and not in_ps and holding == ["prefect-password"] and mode == 0o600
    return Finding(
        held,
        f"keys in the server: {leaked}; password in {len(in_ps)} of {len(pids)} lines of ps,"
        f" in the files {holding} (mode {mode:o})",
    )


def second_serve(_: Path) -> Finding:
    data = victim().server.data
    before = sorted(data.iterdir())
    second = enrich(["serve", "--data", str(data), "--port", str(free_port())])
    line = second.stderr.strip()
    held = second.returncode == 5 and "serves the schedules of this data folder" in line
    is_untouched = sorted(data.iterdir()) == before and second.stdout == ""
    return Finding(
        held and is_untouched, f"exit {second.returncode}: {line.split(';')[-1].strip()}"
    )


def neighbour(folder: Path) -> Finding:
    """Another installation, upgraded from before names, begins on the same server."""
    server, data = victim().server, folder / "data"
    name = installation_name(Settings(data_dir=data))
    theirs = server.deployments()["four-hourly"]
    earlier = deployment(server, "sync", "four-hourly", data)
    not_upgraded = deployment(server, "profiles", "daily", folder / "another")
    ours = deployment(server, "sync", f"four-hourly-{name}", data)
    at_work = {"theirs": running(server, theirs), "ours": running(server, ours)}
    beside = Served(folder, server, {"PREFECT_API_AUTH_STRING": server.password})
    beside.start("--data", str(data), "--api-url", f"{server.ui}/api")
    try:
        path = f"deployments/name/profiles/daily-{name}"
        wait_for(lambda: beside.is_at_work() and server.get(path))
    finally:
        beside.stop()
    states = {name: server.get(f"flow_runs/{run}")["state_type"] for name, run in at_work.items()}
    paused = {
        name: server.get(f"deployments/{one['id']}")["paused"]
        for name, one in (("earlier", earlier), ("not upgraded", not_upgraded), ("theirs", theirs))
    }
    left = server.ask("flow_runs/count", {"deployments": {"id": {"any_": [earlier["id"]]}}})
    held = (
        states == {"theirs": "RUNNING", "ours": "CRASHED"}
        and paused == {"earlier": True, "not upgraded": False, "theirs": False}
        and left == 0
    )
    return Finding(held, f"runs: {states}; paused: {paused}; runs left to the earlier: {left}")


def same_name(folder: Path) -> Finding:
    """A settings file copied with its `installation`, as for a staging beside production."""
    server = victim().server
    theirs = server.deployments()["four-hourly"]
    name = theirs["name"].removeprefix("four-hourly-")
    (folder / "enrich.toml").write_text(f'installation = "{name}"\n')
    arguments = ["--config", str(folder / "enrich.toml"), "--data", str(folder / "data")]
    api = ["--api-url", f"{server.ui}/api"]
    beside = enrich(["serve", *arguments, *api], PREFECT_API_AUTH_STRING=server.password)
    after = server.get(f"deployments/{theirs['id']}")
    held = beside.returncode == 2 and after["parameters"] == theirs["parameters"]
    is_one_line = beside.stderr.count("error: ") == 1 and "another data folder" in beside.stderr
    return Finding(held and is_one_line, f"enrich serve exits {beside.returncode}")


def deployment(server: Server, flow: str, name: str, data: Path) -> dict[str, Any]:
    """One deployment with a schedule, as an installation registered it before names."""
    flow_id = wait_for(lambda: server.ask("flows/", {"name": flow}))["id"]
    schedule = {"schedule": {"cron": "15 */4 * * *", "timezone": "UTC"}, "active": True}
    body = {"flow_id": flow_id, "name": name, "tags": ["enrich"], "schedules": [schedule]}
    body["parameters"] = {"config": None, "data": str(data.resolve())}
    return dict(wait_for(lambda: server.ask("deployments/", body)))


def running(server: Server, of: dict[str, Any]) -> str:
    """The id of a run of the deployment that somebody seems to carry on."""
    later = {"type": "SCHEDULED", "state_details": {"scheduled_time": "2100-01-01T00:00:00Z"}}
    path = f"deployments/{of['id']}/create_flow_run"
    run = wait_for(lambda: server.ask(path, {"state": later}))["id"]
    state = {"state": {"type": "RUNNING"}, "force": True}
    wait_for(lambda: server.ask(f"flow_runs/{run}/set_state", state))
    return str(run)


ATTEMPTS = (
    Attempt("a page of another origin makes a flow in Prefect", foreign_page, long=True),
    Attempt("no password, a wrong one, a forged request, a foreign Host", strangers),
    Attempt("keys and password in the server's environment, ps, files", processes),
    Attempt("a second serve of the same data", second_serve),
    Attempt("a copied settings file with the same installation", same_name),
    Attempt("another installation begins on the same server", neighbour),
)
