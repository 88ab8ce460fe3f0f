"""Questions to the read copy: SQL or a ready query, as a table, CSV or JSON."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import polars as pl
import pytest
from openpyxl import load_workbook

from enrich.warehouse import ready_queries
from tests.cli.shell import enrich
from tests.destinations.servers.bucket import KEY_ID, REGION, SECRET, serve_bucket

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
        (["cohorts", "--set", "from=2026-01-01"], "a parameter of the query, which has since"),
        (["cohorts", "--set", "since"], "it is NAME=VALUE"),
        (["slipping_away", "--set", "since=2026-01-01"], "which has none"),
        (["cohorts", "--set", "since=yesterday"], "since: 'yesterday' is no date"),
        (["best_customers", "--set", "customers=1; drop"], "'1; drop' is no integer"),
        (["select 1", "--to", "answer.doc"], "should end in one of .parquet, .csv, .xlsx"),
        (["select 1", "--to", "s3://bucket"], "s3://BUCKET/KEY.parquet"),
    ],
)
def test_what_cannot_be_asked_is_said(data: Path, arguments: list[str], reason: str) -> None:
    said = enrich("query", *arguments, "--data", data)
    assert said.code == 2
    assert reason in said.err


def test_a_ready_query_takes_values(data: Path) -> None:
    for values, count in ((), 2), (("customers=1",), 1):
        said = [word for value in values for word in ("--set", value)]
        out = enrich("query", "best_customers", *said, "--csv", "--data", data).out
        assert len(out.splitlines()) == 1 + count
    for since, expected in ("2026-03-01", 1), ("2026-04-01", 0):
        found = enrich("query", "cohorts", "--set", f"since={since}", "--json", "--data", data)
        assert len(found.out.splitlines()) == expected


OWN = """-- Big purchases: what was over a limit. Grain: one row per purchase.
-- $over decimal = 100: The limit.
-- $who text: Only of this customer.
select purchase_no, amount, '=1+1' as text from sales
where amount > $over and ($who is null or customer_id = $who)
order by purchase_no
"""


def test_queries_of_a_shops_own_folder_stand_beside_ours(data: Path, tmp_path: Path) -> None:
    (tmp_path / "queries").mkdir()
    (tmp_path / "queries" / "big.sql").write_text(OWN)
    config = tmp_path / "enrich.toml"
    config.write_text('queries_dir = "queries"\n')
    here = ("--config", config, "--data", data)
    listed = " ".join(enrich("query", "--list", *here).out.split())
    assert "Big purchases: what was over a limit" in listed and "over=100, who=" in listed
    assert "slipping_away" in listed

    def numbers(*values: str) -> list[int]:
        said = [word for value in values for word in ("--set", value)]
        lines = enrich("query", "big", *said, "--json", *here).out.splitlines()
        return [json.loads(line)["purchase_no"] for line in lines]

    assert (numbers(), numbers("over=10"), numbers("over=5", "who=c2")) == ([1], [1, 2], [3])
    (tmp_path / "queries" / "bad.sql").write_text("-- $x money: how much\nselect $x")
    said = enrich("query", "--list", *here)
    assert said.code == 2 and "bad.sql: $x is of no type money; there are date" in said.err


def test_a_table_or_an_answer_goes_to_a_file_of_any_format(data: Path, tmp_path: Path) -> None:
    sql = (
        "select 1 as n, [1, 2] as list, {'a': '=2'} as record, '=1+1' as text, current_date as day"
    )
    for suffix in ("parquet", "csv", "xlsx", "json"):
        done = enrich("query", sql, "--to", tmp_path / f"a.{suffix}", "--data", data)
        assert (done.code, (tmp_path / f"a.{suffix}").stat().st_mode & 0o777) == (0, 0o600)
    cells = ("1|2", '{"a": "=2"}', "'=1+1")
    lines = (tmp_path / "a.csv").read_text().splitlines()
    assert tuple(next(csv.reader(lines[1:]))[1:4]) == cells
    book = load_workbook(tmp_path / "a.xlsx")
    assert tuple(cell.value for cell in book["a"][2])[1:4] == cells
    assert pl.read_parquet(tmp_path / "a.parquet")["list"].to_list() == [[1, 2]]
    assert enrich("export", "purchases", "--to", tmp_path / "p.parquet", "--data", data).code == 0
    assert pl.read_parquet(tmp_path / "p.parquet").height == 3
    best = ("export", "best_customers", "--set", "customers=1", "--to", tmp_path / "b.parquet")
    assert enrich(*best, "--data", data).code == 0
    assert pl.read_parquet(tmp_path / "b.parquet").height == 1
    said = enrich("export", "nowhere", "--to", tmp_path / "n.csv", "--data", data)
    assert said.code == 2 and not (tmp_path / "n.csv").exists()


def test_an_answer_goes_to_a_bucket(data: Path) -> None:
    with serve_bucket() as (endpoint, state):
        keys = {"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_REGION": REGION}
        where = ("export", "purchases", "--to", "s3://drop/a folder/p.parquet", "--data", data)
        done = enrich(*where, environ={**keys, "AWS_ENDPOINT_URL": endpoint})
        assert (done.code, done.out) == (0, ""), done.err
        ((key, content),) = state.objects.items()
    assert key == "a folder/p.parquet" and pl.read_parquet(io.BytesIO(content)).height == 3
    assert not list(data.glob(".export-*"))
    said = enrich(*where)
    assert said.code == 2 and "AWS_ACCESS_KEY_ID is not set" in said.err
    said = enrich(*where, environ={**keys, "AWS_ENDPOINT_URL": "http://s3.example.com"})
    assert said.code == 2 and "use https" in said.err


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
