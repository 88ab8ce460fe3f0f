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


ODD_VALUES = (
    "select {'a': 1} as x",
    "select [{'a': 1}] as x",
    "select [[1]] as x",
    "select map {'a': 1} as x",
    "select 'x'::blob as x",
    "select interval 1 month as x",
    "select [interval 1 day] as x",
    "select '101'::bit as x",
    "select array[1, 2]::int[2] as x_id",
    "select time '10:00' as x",
    "select '[red]' as \"[/x]\"",
)
REFUSED = (
    ("select 1 as a, 2 as a", "rename one with"),
    ("select 'infinity'::date as x", "x::varchar"),
    ("select '9999-12-31'::timestamp + interval 9 year as x", "x::varchar"),
)


@pytest.mark.parametrize("way", [(), ("--csv",), ("--json",)], ids=["table", "csv", "json"])
def test_every_kind_of_value_is_shown_or_refused_in_words(data: Path, way: tuple[str, ...]) -> None:
    for sql in ODD_VALUES:
        said = enrich("query", sql, *way, "--data", data)
        assert (said.code, said.err) == (0, ""), sql
    for sql, advice in REFUSED:
        said = enrich("query", sql, *way, "--data", data)
        assert said.code == 2 and advice in said.err, sql


def test_json_hides_no_character_and_csv_is_for_the_reader_named(data: Path) -> None:
    sql = "select 'a' || chr(27) || chr(8238) as text, -1234.5::double as amount"
    out = enrich("query", sql, "--json", "--data", data).out
    assert json.loads(out) == {"text": "a\x1b\u202e", "amount": -1234.5}
    assert "\x1b" not in out and "\u202e" not in out
    said = enrich("query", sql, "--csv-for", "excel-br", "--data", data)
    assert said.out == "\ufefftext;amount\na\ufffd\ufffd;-1234,5\n"
    assert enrich("query", sql, "--csv-for", "lotus", "--data", data).code == 2
