"""A real shop's orders give the same profiles as files and through VTEX, and as counted by hand.

"By hand" is `tests.imports.independent`: plain Python over the data set's own rows. The extract of
the repository is always checked; the whole year when ONLINE_RETAIL names its file.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from enrich.client import Http
from enrich.model import Rules
from enrich.shop import Shop
from enrich.simulator import FULL_KEY, Simulation, build_simulation, serve
from enrich.sources.files import Files
from enrich.sources.files.online_retail import Converted, convert, read_transactions
from enrich.sources.vtex import Vtex, VtexClient
from enrich.sync.import_files import import_store
from enrich.sync.store import sync_store
from enrich.warehouse import Warehouse, open_warehouse
from tests.imports.independent import compute
from tests.profile.shops import COMPUTED
from tests.profile.whole import build_profiles

RULES = Rules(time_zone="Europe/London", currency="GBP")
NOW = datetime(2011, 12, 10, 3, tzinfo=UTC)
DAYS = (date(2011, 12, 9), date(2011, 6, 30))
EXTRACT = Path(__file__).parents[1] / "data" / "online_retail_extract.csv"
WHOLE_YEAR = os.environ.get("ONLINE_RETAIL")
Profiles = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Retail:
    """The data set's rows as written, and the import files made of them."""

    transactions: Path
    files: Converted


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(EXTRACT, id="extract"),
        pytest.param(
            WHOLE_YEAR,
            id="whole-year",
            marks=pytest.mark.skipif(not WHOLE_YEAR, reason="ONLINE_RETAIL names no file"),
        ),
    ],
)
def retail(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Retail:
    path = Path(request.param)
    return Retail(path, convert(path, tmp_path_factory.mktemp("files"), suffix=".csv"))


@pytest.fixture(scope="module")
def imported(retail: Retail, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    with open_warehouse(tmp_path_factory.mktemp("imported")) as warehouse:
        import_store(warehouse, Shop("main", RULES), files_of(retail), now=NOW)
        yield warehouse


def files_of(retail: Retail) -> Files:
    return Files(retail.files.orders, retail.files.items, retail.files.customers)


@pytest.fixture(scope="module")
def replayed(retail: Retail, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    simulation = Simulation(
        now=NOW,
        replay=files_of(retail).entities[0].changed(None, NOW, RULES),
    )
    folder = tmp_path_factory.mktemp("replayed")
    with (
        serve(build_simulation(simulation)) as address,
        Http() as http,
        open_warehouse(folder) as warehouse,
    ):
        key, token = SecretStr(FULL_KEY.app_key), SecretStr(FULL_KEY.app_token)
        client = VtexClient(f"{address}/vtex", key, token, http)
        shop = Shop("main", RULES, source=Vtex(client))
        done = sync_store(warehouse, shop, now=NOW)
        assert done.fault is None
        yield warehouse


NOT_IN_FILES = {
    *("first_purchase_channel", "preferred_channel", "state", "city", "postal_prefix"),
    *("discounted_orders_share_360d", "discounted_orders_share_lifetime"),
    *("discount_rate_360d", "discount_rate_lifetime"),
}
"""What an order of VTEX tells and these files do not."""


def profiles(warehouse: Warehouse, day: date) -> Profiles:
    frame = build_profiles(warehouse.profiles.parts("main"), day, RULES).profiles
    return {row["customer_id"]: row for row in frame.iter_rows(named=True)}


def by_hand(retail: Retail, day: date) -> Profiles:
    return compute(read_transactions(retail.transactions).iter_rows(named=True), day)


def differences(found: Profiles, expected: Profiles) -> list[tuple[str, str, Any, Any]]:
    return [
        (customer, name, found[customer][name], value)
        for customer, row in expected.items()
        for name, value in row.items()
        if found[customer][name] != value
    ][:10]


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_imported_files_give_what_a_person_would_count(
    retail: Retail, imported: Warehouse, day: date
) -> None:
    found, expected = profiles(imported, day), by_hand(retail, day)
    assert found.keys() == expected.keys()
    assert differences(found, expected) == []


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_the_same_orders_through_vtex_give_the_same_profiles(
    imported: Warehouse, replayed: Warehouse, day: date
) -> None:
    found = profiles(replayed, day)
    expected = profiles(imported, day)
    told = [name for name in COMPUTED if name not in NOT_IN_FILES]
    computed = {customer: {name: row[name] for name in told} for customer, row in expected.items()}
    assert found.keys() == expected.keys()
    assert differences(found, computed) == []
