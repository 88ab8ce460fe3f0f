"""Files as shops' spreadsheets write them: read as they are meant, or refused with the setting.

A row of CASES is a file of tests/imports/files, what is said about it, and what must become of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from enrich.errors import EnrichError
from enrich.model import FileFormat, Rules
from enrich.shop import Shop
from enrich.sources.files import Files
from enrich.sync.import_files import ImportReport, import_store
from enrich.warehouse import open_warehouse
from tests.imports.reads import NOW

FOLDER = Path(__file__).parent / "files"
ZONE = "America/Sao_Paulo"


@dataclass(frozen=True)
class Case:
    """Files by kind, in the order of the commands; settings; and what is expected.

    `refused` has the exit code and words of the message; `loaded` is a query and its answer,
    `noted` are words of the notes.
    """

    name: str
    commands: tuple[dict[str, str], ...]
    said: dict[str, Any] = field(default_factory=dict)
    refused: tuple[int, tuple[str, ...]] | None = None
    sql: str = ""
    rows: tuple[tuple[Any, ...], ...] = ()
    rejects: tuple[tuple[int, str], ...] = ()
    noted: tuple[str, ...] = ()
    confirmed: bool = False


def orders(name: str, *more: str) -> tuple[dict[str, str], ...]:
    return tuple({"orders": one} for one in (name, *more))


AMOUNTS = "select value_cents / 100, created_at::date from orders order by order_id"
STATUS = "select status from orders order by order_id::int"
OWNERS = "select order_id, customer_id from orders order by order_id::int"
REFUNDS = """
select order_id, refund_of from orders where refund_of is not null order by order_id::int
"""
PEOPLE = "select count(*)::int from customers"
NOBODYS = """
select
    (select count(*)::int from customers),
    (select count(*)::int from identity_conflicts where customer_key is null),
    (select count(*)::int from customers where email is not null)
