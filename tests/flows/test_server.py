"""A real Prefect server with a home and a port of its own, and `enrich serve` beside it.

Set ENRICH_SCREENSHOTS to a folder to keep the pictures of the run pages.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from enrich.flows.deploy import TAG
from enrich.flows.received import NOTHING_WAITS
from enrich.flows.runner import ABANDONED
from enrich.lake.made_up import write_files
from enrich.receiver import ORDERS, Message, Notice, inbox_of
from enrich.simulator.build import FULL_KEY
from enrich.simulator.truth import order_truth
from enrich.simulator.weather import Weather
from tests.docs.pages import ROOT
from tests.flows import browser
from tests.flows.listeners import Came, listeners
from tests.flows.served import SETTINGS, Served, Server, free_port, read, wait_for
from tests.jobs.town import NOW, town

PICTURES = os.environ.get("ENRICH_SCREENSHOTS")
"""A folder for pictures of the pages, of a larger shop: those of docs/images are made so."""
INSTALLATION = "mystore"
ALERTS = """
[alerts]
ping = { sync = { env = "PING" } }

[alerts.targets.hook]
kind = "webhook"
url = { env = "HOOK" }

[alerts.targets.mail]
kind = "email"
url = { env = "MAIL" }

[prediction]
min_buyers = 20
min_history_days = 30
max_bias = 0.001
backtest_horizon_days = {days}

