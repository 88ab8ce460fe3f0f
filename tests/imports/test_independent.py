"""The independent computation itself, on shops small enough to check by hand."""

from datetime import date
from decimal import Decimal

import pytest

from tests.imports.independent import (
    GROUPS,
    SEGMENTS,
    Row,
    _fifths,
    _frequency,
    compute,
    unmatched_refund_cents,
)

AS_OF = date(2011, 12, 9)


def line(invoice: str, moment: str, price: str, *, customer: str = "1", quantity: int = 1) -> Row:
    return {
        "InvoiceNo": invoice,
        "StockCode": "85123A",
        "Description": "HEART",
        "Quantity": quantity,
        "InvoiceDate": moment,
        "UnitPrice": price,
        "CustomerID": customer,
        "Country": "Narnia",
    }


def refund(invoice: str, moment: str, price: str) -> Row:
    return line(invoice, moment, price, quantity=-1)


SALES = [
    line("1", "2011-12-01 10:00:00", "10.00"),
    line("2", "2011-12-02 10:00:00", "20.00"),
    line("3", "2011-12-03 10:00:00", "40.00"),
]


@pytest.mark.parametrize(
    ("refunds", "amount", "last", "unmatched"),
    [
        ([], "70.00", "40.00", 0),
        ([("C4", "2011-12-04 10:00:00", "5.00")], "65.00", "35.00", 0),
        # the newest sale first, then the one before it
        ([("C4", "2011-12-04 10:00:00", "45.00")], "25.00", "0.00", 0),
        # a later sale is never reduced
        ([("C4", "2011-12-02 10:00:00", "25.00")], "45.00", "40.00", 0),
        # a refund at the moment of a sale may be of that sale
        ([("C4", "2011-12-03 10:00:00", "40.00")], "30.00", "0.00", 0),
        ([("C4", "2011-11-30 10:00:00", "5.00")], "70.00", "40.00", 500),
        ([("C4", "2011-12-09 10:00:00", "80.00")], "0.00", "0.00", 1000),
        # what is known later counts on the sale's own day
        ([("C4", "2011-12-24 10:00:00", "30.00")], "40.00", "10.00", 0),
    ],
)
def test_refunds(
    refunds: list[tuple[str, str, str]], amount: str, last: str, unmatched: int
) -> None:
    rows = [*SALES, *(refund(*each) for each in refunds)]
    profile = compute(rows, AS_OF)["1"]
    assert profile["orders_lifetime"] == 3
    assert profile["amount_lifetime"] == Decimal(amount)
    assert profile["last_purchase_amount"] == Decimal(last)
    assert unmatched_refund_cents(rows) == unmatched


@pytest.mark.parametrize(
    ("bought_on", "windows"),
    [
        ("2011-12-09", {"30d", "60d", "90d", "180d", "360d", "lifetime"}),
        ("2011-11-09", {"30d", "60d", "90d", "180d", "360d", "lifetime"}),
        ("2011-11-08", {"60d", "90d", "180d", "360d", "lifetime"}),
        ("2010-12-14", {"360d", "lifetime"}),
        ("2010-12-13", {"360d_plus", "lifetime"}),
        ("2011-12-10", set()),
    ],
)
def test_windows(bought_on: str, windows: set[str]) -> None:
    profile = compute([line("1", f"{bought_on} 23:59:00", "1.00")], AS_OF)["1"]
    counted = {
        name.removeprefix("orders_")
        for name, value in profile.items()
        if name.startswith("orders_") and value
    }
    assert counted == windows


def test_a_customer_who_only_returned_is_a_prospect() -> None:
    profile = compute([refund("C1", "2011-12-01 10:00:00", "1.00")], AS_OF)["1"]
    assert (profile["rfm_group"], profile["rfm_segment"]) == ("PROSPECTS", "PROSPECTS")
    assert (profile["rfm_lifetime"], profile["avg_amount_lifetime"]) == (None, None)
    assert (profile["amount_lifetime"], profile["products_lifetime"]) == (Decimal("0.00"), [])


def test_averages_are_rounded_half_up() -> None:
    rows = [line("1", "2011-12-01 10:00:00", "0.01"), line("2", "2011-12-01 10:00:00", "0.02")]
    assert compute(rows, AS_OF)["1"]["avg_amount_lifetime"] == Decimal("0.02")


def test_scores() -> None:
    distinct = {"a": 1, "b": 2, "c": 3, "d": 4, "e": 5}
    assert _fifths(distinct) == distinct
    assert _fifths({"a": 7, "b": 7, "c": 7}) == {"a": 3, "b": 3, "c": 3}
    assert _frequency({"a": 1, "b": 1, "c": 2}) == {"a": 1, "b": 1, "c": 2}
    steps = {"a": 2, "b": 2, "c": 2, "d": 3, "e": 9}
    assert _frequency(steps) == {"a": 2, "b": 2, "c": 2, "d": 3, "e": 4}


def test_one_buyer_stands_in_the_middle() -> None:
    profile = compute([line("1", "2011-12-01 10:00:00", "5.00")], AS_OF)["1"]
    assert profile["rfm_lifetime"] == "313"
    assert profile["rfm_segment"] == "BEGINNERS_NEEDS_ATTENTION"
    assert set(GROUPS.values()) == set(SEGMENTS)
