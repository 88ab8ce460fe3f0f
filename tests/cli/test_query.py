"""Questions to the read copy: SQL or a ready query, as a table, CSV or JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from enrich.store import ready_queries
from tests.cli.shell import enrich

ORDERS = """order_id,customer_id,ordered_at,amount
1,c1,2026-03-01,1200.00
2,c1,2026-03-05,20.50
3,c2,2026-03-06,7.00
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(tmp_path_factory.mktemp("shop"))
    (folder / "orders.csv").write_text(ORDERS)
    assert enrich("import", "--orders", folder / "orders.csv", "--data", folder / "data").code == 0
    assert enrich("profiles", "--data", folder / "data").code == 0
    return folder / "data"


def test_a_table_reads_well(data: Path) -> None:
    sql = (
        "select customer_key * 1000 as customer_key, amount_lifetime, 2 / 3 as share from profiles"
    )
    said = enrich("query", f"{sql} order by 2 desc limit 1", "--data", data).out
    row = next(line for line in said.splitlines() if line.startswith("│"))
    assert [cell.strip() for cell in row.strip("│").split("│")] == ["1000", "1,220.50", "0.6667"]


def test_json_is_an_object_a_line(data: Path) -> None:
    sql = "select purchase_no, amount, purchased_on from sales order by purchase_no"
    lines = enrich("query", "--json", sql, "--data", data).out.splitlines()
    assert json.loads(lines[0]) == {
        "purchase_no": 1,
        "amount": "1200.00",
        "purchased_on": "2026-03-01",
    }


def test_ready_queries_are_listed_and_asked_by_name(data: Path) -> None:
    listed = enrich("query", "--data", data)
    for name, one in ready_queries().items():
        assert name in listed.out
        assert one.question in " ".join(listed.out.split())
    said = enrich("query", "--ready", "best_customers", "--csv", "--data", data).out.splitlines()
    assert said[0].startswith("store,customer_key,customer_id")
    assert len(said) == 3


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--ready", "nothing"], "there is no ready query 'nothing'; known: basket_pairs"),
        (["--ready", "cohorts", "select 1"], "not both"),
    ],
)
def test_what_cannot_be_asked_is_said(data: Path, arguments: list[str], reason: str) -> None:
    said = enrich("query", *arguments, "--data", data)
    assert said.code == 2
    assert reason in said.err
