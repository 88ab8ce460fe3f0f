"""What comes next and what to do: the numbers counted again, the page opened."""

from __future__ import annotations

import csv
import html
import json
import re
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from pathlib import Path
from urllib.parse import unquote

import duckdb
import polars as pl
import pytest

from enrich.audiences.measuring import measure, running_lifts
from enrich.audiences.run import AudiencesReport
from enrich.dashboard.experiments import experiments_of
from enrich.dashboard.file import frames_of, make_dashboard
from enrich.dashboard.goals import Goal, progress
from enrich.flows.pages import audiences_page
from enrich.predict import PREDICTIONS
from enrich.warehouse import ReadCopy, read_warehouse
from enrich.warehouse.publishing import OWN_COPY
from tests.report.retail import NOW, SHOP, published
from tests.report.test_numbers import Row, cents, large, merged, rows, size_and_value
from tests.report.test_page import block, opened

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


def test_the_audiences(copy: ReadCopy, frames: Frames) -> None:
    found = {row["audience"]: row for row in frames["audiences"].to_dicts()}
    assert list(found) == ["largest", "win_back"]  # nobody is left out
    for name, row in found.items():
        counts = rows(copy, f"from audience_counts where audience = '{name}' and as_of = '{AS_OF}'")
        by_outcome = {one["outcome"]: one for one in counts}
        assert row["fitting"] == sum(one["people"] for one in counts)
        for column, outcome in (("members", "member"), *((one, one) for one in by_outcome)):
            if outcome != "member" or column == "members":
                assert row[column] == large(by_outcome[outcome]["people"]), column
        assert row["amount_cents"] == cents(by_outcome["member"]["amount"])
        changes = Counter(
            one["change"]
            for one in rows(copy, f"from audience_changes where audience = '{name}'")
            if one["changed_on"] == AS_OF
        )
        assert (row["joined"], row["gone"]) == (large(changes["joined"]), large(changes["left"]))


def test_running_experiments_have_the_lift_of_the_command(copy: ReadCopy, frames: Frames) -> None:
    (one,) = frames["experiments"].to_dicts()
    last = measure(copy.audiences, "main", "win_back", None, None, AS_OF)
    assert (one["audience"], one["since_on"], one["too_small"]) == ("win_back", last.from_on, None)
    assert (one["treated_count"], one["control_count"]) == (
        last.found.treated_count,
        last.found.control_count,
    )
    shown = frames["lift"].filter(to_on=AS_OF).to_dicts()
    for row, expected in zip(shown, last.found.differences, strict=True):
        assert {name: row[name] for name in asdict(expected)} == asdict(expected)
    days = frames["lift"]["to_on"].unique().sort()
    assert len(days) > 5
    assert days[-1] == AS_OF


def test_an_experiment_that_is_too_small_shows_no_figure_of_it(copy: ReadCopy) -> None:
    found = experiments_of(copy.audiences, "main", date(2011, 10, 12))
    (one,) = found["experiments"].to_dicts()
    assert one["too_small"] == "few_buyers"
    assert found["lift"].is_empty()
    (unbegun,) = experiments_of(copy.audiences, "main", date(2011, 10, 10))[
        "experiments"
    ].to_dicts()
    assert (unbegun["too_small"], unbegun["since_on"]) == ("not_begun", date(2011, 10, 11))


def test_goals_and_the_share_of_promo_codes(copy: ReadCopy, frames: Frames) -> None:
    bought = rows(copy, "from purchases")
    coded = {one["purchase_no"] for one in rows(copy, "from purchase_promo_codes")}
    year = [one for one in bought if one["purchased_on"].year == 2011]
    goals = {"a": Goal("amount", 1000.0, "year"), "b": Goal("customers", 500, "quarter")}
    amount, customers = progress(goals, frames["to_date"]).to_dicts()
    reached = sum(one["amount_cents"] for one in year) / 100
    assert amount["reached"] == pytest.approx(reached)
    assert amount["reached_percent"] == pytest.approx(reached / 10, abs=0.06)
    assert amount["elapsed_percent"] == pytest.approx(100 * 343 / 365, abs=0.06)
    autumn = {one["customer_key"] for one in year if one["purchased_on"].month >= 10}
    assert customers["reached"] == len(autumn)
    for period, days in (("30", 30), ("90", 90)):
        ages = [(AS_OF - one["purchased_on"]).days for one in bought]
        for prefix, first in (("", 0), ("before_", days)):
            there = [
                one for age, one in zip(ages, bought, strict=True) if first <= age < first + days
            ]
            part = sum(one["amount_cents"] for one in there if one["purchase_no"] in coded)
            whole = sum(one["amount_cents"] for one in there)
            (row,) = frames["coupons"].filter(period=period).to_dicts()
            assert row[f"{prefix}share_percent"] == pytest.approx(100 * part / whole, abs=0.06)


