"""Real order files behind VTEX's API."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from enrich.errors import BadSettings
from enrich.model import Rules
from enrich.simulator import Simulation, build_simulation
from enrich.simulator.http import Request
from enrich.simulator.moments import to_us
from enrich.simulator.order_document import render_order
from enrich.simulator.replay import replay_world
from enrich.simulator.truth import total_truth
from enrich.sources.files import Files

ORDERS = """order_id,customer_id,email,ordered_at,amount,currency,status,promo_code,refund_of
1001,A1,,2011-06-01T10:00:00,30.00,,,WELCOME,
1002,A1,,2011-07-01T10:00:00,20.00,,,,
1003,,,2011-07-02T10:00:00,5.50,,,,
1004,B2,,2011-07-03T23:30:00,12.00,,,,
1005,B2,,2011-07-04T10:00:00,9.00,,canceled,,
C01,A1,,2011-07-05T10:00:00,-25.00,,,,
C02,B2,,2011-07-06T10:00:00,-2.00,,,,1004
C03,C3,,2011-07-07T10:00:00,-4.00,,,,
C04,B2,,2011-06-30T10:00:00,-1.00,,,,
C05,A1,,2011-07-08T10:00:00,-40.00,,,,
C06,A1,,2011-07-09T10:00:00,-7.00,,canceled,,
1006,A1,,some day,1.00,,,,
1007,A1,,2011-07-09T10:00:00,a lot,,,,
"""
ITEMS = """order_id,sku,quantity,amount,product,brand,category
1001,S1,3,25.00,Red cup,Demo,Cups
1001,,1,5.00,,,
1002,S1,1,20.00,CUP RED,Demo,Cups
1004,S2,2,12.00,,,
C01,S1,-1,-25.00,Red cup,Demo,Cups
"""


NOW = datetime(2011, 12, 10, tzinfo=UTC)


@pytest.fixture
def files(tmp_path):
    (tmp_path / "orders.csv").write_text(ORDERS)
    (tmp_path / "items.csv").write_text(ITEMS)
    (rows,) = Files(tmp_path / "orders.csv", tmp_path / "items.csv").entities
    return rows.changed(None, NOW, Rules(time_zone="Europe/London", currency="GBP"))


@pytest.fixture
def world(files):
    return replay_world(files)


def document(world, order_id, at=NOW):
    return render_order(world, world.book.find(order_id), to_us(at))


def refunds(order):
    packages = order["packageAttachment"]["packages"]
    return [p["restitutions"]["Refund"]["value"] for p in packages if p["type"] == "Input"]


def test_each_order_that_is_not_negative_is_one_vtex_order(world):
    assert world.book.order_id == ["1001", "1002", "1003", "1004", "1005"]
    order = document(world, "1001")
    assert (order["value"], order["status"], order["isCompleted"]) == (3000, "invoiced", True)
    assert order["creationDate"][:19] == "2011-06-01T09:00:00", "on the store's summer clock"
    assert order["authorizedDate"] == order["creationDate"] == order["invoicedDate"]
    assert order["orderGroup"] == "1001"
    assert order["marketingData"]["coupon"] == "WELCOME"
    assert order["storePreferencesData"]["currencyCode"] == "GBP"
    assert document(world, "1005")["status"] == "canceled"


def test_lines_keep_their_names_and_services_are_no_lines(world):
    [line] = document(world, "1001")["items"]
    assert (line["id"], line["name"], line["quantity"]) == ("S1", "Red cup", 3)
    assert line["priceDefinition"]["total"] == 2500
    assert (line["additionalInfo"]["brandName"], line["additionalInfo"]["categoriesIds"]) == (
        "Demo",
        "/1/",
    )
    assert document(world, "1002")["items"][0]["name"] == "CUP RED"
    [nameless] = document(world, "1004")["items"]
    assert (nameless["id"], nameless["name"]) == ("S2", None)


def test_what_is_not_goods_shows_as_shipping(world):
    totals = {t["id"]: t["value"] for t in document(world, "1001")["totals"]}
    assert sum(totals.values()) == 3000
    assert totals["Shipping"] == 500


def test_refunds_reduce_the_newest_earlier_purchases_in_turn(world):
    assert refunds(document(world, "1002")) == [2000], "all of the newest first"
    assert refunds(document(world, "1001")) == [500, 2500], "then the one before, never below 0"
    assert refunds(document(world, "1004")) == [200], "a refund that names its purchase"
    left = {refund["order_id"]: refund["unmatched_cents"] for refund in world.unmatched}
    assert left == {"C03": 400, "C04": 100, "C05": 1500}, "C06 was cancelled: no refund"


def test_everybody_has_a_customer_document_even_with_refunds_alone(world):
    assert world.contacts["userId"].sort().to_list() == ["A1", "B2", "C3"]
    assert document(world, "1001")["clientProfileData"]["userProfileId"] == "A1"
    guest = document(world, "1003")["clientProfileData"]
    assert guest["userProfileId"] is None
    assert guest["document"] is None
    assert guest["email"].endswith("@ct.vtex.com.br")


def test_two_years_are_counted_from_the_clock(files):
    def shown(now):
        options = Simulation(now=now, replay=files)
        return total_truth(build_simulation(options).main)["order_count"]

    assert shown(datetime(2011, 12, 10, tzinfo=UTC)) == 5
    assert shown(datetime(2013, 6, 15, tzinfo=UTC)) == 4
    assert shown(datetime(2026, 1, 1, tzinfo=UTC)) == 0


def test_over_http(files):
    options = Simulation(now=NOW, replay=files)
    app = build_simulation(options)
    keys = {
        "x-vtex-api-appkey": options.keys[0].app_key,
        "x-vtex-api-apptoken": options.keys[0].app_token,
    }
    for path in (
        "oms/pvt/orders/1001",
        "catalog_system/pvt/sku/stockkeepingunitbyid/S1",
        "catalog_system/pvt/saleschannel/list",
        "dataentities/CL/scroll",
    ):
        _, reply = app.answer(Request("GET", f"/vtex/api/{path}", headers=keys))
        assert reply.status == 200


def test_without_orders_there_is_nothing_to_replay(files):
    with pytest.raises(BadSettings, match="without orders"):
        replay_world(replace(files, orders=None))
