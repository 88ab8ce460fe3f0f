"""The steps of `enrich demo`: the same jobs as every command, one line each."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from pathlib import Path

import polars as pl

from enrich.cli.console import reporter, show_table
from enrich.cli.demo_history import keep_history
from enrich.cli.shell import Shell
from enrich.errors import BadSettings, Refused, Stop
from enrich.jobs.dashboard import DASHBOARD_NAME, make_dashboard
from enrich.jobs.profiles import ProfilesReport, make_profiles
from enrich.jobs.publish import publish
from enrich.jobs.push_summary import PushSummary
from enrich.jobs.pushing import push_destination
from enrich.jobs.sync import SyncReport, sync_store
from enrich.jobs.verify import verify_destination, verify_store
from enrich.store import Warehouse

DEMO = Path("demo")
STORE = "demo"
MARK = "# made by `enrich demo`"


@dataclass(frozen=True, slots=True)
class Demo:
    """A demo under way: its settings and where the simulator listens."""

    shell: Shell
    address: str

    def line(self, step: str, text: str, began: float) -> None:
        self.shell.say(f"{step:<10} {text}  ({time.monotonic() - began:.1f} s)")


def prepare_folder(folder: Path) -> None:
    """An empty folder; only one that a demo made is emptied."""
    if folder.exists():
        settings = folder / "enrich.toml"
        is_ours = settings.is_file() and settings.read_text(encoding="utf-8").startswith(MARK)
        if any(folder.iterdir()) and not is_ours:
            raise BadSettings(f"{folder} is not a demo's folder; choose another with --folder")
        shutil.rmtree(folder)
    folder.mkdir(parents=True)


def write_settings(folder: Path, address: str, now: datetime) -> Path:
    """The settings file of the demo; its secrets are in the environment, as in real life."""
    text = (resources.files("enrich.cli") / "demo.toml").read_text(encoding="utf-8")
    values = {"@ADDRESS@": address, "@NOW@": now.isoformat(), "@DATA@": folder.as_posix()}
    for mark, value in values.items():
        text = text.replace(mark, value)
    path = folder / "enrich.toml"
    path.write_text(f"{MARK}\n{text}", encoding="utf-8")
    return path


def run_demo(demo: Demo) -> None:
    """The whole job, twice; raises Stop when the second run was not quiet."""
    began = time.monotonic()
    demo.line("simulator", f"a made-up VTEX and three platforms at {demo.address}", began)
    _verify(demo)
    with demo.shell.wiring.warehouse("demo") as warehouse:
        _sync(demo, warehouse, "sync")
        keep_history(demo.shell, warehouse, STORE)
        computed, profiles = _profiles(demo, warehouse, "profiles")
        _push(demo, warehouse, "push")
        synced = _sync(demo, warehouse, "sync again")
        _, again = _profiles(demo, warehouse, "again")
        pushes = _push(demo, warehouse, "push again")
        publish(warehouse)
    _dashboard(demo)
    _check_quiet(synced, profiles.equals(again), pushes)
    _summary(demo, computed, began)


def _verify(demo: Demo) -> None:
    began = time.monotonic()
    with demo.shell.wiring.shop(STORE) as shop, demo.shell.wiring.destinations() as destinations:
        findings = verify_store(shop) + [
            one for out in destinations for one in verify_destination(out)
        ]
    broken = [finding.what for finding in findings if not finding.works]
    if broken:
        raise Refused(f"the simulator does not answer as it should: {', '.join(broken)}")
    demo.line("verify", f"{len(findings)} of {len(findings)} permissions and platforms work", began)


def _sync(demo: Demo, warehouse: Warehouse, step: str) -> SyncReport:
    began = time.monotonic()
    shell = demo.shell
    with shell.wiring.shop(STORE) as shop, reporter(shell.out, quiet=True) as report:
        done = sync_store(warehouse, shop, now=shell.now, report=report)
    if done.fault is not None:
        raise done.fault
    orders, customers = done.entity("orders"), done.entity("customers")
    rejected = sum(entity.loaded.reject_count for entity in done.entities)
    demo.line(
        step,
        f"{orders.listed_count:,} orders listed, {orders.fetched_count:,} fetched;"
        f" {customers.listed_count:,} customer documents; {rejected:,} set aside",
        began,
    )
    return done


def _profiles(demo: Demo, warehouse: Warehouse, step: str) -> tuple[ProfilesReport, pl.DataFrame]:
    began = time.monotonic()
    shop = demo.shell.wiring.plain_shop(STORE)
    done = make_profiles(warehouse, shop, now=demo.shell.now)
    demo.line(
        step,
        f"{done.customer_count:,} profiles as of {done.as_of} in {len(done.segments)} segments",
        began,
    )
    return done, warehouse.profiles(STORE)


def _push(demo: Demo, warehouse: Warehouse, step: str) -> list[PushSummary]:
    began = time.monotonic()
    with demo.shell.wiring.destinations() as destinations:
        done = [
            one
            for out in destinations
            for one in push_destination(warehouse, out, STORE, now=demo.shell.now, confirmed=True)
        ]
    for one in done:
        if one.fault is not None:
            raise one.fault
    counts = ", ".join(f"{one.what} {one.accepted:,}" for one in done)
    demo.line(step, f"accepted: {counts}", began)
    return done


def _dashboard(demo: Demo) -> None:
    began = time.monotonic()
    wiring = demo.shell.wiring
    with wiring.read_copy() as copy:
        path = wiring.settings.data_dir / DASHBOARD_NAME
        make_dashboard(copy, wiring.rules, path, wiring.now, wiring.segments)
    demo.line("dashboard", f"open {path} in a browser", began)


def _check_quiet(synced: SyncReport, is_same: bool, pushes: list[PushSummary]) -> None:
    """The second run is the proof that nothing is done twice."""
    noise: dict[str, Callable[[], bool]] = {
        "orders were fetched again": lambda: synced.entity("orders").fetched_count > 0,
        "profiles changed": lambda: not is_same,
        "records were pushed again": lambda: any(one.accepted for one in pushes),
    }
    found = [what for what, is_heard in noise.items() if is_heard()]
    if found:
        raise Stop(f"the second run on unchanged data was not quiet: {', '.join(found)}")


def _summary(demo: Demo, computed: ProfilesReport, began: float) -> None:
    shell = demo.shell
    shell.say("")
    show_table(shell.out, "segments", ("segment", "customers"), computed.segments)
    config = shell.config
    shell.say("")
    shell.say(f"done in {time.monotonic() - began:.0f} s; the second run changed nothing. Next:")
    for line in (
        f"enrich status --config {config}",
        f'enrich query --config {config} "from profiles limit 5"',
        "enrich fields                 every field and what it means",
        f"{shell.settings.data_dir}/exports      what the file destination received",
        "enrich init                   settings for a real shop; docs/getting-started.md",
    ):
        shell.say(f"  {line}")
