"""Platforms that do not answer, people without a sign of life, and everything held about one."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import polars as pl
import pytest

from enrich.destinations.base import Addressee
from enrich.destinations.klaviyo import Klaviyo
from enrich.errors import TryAgain
from enrich.forget.access import Table, write_access
from enrich.forget.cases import Places, begin, forget, open_questions
from enrich.model import Outcome, RecordResult
from enrich.push.destination import Destination
from enrich.shop import Shop
from enrich.warehouse import Named, PushTarget, Warehouse, open_warehouse, traces_of
from enrich.warehouse.held import ways_to_people
from enrich.warehouse.searching import tables_naming
from tests.cli.shell import NOW, Said, copied, enrich

ORDERS = """order_id,customer_id,ordered_at,amount,email
1,c1,2019-01-05,10.00,old@example.com
2,c2,2026-03-01,20.50,new@example.com
3,c2,2026-03-02,5.00,new@example.com
"""
CUSTOMERS = """customer_id,email,first_name,note
c2,new@example.com,=1+1,vip
"""
SETTINGS = """
[stores.main]
[retention]
inactive_years = 5
"""


@pytest.fixture(scope="module")
def profiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(tmp_path_factory.mktemp("shop"))
    (folder / "orders.csv").write_text(ORDERS)
    (folder / "customers.csv").write_text(CUSTOMERS)
    (folder / "enrich.toml").write_text(SETTINGS)
    files = ("--orders", folder / "orders.csv", "--customers", folder / "customers.csv")
    assert do(folder, "import", *files).code == 0
    assert do(folder, "profiles").code == 0
    return folder


@pytest.fixture
def shop(profiled: Path, tmp_path: Path) -> Path:
    return copied(profiled, tmp_path)


def do(folder: Path, *arguments: object) -> Said:
    common = ("--config", folder / "enrich.toml", "--data", folder / "data")
    return enrich(*arguments, *common)


def ask(folder: Path, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(folder / "data" / "warehouse.duckdb"), read_only=True) as connection:
        return connection.sql(query).fetchall()


def key_of(folder: Path, email: str) -> int:
    found = ask(folder, f"select customer_key from customers where email = '{email}'")[0][0]
    assert isinstance(found, int)
    return found


class Platform:
    """A destination that fails, then is too busy, then erases."""

    record_key = Klaviyo.record_key

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers = [TryAgain("busy"), Outcome.RETRYABLE, Outcome.ACCEPTED]

    def erase(self, records: list[Addressee]) -> list[RecordResult]:
        self.asked = [one.remote_key for one in records]
        answer = self.answers.pop(0)
        if isinstance(answer, TryAgain):
            raise answer
        return [RecordResult(one.record_id, answer) for one in records]


def test_a_platform_is_asked_for_every_address_until_it_answers(shop: Path) -> None:
    data = shop / "data"
    key = key_of(shop, "new@example.com")
    with open_warehouse(data) as warehouse:
        for kept, given_up in (key, 901), (901, 902):
            warehouse._connection.execute(
                "insert into customer_merges by name select 'main' as store,"
                f" {kept} as customer_key, {given_up} as merged_customer_key"
            )
        remember_push(warehouse, 902, "oldest@example.com")
        leaving(warehouse, key, "older@example.com")  # the contact there may be left behind
        remember_push(warehouse, key, "older@example.com")
        leaving(warehouse, key, "on.its.way@example.com")  # the push was killed here
    platform = Platform()
    places = _places(data, platform)

    found = [forget(places, begin(places, {"main": Named((key,))}))]
    assert ["there has not erased" in line for case in found[0] for line in open_questions(case)]
    text = next((data / "forgetting").glob("*.json")).read_text()
    assert "older@example.com" in text  # still to be asked for
    assert '"people":{}' in text  # nothing else needs who it was

    found += [forget(places), forget(places)]
    assert set(platform.asked) == {
        "oldest@example.com", "older@example.com", "on.its.way@example.com", "new@example.com"
    }  # fmt: skip
    assert ask(shop, "select count(*) from push_addresses") == [(0,)]
    assert [bool(list(open_questions(case))) for cases in found for case in cases] == [
        True,
        True,
        False,
    ]
    assert not list((data / "forgetting").iterdir())
    (certificate,) = (data / "certificates").iterdir()
    assert json.loads(certificate.read_text())["platforms"] == {"there": "erased"}


def remember_push(warehouse: Warehouse, key: int, address: str) -> None:
    """The platform accepted the customer under this address."""
    accepted = {"record_id": str(key), "hash": "h", "outcome": "accepted", "remote_key": address}
    run = {"run_id": "r", "batch_id": "b", "now": NOW}
    warehouse.pushes.record(PushTarget("there", "main"), pl.DataFrame([accepted]), **run)


def leaving(warehouse: Warehouse, key: int, address: str) -> None:
    """The customer is about to be sent under this address."""
    ids, keys = pl.Series("record_id", [str(key)]), pl.Series([address])
    run = {"run_id": "r", "batch_id": "b", "now": NOW}
    warehouse.pushes.intend(PushTarget("there", "main"), ids, remote_keys=keys, **run)


def _places(data: Path, platform: Platform) -> Places:
    @contextmanager
    def destination(name: str) -> Iterator[Destination | None]:
        yield Destination(name, ("main",), platform)  # type: ignore[arg-type]

    return Places(data, {"main": Shop("main")}, lambda: open_warehouse(data), destination, NOW)


def test_without_a_sign_of_life(shop: Path) -> None:
    shown = do(shop, "forget", "--inactive", "--dry-run")
    assert shown.code == 0 and "2021-03-10" in shown.out
    assert ask(shop, "select count(*) from customers") == [(2,)]
    said = do(shop, "forget", "--inactive", "--yes")
    assert said.code == 0, said.err + said.out
    assert ask(shop, "select email from customers where email like 'old%'") == []
    assert ask(shop, "select count(*) from customers") == [(1,)]
    assert ask(shop, "select count(*) from purchases") == [(3,)]


def test_inactive_is_off_until_it_is_set(shop: Path) -> None:
    (shop / "enrich.toml").write_text("[stores.main]\n")
    said = do(shop, "forget", "--inactive", "--yes")
    assert (said.code, "inactive_years" in said.err + said.out) == (2, True)


def test_everything_held_about_a_person_as_json(shop: Path) -> None:
    path = shop / "held.json"
    said = do(shop, "customer", "new@example.com", "--export", path)
    assert said.code == 0, said.err
    assert path.stat().st_mode & 0o777 == 0o600
    held = json.loads(path.read_text())["held"]
    assert {
        "raw.imported_orders", "raw.imported_customers", "orders", "contacts", "customers",
        "identity_links", "purchases", "purchase_orders", "profiles", "segment_history",
    } <= set(held)  # fmt: skip
    assert held["raw.imported_orders"]["from"].startswith("files that were imported")
    orders = [row["order_id"] for row in held["raw.imported_orders"]["rows"]]
    assert sorted(orders) == ["2", "3"]
    assert "old@example.com" not in path.read_text()
    assert do(shop, "customer", "c2", "--export", path).code == 2  # nothing is overwritten


def test_as_a_spreadsheet_no_text_runs_and_none_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "held.xlsx"
    rows = pl.DataFrame({"first_name": ["=1+1"], "payload": ["x" * 32_767 + "y" * 7_000]})
    write_access(path, "main", 1, [Table("customers", "here", rows)], NOW)
    assert path.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(path) as book:
        sheets = "".join(book.read(name).decode() for name in book.namelist() if "sheet" in name)
        texts = book.read("xl/sharedStrings.xml").decode()
    assert "<f>" not in sheets
    assert "1+1" in texts and ">=1+1" not in texts
    assert "x" * 32_767 in texts and "y" * 7_000 in texts


def test_every_table_is_about_people_or_about_nobody(tmp_path: Path) -> None:
    nobody = {
        "audience_counts", "brands", "categories", "coupons", "promotions", "sales_channels",
        "skus", "stock", "raw.vtex_stock",
        "raw.vtex_brands", "raw.vtex_categories", "raw.vtex_coupons", "raw.vtex_promotions",
        "raw.vtex_sales_channels", "raw.vtex_skus", "own_fields", "prediction_backtests",
        "prediction_calibration", "prediction_models", "profile_runs", "profile_texts",
        "push_batches", "push_confirmations", "push_exports", "push_jobs", "push_runs",
        "reconciliation", "replenishment", "resolve_report", "state.consent_exports",
        "state.consent_looks", "state.kept_settings", "state.resolved", "state.runs",
        "state.tombstones", "state.watermarks", "sold_things", "numbered_lines", "split_orders",
    }  # fmt: skip
    with open_warehouse(tmp_path) as warehouse:
        connection = warehouse._connection
        tables = connection.sql(
            "select case when schema_name = 'main' then table_name"
            " else schema_name || '.' || table_name end from duckdb_columns()"
            " where column_name = 'store' and not internal and database_name = 'warehouse'"
        ).fetchall()
        about = set(ways_to_people(connection))
    assert {name for (name,) in tables} - about == nobody


@pytest.mark.parametrize(
    ("text", "is_named"),
    [
        ("Ana@Example.com", True),
        ("juana@example.com", False),
        ("ana@example.com.br", False),
        ('{"email": "ana@example.com-1b.ct.vtex.com.br"}', True),
        ("529.982.247-25", True),
        ("9952998224725", False),
        ("1001", False),
        (None, False),
    ],
)
def test_a_text_names_somebody_as_a_whole_word(text: str | None, is_named: bool) -> None:
    found = [("email", "ana@example.com"), ("document", "52998224725"), ("customer_id", "1001")]
    texts = pl.Series([text], dtype=pl.String)
    assert traces_of(found).in_texts(texts).to_list() == [is_named]


def test_a_copy_is_searched_in_lists_json_and_vocabularies(tmp_path: Path) -> None:
    traces = {"main": traces_of([("email", "ana@example.com")])}
    tables = {
        "lists": "select 'main' as store, ['x', 'ana@example.com'] as texts",
        "documents": """select 'main' as store, '{"a": ["ana@example.com"]}'::json as payload""",
        "words": "select 'ana@example.com' as text",
        "others": "select 'other' as store, 'ana@example.com' as email",
        "records": "select 'main' as store, [{'who': 'ana@example.com'}] as people",
    }
    path = tmp_path / "copy.duckdb"
    with duckdb.connect(str(path)) as connection:
        for name, rows in tables.items():
            connection.execute(f"create table {name} as {rows}")
    found = {name.split('"')[-2] for name in tables_naming(path, traces)}
    assert found == {"lists", "documents", "words", "records"}
