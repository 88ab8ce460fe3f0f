"""Between two daily runs: who bought is there within minutes, and the daily run stays the truth."""

from __future__ import annotations

import json
import shutil
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from enrich import pipeline
from enrich.compute.today import NOTHING_KEPT, TodayReport
from enrich.errors import BadSettings
from enrich.flows.received import NOTHING_WAITS, outcome, take_received
from enrich.profile import FIELDS, profile_parts, score_parts
from enrich.profile.field import Joined
from enrich.profile.predicted import PREDICTED, no_predictions
from enrich.profile.products import PRODUCTS
from enrich.push.summary import PushSummary
from enrich.receiver import CUSTOMERS, ORDERS, Message, Notice
from enrich.runs.reporting import SILENT
from enrich.settings import parse_settings
from enrich.simulator.build import FULL_KEY
from enrich.simulator.changes import add_orders, change_customer, change_order
from enrich.simulator.truth import order_truth
from enrich.warehouse import OWN_COPY, Named, Warehouse
from enrich.wiring import Wiring
from tests.jobs.town import Town, town

NIGHT = datetime(2026, 3, 10, 8, 45, tzinfo=UTC)  # 5:45 in Sao Paulo
DAY = timedelta(days=1)
SECRETS = {"KEY": FULL_KEY.app_key, "TOKEN": FULL_KEY.app_token}


@dataclass
class Place:
    """An installation over the shop; `clock` is one for all that look at the same shop."""

    there: Town
    folder: Path
    clock: list[datetime]

    @property
    def wiring(self) -> Wiring:
        store = {
            "account": "demostore",
            "base_url": f"{self.there.address}/vtex",
            "app_key": {"env": "KEY"},
            "app_token": {"env": "TOKEN"},
            "currency": "BRL",
            "time_zone": "America/Sao_Paulo",
            "pace": {"requests_per_second": 90},
        }
        drops = {
            name: {"kind": "file", "folder": name, "formats": ["ndjson"], "within_minutes": soon}
            for name, soon in (("drop", True), ("nightly", False))
        }
        settings = parse_settings(
            {
                "data_dir": str(self.folder),
                "stores": {"main": store},
                "destinations": drops,
                "prediction": {"min_buyers": 30, "min_history_days": 30},
            }
        )
        return Wiring(settings, SECRETS, lambda: self.clock[0])

    def receive(self, topic: Any, key: str) -> None:
        message = Message(Notice(topic, key, "changed"), "hook", self.clock[0])
        self.wiring.inbox("main").keep(topic, [message], self.clock[0])

    def small_run(self) -> tuple[TodayReport, list[PushSummary]]:
        with self.wiring.warehouse("test") as warehouse:
            _, made, pushes = pipeline.run_received(self.wiring, warehouse, "main", SILENT)
        assert isinstance(made, TodayReport) and isinstance(pushes, list)
        return made, pushes

    def daily(self) -> list[PushSummary]:
        wiring = self.wiring
        with wiring.warehouse("test") as warehouse:
            assert pipeline.sync(wiring, warehouse, "main", SILENT).fault is None
            self.clock[0] += timedelta(minutes=1)
            pipeline.profile(wiring, warehouse, "main", SILENT)
            return pipeline.push(wiring, warehouse, ("main",), SILENT)

    def table(self, name: str) -> pl.DataFrame:
        with self.wiring.warehouse("test") as warehouse:
            return frame(warehouse, name)

    def sent(self, destination: str) -> dict[int, list[dict[str, Any]]]:
        """What each customer was sent there, oldest first."""
        found: dict[int, list[dict[str, Any]]] = defaultdict(list)
        files = (self.folder / destination).rglob("*.ndjson")
        for path in sorted(files, key=lambda one: one.stat().st_mtime_ns):
            for line in path.read_text().splitlines():
                row = json.loads(line)
                found[row["customer_key"]].append(row)
        return found


AHEAD = [one.name for one in PRODUCTS]
"""What the daily run left stays until the next."""


def frame(warehouse: Warehouse, name: str) -> pl.DataFrame:
    return pl.DataFrame(warehouse._connection.sql(f"from {name} order by customer_key"))


def whole(place: Place, as_of: date) -> pl.DataFrame:
    """Everybody's profile of the day by the kept cut points, as a daily run would make them."""
    with place.wiring.warehouse("test") as warehouse:
        shop = place.wiring.plain_shop("main")
        scored = score_parts(
            warehouse.profiles.parts("main"),
            as_of,
            shop.rules,
            warehouse.today.cut_points("main"),
            history_since=warehouse.resolved.history_since("main"),
        )
        before = warehouse.profiles.segments_before("main", as_of)
        kept = (Joined(PRODUCTS, frame(warehouse, "profiles").select("customer_key", *AHEAD)),)
        return pl.concat(profile_parts(scored, before, predictions=no_predictions(), joined=kept))


def texts(profiles: pl.DataFrame) -> pl.DataFrame:
    """Without what comes next; coded texts as plain ones."""
    names = [one.name for one in FIELDS if one not in PREDICTED]
    lists = pl.selectors.list().cast(pl.List(pl.String))
    plain = profiles.select(names).with_columns(pl.selectors.enum().cast(pl.String), lists)
    return plain.sort("customer_key")


@pytest.fixture
def places(tmp_path: Path) -> Iterator[tuple[Place, Place]]:
    """The same installation twice after its first night: one gets small runs, one does not."""
    clock = [NIGHT]
    with town(orders=240, customers=60, now=NIGHT) as there:
        first = Place(there, tmp_path / "first", clock)
        first.wiring.inbox("main").prepare()
        first.daily()
        shutil.copytree(tmp_path / "first", tmp_path / "second")
        yield first, Place(there, tmp_path / "second", clock)