"""
MONEY = """
select 'taken' as place, sum(refund_cents)::int as cents from purchases
union all
select reason, sum(unmatched_cents)::int from unmatched_refunds group by reason
order by place
"""
PURCHASES = "select count(*)::int from purchases"
LOST = "a spreadsheet cut its digits"
JUNE_FIRST = date(2026, 6, 1)
ONE_ORDER = {"sql": AMOUNTS, "rows": ((10.0, JUNE_FIRST),)}

CASES = (
    Case(
        "Excel in Portuguese names both settings",
        orders("i01_excel_ptbr.csv"),
        refused=(2, ('decimal = ","', 'dates = "dmy"', "[imports.orders]", "--decimal ,")),
    ),
    Case(
        "Excel in Portuguese with its settings",
        orders("i01_excel_ptbr.csv"),
        {"decimal": ",", "dates": "dmy"},
        sql=AMOUNTS,
        rows=((1234.56, JUNE_FIRST), (99.9, date(2026, 6, 2)), (30.0, date(2026, 5, 13))),
    ),
    Case(
        "thousands or decimals, both readings are shown",
        orders("i06_es_ar_thousands.csv"),
        refused=(2, ('"12.500"', '12500.00 with decimal = ","', '12.50 with decimal = "."')),
    ),
    Case(
        "thousands with the decimal sign said",
        orders("i06_es_ar_thousands.csv"),
        {"decimal": ","},
        sql="select value_cents / 100 from orders order by order_id",
        rows=((12500.0,), (8990.0,), (105000.0,), (950.0,)),
    ),
    Case(
        "an encoding that is not UTF-8",
        ({"customers": "i03_cp1252_customers.csv"},),
        refused=(2, ("line 2", 'encoding = "cp1252"', "--encoding cp1252")),
    ),
    Case(
        "that encoding said",
        ({"customers": "i03_cp1252_customers.csv"},),
        {"encoding": "cp1252"},
        sql="select first_name, last_name from contacts order by contact_id",
        rows=(("João", "Conceição"), ("Inés", "Núñez")),
    ),
    Case(
        "UTF-16 with its mark",
        orders("i04_utf16.txt"),
        sql=AMOUNTS,
        rows=((10.5, JUNE_FIRST),),
    ),
    Case(
        "statuses in three languages; what was given back whole is no purchase",
        orders("i31_status.csv"),
        sql=STATUS,
        rows=tuple(
            (status,)
            for status in (
                *("canceled", "canceled", "canceled", "payment-pending", "payment-pending"),
                *("canceled", "canceled", "payment-approved", "invoiced", "canceled"),
                *("payment-denied", "canceled", "payment-pending", "canceled"),
            )
        ),
    ),
    Case(
        "of these statuses two are purchases", orders("i31_status.csv"), sql=PURCHASES, rows=((2,),)
    ),
    Case(
        "a status nobody knows holds the file, confirmed or not",
        orders("i31_unknown_status.csv"),
        refused=(4, ('"Em rota" (2 rows, the first is line 3)', 'statuses = { "Em rota" =')),
        confirmed=True,
    ),
    Case(
        "the status mapped",
        orders("i31_unknown_status.csv"),
        {"statuses": {"Em rota": "invoiced"}},
        sql=STATUS,
        rows=(("payment-approved",), ("invoiced",), ("invoiced",)),
    ),
    Case(
        "customer ids without their digits",
        orders("i10_sci_ids.csv"),
        sql=OWNERS,
        rows=(("1004", "c9"),),
        rejects=tuple((line, f"customer_id: {LOST}") for line in (2, 3, 4)),
    ),
    Case(
        "order ids without their digits",
        orders("i10b_sci_order_ids.csv"),
        refused=(2, ("none of its 3 rows", f"order_id: {LOST}")),
    ),
    Case(
        "leading zeros that one file lost",
        ({"orders": "i11_orders.csv", "customers": "i11_customers.csv"},),
        refused=(4, ("only 0 of 2 customers", "123, 45", "00045, 00123", "--confirm")),
    ),
    Case(
        "the same a day later",
        ({"orders": "i11_orders.csv"}, {"customers": "i11_customers.csv"}),
        refused=(4, ("only 0 of 2 customers", "123, 45", "00045, 00123", "--confirm")),
    ),
    Case(
        "leading zeros, confirmed",
        ({"orders": "i11_orders.csv", "customers": "i11_customers.csv"},),
        confirmed=True,
        sql="select count(*)::int from contacts",
        rows=((2,),),
    ),
    Case(
        "items of other orders",
        ({"orders": "i11_orders.csv", "items": "i11_items.csv"},),
        refused=(4, ("only 1 of 3 order ids of the items", "01002, 01003", "1002")),
    ),
    Case("title rows", orders("i13_title.csv"), **ONE_ORDER),
    Case("sep=;", orders("i14_sep.csv"), **ONE_ORDER),
    Case(
        "empty trailing cells",
        orders("i16b_trailing_sep_rows.csv"),
        sql=AMOUNTS,
        rows=((10.0, JUNE_FIRST), (20.0, date(2026, 6, 2))),
    ),
    Case("rows of separators only", orders("i17_blank_rows.csv"), **ONE_ORDER),
    Case("lone CR", orders("i18b_cr_only.csv"), **ONE_ORDER),
    Case(
        "line breaks, inch marks and parts of a unit",
        ({"items": "i19_items.csv"},),
        sql="select sku, quantity, product from order_items order by sku",
        rows=(
            ("s1", 1, 'Camiseta\nazul; tam. "G"'),
            ("s2", 2, 'TV 50" LED'),
            ("s3", 1, 'Cano 1/2" x 3/4"'),
            ("s4", 1, "Queijo kg"),
            ("s5", 1, "Queijo kg"),
        ),
    ),
    Case(
        "a header in Portuguese",
        orders("i20_pt_header.csv"),
        refused=(2, ("Pedido, Cliente, Data, Valor, E-mail", "order_id", "columns = { order_id")),
    ),
    Case(
        "a header in Portuguese, mapped",
        orders("i20_pt_header.csv"),
        {
            "columns": {
                "order_id": "Pedido",
                "customer_id": "Cliente",
                "ordered_at": "Data",
                "amount": "Valor",
                "email": "E-mail",
            }
        },
        **ONE_ORDER,
    ),
    Case(
        "a header with blanks",
        orders("i21_header_spaces.csv"),
        refused=(2, ("Order ID, Customer ID", "order_id, customer_id, ordered_at", "--columns")),
    ),
    Case("a web page", orders("i23_html.csv"), refused=(2, ("web page (HTML",))),
    Case("a workbook called .csv", orders("i22_zip.csv"), refused=(2, ("zipped workbook",))),
    Case("a workbook cut off", orders("i22b.xlsx"), refused=(2, ("not a whole .xlsx workbook",))),
    Case(
        "booleans in three languages, impossible birth dates",
        ({"orders": "i35_orders.csv", "customers": "i35_customers.csv"},),
        sql="select newsletter_opt_in, birth_date from contacts order by contact_id",
        rows=(
            (True, None),
            (True, None),
            (False, None),
            (True, date(1990, 2, 1)),
            (True, None),
            (True, None),
            (True, date(1985, 7, 9)),
            (False, date(1985, 7, 9)),
        ),
        noted=("birth_date: cells left out because they cannot be read: 3",),
    ),
    Case(
        "words for nobody",
        orders("i38_null_ids.csv"),
        sql="select count(*)::int, count(customer_id)::int from orders",
        rows=((18, 0),),
        noted=("rows whose customer is a word for nobody: 18",),
    ),
    Case(
        "years that cannot be",
        orders("x5_years.csv"),
        sql="select order_id from orders order by 1",
        rows=(("3",), ("4",), ("5",)),
        rejects=((2, "ordered_at: before 1970"), (3, "ordered_at: in the future")),
    ),
    Case(
        "two tills that count alike",
        orders("r15a_branch1.csv", "r15b_branch2.csv"),
        refused=(4, ("2 order ids", "1 was of a1 on 2026-06-01 and is of b1 on 2026-06-03")),
    ),
    Case(
        "two tills that count alike, confirmed",
        orders("r15a_branch1.csv", "r15b_branch2.csv"),
        confirmed=True,
        sql=OWNERS,
        rows=(("1", "b1"), ("2", "b2")),
    ),
    Case(
        "refunds: rows of the future are no orders, 9.0 is the order 9",
        orders("r2_refunds.csv"),
        sql=REFUNDS,
        rows=(("3", "2"), ("5", "4"), ("11", "9"), ("14", "9")),
        rejects=((17, "ordered_at: in the future"), (18, "ordered_at: in the future")),
    ),
    Case(
        "every refunded cent has a place",
        orders("r2_refunds.csv"),
        sql=MONEY,
        rows=(("more_than_paid", 13_000), ("taken", 28_000)),
        rejects=((17, "ordered_at: in the future"), (18, "ordered_at: in the future")),
    ),
    Case(
        "ids that differ in case are two customers",
        orders("r12_salesforce.csv"),
        sql=PEOPLE,
        rows=((2,),),
    ),
    Case(
        "an address that nine customers share joins none of them",
        (
            {
                "orders": "i37_placeholder_email.csv",
                "customers": "i37b_placeholder_customers.csv",
            },
        ),
        sql=NOBODYS,
        rows=((9, 9, 0),),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_spreadsheet(tmp_path: Path, case: Case) -> None:
    formats = dict.fromkeys(("orders", "items", "customers"), FileFormat(**case.said))
    shop = Shop("main", Rules(time_zone=ZONE, currency="BRL"))
    with open_warehouse(tmp_path) as warehouse:
        done = None
        for command in case.commands:
            paths = {kind: FOLDER / name for kind, name in command.items()}
            files = Files(**paths, formats=formats)
            try:
                done = import_store(warehouse, shop, files, now=NOW, confirmed=case.confirmed)
            except EnrichError as error:
                assert case.refused is not None, error
                assert error.exit_code == case.refused[0]
                for words in case.refused[1]:
                    assert words in str(error)
                assert "example.com" not in str(error)
                return
        assert case.refused is None
        assert done is not None
        found = pl.DataFrame(warehouse._connection.sql(case.sql)).rows()
        assert found == list(case.rows)
        _compare_rejects(case, done, warehouse.records.rejects("main"))


def _compare_rejects(case: Case, done: ImportReport, rejects: pl.DataFrame) -> None:
    found = sorted(rejects.select("line", "reason").rows())
    assert [line for line, _ in found] == [line for line, _ in case.rejects]
    for (_, reason), (_, wanted) in zip(found, case.rejects, strict=True):
        assert reason.startswith(wanted)
    for words in case.noted:
        assert any(words in note for note in done.notes)


def test_every_file_is_tried() -> None:
    tried = {name for case in CASES for one in case.commands for name in one.values()}
    assert tried == {path.name for path in FOLDER.iterdir()}
