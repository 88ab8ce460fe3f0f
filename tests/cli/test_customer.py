"""What `enrich customer` shows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.shell import enrich

ORDERS = """order_id,customer_id,ordered_at,amount,email,promo_code
1,c1,2026-01-05,10.00,ana@example.com,WELCOME
2,c1,2026-03-01,20.50,ana@example.com,
3,,2026-03-02,5.00,ana@example.com,
4,c2,2026-02-02,99.00,bo@example.com,
"""
ITEMS = """order_id,sku,quantity,amount,product
1,s1,2,10.00,Cup
2,s2,1,20.50,Jug
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(tmp_path_factory.mktemp("shop"))
    (folder / "orders.csv").write_text(ORDERS)
    (folder / "items.csv").write_text(ITEMS)
    files = ["--orders", folder / "orders.csv", "--items", folder / "items.csv"]
    for command in (["import", *files], ["profiles"]):
        said = enrich(*command, "--data", folder / "data")
        assert said.code == 0, said.err
    return folder / "data"


def asked(shop: Path, who: str) -> dict[str, list[dict[str, object]]]:
    said = enrich("customer", who, "--json", "--data", shop)
    assert said.code == 0, said.err
    found: dict[str, list[dict[str, object]]] = json.loads(said.out)
    return found


@pytest.mark.parametrize("who", ["ana@example.com", " ANA@example.com ", "c1", "1", "3"])
def test_a_customer_is_found_by_mail_id_and_order(shop: Path, who: str) -> None:
    found = asked(shop, who)
    assert found["person"]["email"] == "ana@example.com"  # type: ignore[call-overload]


def test_the_purchases_the_reasons_and_the_scores(shop: Path) -> None:
    found = asked(shop, "ana@example.com")
    assert [
        (one["purchased_on"], one["amount"], one["products"], one["promo_codes"], one["orders"])
        for one in found["purchases"]
    ] == [
        ("2026-03-02", "5.00", None, None, ["3"]),
        ("2026-03-01", "20.50", ["Jug"], None, ["2"]),
        ("2026-01-05", "10.00", ["Cup"], ["WELCOME"], ["1"]),
    ]
    assert {"figure": "prediction_status", "value": "too_few_buyers"} in found["prediction"]
    assert {one["kind"] for one in found["links"]} >= {"customer_id", "email"}
    lifetime = {one["axis"]: one for one in found["scores"] if one["window"] == "lifetime"}
    frequency = lifetime["frequency"]
    assert (frequency["from_value"], frequency["to_value"], frequency["rank_among"]) == (3, 3, 2)
    assert [one["rfm_group"] for one in found["segments"]] == ["FREQUENT"]
    assert found["pushes"] == []


def test_tables_for_a_terminal(shop: Path) -> None:
    said = enrich("customer", "c2", "--data", shop)
    assert said.code == 0
    for title in ("customer", "one person, because", "purchases", "cut points", "segments"):
        assert title in said.out
    assert "bo@example.com" in said.out
    assert "99.00" in said.out


def test_nobody_and_no_repetition_of_the_question(shop: Path) -> None:
    said = enrich("customer", "cy@example.com", "--data", shop)
    assert said.code == 2
    assert "no customer" in said.err
    assert "cy@example.com" not in said.err


def test_before_the_first_profiles(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text(ORDERS)
    imported = enrich("import", "--orders", tmp_path / "orders.csv", "--data", tmp_path / "data")
    assert imported.code == 0
    found = asked(tmp_path / "data", "c2")
    assert len(found["purchases"]) == 1
    assert found["segments"] == []