[lake]
orders = "{folder}/in/orders-*.parquet"
buckets = 1
workers = 1
"""
TO = "from=enrich@example.org&to=operator@example.org"


@pytest.fixture(scope="module")
def came() -> Iterator[Came]:
    with listeners() as found:
        yield found


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, came: Came) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("serve")
    size = {"orders": 1500, "customers": 600} if PICTURES else {"orders": 120, "customers": 60}
    with town(**size) as there:
        days = min((datetime.now(UTC) - NOW).days + 90, 730)  # its last 90 are tested
        alerts = ALERTS.replace("{days}", str(days)).replace("{folder}", str(folder))
        text = f'installation = "{INSTALLATION}"\n{SETTINGS.format(address=there.address)}{alerts}'
        (folder / "enrich.toml").write_text(text)
        server = Server(free_port(), folder / "data")
        environ = {
            "KEY": FULL_KEY.app_key,
            "PING": f"http://127.0.0.1:{came.port}/ping",
            "HOOK": f"http://127.0.0.1:{came.port}/hook",
            "MAIL": f"mailto://127.0.0.1:{came.mail_port}/?{TO}",
        }
        found = Served(folder, server, environ, there, Served.deployments | {"lake"})
        found.start()
        try:
            found.server.keep_secret("vtex-token", FULL_KEY.app_token)
            yield found
        finally:
            found.stop()
        assert found.process is not None and found.process.returncode == 130, found.said
        assert (folder / "data" / "prefect" / "prefect.db").is_file()


@pytest.fixture
def server(served: Served) -> Server:
    return served.server


def test_the_deployments_run_on_the_stores_clock(server: Server) -> None:
    found = server.deployments()
    assert {name: d["schedules"][0]["schedule"]["cron"] for name, d in found.items()} == {
        "four-hourly": "15 */4 * * *",
        "daily": "45 5 * * *",
        "received": "*/2 * * * *",
        "lake": "45 3 * * *",
    }
    for deployment in found.values():
        assert deployment["schedules"][0]["schedule"]["timezone"] == "America/Sao_Paulo"
        assert deployment["tags"] == [TAG, INSTALLATION]
    assert {name: d["schedules"][0]["active"] for name, d in found.items()} == {
        "four-hourly": True,
        "daily": True,
        "received": False,  # no destination wants it
        "lake": True,
    }
    assert {name: d["concurrency_options"]["collision_strategy"] for name, d in found.items()} == {
        "four-hourly": "ENQUEUE",
        "daily": "ENQUEUE",
        "received": "CANCEL_NEW",
        "lake": "ENQUEUE",
    }


def test_triggered_runs_complete_and_leave_pages(server: Server) -> None:
    # What stands in the place of the dashboard cannot be replaced; the data comes in all the same.
    in_the_way = server.data / "dashboard.html"
    in_the_way.unlink(missing_ok=True)  # of a run of another test
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
    assert "**What comes next**" in pages["profiles"]
    assert "| files | main |" in pages["push"]
    assert "nothing to compare with" in pages["movements"]
    assert "@" not in "".join(pages.values())
    assert in_the_way.is_file()
    _look(server, computed)


def make_profiles(server: Server) -> None:
    """By the runs of a day, unless another test had them: it may be at work on another server."""
    if not server.ask("artifacts/filter", {"artifacts": {"key": {"like_": "profiles-"}}}):
        for name in ("four-hourly", "daily"):
            assert server.run(name)["state_type"] == "COMPLETED"


def test_a_small_run_ends_in_a_line_or_says_what_it_did(served: Served) -> None:
    server = served.server
    make_profiles(server)
    assert server.run("received")["state"]["message"] == NOTHING_WAITS
    assert served.town is not None
    inbox, now = inbox_of(server.data, "main"), datetime.now(UTC)
    inbox.prepare()
    (order,) = order_truth(served.town.simulator.main, 0, 1)
    notice = Notice(ORDERS, str(order["orderId"]), "invoiced")
    inbox.keep(ORDERS, [Message(notice, "hook", now)], now)
    done = server.run("received")
    assert done["state_type"] == "COMPLETED", done["state"]
    assert "profiles of today" in done["state"]["message"]
    assert inbox.waiting(ORDERS).file_count == 0


def test_a_lake_is_made_by_two_tasks_whose_workers_are_processes(served: Served) -> None:
    write_files(served.folder / "in", 30, 1, NOW)
    done = served.server.run("lake")
    assert done["state_type"] == "COMPLETED", done["state"]
    assert re.match(r"main: 30 profiles as of .*, from new files$", done["state"]["message"])
    assert "from unchanged files" in served.server.run("lake")["state"]["message"]


def _look(server: Server, run: dict[str, Any]) -> None:
    """The pages as a browser shows them once the password was given: runs, tasks, tables."""
    if not browser.is_here():
        pytest.skip("no chromium here: the run pages were not looked at")
    assert re.fullmatch(r"profiles \d{4}-\d\d-\d\d \d\d:\d\d UTC", run["name"])
    with browser.browser() as window:
        # Through another name of the loopback, as through a tunnel.
        ui = server.ui.replace("127.0.0.1", "localhost")
        window.go(f"{ui}/login")
        field = 'type="password"'
        assert field in window.shows(lambda page: field in page)
        window.type_into("input[type=password]", server.password + browser.ENTER)
        window.shows(lambda page: field not in page)
        window.go(f"{ui}/runs/flow-run/{run['id']}")
        words = (run["name"], "Completed", f"daily-{INSTALLATION}", TAG)
        text = window.shows(lambda page: all(word in page for word in words))
        assert [word for word in words if word not in text] == []
        window.go(f"{ui}/artifacts/artifact/{server.artifact_id('profiles')}")
        cell = re.compile(r"<td[^>]*><div[^>]*>R 5</div></td>")
        assert cell.search(window.shows(cell.search))
        if PICTURES:
            _photograph(window, ui, server, run, Path(PICTURES))


def _photograph(
    window: browser.Browser, ui: str, server: Server, run: dict[str, Any], folder: Path
) -> None:
    artifacts = ("sync", "profiles", "push", "movements")
    pages = {
        "prefect-run.png": (f"runs/flow-run/{run['id']}", "Completed"),
        "prefect-deployments.png": ("deployments", INSTALLATION),
        **{
            f"prefect-{name}.png": (f"artifacts/artifact/{server.artifact_id(name)}", "<td")
            for name in artifacts
        },
    }
    for name, (path, word) in pages.items():
        window.go(f"{ui}/{path}")
        window.shows(lambda page, word=word: word in page)
        window.picture(folder / name, 1400, 1500 if "artifact" in path else 1000)


def test_after_a_power_cut_the_next_run_begins_and_the_lost_one_is_ended(
    served: Served, came: Came
) -> None:
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
    assert came.at("/ping")


def test_a_failed_run_is_heard_of_by_webhook_and_by_mail(served: Served, came: Came) -> None:
    server = served.server
    path = f"deployments/{server.deployments()['daily']['id']}/create_flow_run"
    wrong = {"config": str(served.folder / "gone.toml"), "data": str(server.data)}
    run = wait_for(lambda: server.ask(path, {"parameters": wrong}))
    server.until(run["id"], "FAILED")
    (alert,) = wait_for(lambda: about(came, "a run failed"))
    assert "gone.toml" in alert["text"]
    assert wait_for(lambda: [mail for mail in came.mails if "a run failed" in mail])


def test_a_bias_over_its_limit_is_heard_of(served: Served, came: Came) -> None:
    """By the daily run, whose back-test of a few orders is off by more than `max_bias`."""
    make_profiles(served.server)
    (alert,) = wait_for(lambda: about(came, "something needs a look"))
    assert alert["text"].startswith("main: predictions were far off in the back-test (orders ")


def about(came: Came, what: str) -> list[dict[str, Any]]:
    """The alerts of this kind that came to the webhook."""
    return [one for one in came.at("/hook") if one["subject"] == f"enrich {INSTALLATION}: {what}"]


def test_alerts_follow_the_settings(served: Served) -> None:
    """Three automations, made once however often `serve` starts."""
    found = {one["name"]: one for one in served.server.ask("automations/filter")}
    assert set(found) == {
        f"enrich {INSTALLATION}: {what}"
        for what in ("a run failed", "the data is old", "something needs a look")
    }
    old = found[f"enrich {INSTALLATION}: the data is old"]["trigger"]
    assert (old["posture"], old["within"]) == ("Proactive", 9 * 3600)
    assert {len(one["actions"]) for one in found.values()} == {2}


REGISTER = ["register", "--pool", "workers"]


def test_the_project_file_registers_with_a_server_that_wants_a_password(served: Served) -> None:
    server = served.server
    wait_for(lambda: server.ask("work_pools/", {"name": "workers", "type": "process"}))
    config = served.folder / "yaml.toml"
    config.write_text('installation = "yaml"\n')
    environ = {
        "PREFECT_HOME": str(served.folder / "prefect"),
        "PREFECT_API_URL": f"{server.ui}/api",
        "PREFECT_API_AUTH_STRING": server.password,
        "ENRICH_CONFIG": str(config),
        "ENRICH_DATA": str(server.data),
        "ENRICH_INSTALLATION": "yaml",
        "ENRICH_TIME_ZONE": "America/Sao_Paulo",
        "ENRICH_POOL": "workers",
    }
    made_by = {}
    for command in (["prefect", "--no-prompt", "deploy", "--all"], ["enrich", *REGISTER]):
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            env={**os.environ, **environ},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        made_by[command[0]] = {one["name"]: one for one in server.ask("deployments/filter")}
    found = made_by["prefect"]
    for name in ("four-hourly", "daily"):
        made = found[f"{name}-yaml"]
        assert made_by["enrich"][f"{name}-yaml"]["entrypoint"] == made["entrypoint"]
        assert (made["work_pool_name"], made["tags"]) == ("workers", [TAG, "yaml"])
        assert made["parameters"]["data"] == str(server.data)
        assert found[f"{name}-{INSTALLATION}"]["work_pool_name"] is None
    for made in server.ask("deployments/filter"):
        if made["work_pool_name"] == "workers":  # another test asks for its own by these names
            server.delete(f"deployments/{made['id']}")


def test_prefect_keeps_no_secret_and_nobody(served: Served) -> None:
    data = served.folder / "data"
    assert served.holding(served.server.password.encode()) == [data / "prefect-password"]
    for path in (path for path in served.folder.rglob("*") if path.is_file()):
        content = read(path)
        assert FULL_KEY.app_token.encode() not in content, path.name
        if path.is_relative_to(data / "prefect") or path.parent == served.folder:
            assert b"@example.com" not in content, path.name
    assert (data / "prefect").stat().st_mode & 0o777 == 0o700
    assert (data / "prefect-password").stat().st_mode & 0o777 == 0o600
    assert (data / "prefect-server.log").stat().st_mode & 0o777 == 0o600
