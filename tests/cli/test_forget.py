"""A person who is forgotten is in no file any more, and no pull or import brings them back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from enrich.receiver import CONSENTS, Message, Notice, inbox_of
from enrich.simulator.build import FULL_KEY
from enrich.warehouse import open_warehouse, read_warehouse
from tests.cli.shell import Said, enrich
from tests.jobs.town import NOW, town

SETTINGS = f"""
now = "{NOW.isoformat()}"
[stores.main]
account = "demostore"
base_url = "ADDRESS/vtex"
app_key = {{ env = "KEY" }}
app_token = {{ env = "TOKEN" }}
time_zone = "America/Sao_Paulo"
currency = "BRL"
pace = {{ requests_per_second = 90 }}
[destinations.files]
kind = "file"
formats = ["csv", "parquet", "ndjson"]
entities = ["profiles", "products", "purchases", "carts", "next_best_products"]
cart_days = 3000
"""
ENVIRON = {"KEY": FULL_KEY.app_key, "TOKEN": FULL_KEY.app_token}


@dataclass(frozen=True)
class Place:
    folder: Path

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def do(self, *arguments: object) -> Said:
        config = self.folder / "enrich.toml"
        common = ("--config", config, "--data", self.data)
        return enrich(*arguments, *common, environ=ENVIRON)

    def ask(self, query: str) -> pl.DataFrame:
        with read_warehouse(self.data) as copy:
            return copy.query(query)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("shop")
    with town(orders=150, customers=60) as there:
        (folder / "enrich.toml").write_text(SETTINGS.replace("ADDRESS", there.address))
        here = Place(folder)
        said = here.do("run")
        assert said.code == 0, said.err
        yield here


PERSON = """
from customers
where email is not null and document is not null and customer_id is not null
    and customer_key in (select customer_key from purchases)
order by customer_key
limit 1
"""


def holding(folder: Path, values: list[str]) -> list[str]:
    """The files under the folder that hold one of the values; Parquet is looked into as well."""
    found = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        if path.suffix == ".parquet":
            content = pl.read_parquet(path).write_ndjson().encode()
        if any(value.encode() in content for value in values):
            found.append(path.relative_to(folder).as_posix())
    return found


def test_nothing_is_left_and_nothing_comes_back(place: Place) -> None:
    (person,) = place.ask(PERSON).to_dicts()
    values = [person["email"], person["document"], person["customer_id"]]
    sales = place.ask("select count(*), sum(amount_cents) from purchases").row(0)
    orders = place.ask(f"from purchases where customer_key = {person['customer_key']}").height
    tell(place, person["email"])
    before, earlier = holding(place.data, values), set(place.data.glob("certificates/*"))
    assert {"warehouse.duckdb", "analysis.duckdb"} < set(before)
    assert any(name.endswith(".csv") for name in before)
    assert any(name.startswith("inbox/") for name in before)

    said = place.do("forget", person["email"].upper(), "--yes")

    assert said.code == 0, said.err + said.out
    assert not any(value in said.out for value in values)
    assert "files" in said.out and "by hand" in said.out
    assert holding(place.data, values) == []
    (certificate,) = set(place.data.glob("certificates/*")) - earlier
    assert certificate.stat().st_mode & 0o777 == 0o600
    kept = json.loads(certificate.read_text())
    assert kept["removed"]["main"]["orders made anonymous"] >= orders > 0
    assert kept["still_in"] == []
    # What was sold stays sold.
    assert place.ask("select count(*), sum(amount_cents) from purchases").row(0) == sales

    for manifest in (place.data / "exports").glob("*.manifest.json"):
        told = json.loads(manifest.read_text())
        for entry in told["files"]:
            assert (manifest.parent / entry["name"]).stat().st_size == entry["size_bytes"]

    # Everything is asked for once more, from the beginning.
    with open_warehouse(place.data) as warehouse:
        keys = place.ask("select max(customer_key) from customers").item()
        assert keys is not None
        for entity in ("orders", "customers"):
            warehouse.records.set_watermark(
                "main", entity, NOW.replace(year=2024), run_id="r", now=NOW
            )
    again = place.do("run")
    assert again.code == 0, again.err
    csv = place.folder / "orders.csv"
    csv.write_text(
        "order_id,customer_id,ordered_at,amount,email\n"
        f"i1,{person['customer_id']},2026-03-01,10.00,{person['email']}\n"
    )
    assert place.do("import", "--orders", csv).code == 0
    assert holding(place.data, values) == []
    assert place.ask(f"from customers where customer_key = {person['customer_key']}").is_empty()
    assert place.ask("from reconciliation where unexplained_count > 0").is_empty()


def tell(place: Place, *emails: str) -> None:
    """What a platform told of these people waits in the inbox."""
    inbox = inbox_of(place.data, "main")
    inbox.prepare()
    said = [Message(Notice(CONSENTS, one, "unsubscribed"), "connectif", NOW) for one in emails]
    inbox.keep(CONSENTS, said, NOW)


def test_what_is_told_of_a_forgotten_person_later_is_not_kept(place: Place) -> None:
    told = "select count(*) from consent_statements"
    tell(place, "later@example.com", "other@example.com")
    assert place.do("sync", "--entity", "inbox").code == 0
    assert place.ask(told).item() == 2
    said = place.do("forget", "later@example.com", "--yes")
    assert "consents" in said.out
    assert place.ask(told).item() == 1
    tell(place, "later@example.com")
    assert place.do("sync", "--entity", "inbox").code == 0
    assert place.ask(told).item() == 1


def test_whoever_nobody_knows_is_kept_away(place: Place) -> None:
    said = place.do("forget", "nobody.at.all@example.com", "--yes")
    assert said.code == 0, said.err
    assert "no customer matches" in said.out


def test_an_old_copy_that_still_holds_the_person_is_named(place: Place) -> None:
    (person,) = place.ask(PERSON).to_dicts()
    (place.data / "old.txt").write_text(f"{person['email']}\n")
    said = place.do("forget", person["document"], "--yes")
    assert said.code == 1
    assert "old.txt" in said.out
    assert person["email"] not in said.out + said.err
    (place.data / "old.txt").unlink()
    assert place.do("forget", "--continue").code == 0
