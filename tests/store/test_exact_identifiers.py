"""Ids are compared letter for letter, through an upgrade too; who was several people is split."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from itertools import count
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich.cli import run as enrich
from enrich.cli.console import PlainConsole
from enrich.model import Rules
from enrich.warehouse import Warehouse, open_warehouse
from enrich.warehouse.connection import connect
from tests.examples import costly
from tests.store.conftest import NOW
from tests.store.test_migrating import NAME, SCHEMAS

UNSEEN = ["\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u200e"]
BLANKS = [" ", "\t", "\u00a0", "\u2007", "\u202f", "\u3000", "\n"]
LETTERS = st.text("abcXYZ019-_éãñЖ", min_size=1, max_size=12)


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    path = tmp_path_factory.mktemp("ids") / "warehouse.duckdb"
    opened = connect(path, "1GB", 1)
    yield opened
    opened.close()


def key(connection: duckdb.DuckDBPyConnection, written: str) -> str:
    query = "select id_key(identifier($written))"
    return str(connection.execute(query, {"written": written}).fetchall()[0][0])


@given(LETTERS, st.data())
@costly(60)
def test_blanks_around_and_marks_nobody_sees_make_no_other_id(
    connection: duckdb.DuckDBPyConnection, written: str, data: st.DataObject
) -> None:
    marks = st.lists(st.sampled_from(UNSEEN), max_size=2).map("".join)
    around = st.lists(st.sampled_from([*UNSEEN, *BLANKS]), max_size=3).map("".join)
    decomposed = written.replace("é", "e\u0301").replace("ã", "a\u0303").replace("ñ", "n\u0303")
    dressed = "".join(letter + data.draw(marks) for letter in decomposed)
    dressed = data.draw(around) + dressed + data.draw(around)
    assert key(connection, dressed) == written


@given(st.uuids(), st.booleans(), st.sampled_from(["{}", "()", "", "bare"]))
@costly(40)
def test_a_guid_is_one_however_it_is_written(
    connection: duckdb.DuckDBPyConnection, guid: object, is_upper: bool, around: str
) -> None:
    written = str(guid).replace("-", "") if around == "bare" else str(guid)
    written = written.upper() if is_upper else written
    if len(around) == 2:
        written = around[0] + written + around[1]
    assert key(connection, written) == str(guid)


@given(LETTERS, LETTERS)
@costly(40)
def test_other_letters_are_another_id(
    connection: duckdb.DuckDBPyConnection, one: str, other: str
) -> None:
    assert (key(connection, one) == key(connection, other)) is (one == other)


OLD = """
insert into state.schema_version values (6, 'enrich');
insert into orders
    (store, order_id, source, status, is_completed, created_at, authorized_at, value_cents,
     customer_id, email, is_corporate)
values
    ('main', '2', 'import', 'invoiced', true, '2026-06-02', '2026-06-02', 50000,
     '0035g00000ABCDE', 'bruno@example.com', false),
    ('main', '1', 'import', 'invoiced', true, '2026-06-01', '2026-06-01', 1000,
     '0035g00000ABCDe', 'ana@example.com', false),
    ('main', '3', 'import', 'invoiced', true, '2026-06-03', '2026-06-03', 100,
     'NULL', null, false),
    ('main', '4', 'import', 'invoiced', true, '2026-06-03', '2026-06-03', 100,
     '\u200bplain', null, false);
insert into identity_links values
    ('main', 'customer_id', '0035g00000abcde', 7, 'customer_id_alone', '2026-06-04'),
    ('main', 'email', 'ana@example.com', 7, 'order matched by customer_id_alone', '2026-06-04'),
    ('main', 'email', 'bruno@example.com', 7, 'order matched by customer_id_alone', '2026-06-05'),
    ('main', 'customer_id', 'null', 8, 'customer_id_alone', '2026-06-04'),
    ('main', 'customer_id', '\u200bplain', 9, 'customer_id_alone', '2026-06-04');
