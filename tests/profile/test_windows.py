"""Windows are one list of days: fields, warehouse, read copy and destinations follow it."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from pydantic import SecretStr

from enrich.client import Http
from enrich.compute.profiles import lost_columns
from enrich.destinations import Tools, open_entity
from enrich.destinations.mapping import without_computed
from enrich.destinations.plan import clearing_plan
from enrich.errors import BadSettings
from enrich.model import WINDOWS_DAYS, Rules
from enrich.profile import fields, window_names, windows_of
from enrich.runs.publish import publish
from enrich.settings import parse_settings
from enrich.warehouse import open_warehouse, read_warehouse
from tests.profile.reference import Purchase
from tests.profile.shops import AS_OF, inputs, numbered
from tests.profile.whole import build_profiles

WITH_720 = (*WINDOWS_DAYS, 720)
NOW = datetime(2030, 1, 1, tzinfo=UTC)
PLUS_360 = ["orders_360d_plus", "products_360d_plus", "rfm_360d_plus"]


@pytest.mark.parametrize(
    ("windows", "is_right"),
    [
        (WINDOWS_DAYS, True),
        (WITH_720, True),
        ((*WITH_720, 1000, 1500), True),
        ((30, 60, 90, 180), False),
        ((30, 45, 60, 90, 180, 360), False),
        ((*WINDOWS_DAYS, 1000, 720), False),
        ((*WINDOWS_DAYS, 360), False),
        ((), False),
    ],
)
def test_longer_windows_may_be_added_and_none_taken_away(
    windows: tuple[int, ...], is_right: bool
) -> None:
    document = {"windows": list(windows)}
    if is_right:
        assert parse_settings(document).windows == windows
        return
    with pytest.raises(BadSettings, match="windows must begin with 30, 60, 90, 180, 360"):
        parse_settings(document)


def test_the_segment_window_is_one_of_the_list() -> None:
    stores = {"main": {"segment_window": "720d"}}
    assert parse_settings({"windows": list(WITH_720), "stores": stores}).stores["main"]
    with pytest.raises(BadSettings, match="segment_window must be one of"):
        parse_settings({"stores": stores})


def test_the_open_window_follows_the_last_one() -> None:
    names = [field.name for field in fields(Rules(windows=WITH_720))]
    assert window_names(WITH_720)[-3:] == ("720d", "720d_plus", "lifetime")
    assert "orders_720d_plus" in names and "orders_360d_plus" not in names
    assert windows_of(names) == WITH_720
    assert set(PLUS_360) < set(
        lost_columns([f.name for f in fields(Rules())], Rules(windows=WITH_720))
    )


def test_a_warehouse_that_is_given_another_window_has_its_columns(tmp_path: Path) -> None:
    bought = numbered([Purchase(1, AS_OF - timedelta(days=age), 100) for age in (10, 500, 800)])
    with open_warehouse(tmp_path) as warehouse:
        for day, days in ((AS_OF, WINDOWS_DAYS), (AS_OF + timedelta(days=1), WITH_720)):
            made = build_profiles(inputs([1], bought), day, Rules(windows=days))
            frames, cuts = [made.profiles], made.cut_points
            warehouse.profiles.keep("main", day, frames, cuts, run_id="test", now=NOW)
        assert windows_of(warehouse.profiles.columns()) == WITH_720
        publish(warehouse)
        history = warehouse.profiles.segments_before("main", date(2030, 1, 1))
    with read_warehouse(tmp_path) as copy:
        found = copy.query("select orders_360d, orders_720d, orders_720d_plus from profiles")
    assert list(found.rows()) == [(1, 2, 1)]
    assert history["rfm_segment"].to_list() == [made.profiles["rfm_segment"].cast(str).item()]


@pytest.mark.parametrize("kind", ["file", "klaviyo"])
def test_a_destination_has_the_fields_of_the_windows(kind: str, tmp_path: Path) -> None:
    options = {
        "file": {"folder": "exports"},
        "klaviyo": {"api_key": {"env": "KEY"}},
    }[kind] | {"names": {"orders_720d": "two_years"}}

    def opened(windows: tuple[int, ...]) -> set[str]:
        tools = Tools(Http(), lambda source: SecretStr("key"), tmp_path, windows=windows)
        return {field.source for field in open_entity("d", kind, options, tools).fields}

    assert "orders_720d" in opened(WITH_720)
    assert "orders_360d_plus" not in opened(WITH_720)
    with pytest.raises(BadSettings, match="no profile has orders_720d"):
        opened(WINDOWS_DAYS)


def test_who_is_cleared_has_the_fields_of_the_windows_and_no_check_reads_them() -> None:
    gone = pl.DataFrame({"record_id": ["1"], "remote_key": ["1"], "hash": ["none"]})
    wanted = fields(Rules(windows=WITH_720))
    (cleared,) = clearing_plan(gone, "record_id", wanted).slices(None)
    assert cleared.select(field.name for field in wanted).height == 1
    assert not [name for name in without_computed(cleared).columns if "0d" in name]
