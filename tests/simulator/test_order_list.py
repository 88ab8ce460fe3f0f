"""Checklist 2 and 3: the order list."""

import pytest

LIST = "/api/oms/pvt/orders"


def rows(ask, **params):
    found, page = [], 1
    while True:
        body = ask(
            LIST, {"per_page": 100, "page": page, "orderBy": "creationDate,asc", **params}
        ).json()
        found += body["list"]
        if page >= body["paging"]["pages"]:
            assert len(found) == body["paging"]["total"]
            return found
        page += 1


def truth(ask):
    return ask("/_simulator/truth").json()


def test_pages_hold_every_visible_order_once(ask):
    listed = [row["orderId"] for row in rows(ask)]
    expected = [
        order["orderId"] for order in truth(ask) if order["isReachable"] and order["isCompleted"]
    ]
    assert sorted(listed) == sorted(expected)
    assert len(set(listed)) == len(listed)


def test_three_years_exist_but_two_are_shown(ask):
    old = [order for order in truth(ask) if not order["isReachable"]]
    assert old
    assert min(row["creationDate"] for row in rows(ask)) >= "2024-06-01T12:00:00"
    assert ask(f"{LIST}/{old[0]['orderId']}").status_code == 404


@pytest.mark.parametrize("field", ["creationDate", "authorizedDate", "invoicedDate"])
def test_a_date_filter_holds_both_its_ends(ask, field):
    window = f"{field}:[2026-02-01T00:00:00.000Z TO 2026-03-31T23:59:59.999Z]"
    inside = {row["orderId"] for row in rows(ask, **{f"f_{field}": window})}
    details = {row["orderId"]: ask(f"{LIST}/{row['orderId']}").json()[field] for row in rows(ask)}
    expected = {
        order
        for order, moment in details.items()
        if moment and "2026-02-01" <= moment < "2026-04-01"
    }
    assert inside == expected != set()


def test_filters_narrow(ask):
    assert {row["status"] for row in rows(ask, f_status="canceled,invoiced")} == {
        "canceled",
        "invoiced",
    }
    assert {row["salesChannel"] for row in rows(ask, salesChannelId="2")} == {"2"}
    assert {row["salesChannel"] for row in rows(ask, f_salesChannel="App")} == {"2"}
    assert {bool(row["invoiceInput"]) for row in rows(ask, f_hasInputInvoice="true")} == {True}
    assert {row["orderIsComplete"] for row in rows(ask, incompleteOrders="true")} == {False}
    some = rows(ask)[0]["orderId"]
    assert [row["orderId"] for row in rows(ask, q=some)] == [some]


def test_unknown_parameters_are_ignored(ask):
    assert ask(LIST, {"f_lastChange": "nonsense", "utc": "-0300"}).status_code == 200


@pytest.mark.parametrize(
    ("params", "status", "message"),
    [
        ({"page": 31}, 400, "Max page exceed"),
        ({"f_creationDate": "creationDate:[yesterday TO today]"}, 400, "range of dates"),
        ({"f_creationDate": "2026-01-01"}, 400, "range of dates"),
        ({"orderBy": "lastChange,asc"}, 400, "orderBy"),
        ({"page": "abc"}, 400, "page"),
        ({"per_page": 500}, 200, '"perPage":100'),
        ({}, 200, '"perPage":15'),
    ],
)
def test_the_walls(ask, params, status, message):
    reply = ask(LIST, params)
    assert reply.status_code == status
    assert message in reply.text


def test_order_by(ask):
    for field, key in [
        ("creationDate", "creationDate"),
        ("totalValue", "totalValue"),
        ("orderId", "orderId"),
    ]:
        for direction in ("asc", "desc"):
            listed = [
                row[key]
                for row in ask(LIST, {"orderBy": f"{field},{direction}", "per_page": 100}).json()[
                    "list"
                ]
            ]
            assert listed == sorted(listed, reverse=direction == "desc")


def test_the_index_lags_behind_the_detail(ask):
    [fresh] = ask("/_simulator/orders", method="POST", json={}).json()["orderIds"]
    assert ask(f"{LIST}/{fresh}").status_code == 200
    assert fresh not in {row["orderId"] for row in rows(ask)}
    ask("/_simulator/advance", method="POST", json={"minutes": 5})
    assert fresh in {row["orderId"] for row in rows(ask)}


def test_a_recent_change_is_hidden_from_the_list(ask):
    order = next(row["orderId"] for row in rows(ask) if row["status"] == "handling")
    ask(f"/_simulator/orders/{order}/cancel", method="POST", json={})
    before = next(row for row in rows(ask) if row["orderId"] == order)
    assert before["status"] == "handling"
    assert ask(f"{LIST}/{order}").json()["status"] == "canceled"
    ask("/_simulator/advance", method="POST", json={"minutes": 5})
    after = next(row for row in rows(ask) if row["orderId"] == order)
    assert after["status"] == "canceled"
    assert after["lastChange"] > before["lastChange"]


def test_a_row_has_the_lists_own_names_and_agrees_with_the_detail(ask):
    for row in rows(
        ask, f_creationDate="creationDate:[2026-01-01T00:00:00.000Z TO 2026-01-31T00:00:00.000Z]"
    ):
        detail = ask(f"{LIST}/{row['orderId']}").json()
        assert row["items"] is None
        assert "." not in row["creationDate"] and row["creationDate"].endswith("+00:00")
        assert row["totalValue"] == detail["value"]
        assert row["orderIsComplete"] == detail["isCompleted"]
        assert row["creationDate"][:19] == detail["creationDate"][:19]
        assert row["totalItems"] == sum(item["quantity"] for item in detail["items"])


@pytest.mark.parametrize(
    ("weather", "holds"),
    [
        ({"float_totals": True}, lambda row: isinstance(row["totalValue"], float)),
        ({"hide_last_change": True}, lambda row: "lastChange" not in row),
        (
            {"stale_status_minutes": 60 * 24 * 900},
            lambda row: row["status"] in (None, "payment-pending"),
        ),
    ],
)
def test_the_indexs_own_faults(ask, weather, holds):
    ask("/_simulator/weather", method="PUT", json=weather)
    assert all(holds(row) for row in ask(LIST).json()["list"])


def test_rows_move_while_paging(ask):
    def ids():
        pages = [ask(LIST, {"per_page": 50, "page": page}).json()["list"] for page in (1, 2, 3, 4)]
        return [row["orderId"] for page in pages for row in page]

    still = ids()
    ask("/_simulator/weather", method="PUT", json={"moving_rows": 1.0})
    assert ids() != still
    assert len(set(ids())) < 200
    ask("/_simulator/weather", method="PUT", json={"repeated_pages": True})
    assert ask(LIST, {"page": 2}).json()["list"] == ask(LIST, {"page": 1}).json()["list"]


def test_more_rows_than_thirty_pages_are_counted_but_out_of_reach(ask):
    body = ask(LIST, {"per_page": 10}).json()
    assert body["paging"]["pages"] > 30
    assert ask(LIST, {"per_page": 10, "page": 30}).status_code == 200
    assert ask(LIST, {"per_page": 10, "page": 31}).status_code == 400
