"""`enrich push`: entities, exports of days, what a dry run says, what is refused in one line."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.cli.shell import Said, copied, enrich
from tests.cli.test_commands import ORDERS

SETTINGS = """
[stores.main]
currency = "BRL"
store_url = "https://shop.example.com"
[destinations.files]
kind = "file"
formats = ["csv"]
entities = ["profiles", "purchases"]
[destinations.syn]
kind = "synerise"
enabled = false
api_key = { env = "KEY" }
entities = ["profiles", "purchases"]
"""


@pytest.fixture
def shop(unchanged: Path, tmp_path: Path) -> Path:
    return copied(unchanged, tmp_path)


@pytest.fixture(scope="module")
def unchanged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop that nothing is sent from."""
    folder = Path(tmp_path_factory.mktemp("shop"))
    (folder / "orders.csv").write_text(ORDERS)
    (folder / "enrich.toml").write_text(SETTINGS)
    assert do(folder, "import", "--orders", folder / "orders.csv").code == 0
    assert do(folder, "profiles").code == 0
    return folder


def do(folder: Path, *words: object, key: str | None = "a-key") -> Said:
    common = ("--config", folder / "enrich.toml", "--data", folder / "data")
    return enrich(*words, *common, environ={"KEY": key} if key else {})


def rows_of(shop: Path, entity: str) -> list[dict[str, str]]:
    files = sorted((shop / "data" / "exports").glob(f"main-{entity}-*.csv"))
    return [row for file in files for row in csv.DictReader(file.read_text().splitlines())]


def cells(said: Said, first: str) -> list[list[str]]:
    lines = [line for line in said.out.splitlines() if "│" in line]
    rows = [[cell.strip() for cell in line.strip("│").split("│")] for line in lines]
    return [row for row in rows if row[0] == first]


def test_each_entity_has_its_line_and_a_second_push_sends_nothing(shop: Path) -> None:
    said = do(shop, "push")
    assert said.code == 0, said.err
    assert [row[2] for row in cells(said, "files")] == ["profiles", "purchases"]
    assert [row["order_id"] for row in rows_of(shop, "purchases")] == ["1", "2"]
    assert {row["email"] for row in rows_of(shop, "purchases")} == {"ana@example.com"}
    do(shop, "push")
    assert len(rows_of(shop, "purchases")) == 2


def test_one_entity_alone(shop: Path) -> None:
    assert do(shop, "push", "--entity", "purchases").code == 0
    assert (len(rows_of(shop, "purchases")), len(rows_of(shop, "profiles"))) == (2, 0)


def test_a_dry_run_without_a_key_shows_counts_and_masked_payloads_of_every_entity(
    unchanged: Path,
) -> None:
    said = do(unchanged, "push", "--destination", "syn", "--dry-run", key=None)
    assert said.code == 0, said.err
    assert [row[2] for row in cells(said, "syn")] == ["profiles", "purchases"]
    assert "eventSalt" in said.out and "minute" in said.out
    assert "ana@example.com" not in said.out
    assert "a***@e***.com" in said.out


def test_an_export_of_days_is_done_once_more_and_listed(shop: Path) -> None:
    do(shop, "push")
    words = ("push", "--destination", "files", "--entity", "purchases")
    said = do(shop, *words, "--from", "2026-03-04", "--to", "2026-03-09")
    assert said.code == 0, said.err
    assert [row["order_id"] for row in rows_of(shop, "purchases")].count("2") == 2
    listed = do(shop, "push", "--exports")
    (row,) = cells(listed, "files")
    assert "purchases" in row and "completed" in row
    assert "2026-03-04" in listed.out
    assert "purchases" in do(shop, "status").out
    found = do(shop, "query", "--csv", "select entity, status, record_count from push_exports")
    assert found.out.splitlines()[1:] == ["purchases,completed,1"]


OF_FILES = ["--destination", "files", "--entity", "purchases"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--from", "2026-03-01"], "--from needs --destination and --entity"),
        (["--entity", "purchases", "--from", "2026-03-01"], "--from needs --destination"),
        (
            ["--destination", "syn", "--entity", "products", "--from", "2026-03-01"],
            "--from needs --destination and --entity",
        ),
        (["--to", "2026-03-01"], "--from"),
        (["--by", "updated"], "--from"),
        ([*OF_FILES, "--from", "2026-03-09", "--to", "2026-03-01"], "nothing lies between"),
        ([*OF_FILES, "--from", "2026-03-01", "--by", "size"], "--by"),
        (["--destination", "files", "--entity", "coupons"], "entities of its settings"),
    ],
)
def test_what_cannot_be_meant_is_one_line(words: list[str], told: str, unchanged: Path) -> None:
    said = do(unchanged, "push", *words)
    assert (said.code, len(said.err.splitlines())) == (2, 1)
    assert told in said.err
