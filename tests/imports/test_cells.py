"""What a cell may say: the value it becomes, or the reason its row is rejected."""

# ruff: noqa: DTZ001 - the frames hold naive UTC moments

from datetime import date, datetime
from pathlib import Path

import pytest

from tests.imports.reads import ITEMS, ORDERS, column, customers_of, faults, items_of, orders_of

GOOD = "good,c1,2024-01-01,1\n"


def order_cell(folder: Path, name: str, cell: str, *, zone: str = "UTC") -> object:
    """The value of one cell of an order, or the reason why its row is bad."""
    row = {"order_id": "a", "customer_id": "c1", "ordered_at": "2024-01-01", "amount": "-1"}
    row[name] = cell
    header = ",".join(row)
    values = ",".join('"' + value.replace('"', '""') + '"' for value in row.values())
    rest = "," * (len(row) - 4)
    frames = orders_of(folder, f"{header}\n{values}\n{GOOD.strip()}{rest}\n", zone=zone)
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
        ("1,234.56", "amount: has thousands separators"),
        ("1 234", "amount: has thousands separators"),
        ("1.234.567", "amount: has thousands separators"),
        ("1,234,567", "amount: has thousands separators"),
        ("R$ 12", "amount: not a number"),
        ("1e3", "amount: not a number"),
        ("NaN", "amount: not a number"),
        ("inf", "amount: not a number"),
        ("--1", "amount: not a number"),
        (".", "amount: not a number"),
        ("٣", "amount: not a number"),
    ],
)
def test_amount(tmp_path: Path, cell: str, expected: object) -> None:
    assert order_cell(tmp_path, "amount", cell) == expected


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
        ("UTC", "1951-07-01", datetime(1951, 7, 1)),
        ("America/Sao_Paulo", "2024-01-31", datetime(2024, 1, 31, 3)),
        ("America/Sao_Paulo", "2024-01-31T10:00:00Z", datetime(2024, 1, 31, 10)),
        # midnight did not exist: the clock went from 00:00 to 01:00; the day stays
        ("America/Sao_Paulo", "2018-11-04", datetime(2018, 11, 4, 3)),
        # 23:30 happened twice: the earlier one, still in summer time
        ("America/Sao_Paulo", "2018-02-17T23:30:00", datetime(2018, 2, 18, 1, 30)),
        ("Europe/London", "2024-03-31T01:30:00", datetime(2024, 3, 31, 1, 30)),
        ("UTC", "", "ordered_at: missing"),
        ("UTC", "31/01/2024", "ordered_at: not an ISO 8601 date or moment"),
        ("UTC", "2024-02-30", "ordered_at: not an ISO 8601 date or moment"),
        ("UTC", "2024-01-31T24:00:00", "ordered_at: not an ISO 8601 date or moment"),
        ("UTC", "2024-01-31T10:00:60", "ordered_at: not an ISO 8601 date or moment"),
        ("UTC", "20240131", "ordered_at: not an ISO 8601 date or moment"),
        ("UTC", "1706659200", "ordered_at: not an ISO 8601 date or moment"),
        ("UTC", "2024-01-31T10:00:00.1234567890", "ordered_at: not an ISO 8601 date or moment"),
        ("UTC", "0001-01-01", "ordered_at: absurd year"),
        ("UTC", "2204-01-01", "ordered_at: absurd year"),
    ],
)
def test_ordered_at(tmp_path: Path, zone: str, cell: str, expected: object) -> None:
    assert order_cell(tmp_path, "ordered_at", cell, zone=zone) == expected


@pytest.mark.parametrize(
    ("name", "cell", "expected"),
    [
        ("order_id", "  x 1 ", "x 1"),
        ("order_id", "   ", "order_id: missing"),
        ("customer_id", "", None),
        ("customer_id", "Ana, the second", "Ana, the second"),
        ("customer_id", "17850.0", "17850"),
        ("customer_id", "007", "007"),
        ("email", " Ana@Example.COM ", "ana@example.com"),
        ("email", "not an address", None),
        ("email", "", None),
        ("currency", "brl", "BRL"),
        ("currency", "R$", "currency: not three letters"),
        ("status", "Canceled", "canceled"),
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
    assert frames.notes == ["orders.csv: e-mails left out because they are no addresses: 1"]


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
        ("1.5", "quantity: not a whole number"),
        ("1e3", "quantity: not a whole number"),
        ("many", "quantity: not a whole number"),
        ("", "quantity: missing"),
        ("1234567890123", "quantity: too large"),
        ("99999999999999999999999", "quantity: too large"),
    ],
)
def test_quantity(tmp_path: Path, cell: str, expected: object) -> None:
    frames = items_of(tmp_path, f"{ITEMS}\na,s,{cell},1\nz,s,1,1\n")
    got = frames.rejects[0].reason if frames.rejects else column(frames, "quantity")[0]
    assert got == expected


@pytest.mark.parametrize(
    ("name", "cell", "expected"),
    [
        ("birth_date", "1990-12-31", date(1990, 12, 31)),
        ("birth_date", "1990-12-31T00:00:00", date(1990, 12, 31)),
        ("birth_date", "31/12/1990", "birth_date: not a date like 1990-12-31"),
        ("birth_date", "0190-12-31", "birth_date: absurd year"),
        ("newsletter_opt_in", "TRUE", True),
        ("newsletter_opt_in", "Sim", True),
        ("newsletter_opt_in", "1", True),
        ("newsletter_opt_in", "no", False),
        ("newsletter_opt_in", "0", False),
        ("newsletter_opt_in", "", None),
        ("newsletter_opt_in", "maybe", "newsletter_opt_in: neither yes nor no"),
        ("email", "ANA@example.com", "ana@example.com"),
        ("phone", " +55 11 5555-0100 ", "+55 11 5555-0100"),
        ("extra_fields", "", None),
    ],
)
def test_customers(tmp_path: Path, name: str, cell: str, expected: object) -> None:
    header = "customer_id" if name == "extra_fields" else f"customer_id,{name}"
    comma = "" if name == "extra_fields" else ","
    frames = customers_of(tmp_path, f"{header}\nc1{comma}{cell}\nc2{comma}\n")
    got = frames.rejects[0].reason if frames.rejects else column(frames, name)[0]
    assert got == expected


def test_unknown_columns_of_customers_become_extra_fields(tmp_path: Path) -> None:
    frames = customers_of(tmp_path, "Customer_ID,Shoe Size,locale\nc1,41,pt-BR\nc2,,\n")
    assert column(frames, "extra_fields") == ['{"Shoe Size":"41"}', '{"Shoe Size":null}']
    assert frames.notes == []
