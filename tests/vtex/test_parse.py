"""What is kept of a document, what is mended, what is rejected."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from enrich.model import RawRecord, Reject
from enrich.sources.vtex.entities import ENTITIES, customers_with
from enrich.sources.vtex.parse import parse_record
from enrich.sources.vtex.records.entity import Entity

ORDERS, CUSTOMERS, SKUS = ENTITIES["orders"], ENTITIES["customers"], ENTITIES["skus"]
MOMENT = "2026-03-02T14:05:09.1234567+00:00"
STORED_MOMENT = "2026-03-02T14:05:09.123456Z"
ORDER: dict[str, Any] = {
    "orderId": "17-01",
    "status": "invoiced",
    "value": 25980,
    "isCompleted": True,
    "creationDate": MOMENT,
    "lastChange": "2026-03-04T09:00:02.7654321+00:00",
}


def order_with(**changes: Any) -> RawRecord | Reject:
    return parse_record(ORDERS, json.dumps(ORDER | changes).encode())


def kept(found: RawRecord | Reject) -> dict[str, Any]:
    assert isinstance(found, RawRecord), found
    return json.loads(found.payload)


def reason(found: RawRecord | Reject) -> str:
    assert isinstance(found, Reject), found
    return found.reason


def test_a_record_has_its_key_its_change_and_only_what_was_there() -> None:
    found = order_with()
    assert isinstance(found, RawRecord)
    assert found.key == "17-01"
    assert found.changed_at == datetime(2026, 3, 4, 9, 0, 2, 765432, tzinfo=UTC)
    assert set(kept(found)) == set(ORDER)


def test_card_data_addresses_and_unknown_fields_are_dropped() -> None:
    payment = {"cardNumber": "4111", "validationCode": "123", "paymentSystemName": "Visa"}
    found = kept(
        order_with(
            paymentData={"transactions": [{"isActive": True, "payments": [payment]}]},
            shippingData={"address": {"street": "Invented Street"}},
            somethingNew={"a": 1},
            clientProfileData={"email": "a@example.com", "stateInscription": "x"},
        )
    )
    assert found["paymentData"]["transactions"][0]["payments"] == [{"paymentSystemName": "Visa"}]
    assert found["clientProfileData"] == {"email": "a@example.com"}
    assert found["shippingData"] == {"address": {}}
    assert "somethingNew" not in found


@pytest.mark.parametrize(
    ("field", "came", "is_kept_as"),
    [
        ("value", 7453.0, 7453),
        ("value", 7453.5, 7454),
        ("value", "7453", 7453),
        ("salesChannel", 1, "1"),
        ("status", None, None),
        ("status", "a-status-of-next-year", "a-status-of-next-year"),
        ("marketingData", "odd", None),
        ("marketingData", {"coupon": " "}, {"coupon": " "}),
        ("items", None, None),
        ("items", [None, {"id": 301}], [{"id": "301"}]),
        ("items", [{"quantity": "2", "price": 9.5}], [{"quantity": 2, "price": 10}]),
        (
            "items",
            [{"priceTags": ["odd", {"value": -20}]}],
            [{"priceTags": [{"value": -20}]}],
        ),
        ("items", [{"priceDefinitions": {"total": 5}}], [{"priceDefinition": {"total": 5}}]),
        ("authorizedDate", None, None),
        ("authorizedDate", "", None),
        ("authorizedDate", "0001-01-01T00:00:00", None),
        ("authorizedDate", MOMENT, STORED_MOMENT),
        ("lastChange", "odd", None),
        ("cancellationData", {"cancellationDate": MOMENT}, {"CancellationDate": STORED_MOMENT}),
        ("cancellationData", {"CancellationDate": MOMENT}, {"CancellationDate": STORED_MOMENT}),
        (
            "clientProfileData",
            {"document": 1, "isCorporate": "?"},
            {"document": "1", "isCorporate": None},
        ),
    ],
)
def test_harmless_oddities_are_mended(field: str, came: object, is_kept_as: object) -> None:
    assert kept(order_with(**{field: came}))[field] == is_kept_as


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"orderId": None}, "orderId: string_type"),
        ({"orderId": ""}, "orderId: string_too_short"),
        ({"value": True}, "value: int_type"),
        ({"value": "much"}, "value: int_type"),
        ({"value": None}, "completed order without value"),
        ({"value": 1e30}, "value: int_type"),
        ({"creationDate": None}, "completed order without creationDate"),
        ({"creationDate": "yesterday"}, "creationDate: datetime_from_date_parsing"),
        ({"creationDate": "2226-03-02T14:05:09Z"}, "creationDate: less_than"),
        ({"authorizedDate": "soon"}, "authorizedDate: datetime_from_date_parsing"),
        ({"items": ["odd"]}, "items.0: model_type"),
        ({"status": ["odd"]}, "status: string_type"),
        (
            {"storePreferencesData": {"currencyCode": []}},
            "storePreferencesData.currencyCode: string_type",
        ),
        ({"items": [{"quantity": True}]}, "items.0.quantity: int_type"),
        ({"items": [{"quantity": 10**7}]}, "items.0.quantity: less_than_equal"),
        (
            {"items": [{"priceDefinition": {"total": "?"}}]},
            "items.0.priceDefinition.total: int_type",
        ),
        ({"packageAttachment": {"packages": ["odd"]}}, "packageAttachment.packages.0: model_type"),
        (
            {"packageAttachment": {"packages": [{"restitutions": {"Refund": {"value": "x"}}}]}},
            "packageAttachment.packages.0.restitutions.Refund.value: int_type",
        ),
    ],
)
def test_what_would_make_a_number_wrong_is_rejected(changes: dict[str, Any], why: str) -> None:
    assert reason(order_with(**changes)) == f"orders: {why}"


def test_an_incomplete_order_may_lack_its_amount() -> None:
    assert kept(order_with(isCompleted=False, value=None))["value"] is None


def test_a_reject_keeps_the_document_without_payments_and_its_reason_no_value() -> None:
    found = order_with(
        value="ana@example.com", paymentData={"cardNumber": "4111"}, shippingData={"street": "x"}
    )
    assert isinstance(found, Reject)
    assert found.key == "17-01"
    assert "ana" not in found.reason
    assert json.loads(found.payload) == ORDER | {"value": "ana@example.com"}


@pytest.mark.parametrize("content", [b"", b"<html>", b"[1]", b"null"])
def test_what_is_no_document_is_rejected(content: bytes) -> None:
    assert isinstance(parse_record(ORDERS, content), Reject)


@pytest.mark.parametrize(
    "content",
    [
        b'{"orderId":"1","clientProfileData":{"firstName":"A\tna"}}',
        b'\xef\xbb\xbf{"orderId":"1"}',
        b'{"orderId":"1","clientProfileData":{"firstName":"\\ud800"}}',
    ],
)
def test_sloppy_json_is_read(content: bytes) -> None:
    assert kept(parse_record(ORDERS, content))["orderId"] == "1"


@pytest.mark.parametrize("id_text", ["CL-AAAA-01", "aaaa-01", "AAAA-01"])
def test_customers_are_keyed_without_case_and_prefix(id_text: str) -> None:
    found = parse_record(CUSTOMERS, {"id": id_text})
    assert isinstance(found, RawRecord)
    assert found.key == "aaaa-01"


def test_a_birth_date_is_left_alone() -> None:
    document = {"id": "1", "birthDate": "1990-05-17T00:00:00Z"}
    assert kept(parse_record(CUSTOMERS, document))["birthDate"] == "1990-05-17T00:00:00Z"


def test_fields_of_the_shop_are_kept_whatever_they_are_called() -> None:
    entity = customers_with(("copy", "_tier", "points", "email"))
    document = {"id": "1", "copy": "x", "_tier": {"a": [1]}, "points": None, "other": 1}
    assert kept(parse_record(entity, document)) == {
        "id": "1",
        "copy": "x",
        "_tier": {"a": [1]},
        "points": None,
    }


@pytest.mark.parametrize("entity", ENTITIES.values(), ids=ENTITIES)
def test_every_entity_needs_its_key_and_nothing_else(entity: Entity) -> None:
    assert kept(parse_record(entity, {entity.key: "k"}))[entity.key] == "k"
    assert isinstance(parse_record(entity, {}), Reject)


def test_catalogue_ids_become_texts() -> None:
    document = {"Id": 301, "ProductId": 30, "ProductCategories": {"10": "Cups"}, "BrandId": 7}
    assert kept(parse_record(SKUS, document)) == {
        "Id": "301",
        "ProductId": "30",
        "BrandId": "7",
        "ProductCategories": {"10": "Cups"},
    }
