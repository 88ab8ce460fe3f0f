"""The hold-out of a shop: at random, and for ever the same for a person."""

from __future__ import annotations

import json
from pathlib import Path

from enrich.model import RawRecord, Rules
from enrich.warehouse import open_warehouse
from tests.store.conftest import RUN


def contact(number: int, email: int) -> RawRecord:
    document = {"id": f"c{number}", "userId": f"u{number}", "email": f"person{email}@example.com"}
    return RawRecord(document["id"], json.dumps(document), None)


def buckets(folder: Path, *contacts: RawRecord) -> dict[str, int]:
    """The bucket of everybody by e-mail, after these contacts were loaded."""
    with open_warehouse(folder) as warehouse:
        warehouse.records.load("main", "customers", list(contacts), [], **RUN)
        warehouse.resolve("main", Rules(), **RUN)
        found = warehouse.profiles.parts("main").customers(0)
    return dict(found.select("email", "control_bucket").iter_rows())


def test_a_bucket_stays_whoever_comes_and_is_that_of_the_oldest_key_after_a_merge(
    tmp_path: Path,
) -> None:
    first = buckets(tmp_path, *(contact(number, number) for number in range(200)))
    assert set(first.values()) <= set(range(100))
    assert len(set(first.values())) > 50
    later = buckets(tmp_path, contact(900, 900))
    assert {email: later[email] for email in first} == first
    merged = buckets(tmp_path, contact(900, 3))  # who came later turns out to be one of them
    assert merged == first


def test_another_installation_draws_otherwise(tmp_path: Path) -> None:
    people = [contact(number, number) for number in range(50)]
    assert buckets(tmp_path / "one", *people) != buckets(tmp_path / "other", *people)
