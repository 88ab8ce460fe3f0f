"""One platform after the other: pushed, killed ten times, finished, and every record explained."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import md5
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import SecretStr

from enrich.client import Http
from enrich.destinations import REGISTRY, DestinationEntity, Tools, open_entity
from enrich.destinations.batches import payload_bytes
from enrich.push.planned import plan_push
from enrich.simulator.platforms import PLATFORMS
from enrich.warehouse import PushTarget, Warehouse, open_warehouse
from tests.destinations.cases import TAKE_PROFILES
from tests.destinations.long_run.people import a_day_later, email_of, make_profiles
from tests.destinations.long_run.platforms import KEY, Stand, serving

ROOT = Path(__file__).resolve().parents[3]
TARGET = PushTarget("there", "main")
KINDS = ("klaviyo", "hubspot", "brevo", "mailchimp", "braze", "customerio", "segment", "synerise",
         "connectif", "icomm", "marketingcloud", "file")  # fmt: skip
OPTIONS: dict[str, dict[str, Any]] = {
    "connectif": {"error_report_column": "_email"},
    "file": {"formats": ["parquet", "ndjson"]},
}
# These tell nobody who was refused, so nobody is.
SILENT = ("brevo", "segment", "file")
# The requests that a platform takes in a minute, where it counts them by the minute.
A_MINUTE = {
    kind: platform.requests
    for kind, platform in PLATFORMS.items()
    if platform.requests is not None and platform.seconds == 60 and kind in TAKE_PROFILES
}
REFUSED_EVERY = 100
MOST_RUNS = 12


@dataclass
class Figures:
    """What became of one platform."""

    kind: str
    records: int = 0
    accepted: int = 0
    refused: int = 0
    kills: int = 0
    requests: int = 0
    lost_replies: int = 0
    sent_again: int = 0
    after_lost_reply: int = 0
    after_kill: int = 0
    after_halving: int = 0
    unexplained: int = 0
    wrong_contacts: int = 0
    second_push: int = 0
    changed: int = 0
    moved: int = 0
    day_after: int = 0
    busiest_minute: int = 0
    estimated_minutes: float = 0.0
    simulated_minutes: float = 0.0
    rendered_per_second: float = 0.0
    records_per_second: float = 0.0
    peak_mb: float = 0.0
    problems: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not self.problems and self.unexplained == self.wrong_contacts == 0


def run(
    folder: Path,
    *,
    records: int,
    kinds: tuple[str, ...] = KINDS,
    kills: int = 10,
    seed: int = 1,
    is_measured: bool = True,
    say: Callable[[Figures], None] = lambda figures: None,
) -> list[Figures]:
    """The figures of every platform, in the order they were pushed to."""
    today, tomorrow = folder / "today.parquet", folder / "tomorrow.parquet"
    profiles = make_profiles(records)
    profiles.write_parquet(today)
    a_day_later(profiles).write_parquet(tomorrow)
    stands = {kind: Stand(kind, random.Random(f"{seed} {kind}")) for kind in kinds}
    done = []
    with serving(stands) as address:
        for kind in kinds:
            base = f"{address}/{kind}"
            round_ = Round(stands[kind], folder / kind, today, profiles, base, kills, seed)
            done.append(round_.play(tomorrow, is_measured=is_measured))
            say(done[-1])
    return done


@dataclass
class Round:
    """One platform: its stand, its warehouse, and what the runs so far told."""

    stand: Stand
    folder: Path
    today: Path
    profiles: pl.DataFrame
    base: str
    kills: int
    seed: int
    run_no: int = 0
    told: list[dict[str, Any]] = field(default_factory=list)
    unanswered: dict[int, set[str]] = field(default_factory=dict)
    sending_seconds: float = 0.0

    @property
    def kind(self) -> str:
        return self.stand.kind

    def play(self, tomorrow: Path, *, is_measured: bool) -> Figures:
        figures = Figures(self.kind, records=self.profiles.height)
        refused = set() if self.kind in SILENT else set(self._refused())
        self.stand.refuse({self._key(address) for address in refused})
        if is_measured:
            self._measure(figures)
        self._kill_often(figures)
        self._finish(figures)
        figures.simulated_minutes = self.stand.now / 60
        figures.records_per_second = figures.records / self.sending_seconds
        self._compare(figures, self.profiles, refused)
        self._explain(figures)
        self._push_again(figures, len(refused))
        self._push_tomorrow(figures, tomorrow)
        figures.requests, figures.lost_replies = self.stand.requests, self.stand.lost
        figures.busiest_minute = self.stand.busiest_minute()
        if figures.busiest_minute > A_MINUTE.get(self.kind, figures.busiest_minute):
            figures.problems.append(f"{figures.busiest_minute} requests in a minute")
        figures.peak_mb = max(one["peak_mb"] for one in self.told)
        return figures

    # -- pushing ------------------------------------------------------------------------------

    def _measure(self, figures: Figures) -> None:
        """What a dry run says it will take, and how fast payloads are made."""
        plan = self._push(dry_run=True)
        figures.estimated_minutes = plan["estimated_seconds"] / 60
        there = opened(self.kind, self.base, self.folder)
        state = pl.DataFrame(schema={"record_id": pl.String, "hash": pl.String})
        began = time.monotonic()
        sent = plan_push(there, self.profiles, state).to_send
        for part in sent.iter_slices(10_000):
            sum(len(payload_bytes(one)) for one in there.render(part))
        figures.rendered_per_second = sent.height / (time.monotonic() - began)

    def _kill_often(self, figures: Figures) -> None:
        dice = random.Random(f"kills {self.seed} {self.kind}")
        tries = 0
        while figures.kills < self.kills and tries < 4 * self.kills:
            tries += 1
            figures.kills += self._killed(dice)

    def _killed(self, dice: random.Random) -> bool:
        """Whether a sender was killed, after some of its requests, before it was done."""
        share = max(1, self.stand.requests // 4, figures_of(self.kind, self.profiles.height) // 12)
        wanted = self.stand.requests + dice.randint(0, share)
        worker = self._start()
        began = time.monotonic()
        if self.kind == "file":
            _wait(dice.uniform(0.5, 4.0), lambda: worker.poll() is not None)
        else:
            _wait(600, lambda: self.stand.requests > wanted or worker.poll() is not None)
            time.sleep(dice.uniform(0, 0.05))
        is_killed = worker.poll() is None
        worker.kill()
        said, _ = worker.communicate()
        self.sending_seconds += time.monotonic() - began
        if not is_killed and said:
            self.told.append(json.loads(said))
        with self._warehouse() as warehouse:
            self.unanswered[self.run_no] = set(warehouse.pushes.unanswered(TARGET))
        return is_killed

    def _finish(self, figures: Figures, profiles: Path | None = None) -> None:
        """Runs until one has nothing left that the next could do."""
        for _ in range(MOST_RUNS):
            done = self._push(profiles)
            left = done["retryable"] + done["unknown"] + done["left"]
            if not left and not self._open_jobs() and done["fault"] is None:
                return
        figures.problems.append(f"not finished after {MOST_RUNS} runs")

    def _push_again(self, figures: Figures, refused_count: int) -> None:
        """The refused are taken after all; then nothing is left to send."""
        self.stand.is_foul = False
        self.stand.refuse(set())
        healed = self._push()
        if healed["accepted"] != refused_count:
            figures.problems.append(f"{healed['accepted']} of {refused_count} refused taken later")
        before = self.stand.requests
        again = self._push()
        figures.second_push = again["adds"] + again["changes"]
        if self.stand.requests != before:
            figures.problems.append("the second push asked the platform")

    def _push_tomorrow(self, figures: Figures, tomorrow: Path) -> None:
        """In foul weather again: a hundredth bought something, another one has a new address."""
        later = pl.read_parquet(tomorrow)
        figures.moved = int((later["email"] != self.profiles["email"]).sum())
        figures.changed = int((later["orders_30d"] != self.profiles["orders_30d"]).sum())
        planned = self._push(tomorrow, dry_run=True)
        figures.day_after = planned["adds"] + planned["changes"]
        self.stand.is_foul = True
        self._finish(figures, tomorrow)
        self._compare(figures, later, set())

    def _push(self, profiles: Path | None = None, *, dry_run: bool = False) -> dict[str, Any]:
        worker = self._start(profiles, dry_run=dry_run)
        began = time.monotonic()
        said, complaint = worker.communicate(timeout=3600)
        if not dry_run:
            self.sending_seconds += time.monotonic() - began
        if worker.returncode:
            raise RuntimeError(f"{self.kind}: the sender failed: {complaint.splitlines()[-1]}")
        self.told.append(json.loads(said))
        return self.told[-1]

    def _start(
        self, profiles: Path | None = None, *, dry_run: bool = False
    ) -> subprocess.Popen[str]:
        self.run_no += 1
        order = {
            "kind": self.kind,
            "options": options_of(self.kind, self.base),
            "folder": str(self.folder),
            "base": self.base,
            "profiles": str(profiles or self.today),
            "run_no": self.run_no,
            "begin": self.stand.now + 1,
            "key": KEY,
            "dry_run": dry_run,
        }
        return subprocess.Popen(
            [sys.executable, "-m", "tests.destinations.long_run.sender", json.dumps(order)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    # -- looking ------------------------------------------------------------------------------

    def _explain(self, figures: Figures) -> None:
        """Every record that arrived twice did so after a lost answer, a kill, or a halved batch."""
        keys = {self._key(row[1]): str(row[0]) for row in self._identities()}
        for address, times in self.stand.arrivals.items():
            if len(times) < 2:
                continue
            figures.sent_again += 1
            earlier = times[:-1]
            if all(one.is_lost for one in earlier):
                figures.after_lost_reply += 1
            elif all(
                one.is_lost or keys[address] in self.unanswered.get(one.run_no, ())
                for one in earlier
            ):
                figures.after_kill += 1
            elif any(one.is_halved for one in earlier):
                figures.after_halving += 1
            else:
                figures.unexplained += 1

    def _compare(self, figures: Figures, profiles: pl.DataFrame, refused: set[str]) -> None:
        """The platform's contacts against the profile table, and the refused against the ledger."""
        with self._warehouse() as warehouse:
            state = warehouse.pushes.state(TARGET)
            reasons = warehouse.pushes.reasons(TARGET)
        if not figures.accepted:
            figures.accepted = int(state["outcome"].is_in(["accepted", "queued"]).sum())
        if refused:
            figures.refused = int(reasons["record_count"].sum())
            if figures.refused != len(refused) or reasons["code"].null_count():
                figures.problems.append(f"{figures.refused} of {len(refused)} refused are listed")
        found = self._contacts()
        wanted = dict(self._expected(profiles))
        gone = {self._key(address) for address in refused}
        wrong = [
            key for key, values in wanted.items() if key not in gone and found.get(key) != values
        ]
        twice = [key for key in set(found) - set(wanted) if self._is_left(found[key])]
        figures.wrong_contacts += len(wrong) + len(twice) + len(gone & set(found))

    def _is_left(self, values: dict[str, Any]) -> bool:
        """Whether somebody is there twice; a former contact that the platform keeps is empty."""
        there = opened(self.kind, self.base, self.folder)
        ours = {field.target for field in there.fields}
        return there.moves_address != "clear" or bool(ours & set(values))

    def _contacts(self) -> dict[str, dict[str, Any]]:
        if self.kind == "file":
            return files_of(self.folder)
        return {
            key: {
                # A CSV has texts, a PATCH has numbers: either way went the same value.
                name: str(value) if self.kind == "connectif" else value
                for name, value in values.items()
                if value not in (None, "")
            }
            for key, values in self.stand.contacts.items()
        }

    def _expected(self, profiles: pl.DataFrame) -> Iterator[tuple[str, dict[str, Any]]]:
        there = opened(self.kind, self.base, self.folder)
        for part in profiles.iter_slices(10_000):
            frame = part.with_columns(
                record_id=pl.col("customer_key").cast(pl.String),
                hash=pl.lit("h"),
                is_known=pl.lit(False),
            )
            for address, payload in zip(part["email"], there.render(frame), strict=True):
                yield self._key(address), stored(self.kind, payload)

    def _key(self, address: str) -> str:
        """What the platform knows the contact by."""
        if self.kind == "mailchimp":
            return md5(address.encode(), usedforsecurity=False).hexdigest()
        return address

    def _identities(self) -> Iterator[tuple[int, str]]:
        yield from self.profiles.select("customer_key", "email").iter_rows()

    def _refused(self) -> list[str]:
        count = self.profiles.height
        return [email_of(number) for number in range(50, count + 1, REFUSED_EVERY)]

    def _open_jobs(self) -> bool:
        with self._warehouse() as warehouse:
            return not warehouse.pushes.open_jobs(TARGET).is_empty()

    def _warehouse(self) -> Any:
        return open_warehouse(self.folder, job="a look")


