"""Four scripted shops, one cause of movement each."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from enrich.compute.movements import store_movements
from enrich.errors import BadSettings
from enrich.model import Rules
from enrich.profile import segments_of_day
from enrich.profile.movements import Movements, movements
from tests.report.shop import SHOP, published

FIRST, SECOND = date(2026, 3, 1), date(2026, 3, 31)
FIXED = Rules(
    rfm_method="thresholds",
    rfm_thresholds={
        "recency": (180, 90, 45, 20),
        "frequency": (2, 3, 4, 5),
        "monetary": (1_000, 5_000, 10_000, 50_000),
    },
)
NOTHING = pl.DataFrame(schema={"customer_key": pl.Int64, "rfm_segment": pl.String})
Bought = list[tuple[int, int]]
"""(customer, days before the first day); negative days are after it."""


def frames(bought: Bought) -> tuple[pl.Series, pl.DataFrame]:
    keys = pl.Series("customer_key", sorted({key for key, _ in bought}))
    rows = [
        (key, number, FIRST - timedelta(days=days), 2_000)
        for number, (key, days) in enumerate(sorted(bought, key=lambda one: -one[1]), start=1)
    ]
    names = ["customer_key", "purchase_no", "purchased_on", "amount_cents"]
    return keys, pl.DataFrame(rows, schema=names, orient="row")


def moved(bought: Bought, kept: pl.DataFrame = NOTHING, rules: Rules = FIXED) -> Movements:
    return movements(*frames(bought), kept, FIRST, SECOND, rules)


def causes(found: Movements) -> dict[int, str]:
    return dict(found.moves.select("customer_key", "cause").iter_rows())


def segments(bought: Bought, day: date, rules: Rules = FIXED) -> pl.DataFrame:
    return segments_of_day(*frames(bought), day, rules).segments


def test_bought() -> None:
    # Fixed cut points, and only customer 1 does anything: the second purchase makes it FREQUENT.
    found = moved([(1, 5), (1, -10), (2, 300), (3, 400)])
    assert causes(found) == {1: "bought"}
    assert found.stayed_count == 2
    assert dict(found.by_cause().iter_rows())["bought"] == 1


def test_time_passed() -> None:
    # Nobody buys; customer 1 was fresh and is not any more.
    found = moved([(1, 18), (2, 300), (3, 400)])
    assert causes(found) == {1: "time passed"}


def test_cut_points_moved() -> None:
    # Frequency is ranked: 1 has three purchases and does not move. The others buy so much that
    # three purchases are no longer among the most frequent.
    rules = Rules(rfm_method="icomm")
    before: Bought = [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (3, 1), (3, 2), (4, 1), (4, 2)]
    after: Bought = [(key, -25 - n) for key in (2, 3, 4) for n in range(5)]
    found = moved([*before, *after], rules=rules)
    frozen = movements(*frames([*before, *after]), NOTHING, FIRST, SECOND, rules, is_frozen=True)
    assert causes(found)[1] == "cut points moved"
    assert 1 not in causes(frozen)


def test_data_corrected() -> None:
    # An order of before the first day was found only later: nothing else happened to customer 2.
    known_then: Bought = [(1, 300), (2, 300), (3, 400)]
    known_now: Bought = [*known_then, (2, 310)]
    found = moved(known_now, kept=segments(known_then, FIRST))
    assert causes(found) == {2: "data corrected"}
    assert found.has_kept


def test_who_was_not_known_arrived() -> None:
    kept = segments([(1, 300), (3, 400)], FIRST)
    found = moved([(1, 300), (2, -4), (3, 400)], kept=kept)
    assert causes(found) == {2: "arrived"}
    assert found.moves["segment_then"].to_list() == [None]


def test_the_days_must_be_in_order() -> None:
    with pytest.raises(BadSettings, match="is not before"):
        movements(*frames([(1, 5)]), NOTHING, SECOND, FIRST, FIXED)


def test_a_shop_with_its_history(tmp_path: Path) -> None:
    with published(tmp_path) as copy:
        first = date(2026, 2, 17)  # a day for which profiles were kept
        found = store_movements(copy, "main", SHOP.rules, first, None)
        then = dict(copy.profiles.segments_on("main", first).iter_rows())
        now = dict(copy.profiles.segments_on("main", date(2026, 3, 9)).iter_rows())
    assert found.has_kept
    assert found.second_on == date(2026, 3, 9)
    assert {key: (a, b) for key, a, b, _ in found.moves.iter_rows()} == {
        key: (then.get(key), segment) for key, segment in now.items() if then.get(key) != segment
    }
    counts = dict(found.by_cause().iter_rows())
    assert counts["bought"] > 0
    assert counts["time passed"] > 0
    assert counts["data corrected"] == 0
    assert sum(counts.values()) == found.moves.height == found.by_pair()["customers"].sum()
