"""`enrich compare`: a platform's export beside the profiles, and what explains the difference."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.shell import enrich

ORDERS = """order_id,customer_id,email,ordered_at,amount,refund_of
1,c1,ana@example.com,2026-01-01T12:00:00Z,100.00,
2,c2,bia@example.com,2026-02-01T12:00:00Z,50.00,
3,c3,caio@example.com,2026-02-10T12:00:00Z,80.00,
4,c3,caio@example.com,2026-02-11T12:00:00Z,-30.00,3
5,c4,davi@example.com,2026-02-20T12:00:00Z,10.00,
"""
# Of a platform that leaves refunds aside and counts days since the day before; it has no Davi.
DAYS, AMOUNT = "ICOMMKT_Days_Since_Last_Purchase", "ICOMMKT_Amount_360_Days"
EXPORT = f"""E-mail;ICOMMKT_Last_Purchase_Date;{DAYS};{AMOUNT}
ANA@example.com;01/01/2026;66;100,00
bia@example.com;01/02/2026;35;50,00
caio@example.com;10/02/2026;26;80,00
nobody@example.com;13/02/2026;26;80,00
"""


WRITTEN = ("--with", "icomm", "--decimal", ",", "--dates", "dmy")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    orders = tmp_path / "orders.csv"
    orders.write_text(ORDERS, encoding="utf-8")
    assert enrich("import", "--orders", orders, "--data", tmp_path / "data").code == 0
    return tmp_path / "data"


def test_it_names_who_agrees_and_the_rule_that_explains_the_rest(data: Path) -> None:
    export = data.parent / "icomm.csv"
    export.write_text(EXPORT, encoding="utf-8")
    said = enrich("compare", export, *WRITTEN, "--data", data, "--json")
    assert said.code == 0, said.err
    found = json.loads(said.out)
    assert "3 of 4 people of the file have a profile as of 2026-03-09" in found["lines"]
    rows = {row["field"]: row for row in found["tables"]["fields"]}
    assert [rows["last_purchase_date"][key] for key in ("agree_percent", "because")] == [100, None]
    assert rows["days_since_last_purchase"] == {
        "field": "days_since_last_purchase",
        "their_column": DAYS,
        "agree_percent": 0,
        "median_off": 1,
        "p90_off": 1,
        "because": "a day earlier",
        "then_agree_percent": 100,
    }
    amount = rows["amount_360d"]
    assert (amount["agree_percent"], amount["median_off"]) == (66.7, 30)
    assert (amount["because"], amount["then_agree_percent"]) == ('amount_basis = "gross"', 100)
    assert "example.com" not in said.out + said.err
    assert sorted(path.name for path in data.iterdir() if path.is_dir()) == [".analysis", ".tmp"]


@pytest.mark.parametrize(
    ("text", "platform", "words"),
    [
        ("email,x\na@example.com,1\n", "icomm", "has no column of this platform, such as"),
        ("rfm_segment,x\nA,1\n", "braze", "columns missing: email"),
        (EXPORT, "nobody", "--with nobody: one of"),
        (EXPORT, "icomm", "say --dates dmy"),
    ],
)
def test_what_cannot_be_compared_is_one_line(
    data: Path, text: str, platform: str, words: str
) -> None:
    export = data.parent / "export.csv"
    export.write_text(text, encoding="utf-8")
    said = enrich("compare", export, "--with", platform, "--data", data)
    assert (said.code, len(said.err.splitlines())) == (2, 1)
    assert words in said.err