@pytest.fixture(scope="module")
def page(copy: ReadCopy, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = Path(tmp_path_factory.mktemp("page")) / "dashboard.html"
    goals = {"main": {"autumn": Goal("amount", 500_000), "basket": Goal("average", 700, "year")}}
    return make_dashboard(copy, {"main": SHOP.rules}, path, NOW, goals=goals)


def test_the_parts_open_in_every_language(page: Path, tmp_path: Path) -> None:
    words = block(page, "words")
    assert isinstance(words, dict)
    for part, language, keys in (
        ("outlook", "es", ("calibration", "expected_months", "backtest", "tiers", "leaving")),
        ("week", "en", ("audiences",)),
    ):
        text = opened(page, f"lang={language}&part={part}", tmp_path)
        for key in keys:
            assert f"<h3>{words[language][key]}</h3>" in text, key
        assert f"<h3>{words[language]['grid']}</h3>" not in text
        assert not re.search(r"\bNaN\b|undefined|\[object", text)
        assert set(re.findall(r">([a-z]+_[a-z_]+)<", text)) == set()  # no key without its word
    (link,) = re.findall(r'href="data:text/csv;charset=utf-8,([^"]+)"', text)
    lines = list(csv.reader(unquote(link).removeprefix("\ufeff").splitlines()))
    assert [line[0] for line in lines] == ["audience", "largest", "win_back"]
    assert all(len(line) == len(lines[0]) for line in lines)


def test_every_text_has_contrast_enough(page: Path, tmp_path: Path) -> None:
    script = Path(__file__).with_name("contrast.js").read_text()
    tried = tmp_path / "tried.html"
    tried.write_text(page.read_text().replace("</body>", f"<script>{script}</script></body>"))
    text = opened(tried, "lang=es", tmp_path)
    found = re.search(r'<pre id="contrast">(.*?)</pre>', text, re.DOTALL)
    assert found
    for theme in json.loads(html.unescape(found[1])):
        assert theme["count"] > 500
        assert theme["found"] == []


def test_the_run_page_has_the_lift_too(copy: ReadCopy) -> None:
    lifts = running_lifts(copy.audiences, "main", AS_OF)
    page = audiences_page([AudiencesReport("main", AS_OF, (), lifts)], {})
    assert "**Lift** of what is held out" in page
    assert page.count("| win_back | 2011-10-11 |") == 3  # a row per metric
    early = running_lifts(copy.audiences, "main", date(2011, 10, 12))
    assert "fewer than 30 people bought" in audiences_page(
        [AudiencesReport("main", AS_OF, (), early)], {}
    )


def test_a_read_copy_of_an_older_version_is_drawn(copy: ReadCopy, tmp_path: Path) -> None:
    """Made before there were predictions and audiences, and not yet made again."""
    older = tmp_path / OWN_COPY
    older.parent.mkdir()
    shutil.copy(copy.path, older)
    with duckdb.connect(str(older)) as connection:
        for name in ("prediction_plain", "audience_members", "audience_changes"):
            connection.execute(f"drop view {name}")
        for (name,) in connection.execute(
            "select table_name from duckdb_tables()"
            " where table_name similar to '(prediction|audience)_.*'"
        ).fetchall():
            connection.execute(f"drop table {name}")
        fields = [name for name in PREDICTIONS if name != "customer_key"]
        for name in fields:
            connection.execute(f"alter table profiles drop column {name}")
    with read_warehouse(tmp_path) as found:
        frames = frames_of(found, "main", AS_OF)
        page = make_dashboard(found, {"main": SHOP.rules}, tmp_path / "dashboard.html", NOW)
    assert frames["outlook"].select("customers", "status").row(0) == (None, None)
    assert frames["audiences"].is_empty()
    assert page.is_file()
