"""The interval is as sure as it says, a planted effect is found, too few people are refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from enrich.audiences.lift import POWER, Floats, lift, smallest_found
from enrich.warehouse import open_warehouse
from tests.audiences.test_run import BIG, DAY, keep, keep_profiles
from tests.cli.shell import enrich


def past(random: np.random.Generator, people: int, share: float) -> tuple[Floats, Floats]:
    """Purchases and amounts as shops have them: few buy, some twice, a few for very much."""
    is_buyer = random.random(people) < share
    purchases = np.where(is_buyer, 1.0 + random.poisson(0.4, people), 0.0)
    return purchases, purchases * np.exp(random.normal(4, 0.9, people))


def test_with_no_effect_95_of_100_intervals_hold_zero() -> None:
    """2,000 times the arms of the same past are drawn again, three tenths held out."""
    random = np.random.default_rng(5)
    purchases, amounts = past(random, 500, 0.1)
    hits = np.zeros(3)
    for _ in range(2_000):
        found = lift(purchases, amounts, random.random(500) < 0.3, random, draws=299)
        assert found.too_small is None
        hits += [one.low <= 0 <= one.high for one in found.differences]  # type: ignore[operator]
    assert ((hits / 2_000 > 0.935) & (hits / 2_000 < 0.965)).all(), hits


def test_a_planted_effect_of_a_tenth_is_found_at_the_stated_power() -> None:
    """As many people as a difference of a tenth of the purchases a head needs."""
    random = np.random.default_rng(6)
    rate, arm = 2.0, 785
    before = random.poisson(rate, 20_000).astype(float)[:, None]
    assert smallest_found(before, arm, arm)[0] == pytest.approx(rate / 10, rel=0.03)
    is_control = np.arange(2 * arm) < arm
    found = 0
    for _ in range(200):
        purchases = random.poisson(np.where(is_control, rate, rate * 1.1)).astype(float)
        result = lift(purchases, purchases, is_control, random, draws=199)
        found += result.differences[1].conclusion == "more"
    assert abs(found / 200 - POWER) < 0.06


def test_the_interval_is_about_the_difference() -> None:
    random = np.random.default_rng(7)
    purchases, amounts = past(random, 8_000, 0.3)
    is_control = random.random(8_000) < 0.3
    result = lift(purchases, amounts + np.where(is_control, 0.0, 40.0), is_control, random)
    amount = result.differences[2]
    assert amount.low is not None and amount.high is not None
    assert amount.low < 40 < amount.high and amount.high - amount.low < 20
    assert (amount.conclusion, result.differences[0].conclusion) == ("more", "no difference shown")


@pytest.mark.parametrize(
    ("people", "control", "buyers", "reason"),
    [
        (1_000, 99, 500, "an arm has fewer than 100 people"),
        (1_000, 500, 29, "fewer than 30 people bought"),
        (1_000, 100, 30, None),
        (0, 0, 0, "an arm has fewer than 100 people"),
    ],
)
def test_too_small_is_no_conclusion(
    people: int, control: int, buyers: int, reason: str | None
) -> None:
    purchases = (np.arange(people) % 1000 < buyers).astype(float)
    random = np.random.default_rng(1)
    result = lift(purchases, purchases, np.arange(people) >= people - control, random)
    assert result.too_small == reason
    assert all((one.conclusion is None) == (reason is not None) for one in result.differences)


def test_what_each_arm_bought_since_the_assignment(tmp_path: Path) -> None:
    """Purchases before the assignment and after the last day count for nobody."""
    held = type(BIG)("big", BIG.rule, hold_out=0.5)
    settings = tmp_path / "enrich.toml"
    settings.write_text('[audiences.big]\nrule = "amount_lifetime >= 100"\nhold_out = 0.5\n')
    with open_warehouse(tmp_path / "data") as warehouse:
        everybody = {f"k{key}": 120 for key in range(1, 301)}
        keep_profiles(warehouse, 0, **everybody)
        keep(warehouse, held)
        keep_profiles(warehouse, 9, **everybody)
        warehouse._connection.execute(
            "insert into purchases by name select 'main' as store, n as purchase_no,"
            " 1 + n % 300 as customer_key, 1000 as amount_cents,"
            " $day + (n // 300)::integer as purchased_on from range(0, 900) as made (n)",
            {"day": DAY},
        )
        kept, gone = warehouse._connection.execute(
            "select min(customer_key) filter (arm = 'treated'), min(customer_key)"
            " filter (arm = 'control') from audience_assignments"
        ).fetchall()[0]
        warehouse._connection.execute(
            "insert into customer_merges by name select 'main' as store, $kept as customer_key,"
            " $gone as merged_customer_key",
            {"kept": kept, "gone": gone},
        )
        warehouse.publish()
    common = ("--config", settings, "--data", tmp_path / "data")
    done = enrich("lift", "big", "--json", *common)
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert found["mixed_count"] == 1
    assert found["treated_count"] + found["control_count"] == 298
    for one in found["differences"]:  # everybody bought twice after the day of the profiles
        expected = {"conversion": 1, "purchases": 2, "amount": 20}[one["metric"]]
        assert (one["treated"], one["control"]) == (expected, expected)
    last = json.loads(enrich("lift", "big", "--from", "2026-03-11", "--json", *common).out)
    assert last["differences"][1]["treated"] == 1
    shown = enrich("lift", "big", *common).out
    assert "no difference shown" in shown and "1 people were of both arms" in shown
    for days in (("--from", "2026-03-30"), ("--to", "2026-03-09")):
        refused = enrich("lift", "big", *days, *common)
        assert (refused.code, "can be measured from 2026-03-10 to 2026-03-18" in refused.err) == (
            2, True
        )  # fmt: skip
    nobody = enrich("lift", "birthdays", *common)
    assert nobody.code == 2 and "has no control group" in nobody.err
