"""Which listed orders are looked at again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from enrich.model import RawRecord
from enrich.sources.source import LISTING_SCHEMA
from enrich.sources.vtex.decide import facts_of, which_need_detail
from enrich.sync.listed_orders import remembered_listing

NOW = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)
AN_HOUR_AGO = (NOW - timedelta(hours=1)).replace(tzinfo=None)
TWO_DAYS_AGO = (NOW - timedelta(days=2)).replace(tzinfo=None)
ROW: dict[str, Any] = {
    "order_id": "17-01",
    "status": "invoiced",
    "total_value": 100,
    "is_complete": True,
    "authorized_at": TWO_DAYS_AGO,
    "last_change_at": TWO_DAYS_AGO,
    "invoice_input": None,
}
STORED = ROW | {"detail_at": AN_HOUR_AGO, "detail_status": "invoiced"}
DETAIL: dict[str, Any] = {"detail_at": pl.Datetime("us"), "detail_status": pl.String}
STORED_SCHEMA = pl.Schema([*LISTING_SCHEMA.items(), *DETAIL.items()])
NO_CHANGE_TOLD = {"last_change_at": None}
RETURNED = {"invoice_input": '["R1"]'}


def rows(*documents: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(documents, schema=LISTING_SCHEMA)


def stored(*documents: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(documents, schema=STORED_SCHEMA)


@pytest.mark.parametrize(
    ("listed", "before", "is_needed"),
    [
        pytest.param({}, {}, False, id="nothing happened"),
        pytest.param({"last_change_at": AN_HOUR_AGO}, {}, True, id="changed"),
        pytest.param({}, {"last_change_at": AN_HOUR_AGO}, False, id="the index fell back"),
        pytest.param({"status": "canceled"}, {}, False, id="the change decides where it is told"),
        pytest.param(NO_CHANGE_TOLD, NO_CHANGE_TOLD, False, id="no change told, same facts"),
        pytest.param(NO_CHANGE_TOLD | {"status": "canceled"}, {}, True, id="other status"),
        pytest.param(NO_CHANGE_TOLD | {"total_value": 99}, {}, True, id="other amount"),
        pytest.param(NO_CHANGE_TOLD | {"is_complete": False}, {}, True, id="other completeness"),
        pytest.param(NO_CHANGE_TOLD | {"authorized_at": None}, {}, True, id="other authorization"),
        pytest.param(RETURNED, {}, True, id="returned, whatever the change says"),
        pytest.param(
            NO_CHANGE_TOLD | RETURNED, NO_CHANGE_TOLD, True, id="returned, no change told"
        ),
        pytest.param(RETURNED, RETURNED, False, id="the return is known"),
        pytest.param({}, {"detail_at": TWO_DAYS_AGO}, False, id="final and old"),
        pytest.param({}, {"detail_status": "handling"}, False, id="in work, fresh"),
        pytest.param(
            {}, {"detail_status": "handling", "detail_at": TWO_DAYS_AGO}, True, id="in work, old"
        ),
        pytest.param(
            {}, {"detail_status": None, "detail_at": TWO_DAYS_AGO}, True, id="no status, old"
        ),
        pytest.param(
            {}, {"detail_status": "request-cancel", "detail_at": None}, True, id="never detailed"
        ),
    ],
)
def test_a_known_order(listed: dict[str, Any], before: dict[str, Any], is_needed: bool) -> None:
    needed = which_need_detail(rows(ROW | listed), stored(STORED | before), NOW)
    assert needed == (["17-01"] if is_needed else [])


def test_new_orders_are_needed_in_the_order_listed() -> None:
    listed = rows(ROW | {"order_id": "b"}, ROW, ROW | {"order_id": "a"})
    assert which_need_detail(listed, stored(STORED), NOW) == ["b", "a"]


def test_an_empty_memory_is_understood() -> None:
    assert which_need_detail(rows(ROW), stored(), NOW) == ["17-01"]
    assert which_need_detail(rows(ROW), pl.DataFrame(schema=list(STORED_SCHEMA)), NOW) == ["17-01"]


def remembered(listed: pl.DataFrame, detail: RawRecord) -> pl.DataFrame:
    return remembered_listing(listed, facts_of([detail]), [], NOW)


def test_fetched_rows_are_remembered_with_the_status_of_the_detail() -> None:
    listed = rows(ROW, ROW | {"order_id": "not fetched"})
    detail = RawRecord("17-01", '{"status":"handling","value":990}', NOW)
    (row,) = remembered(listed, detail).to_dicts()
    facts = {"detail_status": "handling", "detail_cents": 990}
    at = NOW.replace(tzinfo=None)
    assert row == ROW | facts | {"detail_changed_at": at, "detail_at": at}


def test_a_rejected_order_is_remembered_without_facts() -> None:
    (row,) = remembered_listing(rows(ROW), facts_of([]), ["17-01"], NOW).to_dicts()
    facts = dict.fromkeys(("detail_status", "detail_cents", "detail_changed_at"))
    assert row == ROW | facts | {"detail_at": NOW.replace(tzinfo=None)}


def test_a_detail_older_than_the_list_is_looked_at_again() -> None:
    listed = rows(ROW | {"last_change_at": AN_HOUR_AGO})
    detail = RawRecord("17-01", '{"status":"invoiced"}', TWO_DAYS_AGO.replace(tzinfo=UTC))
    assert which_need_detail(listed, remembered(listed, detail), NOW) == ["17-01"]


def test_a_detail_younger_by_its_fraction_of_a_second_is_no_reason() -> None:
    listed = rows(ROW)
    detail = RawRecord(
        "17-01", '{"status":"invoiced"}', TWO_DAYS_AGO.replace(tzinfo=UTC, microsecond=765432)
    )
    assert which_need_detail(listed, remembered(listed, detail), NOW) == []
