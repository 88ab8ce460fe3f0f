"""Purchases, products and carts from VTEX to the platforms: they hold what our tables hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from enrich.errors import HeldBack
from enrich.push.summary import PushSummary
from tests.jobs.market import ALL, OPTIONS, Market, known_market, live_market, new_market

SOLD = """
select sum(orders.value_cents) as value_cents, sum(lines.cents) as lines_cents, count(*) as orders
from purchase_orders
inner join purchases using (store, purchase_no)
inner join orders on orders.order_id = purchase_orders.order_id
inner join customers on customers.customer_key = purchases.customer_key
left join (
    select order_id, sum(amount_cents) as cents from order_items where quantity > 0 group by all
) as lines on lines.order_id = orders.order_id
where customers.email is not null and not purchases.is_marketplace
"""


@pytest.fixture(params=sorted(OPTIONS))
def market(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Market]:
    with known_market(tmp_path, request.param) as made:
        yield made


def cents(amount: float) -> int:
    return round(amount * 100)


def held_cents(market: Market) -> tuple[int, int]:
    """The cents of all orders and of all lines that the platform counts."""
    kept = market.account.table("purchases").values()
    if market.kind == "connectif":
        bodies = [one["body"] for one in kept]
        assert {one["count"] for one in kept} == {1}
        lines = sum(cents(line["price"]) for body in bodies for line in body["products"])
        return sum(cents(body["totalPrice"]) for body in bodies), lines
    live = [one for one in kept if not one["metadata"]["isCanceled"]]
    lines = sum(cents(one["revenue"]["amount"]) for one in live)
    return sum(cents(one["metadata"]["totalAmount"]) for one in live), lines


def test_the_platform_holds_our_tables_to_the_cent(market: Market) -> None:
    sold = market.ask(SOLD).row(0, named=True)
    assert sold["orders"] == len(market.purchases) > 40
    assert held_cents(market) == (sold["value_cents"], sold["lines_cents"])
    skus = market.ask("select count(distinct sku) from order_items where not is_gift").item()
    assert len(market.account.table("products")) == skus
    buyers = market.ask("select count(*) from customers where email is not null").item()
    assert len(market.account.contacts) == buyers


def test_a_second_push_sends_nothing(market: Market) -> None:
    assert [one.batches for one in market.push(*ALL)] == [0, 0, 0]


@pytest.mark.parametrize("kind", sorted(OPTIONS))
def test_a_day_later_only_what_changed_follows(kind: str, tmp_path: Path) -> None:
    with live_market(tmp_path, kind) as market:
        before = len(market.purchases)
        made = market.town.switch("POST", "orders", {"person": 1, "count": 4, "lines": TWO})
        market.wait(hours=8)
        market.sync()
        first = market.push(*ALL)[-1]
        assert (first.adds, len(market.purchases)) == (4, before + 4)
        later = _a_day_of_changes(market, *made["orderIds"][:3])
        sold = market.ask(SOLD).row(0, named=True)
        assert later.accepted == later.adds + later.changes < before / 2
        assert market.push(*ALL)[-1].batches == 0
        if kind == "connectif":
            assert later.frozen >= 3
            assert {one["count"] for one in market.purchases.values()} == {1}
        else:
            _follow(market, *made["orderIds"])
            assert held_cents(market) == (sold["value_cents"], sold["lines_cents"])


def _a_day_of_changes(market: Market, refunded: str, canceled: str, removed: str) -> PushSummary:
    market.town.switch("POST", f"orders/{refunded}/refund", {"cents": 500})
    market.town.switch("POST", f"orders/{canceled}/cancel", {})
    market.town.switch("POST", f"orders/{removed}/remove", {"line": 0})
    market.wait(days=1)
    market.sync()
    return market.push(*ALL)[-1]


def _follow(market: Market, refunded: str, canceled: str, removed: str, left: str) -> None:
    """The charges are what became of the orders; none is there twice."""
    charges = {one["orderId"]: one for one in market.purchases.values()}
    assert len(charges) == len(market.purchases)
    assert charges[refunded]["metadata"]["refundedAmount"] == 5.0
    assert charges[canceled]["revenue"]["amount"] == 0.0
    assert [line["quantity"] for line in charges[removed]["products"]] == [0, 1]
    assert charges[left]["metadata"]["isCanceled"] is False


TWO = [{"sku": "311", "quantity": 2}, {"sku": "331", "quantity": 1}]


def test_nobody_unknown_and_no_other_marketplace_is_pushed(market: Market) -> None:
    strangers = market.ask(
        "select order_id from orders where order_id not in (select order_id from order_customers)"
        " or (origin in ('Fulfillment', 'Chain') and affiliate_id is not null)"
    )["order_id"].to_list()
    assert strangers
    kept = market.account.table("purchases").values()
    sent = {one.get("orderId") or one["body"]["purchaseId"] for one in kept}
    assert not sent & set(strangers)
    assert "ct.vtex.com" not in str(market.account)


def test_what_comes_after_a_held_entity_waits(tmp_path: Path) -> None:
    with new_market(tmp_path, "synerise") as market:
        profiles, products, purchases = market.push(*ALL, confirmed=False)
        assert isinstance(profiles.fault, HeldBack) and isinstance(products.fault, HeldBack)
        assert "purchases wait for profiles and products" in str(purchases.fault)
        assert not market.purchases


def test_carts_of_known_people_are_told(tmp_path: Path) -> None:
    with known_market(tmp_path, "synerise") as market:
        _tell_carts(market)


def _tell_carts(market: Market) -> None:
    market.options["cart_days"] = 3_000
    (carts,) = market.push("carts")
    known = market.ask(
        "select count(distinct links.customer_key) from carts join identity_links as links"
        " on links.kind = 'contact' and links.value = 'vtex:' || carts.contact_id"
        " where carts.is_abandoned and carts.email is not null"
    ).item()
    assert 0 < carts.accepted <= known
    (one, *_) = market.account.table("carts").values()
    assert one["params"]["cartUrl"].startswith("https://shop.example.com/checkout/cart/add?sku=")
    assert market.push("carts")[0].batches == 0
