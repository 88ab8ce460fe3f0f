"""What comes next and what to do: the numbers counted again, the page opened."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from enrich.dashboard.file import frames_of
from enrich.warehouse import ReadCopy
from tests.report.retail import published
from tests.report.test_numbers import Row, cents, merged, rows, size_and_value

AS_OF = date(2011, 12, 9)
Frames = dict[str, pl.DataFrame]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReadCopy]:
    with published(Path(tmp_path_factory.mktemp("retail"))) as copy:
        yield copy


@pytest.fixture(scope="module")
def frames(copy: ReadCopy) -> Frames:
    return frames_of(copy, "main", AS_OF)


@pytest.fixture(scope="module")
def profiles(copy: ReadCopy) -> list[Row]:
    return rows(copy, "from profiles")


def test_what_comes_next_adds_up(frames: Frames, profiles: list[Row]) -> None:
    buyers = [one for one in profiles if one["p_alive"] is not None]
    one = frames["outlook"].row(0, named=True)
    assert (one["customers"], one["status"], one["value_status"]) == (len(buyers), None, None)
    for days in (30, 90, 365):
        assert one[f"orders_{days}d"] == round(
            sum(each[f"expected_orders_{days}d"] for each in buyers)
        )
    assert one["amount_cents"] == sum(cents(each["expected_amount_365d"]) for each in buyers)
    tiers = frames["tiers"]
    assert tiers["tier"].to_list() == ["top_1", "top_5", "top_10", "top_25", "top_50", "rest"]
    assert tiers["customers"].sum() == len(buyers)
    assert tiers["expected_cents"].sum() == one["amount_cents"]


def test_who_is_likely_to_stay_away(frames: Frames, profiles: list[Row]) -> None:
    for kind, column in (("segment", "rfm_segment"), ("tier", "clv_tier")):
        labels: dict[str, list[Row]] = defaultdict(list)
        for one in profiles:
            if one["orders_lifetime"] >= 2 and one["churn_probability_90d"] >= 0.7:
                labels[one[column]].append(one)
        shown = frames["leaving"].filter(kind=kind).to_dicts()
        assert shown
        assert {row["label"]: (row["customers"], row["amount_cents"]) for row in shown} == {
            label: size_and_value(ones) for label, ones in merged(labels, "(other)").items()
        }


def test_repeat_orders_by_month(copy: ReadCopy, frames: Frames) -> None:
    days: dict[int, set[date]] = defaultdict(set)
    for one in rows(copy, "from purchases"):
        days[one["customer_key"]].add(one["purchased_on"])
    repeats = Counter(day.replace(day=1) for on in days.values() for day in sorted(on)[1:])
    found = frames["expected_months"]
    assert dict(found.select("month_on", "actual_orders").rows()) == repeats
    # in the stretch it was fitted to, a model gives about as many as came
    assert found["expected_orders"].sum() == pytest.approx(found["actual_orders"].sum(), rel=0.1)


def test_the_back_test_says_who_was_better(frames: Frames) -> None:
    found = frames["backtest"]
    for row in found.filter(pl.col("baseline").is_not_null()).to_dicts():
        higher = row["metric"] in ("orders_correlation", "buys_again_auc", "money_gini")
        ours, theirs = row["value"], row["baseline_value"]
        assert row["is_beaten"] == (theirs > ours if higher else abs(theirs) < abs(ours))
    assert found["is_beaten"].any()
    assert not found.filter(pl.col("baseline").is_null())["is_beaten"].any()
    assert frames["calibration"]["tenth"].to_list() == list(range(1, 11))