@pytest.mark.slow
def test_a_day_of_small_runs_ends_like_a_day_without(places: tuple[Place, Place]) -> None:
    place, without = places
    main = place.there.simulator.main
    kept, history = place.table("profiles"), place.table("segment_history")

    def at(hours: float) -> None:
        place.clock[0] = NIGHT + timedelta(hours=hours)
        main.clock.stop_at(int(place.clock[0].timestamp() * 1_000_000))

    def hear(topic: Any, *keys: str) -> tuple[TodayReport, PushSummary]:
        for key in keys:
            place.receive(topic, key)
        made, (push,) = place.small_run()
        assert (push.destination, push.fault) == ("drop", None)
        return made, push

    at(2)
    bought = [add_orders(main, {"person": person})[0] for person in (1, 2, 3)]
    made, push = hear(ORDERS, *bought)
    assert (made.as_of, made.customer_count, push.accepted) == (date(2026, 3, 10), 3, 3)
    made_today = place.table("profiles_today")
    expected = whole(place, made.as_of).join(made_today, on="customer_key", how="semi")
    assert_frame_equal(texts(made_today), texts(expected))
    assert made_today["p_alive"].null_count() == 0
    assert_frame_equal(place.table("profiles"), kept)
    assert_frame_equal(place.table("segment_history"), history)

    assert hear(ORDERS, *bought)[1].accepted == 0  # received again, and nothing is new

    at(4)
    change_order(main, bought[0], "cancel", {})
    made, push = hear(ORDERS, bought[0])
    assert (made.customer_count, push.accepted) == (3, 1)

    change_customer(main, "new-1", "create", {"email": "new@example.com", "firstName": "New"})
    made, push = hear(CUSTOMERS, "new-1")
    assert (made.customer_count, push.accepted, push.adds) == (4, 1, 1)

    at(20)  # 1:45 of the next day
    late = add_orders(main, {"person": 4})
    made, push = hear(ORDERS, *late)
    assert made.as_of == date(2026, 3, 11) and push.accepted >= 1

    at(24)
    for one in places:
        assert all(done.fault is None for done in one.daily())
    keys = ["customer_key", "control_bucket"]
    assert_frame_equal(
        place.table("profiles").drop(keys),
        without.table("profiles").drop(keys),
        check_row_order=False,
    )
    (awake,) = place.table("profiles_today")["customer_key"]  # who bought after the kept day

    sent, alone = place.sent("drop"), without.sent("drop")
    assert [key for key, rows in sent.items() if any(a == b for a, b in pairwise(rows))] == []
    ids = {"customer_key", "days_since_last_purchase", "days_since_first_purchase"}

    def last_of(found: dict[int, list[dict[str, Any]]]) -> dict[str, dict[str, Any]]:
        rows = [rows[-1] for rows in found.values()]
        return {row["email"]: {name: row[name] for name in row.keys() - ids} for row in rows}

    there, awake_email = last_of(sent), sent[awake][-1]["email"]
    assert {**there, awake_email: None} == {**last_of(alone), awake_email: None}
    assert sent[awake][-1]["last_purchase_date"] == "2026-03-11"
    with place.wiring.warehouse("test") as warehouse:
        again = pipeline.push(place.wiring, warehouse, ("main",), SILENT)
        rules = place.wiring.rules["main"]
        about: dict[str, Any] = {"certificate": "c", "run_id": "f", "now": place.clock[0]}
        warehouse.people.forget("main", Named((awake,)), rules, **about)
    assert [done.accepted for done in again] == [0, 0]
    assert place.table("profiles_today").is_empty()


def test_it_ends_in_a_line_while_there_is_nothing_it_can_do(tmp_path: Path) -> None:
    with town(orders=20, customers=10, now=NIGHT) as there:
        place = Place(there, tmp_path, [NIGHT])
        place.wiring.inbox("main").prepare()

        def line(other: str | None = None) -> str:
            return str(outcome(place.wiring, lambda: other, take_received.fn))

        assert line() == NOTHING_WAITS
        place.receive(ORDERS, str(order_truth(there.simulator.main, 0, 1)[0]["orderId"]))
        assert line("sync of now") == "the inbox waits: sync of now is at work"
        with place.wiring.warehouse("sync"):
            assert line().startswith("the inbox waits: sync ")
        assert place.wiring.stores_waiting() == ("main",)
        # Before the first daily run orders come in, and nobody has a profile.
        assert line() == NOTHING_KEPT.format(store="main")
        assert place.wiring.stores_waiting() == ()
        assert place.table("order_customers").height <= 1


def test_a_whole_table_cannot_go_within_minutes() -> None:
    drop = {"kind": "file", "mode": "snapshot", "within_minutes": True}
    settings = parse_settings({"destinations": {"drop": drop}})
    with (
        pytest.raises(BadSettings, match='set mode = "changes"'),
        Wiring(settings, {}, lambda: NIGHT).destinations(),
    ):
        pass


def test_the_read_copy_follows_small_runs_every_quarter_of_an_hour(tmp_path: Path) -> None:
    clock, written = [NIGHT], list[int]()
    wiring = Wiring(parse_settings({"data_dir": str(tmp_path)}), {}, lambda: clock[0])
    copy = tmp_path / OWN_COPY
    with wiring.warehouse("test") as warehouse:
        for minutes in (0, 14, 16):
            if written:
                written_at = datetime.fromtimestamp(copy.stat().st_mtime, UTC)
                clock[0] = written_at + timedelta(minutes=minutes)
            pipeline.publish_received(wiring, warehouse)
            written.append(copy.stat().st_mtime_ns)
    assert written[0] == written[1] < written[2]
