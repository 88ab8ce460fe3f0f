"""Kept profiles and the history of segments; the same day twice is one day."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from enrich.errors import HeldBack
from enrich.warehouse import Warehouse, open_warehouse, read_warehouse
from tests.store.conftest import RUN

CUTS = pl.DataFrame({"axis": ["r"], "score": [1]})


def keep(
    warehouse: Warehouse, day: int, store: str = "main", *, r: int = 1, **segments: str
) -> None:
    """Profiles of day `day`, one customer per keyword: k1="NEW" is customer 1, of recency `r`."""
    profiles = pl.DataFrame(
        {
            "customer_key": [int(name[1:]) for name in segments],
            "rfm_segment": list(segments.values()),
            "rfm_group": ["G"] * len(segments),
            "r_score": pl.Series([r] * len(segments), dtype=pl.Int8),
            "f_score": pl.Series([None] * len(segments), dtype=pl.Int8),
            "m_score": pl.Series([1] * len(segments), dtype=pl.Int8),
        }
    )
    warehouse.profiles.keep(store, date(2026, 4, day), [profiles], CUTS, **RUN)


def history(warehouse: Warehouse, folder: Path) -> list[tuple[object, ...]]:
    warehouse.publish()
    with read_warehouse(folder) as copy:
        return copy.query(
            "select customer_key, rfm_segment, day(valid_from), day(valid_to) "
            "from segment_history order by all"
        ).rows()


def before(warehouse: Warehouse, day: int) -> list[tuple[object, ...]]:
    found = warehouse.profiles.segments_before("main", date(2026, 4, day))
    return found.select(pl.all().exclude("^._score$", "rfm_score_changed_on")).rows()


def test_a_row_per_change(tmp_path: Path) -> None:
    with open_warehouse(tmp_path) as warehouse:
        keep(warehouse, 1, k1="NEW", k2="NEW")
        keep(warehouse, 2, k1="NEW", k2="LOYAL")
        keep(warehouse, 3, k1="NEW", k2="LOYAL")
        assert history(warehouse, tmp_path) == [
            (1, "NEW", 1, None),
            (2, "LOYAL", 2, None),
            (2, "NEW", 1, 2),
        ]


def test_the_same_day_again_changes_nothing(tmp_path: Path) -> None:
    with open_warehouse(tmp_path) as warehouse:
        keep(warehouse, 1, k1="NEW")
        keep(warehouse, 2, k1="LOYAL")
        once = history(warehouse, tmp_path)
        keep(warehouse, 2, k1="LOYAL")
        assert history(warehouse, tmp_path) == once


def test_a_day_computed_anew_replaces_what_it_said(tmp_path: Path) -> None:
    with open_warehouse(tmp_path) as warehouse:
        keep(warehouse, 1, k1="NEW")
        keep(warehouse, 2, k1="LOYAL")
        keep(warehouse, 2, k1="NEW")
        assert history(warehouse, tmp_path) == [(1, "NEW", 1, None)]


def test_a_customer_who_is_gone_is_closed(tmp_path: Path) -> None:
    with open_warehouse(tmp_path) as warehouse:
        keep(warehouse, 1, k1="NEW", k2="NEW")
        keep(warehouse, 2, k1="NEW")
        assert (2, "NEW", 1, 2) in history(warehouse, tmp_path)


def test_the_segment_before_and_the_day_it_changed(tmp_path: Path) -> None:
    with open_warehouse(tmp_path) as warehouse:
        keep(warehouse, 1, k1="NEW")
        keep(warehouse, 2, k1="LOYAL")
        keep(warehouse, 4, k1="LOYAL")
        keep(warehouse, 5, k1="LOST")
        assert before(warehouse, 1) == []
        assert before(warehouse, 2) == [(1, "NEW", None, None)]
        assert before(warehouse, 5) == [(1, "LOYAL", "NEW", date(2026, 4, 2))]
        assert before(warehouse, 6) == [(1, "LOST", "LOYAL", date(2026, 4, 5))]


def test_the_scores_before_and_the_day_one_of_them_changed(tmp_path: Path) -> None:
    with open_warehouse(tmp_path) as warehouse:
        for day, r, segment in ((1, 2, "NEW"), (2, 2, "LOYAL"), (3, 4, "LOYAL"), (4, 4, "NEW")):
            keep(warehouse, day, r=r, k1=segment)
        names = ("r_score", "f_score", "rfm_score_changed_on")
        told = [
            warehouse.profiles.segments_before("main", date(2026, 4, day)).select(names).rows()
            for day in (2, 3, 5)
        ]
    assert told == [[(2, None, None)], [(2, None, None)], [(4, None, date(2026, 4, 3))]]


def test_an_earlier_day_is_held_back(tmp_path: Path) -> None:
    with open_warehouse(tmp_path) as warehouse:
        keep(warehouse, 2, k1="NEW")
        with pytest.raises(HeldBack, match="2026-04-02"):
            keep(warehouse, 1, k1="LOYAL")


def test_profiles_of_another_store_and_new_fields(tmp_path: Path) -> None:
    with open_warehouse(tmp_path) as warehouse:
        keep(warehouse, 1, "other", k9="NEW")
        keep(warehouse, 1, k1="NEW")
        more = warehouse.profiles.of("main").drop("store").with_columns(orders_7d=pl.lit(3))
        warehouse.profiles.keep("main", date(2026, 4, 2), [more], CUTS, **RUN)
        assert warehouse.profiles.of("main")["orders_7d"].to_list() == [3]
        assert warehouse.profiles.of("other")["orders_7d"].to_list() == [None]
        assert warehouse.profiles.of("nobody").is_empty()


def test_a_period_keeps_the_cut_points_it_began_with(tmp_path: Path) -> None:
    with open_warehouse(tmp_path) as warehouse:
        assert (
            warehouse.profiles.frozen_cut_points("main", date(2026, 4, 1), date(2026, 4, 1)) is None
        )
        keep(warehouse, 1, k1="NEW")
        keep(warehouse, 2, k1="NEW")
        frozen = warehouse.profiles.frozen_cut_points("main", date(2026, 4, 1), date(2026, 4, 3))
        assert frozen is not None
        assert frozen.equals(CUTS)
        assert (
            warehouse.profiles.frozen_cut_points("main", date(2026, 5, 1), date(2026, 5, 1)) is None
        )
