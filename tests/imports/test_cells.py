"""What a cell may say: the value it becomes, or the reason its row is rejected."""

# ruff: noqa: DTZ001 - the frames hold naive UTC moments

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.imports.reads import ITEMS, ORDERS, column, customers_of, faults, items_of, orders_of

GOOD = "good,c1,2024-01-01,1.25\n"
_UNREAD = "ordered_at: not a date or moment like 1990-12-31"
_LOST = "customer_id: a spreadsheet cut its digits (1,2E+12); format the column as text there"


def order_cell(folder: Path, name: str, cell: str, *, zone: str = "UTC", **said: Any) -> object:
    """The value of one cell of an order, or the reason why its row is bad."""
    row = {"order_id": "a", "customer_id": "c1", "ordered_at": "2024-01-01", "amount": "-1"}
    row[name] = cell
    header = ",".join(row)
    values = ",".join('"' + value.replace('"', '""') + '"' for value in row.values())
    rest = "," * (len(row) - 4)
    frames = orders_of(folder, f"{header}\n{values}\n{GOOD.strip()}{rest}\n", zone=zone, **said)
    if frames.rejects:
        return frames.rejects[0].reason
    output = "amount_cents" if name == "amount" else name
    return column(frames, output)[0]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("12.34", 1234),
        ("12", 1200),
        ("12.", 1200),
        (".5", 50),
        ("+7.10", 710),
        ("-3.00", -300),
        (" 8 ", 800),
        ("007", 700),
        ("0", 0),
        ("-0", 0),
        ("0.004", 0),
        ("0.005", 1),
        ("-0.005", -1),
        ("1.00499999", 100),
        ("1.005", 101),
        ("2.675", 268),
        ("1.4551915228366852e-11", 0),
        ("100000000000", 10**13),
        ("100000000000.01", "amount: too large"),
        ("-100000000000.01", "amount: too large"),
        ("99999999999999999999999999", "amount: too large"),
        ("", "amount: missing"),
        ("12,34", "amount: has a decimal comma, not a point"),
        ("1.234,56", "amount: has a decimal comma, not a point"),
        ("1.234.567", "amount: has a decimal comma, not a point"),
        ("1,234.56", 123456),
        ("1 234", 123400),
        ("1,234,567", 123456700),
        ("1,23,456", "amount: not a number"),
        ("12,3456", "amount: has a decimal comma, not a point"),
        ("NULL", "amount: missing"),
        ("R$ 12", "amount: not a number"),
        ("1e3", "amount: not a number"),
        ("NaN", "amount: missing"),
        ("inf", "amount: not a number"),
        ("--1", "amount: not a number"),
        (".", "amount: not a number"),
        ("٣", "amount: not a number"),
    ],
)
def test_amount(tmp_path: Path, cell: str, expected: object) -> None:
    assert order_cell(tmp_path, "amount", cell, decimal=".") == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("12,34", 1234),
        ("1.234,56", 123456),
        ("-1.234.567", -123456700),
        ("12.500", 1250000),
        ("1 234,5", 123450),
        ("950", 95000),
        (",5", 50),
        ("12.34", "amount: has a decimal point, not a comma"),
        ("1,234.56", "amount: has a decimal point, not a comma"),
        ("0.125", 12500),
    ],
)
def test_amount_with_a_comma(tmp_path: Path, cell: str, expected: object) -> None:
    rows = [ORDERS, f"a,c,2024-01-01,{cell}", "b,c,2024-01-01,1,5", "d,c,2024-01-01,1.25"]
    content = "\n".join(row.replace(",", "|", 3) for row in rows)
    frames = orders_of(tmp_path, content, decimal=",")
    reasons = dict(faults(frames.rejects))
    assert reasons.get(2, column(frames, "amount_cents")[0]) == expected


