"""The flows without a server: schedules, retries, pages, and each task as a plain function."""

from __future__ import annotations

import tomllib
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest
from prefect import Task
from prefect.client.schemas.schedules import CronSchedule
from pydantic import ValidationError

import enrich.flows.lake
import enrich.flows.profiles
import enrich.flows.received
import enrich.flows.sync
import enrich.flows.wire
from enrich.cli.setup import template
from enrich.errors import BadSettings, HeldBack, Locked, Refused, Stop, TryAgain
from enrich.flows.deploy import Installation
from enrich.flows.pages import (
    consent_page,
    cut_table,
    grid,
    movements_page,
    push_actions,
    push_page,
    segment_table,
    sync_line,
    sync_page,
)
from enrich.flows.profiles import compute_store, push_one
from enrich.flows.sync import each, publish_copy, pull_store, weigh_consents
from enrich.flows.wire import hide_customer_data, is_superfluous, is_worth_a_retry
from enrich.model import Loaded, Outcome
from enrich.profile.movements import Movements
from enrich.push.summary import PushSummary
from enrich.settings import Schedule, Settings, parse_settings
from enrich.simulator.build import FULL_KEY
from enrich.sync.pulling import EntityReport
from enrich.sync.reconciliation import SUMS, Proof
from enrich.sync.store import SyncReport
from enrich.wiring import Wiring
from tests.jobs.town import NOW, town

PERSON = "ana@example.com"
ROOT = Path(__file__).resolve().parents[2]
DAY = date(2026, 3, 9)
CHECKS = pl.DataFrame(
    {"finding": ["purchases"], "detail": [None], "row_count": [3], "amount_cents": [100]},
    schema_overrides={"detail": pl.String},
)


def wiring_to(address: str, data_dir: Path) -> Wiring:
    settings = parse_settings(
        {
            "data_dir": str(data_dir),
            "now": NOW.isoformat(),
            "stores": {
                "main": {
                    "account": "demostore",
                    "base_url": f"{address}/vtex",
                    "app_key": {"env": "KEY"},
                    "app_token": {"env": "TOKEN"},
                    "currency": "BRL",
                    "pace": {"requests_per_second": 90},
                }
            },
            "destinations": {"files": {"kind": "file", "entities": ["profiles", "purchases"]}},
        }
    )
    secrets = {"KEY": FULL_KEY.app_key, "TOKEN": FULL_KEY.app_token}
    return Wiring(settings, secrets, lambda: NOW)


def test_the_tasks_are_plain_functions_over_the_jobs(tmp_path: Path) -> None:
    with town(orders=40, customers=30) as there:
        wiring = wiring_to(there.address, tmp_path)
        stores = ("main",)
        assert not is_superfluous.fn(wiring, "sync", stores, NOW)

        pulled = pull_store.fn(wiring, "main")
        heard = weigh_consents.fn(wiring, "main")
        computed = compute_store.fn(wiring, "main")
        pushed, purchases = push_one.fn(wiring, "files", "main")
        copy = publish_copy.fn(wiring)

        assert pulled.fault is None
        # Nobody is told anything that nobody agreed to, and there is nothing to be told yet.
        assert (heard.fault, heard.written_count) == (None, 0)
        people = f"| people with a word of theirs | {heard.people_count} |"
        assert heard.people_count > 5 and people in consent_page([heard])
        assert pushed.accepted == computed.customer_count > 0
        assert (purchases.entity, purchases.accepted > 0) == ("purchases", True)
        assert "| files | main | purchases |" in push_page([pushed, purchases])
        assert Path(copy).is_file()
        assert is_superfluous.fn(wiring, "sync", stores, NOW - timedelta(hours=4))
        assert not is_superfluous.fn(wiring, "sync", stores, NOW + timedelta(hours=4))
        assert is_superfluous.fn(wiring, "profiles", stores, NOW, pushes=True)


def test_profiles_by_hand_do_not_cover_the_push(tmp_path: Path) -> None:
    wiring = wiring_to("http://127.0.0.1:9", tmp_path)
    compute_store.fn(wiring, "main")
    assert is_superfluous.fn(wiring, "profiles", ("main",), NOW)
    assert not is_superfluous.fn(wiring, "profiles", ("main",), NOW, pushes=True)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (TryAgain("the network"), True),
        (Locked("sync is writing"), True),
        (BadSettings("wrong"), False),
        (Refused("401"), False),
        (HeldBack("a check"), False),
        (Stop("a repeated page"), False),
        (ValueError("unforeseen"), False),
    ],
)
def test_only_what_may_pass_by_itself_is_tried_again(fault: Exception, expected: bool) -> None:
    state: Any = SimpleNamespace(data=fault)
    assert is_worth_a_retry(None, None, state) is expected