"""


@pytest.fixture
def upgraded(tmp_path: Path) -> Iterator[Warehouse]:
    """A warehouse of schema 6, in which Ana and Bruno were customer 7, and NULL customer 8."""
    with duckdb.connect(str(tmp_path / NAME)) as connection:
        connection.execute((SCHEMAS / "0006.sql").read_text(encoding="utf-8"))
        connection.execute(OLD)
    with open_warehouse(tmp_path) as opened:
        opened.resolve("main", Rules(), run_id="after", now=NOW)
        yield opened


def test_after_an_upgrade_the_oldest_link_keeps_the_key(upgraded: Warehouse) -> None:
    with duckdb.connect(str(upgraded.publish()), read_only=True) as copy:
        found = copy.sql("select customer_id, customer_key, email from customers order by all")
        assert found.fetchall() == [
            ("0035g00000ABCDE", 10, "bruno@example.com"),
            ("0035g00000ABCDe", 7, "ana@example.com"),
            ("plain", 9, None),
        ]
        links = copy.sql("select value, customer_key from identity_links order by all").fetchall()
        assert ("0035g00000abcde", 7) not in links
    assert upgraded.resolved.splits("main").rows() == [(7, 10, NOW.replace(tzinfo=None))]
    assert (
        upgraded.resolved.findings("main").filter(finding="split_customers")["row_count"].item()
        == 1
    )


TWO = "order_id,customer_id,ordered_at,amount\n1,35ABCDe,2026-03-01,10\n2,35ABCDE,2026-03-02,500\n"


def test_forgetting_one_keeps_the_other_spelling(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text(TWO)
    console = PlainConsole(file=StringIO(), width=200, color_system=None)

    def run(*arguments: object) -> str:
        words = [*map(str, arguments), "--data", str(tmp_path / "data")]
        assert enrich(words, environ={}, clock=lambda: NOW, out=console, err=console) == 0
        return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]

    run("import", "--orders", tmp_path / "orders.csv")
    run("forget", "35ABCDe", "--yes")
    run("import", "--orders", tmp_path / "orders.csv")
    said = run("query", "--csv", "select 'left: ' || string_agg(customer_id, ' ') from customers")
    assert "left: 35ABCDE\n" in said.replace('"', "")


CUSTOMERS = "customer_id,email\na,home@example.com\nb,home@example.com\nc,home@example.com\n"
ORDERS = "order_id,customer_id,ordered_at,amount\n1,a,2026-03-01,10.00\n2,c,2026-03-02,20.00\n"


def test_splits_are_listed_before_the_next_push(tmp_path: Path) -> None:
    data, place = tmp_path / "data", tmp_path / "enrich.toml"
    place.write_text(f'data_dir = "{data}"\n[stores.main]\n[destinations.files]\nkind = "file"\n')
    (tmp_path / "customers.csv").write_text(CUSTOMERS)
    (tmp_path / "orders.csv").write_text(ORDERS)
    (tmp_path / "more.csv").write_text("customer_id,email\nd,home@example.com\n")

    hours = count()

    def run(*arguments: object) -> str:
        console = PlainConsole(file=StringIO(), width=200, color_system=None)
        at = NOW + timedelta(hours=next(hours))
        words = [*map(str, arguments), "--config", str(place)]
        assert enrich(words, environ={}, clock=lambda: at, out=console, err=console) == 0
        return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]

    run("import", "--customers", tmp_path / "customers.csv", "--orders", tmp_path / "orders.csv")
    run("profiles")
    assert "key of their own" not in run("push")
    run("import", "--customers", tmp_path / "more.csv", "--confirm")
    assert "main: 2 customers have a key of their own since the last push" in run("status")
    run("profiles")
    line = "2 customers have a key of their own since the last push: 2 (was 1), 3 (was 1)"
    assert line in run("push", "--dry-run")
    assert line in run("push")
    assert "key of their own" not in run("status") + run("push")
