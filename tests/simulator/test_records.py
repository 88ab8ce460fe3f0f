"""Connectif's purchases and Synerise's events as they are said to behave, wrongly used."""

import pytest

KEY = {"authorization": "apiKey a:b"}
PRODUCT = {"name": "Lamp", "productDetailUrl": "https://shop.example.com/p", "unitPrice": 10.0}
LINE = {**PRODUCT, "productId": "10", "price": 10.0, "quantity": 1}
PURCHASE = {
    "purchaseId": "o1",
    "cartId": "c1",
    "contactEmail": "ana@example.com",
    "purchaseDate": "2026-01-01T12:00:00.000Z",
    "totalPrice": 10.0,
    "totalQuantity": 1,
    "products": [LINE],
}


@pytest.fixture
def connectif(ask, send):
    def call(method, path, body=None):
        return send(method, f"/connectif/{path}", json=body, headers=KEY)

    call.set = lambda **values: ask(
        "/_simulator/platforms/connectif", method="POST", json=values
    ).json()
    return call


@pytest.fixture
def synerise(ask, send):
    login = send("POST", "/synerise/uauth/v2/auth/login/profile", json={"apiKey": "k"})
    bearer = {"authorization": f"Bearer {login.json()['token']}"}

    def call(path, body):
        return send("POST", f"/synerise/{path}", json=body, headers=bearer)

    call.set = lambda **values: ask(
        "/_simulator/platforms/synerise", method="POST", json=values
    ).json()
    return call


def test_a_purchase_wants_contact_and_products_first(connectif):
    assert connectif("POST", "purchases/", PURCHASE).json()["code"] == "E0101"
    connectif("PATCH", "contacts/email/ana@example.com", {})
    missing = connectif("POST", "purchases/", PURCHASE).json()
    assert (missing["code"], missing["productIds"]) == ("E0102", ["10"])
    connectif("PATCH", "products/product-id/10", PRODUCT)
    assert connectif("GET", "purchases/purchase-id/o1").status_code == 404
    assert connectif("POST", "purchases/", PURCHASE).status_code == 200
    assert connectif("GET", "purchases/purchase-id/o1").json()["totalPrice"] == 10.0


def test_the_same_purchase_posted_again_counts_again(connectif):
    connectif("PATCH", "contacts/email/ana@example.com", {})
    connectif("PATCH", "products/product-id/10", PRODUCT)
    connectif.set(faults=["lost"])
    with pytest.raises(AssertionError):  # how a call over ASGI shows that no answer came
        connectif("POST", "purchases/", PURCHASE)
    connectif("POST", "purchases/?triggerPurchaseEvent=false", PURCHASE)
    kept = connectif.set()["tables"]["purchases"]["o1"]
    assert (kept["count"], kept["triggered"]) == (2, 1)


def test_pages_on_a_foreign_domain_are_refused(connectif):
    connectif("PATCH", "contacts/email/ana@example.com", {})
    connectif("PATCH", "products/product-id/10", PRODUCT)
    connectif.set(domains=["other.example.com"])
    purchase = connectif("POST", "purchases/", PURCHASE)
    product = connectif("PATCH", "products/product-id/11", PRODUCT)
    assert (purchase.json()["code"], product.json()["code"]) == ("E0103", "E0201")
    assert purchase.json()["allowedDomains"] == ["other.example.com"]


def test_a_purchase_lacking_a_field_is_told_which(connectif):
    lacking = {**PURCHASE, "cartId": None, "products": [{**LINE, "productDetailUrl": ""}]}
    paths = [
        one["path"] for one in connectif("POST", "purchases/", lacking).json()["validationErrors"]
    ]
    assert paths == ["cartId", "products[0].productDetailUrl"]


def test_a_key_without_the_right_gets_403(connectif):
    connectif.set(denied=["purchases"])
    assert connectif("GET", "purchases/purchase-id/o1").status_code == 403


MONEY = {"amount": 10.0, "currency": "BRL"}
CHARGE = {
    "client": {"email": "ana@example.com"},
    "orderId": "o1",
    "eventSalt": "o1",
    "recordedAt": "2026-01-01T12:00:00.000Z",
    "revenue": MONEY,
    "value": MONEY,
    "products": [{"sku": "10", "name": "Lamp", "quantity": 1, "finalUnitPrice": MONEY}],
}
BATCH = "v4/transactions/batch"


@pytest.mark.parametrize(
    ("second", "charges"),
    [
        ({}, 1),
        ({"revenue": MONEY, "metadata": {"orderStatus": "invoiced"}}, 1),
        ({"eventSalt": None}, 2),
        ({"recordedAt": "2026-01-01T12:00:01.000Z"}, 2),
        ({"client": {"email": "new@example.com"}}, 2),
    ],
)
def test_only_the_same_salt_moment_and_client_overwrite(synerise, second, charges):
    for charge in (CHARGE, {**CHARGE, **second}):
        assert synerise(BATCH, [charge]).status_code == 202
    assert len(synerise.set()["tables"]["purchases"]) == charges


def test_a_moment_to_come_is_replaced_and_the_salt_has_no_effect(synerise):
    synerise.set(now="2025-12-31T00:00:00.000Z")
    for _ in range(2):
        synerise(BATCH, [CHARGE])
    kept = synerise.set()["tables"]["purchases"].values()
    assert [one["recordedAt"] for one in kept] == ["2025-12-31T00:00:00.000Z"] * 2


def test_lines_are_told_apart_by_their_place_alone(synerise):
    two = [*CHARGE["products"], {**CHARGE["products"][0], "sku": "20", "quantity": 0}]
    synerise(BATCH, [{**CHARGE, "products": two}])
    synerise(BATCH, [CHARGE])  # a line less, and the second event stays what it was
    kept = synerise.set()["tables"]["product.buy"]
    assert [line["sku"] for line in kept.values()] == ["10", "20"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"revenue": {"amount": 9.99, "currency": "BRL"}},
        {"value": {"amount": 10.0, "currency": "USD"}},
        {"discountAmount": {"amount": 0, "currency": "BRL"}},
        {"products": [{**CHARGE["products"][0], "quantity": -1}]},
    ],
)
def test_amounts_that_are_not_right_are_refused(synerise, wrong):
    assert synerise(BATCH, [{**CHARGE, **wrong}]).status_code == 400


def test_a_wrong_item_is_named_by_its_value_without_a_place(synerise):
    synerise.set(refused=["o2"])
    answer = synerise(BATCH, [CHARGE, {**CHARGE, "orderId": "o2"}])
    assert answer.status_code == 207
    assert [(one["field"], one["rejectedValue"]) for one in answer.json()] == [("orderId", "o2")]
    assert len(synerise.set()["tables"]["purchases"]) == 1


@pytest.mark.parametrize(("count", "status"), [(100, 202), (101, 400)])
def test_a_batch_of_transactions_has_a_limit(synerise, count, status):
    assert synerise(BATCH, [CHARGE] * count).status_code == status