def options_of(kind: str, base: str) -> dict[str, Any]:
    """The settings of the platform; a failed share stops no run, as the weather is meant."""
    options = {**REGISTRY[kind].example, **OPTIONS.get(kind, {}), "stop_failed_share": 1}
    return options if kind == "file" else {**options, "base_url": base}


def opened(kind: str, base: str, folder: Path) -> DestinationEntity:
    tools = Tools(Http(), lambda source: SecretStr(KEY), folder)
    return open_entity("there", kind, options_of(kind, base), tools)


def figures_of(kind: str, records: int) -> int:
    """About how many requests the platform gets for so many records."""
    return opened(kind, "http://127.0.0.1:1", Path()).requests_for(records, 1_500 * records)


def stored(kind: str, payload: Any) -> dict[str, Any]:
    """What a stand-in keeps of a payload: nothing of what is empty."""
    values = {
        "klaviyo": lambda: payload["attributes"]["properties"],
        "hubspot": lambda: payload["properties"],
        "brevo": lambda: payload["attributes"],
        "mailchimp": lambda: payload["merge_fields"],
        "braze": lambda: {k: v for k, v in payload.items() if k != "email"},
        "customerio": lambda: payload["attributes"],
        "segment": lambda: payload["traits"],
        "synerise": lambda: {
            **{k: v for k, v in payload.items() if k != "attributes"},
            **payload["attributes"],
        },
        "connectif": lambda: {k: str(v) for k, v in payload.items() if k != "_email"},
        "icomm": lambda: {one["Key"]: one["Value"] for one in payload["CustomFields"]},
        "marketingcloud": lambda: payload["values"],
        "file": lambda: payload,
    }[kind]()
    return {name: value for name, value in values.items() if value is not None and value != ""}


def files_of(folder: Path) -> dict[str, dict[str, Any]]:
    """The newest line of every customer, by address, over all finished sets in their order."""
    manifests = sorted(
        (folder / "exports").glob("*.manifest.json"), key=lambda path: path.stat().st_mtime_ns
    )
    found: dict[int, dict[str, Any]] = {}
    for manifest in manifests:
        path = next(
            manifest.with_name(one["name"])
            for one in json.loads(manifest.read_text())["files"]
            if one["name"].endswith(".ndjson")
        )
        for line in path.read_text().splitlines():
            values = json.loads(line)
            kept = {k: v for k, v in values.items() if v is not None and v != ""}
            found[values["customer_key"]] = kept
    return {values["email"]: values for values in found.values()}


def _wait(seconds: float, is_over: Callable[[], bool]) -> None:
    until, nap = time.monotonic() + seconds, threading.Event()
    while time.monotonic() < until and not is_over():
        nap.wait(0.002)


__all__ = ["KINDS", "Figures", "Warehouse", "run"]
