"""The steps of `enrich demo`: the same jobs as every command, one line each."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import resources
from pathlib import Path

from enrich import pipeline
from enrich.audiences.run import AudiencesReport, keep_audiences
from enrich.cli.audiences import audience_export, lift
from enrich.cli.console import reporter, show_table
from enrich.cli.shell import Shell
from enrich.compute.profiles import ProfilesReport, make_profiles
from enrich.compute.today import TodayReport, today_line
from enrich.durable import write_durably
from enrich.errors import BadSettings, Refused, Stop
from enrich.installed import page
from enrich.runs.publish import publish
from enrich.sync.store import SyncReport
from enrich.verify import verify_destination, verify_store
from enrich.warehouse import Warehouse

DEMO = Path("demo")
STORE = "demo"
MARK = "# made by `enrich demo`"
HISTORY_DAYS = (90, 30, 7)
EXPORTED, MEASURED = "slipping_away", "weekly_letter"


@dataclass(frozen=True, slots=True)
class Demo:
    """A demo under way: its settings and where the simulator listens."""

    shell: Shell
    address: str

    def line(self, step: str, text: str, began: float) -> None:
        self.shell.answer(f"{step:<10} {text}  ({time.monotonic() - began:.1f} s)")


def prepare_folder(folder: Path) -> None:
    """An empty folder; only one that a demo made is emptied."""
    if folder.exists():
        settings = folder / "enrich.toml"
        is_ours = settings.is_file() and settings.read_text(encoding="utf-8").startswith(MARK)
        if any(folder.iterdir()) and not is_ours:
            raise BadSettings(f"{folder} is not a demo's folder; choose another with --folder")
        shutil.rmtree(folder)
    folder.mkdir(mode=0o700, parents=True)


def write_settings(folder: Path, address: str, now: datetime) -> Path:
    """The settings file of the demo; its secrets are in the environment, as in real life."""
    text = (resources.files("enrich.cli") / "demo.toml").read_text(encoding="utf-8")
    values = {"@ADDRESS@": address, "@NOW@": now.isoformat()}
    for mark, value in values.items():
        text = text.replace(mark, value)
    path = folder / "enrich.toml"
    write_durably(path, f"{MARK}\n{text}".encode())
    return path


def run_demo(demo: Demo) -> None:
    """The whole job, twice; raises Stop when the second run was not quiet."""
    began = time.monotonic()
    demo.line("simulator", f"a made-up VTEX and the platforms at {demo.address}", began)
    _verify(demo)
    with demo.shell.wiring.warehouse("demo") as warehouse:
        first = _run(demo, warehouse, ("sync", "profiles", "audiences", "push"))
        profiles = warehouse.profiles.of(STORE)
        again = _run(demo, warehouse, ("sync again", "again", "again", "push again"))
        is_same = profiles.equals(warehouse.profiles.of(STORE))
        publish(warehouse)
    began_drawing = time.monotonic()
    path = pipeline.dashboard(demo.shell.wiring)
    demo.line("dashboard", f"open {path} in a browser", began_drawing)
    _check_quiet(again, is_same)
    _reach(demo)
    _summary(demo, first, began)


def _verify(demo: Demo) -> None:
    began = time.monotonic()
    with demo.shell.wiring.shop(STORE) as shop, demo.shell.wiring.destinations() as destinations:
        today = demo.shell.now.date()
        findings = verify_store(shop) + [
            one for out in destinations for one in verify_destination(out, today) if not one.is_note
        ]
    broken = [finding.what for finding in findings if not finding.works]
    if broken:
        raise Refused(f"the simulator does not answer as it should: {', '.join(broken)}")
    demo.line("verify", f"{len(findings)} of {len(findings)} permissions and platforms work", began)


def _run(demo: Demo, warehouse: Warehouse, names: Sequence[str]) -> list[pipeline.Done]:
    """What each step did, after its line was shown."""
    shell = demo.shell
    done = []
    with reporter(shell.err, quiet=True) as report:
        steps = pipeline.run_store(shell.wiring, warehouse, STORE, report, confirmed=True)
        began = time.monotonic()
        for name, one in zip(names, steps, strict=True):
            demo.line(name, _text(one), began)
            done.append(one)
            if name == "sync":
                _keep_history(shell, warehouse)
            began = time.monotonic()
    return done


def _keep_history(shell: Shell, warehouse: Warehouse) -> None:
    """Profiles and audiences of days before today, from what is known today: movements and lift."""
    shop, audiences = shell.wiring.plain_shop(STORE), shell.wiring.audiences(STORE)
    for days in HISTORY_DAYS:
        now = shell.now - timedelta(days=days)
        make_profiles(warehouse, shop, now=now)
        keep_audiences(warehouse, STORE, audiences, shop.rules.time_zone, now)


def _text(done: pipeline.Done) -> str:
    """What one step did, in a line."""
    match done:
        case SyncReport():
            orders, customers = done.entity("orders"), done.entity("customers")
            rejected = sum(entity.loaded.reject_count for entity in done.entities)
            return (
                f"{orders.listed_count:,} orders listed, {orders.fetched_count:,} fetched;"
                f" {customers.listed_count:,} customer documents; {rejected:,} rejected"
            )
        case ProfilesReport():
            count, segments = done.customer_count, len(done.segments)
            return f"{count:,} profiles as of {done.as_of} in {segments} segments"
        case AudiencesReport():
            members = sum(len(look.members) for look in done.looks)
            return f"{members:,} members in {len(done.looks)} audiences"
        case list():
            return f"accepted: {', '.join(f'{one.what} {one.accepted:,}' for one in done)}"
        case TodayReport():
            return today_line(done)
        case _:
            return f"{done.people_count:,} people with consents"


def _check_quiet(again: list[pipeline.Done], is_same: bool) -> None:
    """The second run is the proof that nothing is done twice."""
    found = [] if is_same else ["profiles changed"]
    for done in again:
        if isinstance(done, SyncReport) and done.entity("orders").fetched_count:
            found.append("orders were fetched again")
        if isinstance(done, list) and any(one.accepted for one in done):
            found.append("records were pushed again")
    if found:
        raise Stop(f"the second run on unchanged data was not quiet: {', '.join(found)}")


def _reach(demo: Demo) -> None:
    """What a marketer does next: one audience as a file, and what reaching another one brought."""
    audience_export(demo.shell, EXPORTED, demo.shell.settings.data_dir / f"{EXPORTED}.xlsx")
    lift(demo.shell, MEASURED)


def _summary(demo: Demo, first: list[pipeline.Done], began: float) -> None:
    shell = demo.shell
    shell.answer("")
    for done in first:
        if isinstance(done, ProfilesReport):
            show_table(shell.out, "segments", ("segment", "customers"), done.segments)
    config = shell.config
    shell.answer("")
    shell.answer(f"done in {time.monotonic() - began:.0f} s; the second run changed nothing. Next:")
    for line in (
        f"enrich status --config {config}",
        f'enrich query --config {config} "from profiles limit 5"',
        f"enrich audience list --config {config}",
        "enrich fields                 every field and what it means",
        f"{shell.settings.data_dir}/exports      what the file destination received",
        f"enrich init                   settings for a real shop; {page('getting-started.md')}",
    ):
        shell.answer(f"  {line}")
