"""Exports of days: everything of them once more, going on where a killed one stopped."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from enrich.errors import BadSettings
from enrich.push.days import Days, days_of
from enrich.runs.reporting import Reporter
from tests.jobs.market import ALL, OPTIONS, Market, known_market
from tests.jobs.town import NOW

YEAR = Days(date(2025, 3, 1), date(2026, 3, 1))
STATE = "select entity, dated_by, status, record_count, done_count, refused_count from push_exports"


@pytest.fixture(params=sorted(OPTIONS))
def market(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Market]:
    with known_market(tmp_path, request.param) as made:
        if request.param == "synerise":
            made.options["batch_size"] = 10
        yield made


def sold_in(market: Market, days: Days) -> int:
    """How many orders of known people with an address were placed in these days."""
    return market.ask(
        f"""select count(*) from purchase_orders
        inner join purchases using (store, purchase_no)
        inner join orders on orders.order_id = purchase_orders.order_id
        inner join customers on customers.customer_key = purchases.customer_key
        where customers.email is not null and not purchases.is_marketplace
            and (orders.created_at - interval 3 hour)::date
            between '{days.from_on}' and '{days.to_on}'"""
    ).item()


def test_the_purchases_of_the_days_go_once_more_and_count_once(market: Market) -> None:
    wanted = sold_in(market, YEAR)
    before = len(market.purchases)
    calls = dict(market.account.calls)
    done = market.export("purchases", YEAR)
    assert (done.accepted, done.fault, done.rows) == (wanted, None, wanted)
    assert 0 < wanted < before == len(market.purchases)
    assert market.ask(STATE).rows() == [("purchases", "created", "completed", wanted, wanted, 0)]
    if market.kind == "connectif":
        # It knows them all: each is asked for, none is posted again.
        assert {one["count"] for one in market.purchases.values()} == {1}
        assert market.account.calls["GET purchases"] - calls["GET purchases"] == wanted
    assert market.push(*ALL)[-1].batches == 0


def test_what_the_platform_lost_comes_back(market: Market) -> None:
    lost = list(market.purchases)[::3]
    held = dict(market.purchases)
    for key in lost:
        del market.purchases[key]
    assert market.push(*ALL)[-1].batches == 0  # the ledger believes that they are there
    market.export("purchases", Days(date(2020, 1, 1), date(2026, 3, 10)))
    assert market.purchases.keys() == held.keys()


@pytest.mark.parametrize("kills_after", [False, True])
def test_a_killed_export_goes_on_where_it_was(market: Market, kills_after: bool) -> None:
    days = Days(date(2020, 1, 1), date(2026, 3, 10))
    market.world.calls_until_killed = {"connectif": 52, "synerise": 3}[market.kind]
    market.world.kills_after = kills_after
    with contextlib.suppress(KeyboardInterrupt):
        market.export("profiles" if market.kind == "synerise" else "purchases", days)
    market.world.calls_until_killed = 1_000_000_000
    entity, _, status, total, before, _ = market.ask(STATE).row(0)
    assert (status, 0 < before < total) == ("interrupted", True)
    seen: list[tuple[int, int | None]] = []
    again = market.export(
        entity, days, report=Reporter(step=lambda label, done, total: seen.append((done, total)))
    )
    assert again.accepted == total - before
    assert seen[0][0] > before and seen[-1] == (total, total)
    assert market.ask(STATE).rows() == [(entity, "created", "completed", total, total, 0)]
    if market.kind == "connectif":
        assert {one["count"] for one in market.purchases.values()} == {1}


def test_customers_by_creation_and_by_last_change(market: Market) -> None:
    of_year = market.export("profiles", YEAR)
    everybody = market.export("profiles", Days(date(2000, 1, 1), date(2026, 3, 10)))
    assert 0 < of_year.accepted < everybody.accepted == len(market.account.contacts)
    changed = market.export("profiles", Days(date(2026, 1, 1), date(2026, 3, 10), "updated"))
    assert 0 < changed.accepted < everybody.accepted
    assert market.ask(STATE)["status"].to_list() == ["completed"] * 3


def test_an_export_removes_nobody_and_holds_no_later_push(market: Market) -> None:
    if market.kind == "connectif":
        pytest.skip("a deletion needs its path")
    market.options["removals"] = "delete"
    there = len(market.account.contacts)
    market.export("profiles", Days(date(2026, 3, 1), date(2026, 3, 2)))
    assert len(market.account.contacts) == there
    market.options["leave_out"] = ["rfm_30d"]  # everybody is sent again
    profiles = market.push(*ALL, confirmed=False)[0]
    assert (profiles.fault, profiles.accepted) == (None, there)


def test_a_dry_run_of_an_export_tells_and_writes_nothing(market: Market) -> None:
    before = dict(market.account.calls)
    done = market.export("purchases", YEAR, dry_run=True)
    assert done.adds + done.changes == sold_in(market, YEAR)
    assert done.requests and done.sample
    assert market.account.calls == before
    assert market.ask(STATE).is_empty()


def test_a_refused_record_does_not_hold_an_export_open(market: Market) -> None:
    market.options["stop_failed_share"] = 1
    if market.kind == "connectif":
        market.purchases.clear()
    refused = market.ask("select order_id from purchases where customer_key is not null")[
        "order_id"
    ].to_list()[5:6]
    market.account.refused = set(refused)
    done = market.export("purchases", Days(date(2020, 1, 1), date(2026, 3, 10)))
    total = market.ask(STATE).row(0)
    assert (done.rejected, total[2], total[5]) == (1, "completed", 1)


@pytest.mark.parametrize(
    ("first", "last", "dated_by", "found"),
    [
        (None, None, None, None),
        (date(2026, 1, 1), None, None, Days(date(2026, 1, 1), NOW.date())),
        (date(2026, 1, 1), date(2026, 1, 1), "updated", Days(*[date(2026, 1, 1)] * 2, "updated")),
    ],
)
def test_what_the_options_mean(first, last, dated_by, found) -> None:  # type: ignore[no-untyped-def]
    assert days_of(first, last, dated_by, NOW.date()) == found


@pytest.mark.parametrize(
    ("first", "last", "dated_by"),
    [
        (None, NOW.date(), None),
        (None, None, "updated"),
        (NOW.date() + timedelta(days=1), None, None),
        (NOW.date(), None, "changed"),
    ],
)
def test_days_that_do_not_fit_are_refused(first, last, dated_by) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(BadSettings):
        days_of(first, last, dated_by, NOW.date())
