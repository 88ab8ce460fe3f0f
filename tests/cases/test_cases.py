"""Every case page holds, through warehouse and profile stage; every profile field has a case."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from enrich.profile import FIELDS
from enrich.profile.predicted import PREDICTED
from enrich.profile.products import PRODUCTS
from enrich.warehouse import open_warehouse
from tests.cases.shop import Case, read_case
from tests.profile.whole import build_profiles

PAGES = sorted(Path(__file__).parent.glob("*.md"))
NOW = datetime(2030, 1, 1, tzinfo=UTC)
NOT_IN_A_SINGLE_RUN = {
    "customer_key",
    "control_bucket",
    "previous_rfm_segment",
    "rfm_segment_changed_on",
    "rfm_score_changed_on",
    *(field.name for field in (*PREDICTED, *PRODUCTS)),  # of a whole shop: tests/predict
}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_case_holds(page: Path, tmp_path: Path) -> None:
    case = read_case(page)
    profiles = profiles_of(case, tmp_path)
    assert set(profiles) >= set(case.expected)
    differing = {
        (customer, name): (shown(profiles[customer][name]), value)
        for customer, fields in case.expected.items()
        for name, value in fields.items()
        if shown(profiles[customer][name]) != value
    }
    assert differing == {}, "found and expected differ"


def profiles_of(case: Case, folder: Path) -> Mapping[str, Mapping[str, Any]]:
    """The profiles by the source's customer id, from documents loaded as a sync loads them."""
    with open_warehouse(folder) as warehouse:
        for entity, records in (("customers", case.contacts), ("orders", case.orders)):
            opt_ins = {"sms": "acceptsSms", "ads": "acceptsAds"}
            warehouse.records.load(
                "main", entity, records, [], run_id="case", now=NOW, opt_in_fields=opt_ins
            )
        warehouse.resolve("main", case.rules, run_id="case", now=NOW)
        since = warehouse.resolved.history_since("main")
        parts = warehouse.profiles.parts("main")
        made = build_profiles(parts, case.as_of, case.rules, history_since=since)
    return {row["customer_id"]: row for row in made.profiles.iter_rows(named=True)}


def shown(value: Any) -> str:
    """A value as the case pages write it: nothing for null, `none` for an empty list."""
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(value) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (date, Decimal)):
        return str(value)
    return str(value)


def test_every_field_has_a_case() -> None:
    told = {name for page in PAGES for row in read_case(page).expected.values() for name in row}
    assert {field.name for field in FIELDS} - told - NOT_IN_A_SINGLE_RUN == set()