@pytest.mark.parametrize(
    ("zone", "cell", "expected"),
    [
        ("UTC", "2024-02-29", datetime(2024, 2, 29)),
        ("UTC", "2024-01-31T23:59:59", datetime(2024, 1, 31, 23, 59, 59)),
        ("UTC", "2024-01-31 23:59", datetime(2024, 1, 31, 23, 59)),
        ("UTC", "2024-01-31T10:00:00.123456789Z", datetime(2024, 1, 31, 10, 0, 0, 123456)),
        ("UTC", "2024-01-31t10:00:00.5z", datetime(2024, 1, 31, 10, 0, 0, 500000)),
        ("UTC", "2024-01-31T10:00:00+02:00", datetime(2024, 1, 31, 8)),
        ("UTC", "2024-01-31T23:00:00-0330", datetime(2024, 2, 1, 2, 30)),
        ("UTC", "2024-01-31 10:00:00 +01", datetime(2024, 1, 31, 9)),
        ("UTC", "1970-01-01", datetime(1970, 1, 1)),
        ("UTC", "2024-01-31 9:05", datetime(2024, 1, 31, 9, 5)),
        ("UTC", "2024-01-31 12:05 AM", datetime(2024, 1, 31, 0, 5)),
        ("UTC", "2024-01-31 1:05:09 p.m.", datetime(2024, 1, 31, 13, 5, 9)),
        ("America/Sao_Paulo", "2024-01-31", datetime(2024, 1, 31, 3)),
        ("America/Sao_Paulo", "2024-01-31T10:00:00Z", datetime(2024, 1, 31, 10)),
        # midnight did not exist: the clock went from 00:00 to 01:00; the day stays
        ("America/Sao_Paulo", "2018-11-04", datetime(2018, 11, 4, 3)),
        # 23:30 happened twice: the earlier one, still in summer time
        ("America/Sao_Paulo", "2018-02-17T23:30:00", datetime(2018, 2, 18, 1, 30)),
        ("Europe/London", "2024-03-31T01:30:00", datetime(2024, 3, 31, 1, 30)),
        ("UTC", "", "ordered_at: missing"),
        ("UTC", "2024-02-30", _UNREAD),
        ("UTC", "2024-01-31T24:00:00", _UNREAD),
        ("UTC", "2024-01-31T10:00:60", _UNREAD),
        ("UTC", "20240131", _UNREAD),
        ("UTC", "1706659200", _UNREAD),
        (
            "UTC",
            "2024-01-31T10:00:00.1234567890",
            _UNREAD,
        ),
        ("UTC", "2024-01-31 13:05 PM", _UNREAD),
        ("UTC", "0001-01-01", "ordered_at: before 1970"),
        ("UTC", "1969-12-31", "ordered_at: before 1970"),
        ("UTC", "2204-01-01", "ordered_at: in the future"),
        ("UTC", "2026-07-03", "ordered_at: in the future"),
    ],
)
def test_ordered_at(tmp_path: Path, zone: str, cell: str, expected: object) -> None:
    assert order_cell(tmp_path, "ordered_at", cell, zone=zone, dates="iso") == expected


@pytest.mark.parametrize(
    ("name", "cell", "expected"),
    [
        ("order_id", "  x 1 ", "x 1"),
        ("order_id", "   ", "order_id: missing"),
        ("customer_id", "", None),
        ("customer_id", "Ana, the second", "Ana, the second"),
        ("customer_id", "17850.0", "17850"),
        ("order_id", "1001.0", "1001"),
        ("refund_of", "9.0", "9"),
        ("customer_id", "Jose\u0301\u200b", "Jos\u00e9"),
        ("customer_id", "\ufeff", None),
        ("customer_id", "0", None),
        ("customer_id", "consumidor  FINAL", None),
        ("customer_id", "Público en General", None),
        ("customer_id", "#N/A", None),
        ("customer_id", "000", None),
        ("customer_id", "1E+15", _LOST),
        ("order_id", "NULL", "order_id: missing"),
        ("promo_code", "NULL", None),
        ("customer_id", "007", "007"),
        ("email", " Ana@Example.COM ", "ana@example.com"),
        ("email", "not an address", None),
        ("email", "", None),
        ("currency", "brl", "BRL"),
        ("currency", "R$", "BRL"),
        ("currency", "$", "currency: not three letters"),
        ("status", "Canceled", "canceled"),
        ("status", "wc-on-hold", "payment-pending"),
        ("status", "Ready-For-Handling", "ready-for-handling"),
        ("status", "no such word", "no such word"),
        ("promo_code", " Summer ", "Summer"),
        ("refund_of", "b", "b"),
        ("refund_of", "a", "refund_of: names the order itself"),
    ],
)
def test_other_columns_of_orders(tmp_path: Path, name: str, cell: str, expected: object) -> None:
    assert order_cell(tmp_path, name, cell) == expected


