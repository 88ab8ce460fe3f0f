"""`enrich import`: the options that say how a file is written, `--check`, workbooks in and out."""

from __future__ import annotations

from datetime import date, datetime
from io import StringIO
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from enrich.cli.console import PlainConsole
from enrich.cli.shows import show_seen
from tests.cli.shell import enrich
from tests.imports.reads import read

PEDIDOS = """Pedido;Cliente;Data;Valor;E-mail;Situação
1;c1;01/03/2026;1.234,56;ana@example.com;Pago
2;c2;05/03/2026;99,90;bia@example.com;Em rota
3;c2;05/03/2026;noventa;bia@example.com;Pago
"""
COLUMNS = (
    *("--columns", "order_id=Pedido", "--columns", "customer_id=Cliente"),
    *("--columns", "ordered_at=Data", "--columns", "amount=Valor", "--columns", "email=E-mail"),
    *("--columns", "status=Situação"),
)
SAID = (*COLUMNS, "--decimal", ",", "--dates", "dmy", "--statuses", "Em rota=invoiced")


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    path = tmp_path / "pedidos.csv"
    path.write_text(PEDIDOS, encoding="utf-8")
    return path


def test_check_shows_what_was_understood_and_stores_nothing(tmp_path: Path, orders: Path) -> None:
    said = enrich("import", "--orders", orders, *SAID, "--check", "--data", tmp_path / "data")
    assert said.code == 0, said.err
    for words in (
        *("orders; utf-8, cells separated by ;, header on line 1", "decimal ,", "dates dmy"),
        *("Pedido", "1,234.56", "3 rows, 1 rejected"),
        "amount: not a number (1 rows, the first is line 4)",
    ):
        assert words in said.out
    assert "example.com" not in said.out  # it goes into a pipe here
    assert "(personal)" in said.out
    assert not (tmp_path / "data").exists()


def test_check_shows_people_to_a_terminal(tmp_path: Path) -> None:
    path = tmp_path / "customers.csv"
    path.write_text("customer_id,first_name\nc1,Ana\u202e\n", encoding="utf-8")
    shown = StringIO()
    show_seen(PlainConsole(file=shown, force_terminal=True, width=200), read(customers=path))
    assert "Ana\ufffd" in shown.getvalue()


def test_check_says_that_a_file_would_be_held(tmp_path: Path, orders: Path) -> None:
    asked = ("import", "--orders", orders, *SAID[:-2], "--check", "--data", tmp_path / "data")
    said = enrich(*asked)
    assert said.code == 4
    assert "amount" in said.out
    assert 'unknown status "Em rota"' in said.err


def test_the_settings_say_the_same_as_the_options(tmp_path: Path, orders: Path) -> None:
    (tmp_path / "enrich.toml").write_text(
        '[imports.orders]\ndecimal = ","\ndates = "mdy"\nstatuses = { "Em rota" = "invoiced" }\n'
        'columns = { order_id = "Pedido", customer_id = "Cliente", ordered_at = "Data",'
        ' amount = "Valor", status = "Situação" }\n',
        encoding="utf-8",
    )
    settings = ("--config", tmp_path / "enrich.toml")
    said = enrich("import", "--orders", orders, "--dates", "dmy", *settings)
    assert said.code == 0, said.err
    asked = "select order_id, value_cents, created_at::date from orders order by 1"
    shown = enrich("query", asked, "--csv", *settings).out.splitlines()
    assert shown[1:] == ["1,123456,2026-03-01", "2,9990,2026-03-05"]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (("--columns", "pedido"), "--columns takes NAME=VALUE"),
        (("--columns", "colour=Cor"), "colour=... is no column of ours"),
        (("--decimal", "x"), "decimal"),
        (("--encoding", "no-such"), "'no-such' is no encoding of text"),
        (("--header-line", "0"), "header-line"),
    ],
)
def test_wrong_options(
    tmp_path: Path, orders: Path, options: tuple[str, ...], problem: str
) -> None:
    said = enrich("import", "--orders", orders, *options, "--data", tmp_path / "data")
    assert said.code == 2
    assert problem in said.err


def test_a_workbook_in_and_a_workbook_out(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Leia-me"
    sheet = book.create_sheet("Junho")
    sheet.append(["Relatório"])
    sheet.append(["order_id", "customer_id", "ordered_at", "amount", "email", "promo_code"])
    sheet.append([1001, "c1", date(2026, 3, 1), 10.125, "ana@example.com", None])
    sheet.append([1002.0, 17850, datetime(2026, 3, 2, 10, 30), 12.5, "bia@example.com", "'=1+1"])  # noqa: DTZ001
    book.save(tmp_path / "orders.xlsx")
    data = ("--data", tmp_path / "data")
    there = ("import", "--orders", tmp_path / "orders.xlsx")
    refused = enrich(*there, *data)
    assert (refused.code, "not a header" in refused.err) == (2, True)
    assert "it has: Leia-me, Junho" in enrich(*there, "--sheet", "Maio", *data).err
    done = enrich(*there, "--sheet", "Junho", *data)
    assert done.code == 0, done.err
    out = tmp_path / "profiles.xlsx"
    assert enrich("profiles", "--output", out, *data).code == 0
    assert enrich("profiles", "--output", tmp_path / "profiles.csv", *data).code == 0
    rows = list(openpyxl.load_workbook(out).active.iter_rows(values_only=True))
    csv = pl.read_csv(tmp_path / "profiles.csv", infer_schema=False)
    assert list(rows[0]) == csv.columns
    assert len(rows) == 3
    amounts = sorted(row[csv.columns.index("amount_lifetime")] for row in rows[1:])
    assert amounts == [10.13, 12.5]
    assert out.stat().st_mode & 0o077 == 0
    assert list(tmp_path.glob(".*")) == []
