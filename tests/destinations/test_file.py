"""The file drop: whole files with a manifest, private, safe to open, inside the data folder."""

import csv
import hashlib
import json
from datetime import UTC, datetime
from decimal import Decimal

import polars as pl
import pytest

from enrich.destinations.base import Addressee
from enrich.errors import BadSettings, Stop
from tests.destinations.conftest import make_people
from tests.destinations.records import make

ALL = {"formats": ["parquet", "csv", "ndjson"]}


def files(world, folder="exports"):
    return {path.name.partition(".")[2]: path for path in (world.data_dir / folder).iterdir()}


def test_every_format_holds_the_profiles(world):
    world.push(world.open("file", **ALL), make_people(2, amount_30d=Decimal("12.30")))
    written = files(world)
    table = pl.read_parquet(written["parquet"])
    assert table["amount_30d"].to_list() == [Decimal("12.30")] * 2
    assert table["products_30d"].to_list() == [["Lamp", "Mug"]] * 2
    rows = list(csv.DictReader(written["csv"].read_text().splitlines()))
    assert (rows[0]["products_30d"], rows[0]["amount_30d"]) == ("Lamp|Mug", "12.30")
    lines = [json.loads(line) for line in written["ndjson"].read_text().splitlines()]
    assert (lines[0]["amount_30d"], lines[0]["products_30d"]) == (12.3, ["Lamp", "Mug"])
    assert "record_id" not in table.columns


def test_the_manifest_tells_rows_columns_and_checksums(world):
    world.push(world.open("file", **ALL, fields=["customer_key", "email"]), make_people(2))
    written = files(world)
    manifest = json.loads(written["manifest.json"].read_text())
    assert (manifest["row_count"], manifest["as_of"], manifest["store"]) == (
        2,
        "2026-03-01",
        "main",
    )
    assert [column["name"] for column in manifest["columns"]] == ["customer_key", "email"]
    for entry in manifest["files"]:
        content = (world.data_dir / "exports" / entry["name"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == entry["sha256"]
        assert len(content) == entry["size_bytes"]


def test_files_are_private_and_nothing_unfinished_is_left(world):
    world.push(world.open("file", **ALL), make_people(1))
    folder = world.data_dir / "exports"
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700
    assert not [path for path in folder.iterdir() if "unfinished" in path.name]


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-cmd", "'-cmd"),
        ("+5511900000000", "+5511900000000"),
        ("a=b", "a=b"),
    ],
)
def test_no_cell_is_a_formula_and_a_phone_stays_a_phone(world, text, cell):
    there = world.open("file", formats=["csv"], fields=["customer_key", "first_name"])
    world.push(there, make_people(1, first_name=text))
    assert list(csv.reader(files(world)["csv"].read_text().splitlines()))[1] == ["1", cell]


def test_changes_holds_what_changed_and_snapshot_the_whole_table(world):
    for mode, count in (("changes", 1), ("snapshot", 3)):
        world.ledger.forget("push_records")
        there = world.open("file", folder=mode, mode=mode)
        world.push(there, make_people(2))
        first = set((world.data_dir / mode).glob("*.parquet"))
        world.push(there, make_people(3))
        (second,) = set((world.data_dir / mode).glob("*.parquet")) - first
        assert pl.read_parquet(second).height == count


def test_a_snapshot_is_written_again_when_the_day_changed(world):
    there = world.open("file", mode="snapshot")
    world.push(there, make_people(1, days_since_last_purchase=51))
    assert world.push(there, make_people(1, days_since_last_purchase=52)).changes == 1


def test_a_push_repeated_after_a_lost_ledger_writes_the_same_names(world):
    there = world.open("file")
    world.push(there, make_people(2))
    names = set(files(world).values())
    world.ledger.forget("push_records")
    world.push(there, make_people(2))
    assert set(files(world).values()) == names


@pytest.mark.parametrize("folder", ["../elsewhere", "/tmp/elsewhere", "exports/../../elsewhere"])
def test_a_folder_outside_the_data_folder_needs_a_word(world, folder):
    with pytest.raises(BadSettings, match="allow_outside_data"):
        world.open("file", folder=folder)
    assert world.open("file", folder=folder, allow_outside_data=True)


def test_a_folder_that_leads_outside_by_a_link_is_outside(world, tmp_path_factory):
    (world.data_dir / "exports").symlink_to(tmp_path_factory.mktemp("elsewhere"))
    with pytest.raises(BadSettings, match="outside"):
        world.open("file")


def test_a_file_in_the_way_stops_and_nothing_counts_as_sent(world):
    (world.data_dir / "exports").write_text("in the way")
    there = world.open("file")
    assert there.check()
    summary = world.push(there, make_people(2))
    assert isinstance(summary.fault, Stop)
    assert (summary.accepted, summary.retryable) == (0, 2)


def test_every_format_holds_purchases_with_their_lines(world):
    done = world.push_records(world.open("file", "purchases", **ALL), make("purchases", 2))
    assert (done.adds, done.accepted, done.fault) == (2, 2, None)
    written = files(world)
    table = pl.read_parquet(written["parquet"])
    first = table.row(0, named=True)
    assert first["ordered_at"] == datetime(2026, 1, 1, 13, tzinfo=UTC)
    assert first["amount"] == Decimal("39.80")
    assert [one["amount"] for one in first["lines"]] == [Decimal("10.00"), Decimal("19.90")]
    row, _ = csv.DictReader(written["csv"].read_text().splitlines())
    line = json.loads(written["ndjson"].read_text().splitlines()[0])
    for told in (json.loads(row["lines"]), line["lines"]):
        assert [(one["sku"], one["quantity"], one["amount"]) for one in told] == [
            ("10", 3, 10.0),
            ("20", 1, 19.9),
        ]
    assert (row["ordered_at"], row["amount"]) == ("2026-01-01T13:00:00.000Z", "39.80")
    assert (line["ordered_at"], line["amount"]) == ("2026-01-01T13:00:00.000Z", 39.8)


def test_files_of_records_hold_what_changed_even_beside_snapshots(world):
    there = world.open("file", "purchases", mode="snapshot")
    purchases = make("purchases", 5)
    world.push_records(there, purchases)
    world.push_records(there, purchases.ended(2))
    names = sorted(path.name for path in (world.data_dir / "exports").glob("*.parquet"))
    tables = [pl.read_parquet(world.data_dir / "exports" / name) for name in names]
    assert sorted(table.height for table in tables) == [1, 5]
    (changed,) = [table for table in tables if table.height == 1]
    assert changed.select("order_id", "status", "is_canceled").row(0) == (
        "order-2",
        "canceled",
        True,
    )
    assert all(name.startswith("main-purchases-") for name in names)


def test_a_person_is_taken_out_of_the_files_of_purchases_as_well(world, tmp_path_factory):
    folder = tmp_path_factory.mktemp("elsewhere")
    options = {"folder": str(folder), "allow_outside_data": True, **ALL}
    names = {"customer_key": "id"}
    world.push(world.open("file", **options, names=names), make_people(3))
    for entity in ("purchases", "carts", "next_best_products", "products"):
        world.push_records(world.open("file", entity, **options), make(entity, 3))
    profiles = world.open("file", **options, names=names)
    (told,) = profiles.erase([Addressee("2", "2")])
    assert told.message.startswith("12 file(s)")
    for path in folder.glob("*.ndjson"):
        assert ("person0002" in path.read_text()) is False
        assert len(path.read_text().splitlines()) == (3 if "-products-" in path.name else 2)
