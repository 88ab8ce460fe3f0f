"""What the options mean, decided without touching anything."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from enrich.compute.files import written
from enrich.compute.profiles import Tally, period_start, plan_profiles
from enrich.errors import BadSettings, HeldBack
from enrich.model import Loaded, Span
from enrich.runs.reporting import SILENT
from enrich.sync.customers_and_catalogue import worth_asking
from enrich.sync.orders import is_long_list_due
from enrich.sync.pulling import refuse_many_rejects
from enrich.sync.store import chosen_entities, span_of_days

ZONE = "America/Sao_Paulo"  # UTC-3
NOW = datetime(2026, 3, 10, 2, tzinfo=UTC)  # still the 9th in the shop
FILE = Path("profiles.parquet")


@pytest.mark.parametrize(
    ("as_of", "output", "day", "is_kept"),
    [
        (None, None, date(2026, 3, 8), True),
        (None, FILE, date(2026, 3, 8), True),
        (date(2026, 3, 8), None, date(2026, 3, 8), True),
        (date(2026, 3, 7), FILE, date(2026, 3, 7), False),
    ],
)
def test_the_day_is_the_last_complete_one_of_the_store(
    as_of: date | None, output: Path | None, day: date, is_kept: bool
) -> None:
    plan = plan_profiles(as_of, output, NOW, ZONE)
    assert (plan.as_of, plan.is_kept, plan.output) == (day, is_kept, output)


@pytest.mark.parametrize(
    ("as_of", "output", "reason"),
    [
        (date(2026, 3, 9), None, "not over yet"),
        (date(2027, 1, 1), FILE, "not over yet"),
        (date(2026, 3, 7), None, "--output"),
        (None, Path("profiles.xls"), "must end in"),
        (None, Path("profiles"), "must end in"),
    ],
)
def test_a_day_or_file_that_cannot_be_is_refused(
    as_of: date | None, output: Path | None, reason: str
) -> None:
    with pytest.raises(BadSettings, match=reason):
        plan_profiles(as_of, output, NOW, ZONE)


def test_days_to_sync_are_the_stores_days() -> None:
    span = span_of_days(date(2026, 3, 1), date(2026, 3, 2), NOW, ZoneInfo(ZONE))
    assert span == Span(datetime(2026, 3, 1, 3, tzinfo=UTC), datetime(2026, 3, 3, 3, tzinfo=UTC))
    assert span_of_days(None, None, NOW, ZoneInfo(ZONE)) is None
    open_end = span_of_days(date(2026, 3, 9), None, NOW, ZoneInfo(ZONE))
    assert open_end is not None and open_end.end_at == NOW


@pytest.mark.parametrize(
    ("first", "last"),
    [(None, date(2026, 3, 1)), (date(2026, 3, 2), date(2026, 3, 1)), (date(2026, 4, 1), None)],
)
def test_an_empty_stretch_is_refused(first: date | None, last: date | None) -> None:
    with pytest.raises(BadSettings):
        span_of_days(first, last, NOW, ZoneInfo(ZONE))


def test_entities_keep_their_order_and_unknown_ones_are_named() -> None:
    known = ("orders", "customers", "skus")
    assert chosen_entities(None, known) == known
    assert chosen_entities(["skus", "orders"], known) == ("orders", "skus")
    with pytest.raises(BadSettings, match="unknown entity order;"):
        chosen_entities(["order"], known)


def test_the_long_list_is_weekly_and_never_first() -> None:
    week_ago, yesterday = NOW - timedelta(days=7), NOW - timedelta(days=1)
    assert not is_long_list_due(None, None, NOW)
    assert is_long_list_due(yesterday, week_ago, NOW)
    assert not is_long_list_due(yesterday, yesterday, NOW)


def test_a_sku_that_vtex_lacks_is_asked_for_again_after_a_week() -> None:
    rejects = pl.DataFrame(
        {
            "key": ["1", "2"],
            "rejected_at": ["2026-03-09", "2026-03-01"],
        }
    ).with_columns(pl.col("rejected_at").str.to_datetime("%Y-%m-%d"))
    assert worth_asking(["1", "2", "3"], rejects, NOW) == ["2", "3"]


def test_many_bad_documents_hold_the_entity_back() -> None:
    refuse_many_rejects("orders", Loaded(reject_count=20), 100)
    refuse_many_rejects("orders", Loaded(reject_count=50), 99)
    with pytest.raises(HeldBack, match="21 of 100"):
        refuse_many_rejects("orders", Loaded(reject_count=21), 100)


FRAME = pl.DataFrame(
    {
        "customer_key": [1, 2],
        "brands_30d": [["Acme", "Zeta"], []],
        "rfm_segment": ["PROSPECTS", "PROSPECTS"],
    },
    schema_overrides={"brands_30d": pl.List(pl.String)},
)


def test_written_files_are_whole_private_and_lists_are_joined(tmp_path: Path) -> None:
    for name in ("out.csv", "out.parquet"):
        with written([FRAME[:1], FRAME[1:]], tmp_path / name) as passed_on:
            assert next(iter(passed_on)).height == 1  # the rest is written all the same
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "out.csv").read_text().splitlines()[1] == "1,Acme|Zeta,PROSPECTS"
    assert pl.read_parquet(tmp_path / "out.parquet").equals(FRAME)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.csv", "out.parquet"]


def test_segments_are_counted_largest_first() -> None:
    tally = Tally(2, SILENT)
    schema = {"rfm_segment": pl.String, "r_score": pl.Int8, "f_score": pl.Int8}
    schema |= {"amount_lifetime": pl.Decimal(18, 2)}
    rows = [
        ("B", 5, 1, Decimal("1.00")),
        ("A", 1, 1, Decimal("2.00")),
        ("C", 3, 1, Decimal("3.00")),
        ("C", 3, 1, Decimal("4.50")),
    ]
    whole = pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        orders_lifetime=pl.Series([1, 2, 1, 0]),
        top_brand=pl.Series(["Acme", None, "Lux", None]),
        top_category=pl.lit(None),
    )
    assert [part.height for part in tally.of([whole.head(2), whole.tail(2)])] == [2, 2]
    assert tally.segments() == (("C", 2), ("A", 1), ("B", 1))
    assert tally.customer_count == 4
    assert tally.segment_counts().rows()[-1] == ("C", 3, 1, 2, Decimal("7.50"))
    assert tally.coverage() == ("share of buyers with a value: top_brand 67%, top_category 0%",)


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ("never", None),
        ("month", date(2026, 5, 1)),
        ("quarter", date(2026, 4, 1)),
        ("year", date(2026, 1, 1)),
    ],
)
def test_where_a_period_of_frozen_cut_points_begins(period: str, expected: date | None) -> None:
    assert period_start(date(2026, 5, 31), period) == expected