def test_a_refund_of_an_order_has_a_negative_amount(tmp_path: Path) -> None:
    frames = orders_of(tmp_path, f"{ORDERS},refund_of\na,c,2024-01-01,5,b\nb,c,2024-01-01,5,\n")
    assert faults(frames.rejects) == [(2, "refund_of: the amount is not negative")]


def test_an_order_keeps_its_row_when_its_email_is_dropped(tmp_path: Path) -> None:
    frames = orders_of(tmp_path, f"{ORDERS},email\na,c,2024-01-01,5,nobody\n")
    assert frames.rejects == []
    assert frames.notes == ["orders.csv: email: cells left out because they cannot be read: 1"]


def test_the_currency_of_the_store_fills_empty_cells(tmp_path: Path) -> None:
    content = f"{ORDERS},currency\na,c,2024-01-01,5,\nb,c,2024-01-01,5,usd\n"
    assert column(orders_of(tmp_path, content, currency="BRL"), "currency") == ["BRL", "USD"]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("3", 3),
        ("0", 0),
        ("-2", -2),
        ("+4", 4),
        ("6.0", 6),
        ("1.5", 1),
        ("0,35", 1),
        ("-0.350", -1),
        ("1,000", 1),
        ("0.0", 0),
        ("1e3", "quantity: not a number of units"),
        ("many", "quantity: not a number of units"),
        (".", "quantity: not a number of units"),
        ("", "quantity: missing"),
        ("1234567890123", "quantity: too large"),
        ("99999999999999999999999", "quantity: too large"),
    ],
)
def test_quantity(tmp_path: Path, cell: str, expected: object) -> None:
    frames = items_of(tmp_path, f'{ITEMS}\na,s,"{cell}",1\nz,s,1,1\n')
    got = frames.rejects[0].reason if frames.rejects else column(frames, "quantity")[0]
    assert got == expected


@pytest.mark.parametrize(
    ("name", "cell", "expected"),
    [
        ("birth_date", "1990-12-31", date(1990, 12, 31)),
        ("birth_date", "1990-12-31T00:00:00", date(1990, 12, 31)),
        ("birth_date", "1990-12-31T03:00:00Z", date(1990, 12, 31)),
        ("birth_date", "1990-02-30", None),
        ("birth_date", "0190-12-31", None),
        ("birth_date", "1899-12-30", None),
        ("birth_date", "2026-12-30", None),
        ("phone", "5,51199E+12", None),
        ("newsletter_opt_in", "VERDADEIRO", True),
        ("newsletter_opt_in", "falso", False),
        ("newsletter_opt_in", "TRUE", True),
        ("newsletter_opt_in", "Sim", True),
        ("newsletter_opt_in", "1", True),
        ("newsletter_opt_in", "no", False),
        ("newsletter_opt_in", "0", False),
        ("newsletter_opt_in", "", None),
        ("newsletter_opt_in", "maybe", None),
        ("sms_opt_in", "sim", True),
        ("whatsapp_opt_in", "não", False),
        ("ads_opt_in", "maybe", None),
        ("email", "ANA@example.com", "ana@example.com"),
        ("phone", " +55 11 5555-0100 ", "+55 11 5555-0100"),
        ("extra_fields", "", None),
    ],
)
def test_customers(tmp_path: Path, name: str, cell: str, expected: object) -> None:
    header = "customer_id" if name == "extra_fields" else f"customer_id,{name}"
    cells = "" if name == "extra_fields" else f',"{cell}"'
    frames = customers_of(tmp_path, f"{header}\nc1{cells}\nc2\n")
    assert (column(frames, name)[0], frames.rejects) == (expected, [])


def test_unknown_columns_of_customers_become_extra_fields(tmp_path: Path) -> None:
    frames = customers_of(tmp_path, "Customer_ID,Shoe Size,locale\nc1,41,pt-BR\nc2,,\n")
    assert column(frames, "extra_fields") == ['{"Shoe Size":"41"}', '{"Shoe Size":null}']
    assert frames.notes == []