def test_an_unforeseen_fault_tells_its_kind_and_place_and_nobody() -> None:
    """Prefect keeps the text and the chain of what a task raises."""

    @hide_customer_data
    def load(fault: Exception) -> None:
        raise fault

    fault = ValueError(PERSON)
    with pytest.raises(Stop) as told:
        load(fault)
    assert str(told.value).startswith("unexpected ValueError ")
    assert PERSON not in "".join(traceback.format_exception(told.value))
    with pytest.raises(Refused, match="401"):
        load(Refused("401"))


def test_every_task_hides_customer_data() -> None:
    found = {
        value.fn.__name__: value.fn
        for module in (
            enrich.flows.sync,
            enrich.flows.profiles,
            enrich.flows.received,
            enrich.flows.lake,
            enrich.flows.wire,
        )
        for value in vars(module).values()
        if isinstance(value, Task)
    }
    assert len(found) >= 6
    assert [name for name, function in found.items() if not hasattr(function, "__wrapped__")] == []


def test_the_schedules_are_cron_lines_on_the_stores_clock() -> None:
    settings = parse_settings(tomllib.loads(template()))
    ours = Installation(settings.model_copy(update={"installation": "mystore"}), None)
    found = {plan.flow.name: ours.options_of(plan) for plan in ours.plans}
    assert found["sync"]["schedule"].cron == "15 */4 * * *"
    assert found["profiles"]["schedule"].cron == "45 5 * * *"
    assert (found["received"]["schedule"].cron, found["received"]["schedule"].active) == (
        "*/2 * * * *",
        False,
    )
    soon = {"kind": "file", "within_minutes": True}
    ours = Installation(parse_settings({"destinations": {"drop": soon}}), None)
    assert [ours.options_of(plan)["schedule"].active for plan in ours.plans] == [True, True, True]
    ours = Installation(parse_settings({"lake": {"orders": "s3://in/orders-*.parquet"}}), None)
    assert [plan.flow.name for plan in ours.plans] == ["sync", "profiles", "received", "lake"]
    for options in found.values():
        assert options["schedule"].timezone == "America/Sao_Paulo"
        assert options["concurrency_limit"].limit == 1


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"config": None, "data": "/srv/enrich/data"}, True),
        ({"config": "/srv/enrich/enrich.toml", "data": "/srv/enrich/../enrich/data"}, True),
        ({"config": "/srv/enrich/enrich.toml"}, True),
        ({"config": "/srv/enrich/enrich.toml", "data": "/srv/staging/data"}, False),
        ({"config": "/srv/staging/enrich.toml"}, False),
        ({}, False),
    ],
)
def test_runs_and_deployments_are_known_by_the_data_folder_they_write(
    parameters: dict[str, Any], expected: bool
) -> None:
    settings = Settings(data_dir=Path("/srv/enrich/data"))
    ours = Installation(settings, "/srv/enrich/enrich.toml")
    assert ours.is_of_this_folder(parameters) is expected
    assert not Installation(settings, None).is_of_this_folder({"config": None})


def test_the_project_file_says_the_same_as_the_code() -> None:
    text = (ROOT / "prefect.yaml").read_text()
    named = Settings().model_copy(update={"installation": "{{ $ENRICH_INSTALLATION }}"})
    for plan in Installation(named, None).plans:
        entrypoint = f"{plan.flow.__module__}.{plan.flow.__name__}"
        block = text[text.index(f"name: {plan.name}\n") :]
        assert block.index(f"entrypoint: {entrypoint}") < 60
        assert block.index(f'cron: "{plan.cron}"') < 450
        assert plan.description in block


@pytest.mark.parametrize(
    ("line", "is_taken"),
    [
        ("15 */4 * * *", True),
        ("0 6-22/2 * * mon-fri", True),
        ("0 0 29 2 *", True),
        ("0 5 L * *", True),
        ("0 5 * * mon#1", True),
        ("0 0 1 jan ?", True),
        ("99 * * * *", False),
        ("0 24 * * *", False),
        ("*/0 * * * *", False),
        ("0 0 * * 8", False),
        ("0 0 15W * *", False),
        ("R * * * *", False),
        ("H * * * *", False),
        ("0 0 * * foo", False),
    ],
)
def test_a_cron_line_is_judged_as_prefect_judges_it(line: str, is_taken: bool) -> None:
    assert (_problem(lambda: CronSchedule(cron=line)) is None) is is_taken
    assert (_problem(lambda: Schedule(sync_cron=line)) is None) is is_taken


@pytest.mark.parametrize("line", ["* * 31 2 *", "0 0 31 4,6 *", "* * * * * *", "@daily"])
def test_a_cron_line_that_never_comes_true_or_is_not_five_fields_is_refused(line: str) -> None:
    assert "five fields of cron that come true some day" in str(
        _problem(lambda: Schedule(sync_cron=line))
    )


def _problem(make: Callable[[], object]) -> ValidationError | None:
    try:
        make()
    except ValidationError as fault:
        return fault
    return None


def report(*entities: EntityReport) -> SyncReport:
    return SyncReport("main", entities, CHECKS)


def test_the_page_says_what_was_pulled_and_what_to_do() -> None:
    orders = EntityReport("orders", 1200, 30, Loaded(20, 10, 0, 2))
    coupons = EntityReport("coupons", note="not allowed (403); the role lacks Coupons")
    page = sync_page([report(orders, coupons)], {"other": Locked("a|b")}, "data/analysis.duckdb")
    assert "| orders | 1,200 | 30 | 20 | 10 | 0 | 2 |" in page
    assert "| data engineer | coupons: not allowed (403); the role lacks Coupons |" in page
    assert "| data engineer | 2 records were rejected: `enrich rejects` shows why |" in page
    assert "Nothing was listed yet." in page
    assert "**other failed:** a\\|b" in page
    assert sync_line([report(orders)]) == "30 new or changed, 2 rejected in 1 store(s)"
    assert "Nothing to do." in sync_page([report()], {}, "x")
    assert "**The dashboard stays as it was:** no disk" in sync_page([report()], {}, "x", "no disk")
    assert "No destination is enabled." in push_page([])


def test_the_page_shows_whether_the_store_equals_vtex() -> None:
    counts = dict.fromkeys(SUMS, 0) | {"listed_count": 1000, "stored_count": 995}
    proof = Proof(
        "main", counts | {"missing_count": 5, "unexplained_count": 5}, 0.001, DAY, DAY, NOW
    )
    page = sync_page([replace(report(), proof=proof)], {}, "x")
    for row in ("| stored | 995 |", "| listed, not stored | 5 |", "| pushes are | held |"):
        assert row in page
    assert "| data engineer | push held: main differs from VTEX by 5 orders" in page


STANDING = pl.DataFrame(
    [
        ("LOYAL_CHAMPIONS", 5, 5, 12, Decimal("24000.50")),
        ("BEGINNERS_NEW", 5, 1, 4, Decimal("99.00")),
        ("PROSPECTS", None, None, 30, Decimal("0.00")),
    ],
    schema=["rfm_segment", "r_score", "f_score", "customers", "amount"],
    orient="row",
)


def test_the_grid_shows_no_amount_of_fewer_than_five() -> None:
    lines = grid(STANDING).splitlines()
    assert lines[2] == r"| **R 5** | \<5 | · | · | · | 12 (24,000) |"
    assert len(lines) == 7
    segments = segment_table(STANDING)
    assert "| LOYAL_CHAMPIONS | 12 | 24,000.50 |" in segments
    assert "| BEGINNERS_NEW | 4 |  |" in segments


def test_cut_points_are_a_row_per_window_and_axis() -> None:
    days = [(1, 90, 400, 12), (2, 60, 80, 9), (3, None, None, 0), (4, 20, 20, 3), (5, 0, 10, 20)]
    cents = [(score, score * 100_00, score * 250_00, 9) for score in range(1, 6)]
    rows = [("30d", "recency", *one, "days", 44) for one in days]
    rows += [("30d", "monetary", *one, "cents", 45) for one in cents]
    names = ["window", "axis", "score", "lowest", "highest", "customer_count", "unit", "population"]
    lines = cut_table(pl.DataFrame(rows, schema=names, orient="row")).splitlines()
    assert lines[2] == "| 30d | recency | days | 90 to 400 | 60 to 80 | · | \\<5 | 0 to 10 | 44 |"
    assert lines[3].startswith("| 30d | monetary | currency | 100 to 250 | 200 to 500 |")


def test_movements_are_counted_by_cause_and_small_pairs_are_one() -> None:
    moves = pl.DataFrame(
        [(key, "BEGINNERS_NEW", "FREQUENT_ACTIVE", "bought") for key in range(7)]
        + [(key, None, "PROSPECTS", "arrived") for key in range(7, 10)],
        schema=["customer_key", "segment_then", "segment_now", "cause"],
        orient="row",
    )
    page = movements_page({"main": Movements(DAY, DAY, False, True, 90, moves), "new": None})
    assert "10 moved from 2026-03-09 to 2026-03-09, 90 stayed" in page
    assert "| bought | 7 |" in page
    assert "| BEGINNERS_NEW | FREQUENT_ACTIVE | bought | 7 |" in page
    assert "| others |  |  | 3 |" in page
    assert "PROSPECTS" not in page
    assert "nothing to compare with" in page


def test_what_to_do_about_a_platform_is_said_to_whom_it_concerns() -> None:
    held = PushSummary("icomm", "main", False, fault=HeldBack("say --confirm"))
    refused = PushSummary("webhook", "main", False, outcomes=Counter({Outcome.REJECTED: 3}), left=2)
    assert push_actions([PushSummary("files", "main", False)]) == []
    assert [who for who, _ in push_actions([held, refused])] == [
        "analyst",
        "analyst",
        "data engineer",
    ]
    assert "3 refused, reasons in `enrich query" in push_page([refused])


def test_one_stores_fault_leaves_the_others_their_turn() -> None:
    def do(store: str) -> str:
        if store == "b":
            raise Refused("401")
        return store

    done, faults = each(("a", "b", "c"), do)
    assert done == ["a", "c"]
    assert isinstance(faults["b"], Refused)
