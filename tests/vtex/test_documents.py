"""What VTEX's documents say is in the profile: from the raw document through resolve to the fields.

The documents beside this file are made up after VTEX's own examples and known issues. A case is
one of them, with what is different in it (`items.0.quantity` = 2), some settings and what must come
out: profile fields, or None where the order makes no profile.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from enrich.model import RawRecord, Reject, Rules
from enrich.simulator.build import Simulation, build_simulation
from enrich.simulator.order_document import render_order
from enrich.sources.vtex.decide import which_need_detail
from enrich.sources.vtex.entities import ENTITIES
from enrich.sources.vtex.parse import parse_record
from enrich.sources.vtex.records.orders import ListRow
from enrich.warehouse import Warehouse, open_warehouse
from tests.profile.whole import build_profiles

DOCUMENTS = Path(__file__).with_name("documents")
NOW = datetime(2026, 11, 30, 3, tzinfo=UTC)
AS_OF = date(2026, 11, 29)
NUMBERS = count()
ITEMS = {"amount_basis": "items"}
SKUS = {"product_label": "sku_name"}
ABSENT = object()
"""In the place of a value: the field is not there."""

Fields = Mapping[str, Any]
Neighbours = Callable[[Fields], Mapping[str, Fields]]


@dataclass(frozen=True)
class Case:
    what: str
    document: str
    expected: Fields | None
    change: Fields = field(default_factory=dict)
    rules: Fields = field(default_factory=dict)
    skus: Sequence[Fields] = ()


def bought(products: Sequence[str], units: int, amount: str) -> Fields:
    return {
        "products_lifetime": list(products),
        "items_lifetime": units,
        "amount_lifetime": Decimal(amount),
    }


def codes(typed: Sequence[str], applied: Sequence[str]) -> Fields:
    return {"promo_codes_lifetime": list(typed), "applied_promo_codes_lifetime": list(applied)}


def taken(number: str | None, value: int, day: str = "2026-10-20") -> Fields:
    """A return package."""
    return {
        "type": "Input",
        "invoiceNumber": number,
        "invoiceValue": value,
        "issuanceDate": f"{day}T10:00:00Z",
        "restitutions": {"Refund": {"value": value}},
    }


def matched(*parameters: Fields) -> Fields:
    return {
        "ratesAndBenefitsData.rateAndBenefitsIdentifiers": [
            {"id": "p", "matchedParameters": dict(one)} for one in parameters
        ]
    }


def coupon(code: object) -> Fields:
    return {"couponCode@Marketing": code}


def changed(*changes: Fields) -> Fields:
    nothing = {"itemsAdded": [], "itemsRemoved": [], "discountValue": 0, "incrementValue": 0}
    return {"changesAttachment.changesData": [nothing | dict(one) for one in changes]}


def some(sku: str, quantity: object = 1, price: object = 3290, **more: Any) -> Fields:
    return {"id": sku, "name": f"Name of {sku}", "quantity": quantity, "price": price} | more


def three_of_the_first(total: int) -> Fields:
    return {"items.0.quantity": 3, "items.0.priceDefinition.total": total}


TOWEL = {"ProductId": 154642, "ProductName": "Toalha Praia", "NameComplete": "?"}
TOWELS = (
    TOWEL | {"Id": 539394, "SkuName": "Azul - U"},
    TOWEL | {"Id": 539395, "SkuName": "Azul - G"},
)
CHANGE, SIZES, CHAIN = (
    "change_v1_item_removed",
    "one_product_two_sizes",
    "chain_external_marketplace",
)
COUPONS, GRAMS = "multiple_coupons_no_marketingdata", "unit_multiplier_1500"
SERVICES, RETURNS = "services_bundle_items", "two_partial_returns_same_invoice_number"
LIST_WITHOUT_CHANGES = json.loads(
    (DOCUMENTS / "return_without_lastchange_in_list.json").read_text()
)
NO_TOTAL = {"items.0.priceDefinition.total": None}
PRICE_ALONE = {"items.0.sellingPrice": None, "items.0.priceDefinition": None}
AZUL = ["Toalha Praia Azul - G", "Toalha Praia Azul - U"]
TWO_CODES = ["EXTRA5", "WELCOME10"]
GUEST = {"clientProfileData.email": "ana@example.com"}
BUYER = {
    CHANGE: "buyer3@example.com",
    COUPONS: "buyer5@example.com",
    GRAMS: "buyer8@example.com",
    RETURNS: "buyer14@example.com",
    SERVICES: "buyer19@example.com",
}
"""The e-mail of the buyer in each document."""

CASES = (
    # -- products ------------------------------------------------------------------------------
    Case("a product in two sizes is one", SIZES, bought(["Toalha Praia"], 2, "100")),
    Case("its SKUs have a label of their own", SIZES, bought(AZUL, 2, "100"), rules=SKUS),
    Case(
        "the SKU route tells the name", SIZES, bought(["Toalha Praia"], 2, "100"),
        {"itemMetadata": None}, skus=TOWELS,
    ),
    Case(
        "the SKU route tells the name though the SKU was renamed", SIZES,
        bought(["Toalha Praia"], 2, "100"), {"itemMetadata": None},
        skus=[one | {"SkuName": "Blue"} for one in TOWELS],
    ),
    Case(
        "without metadata and route the name is as sold", SIZES, bought(AZUL, 2, "100"),
        {"itemMetadata": None},
    ),
    Case(
        "the SKU route changes nothing about the SKU's label", SIZES, bought(AZUL, 2, "100"),
        {"itemMetadata": None}, SKUS, TOWELS,
    ),
    Case(
        "a name without the SKU's is the product's", SIZES, bought(["Toalha Praia"], 2, "100"),
        {"items.0.name": "Toalha Praia", "items.1.name": "Toalha Praia"},
    ),
    Case(
        "letter case and a dash do not matter", SIZES, bought(["Toalha Praia"], 2, "100"),
        {"items.0.name": "Toalha Praia - AZUL - U", "items.1.name": "Toalha Praia azul - g "},
    ),
    Case(
        "the end of a word is no name of a SKU", SIZES, bought(["Jogo"], 2, "100"),
        {
            "items.0.name": "Jogo", "itemMetadata.Items.0.SkuName": "o",
            "items.1.name": "Jogo G", "itemMetadata.Items.1.SkuName": "G",
        },
    ),
    Case(
        "a SKU that is called like its product", SIZES, bought(["Azul - G", "Azul - U"], 2, "100"),
        {"items.0.name": "Azul - U", "items.1.name": "Azul - G"},
    ),
    # -- changes -------------------------------------------------------------------------------
    Case("a removed item is no line", CHANGE, bought(["Shirt B"], 1, "61.60")),
    Case("nor in the items' amount", CHANGE, bought(["Shirt B"], 1, "50"), rules=ITEMS),
    Case(
        "some of an item removed", CHANGE, bought(["Shirt A", "Shirt B"], 3, "115.80"),
        three_of_the_first(9870) | changed({"itemsRemoved": [some("101")]}), ITEMS,
    ),
    Case(
        "two changes", CHANGE, bought(["Shirt A", "Shirt B"], 2, "82.90"),
        three_of_the_first(9870)
        | changed({"itemsRemoved": [some("101")]}, {"itemsRemoved": [some("101")]}), ITEMS,
    ),
    Case(
        "one item removed and some of another", CHANGE, bought(["Shirt A"], 2, "65.80"),
        three_of_the_first(9870) | changed({"itemsRemoved": [some("102"), some("101")]}), ITEMS,
    ),
    Case(
        "more removed than there was", CHANGE, bought(["Shirt B"], 1, "50"),
        changed({"itemsRemoved": [some("101", 5)]}), ITEMS,
    ),
    Case(
        "removed without a quantity, all of it", CHANGE, bought(["Shirt B"], 1, "50"),
        three_of_the_first(9870) | changed({"itemsRemoved": [some("101", None)]}), ITEMS,
    ),
    Case(
        "something else put in", CHANGE, bought(["Name of 103", "Shirt B"], 3, "90"),
        changed({"itemsRemoved": [some("101")]}, {"itemsAdded": [some("103", 2, 2000)]}), ITEMS,
    ),
    Case(
        "put in under the id of a line", CHANGE, bought(["Shirt A", "Shirt B"], 3, "122.90"),
        changed({"itemsAdded": [some("102", 1, 4000)]}), ITEMS,
    ),
    Case(
        "the same put in for it at another price", CHANGE, bought(["Shirt A", "Shirt B"], 2, "80"),
        changed({"itemsRemoved": [some("101")], "itemsAdded": [some("101", 1, 3000)]}), ITEMS,
    ),
    Case(
        "put in and taken out again", CHANGE, bought(["Shirt A", "Shirt B"], 2, "82.90"),
        changed({"itemsAdded": [some("103")]}, {"itemsRemoved": [some("103")]}), ITEMS,
    ),
    Case(
        "what is put in without a price costs the increment", CHANGE,
        bought(["Name of 103", "Shirt A", "Shirt B"], 3, "102.90"),
        changed({"itemsAdded": [some("103", 1, None)], "incrementValue": 2000}), ITEMS,
    ),
    Case(
        "a discount without items is one of the order", CHANGE,
        bought(["Shirt A", "Shirt B"], 2, "77.90"),
        changed({"discountValue": 500}), ITEMS,
    ),
    Case(
        "numbers of a change as texts", CHANGE, bought(["Name of 103", "Shirt B"], 3, "90"),
        changed({
            "itemsRemoved": [some("101", "1", "3290")],
            "itemsAdded": [some("103", "2", "1e3", unitMultiplier="2,0")],
        }), ITEMS,
    ),
    Case(
        "the category of what was put in is the catalogue's", CHANGE,
        bought(["Meias", "Shirt B"], 2, "70") | {"brands_lifetime": ["Brand 102", "Fio"],
                                                  "categories_lifetime": ["Cat 102", "Socks"]},
        changed({
            "itemsRemoved": [some("101")], "itemsAdded": [some("103", 1, 2000, name="Meias P")],
        }), ITEMS,
        [{"Id": 103, "ProductId": 30, "ProductName": "Meias", "SkuName": "P", "BrandName": "Fio",
          "ProductCategoryIds": "/7/", "ProductCategories": {"7": "Socks"}}],
    ),
    Case(
        "no changes in the attachment", CHANGE, bought(["Shirt A", "Shirt B"], 2, "61.60"),
        changed(),
    ),
    # -- marketplaces --------------------------------------------------------------------------
    Case("a chain with an affiliate makes no profile", CHAIN, None),
    Case("not even with a real address", CHAIN, None, GUEST),
    Case("a chain of the shop's own", CHAIN, bought(["Shirt B"], 1, "50"), {"affiliateId": ""}),
    Case(
        "of a chain sellingPrice holds", CHAIN, bought(["Shirt B"], 1, "45"),
        {"affiliateId": " ", "items.0.sellingPrice": 4500}, ITEMS,
    ),
    # -- promo codes ---------------------------------------------------------------------------
    Case("several coupons, none in marketingData", COUPONS, codes(TWO_CODES, TWO_CODES)),
    Case(
        "the same code in both places in other letters", COUPONS, codes(TWO_CODES, TWO_CODES),
        {"marketingData": {"coupon": " EXTRA5 "}} | matched(coupon("extra5"), coupon("WELCOME10 ")),
    ),
    Case(
        "a code that gave nothing", COUPONS, codes(["EXTRA5", "NOTHING", "WELCOME10"], TWO_CODES),
        {"marketingData": {"coupon": "NOTHING"}},
    ),
    Case(
        "codes in one text", COUPONS, codes(TWO_CODES, TWO_CODES),
        matched(coupon("WELCOME10, EXTRA5,")),
    ),
    Case(
        "codes in a list", COUPONS, codes(TWO_CODES, TWO_CODES),
        matched(coupon(["WELCOME10", "EXTRA5"])),
    ),
    Case(
        "typed in one text", COUPONS, codes(TWO_CODES, ["EXTRA5"]),
        {"marketingData": {"coupon": "WELCOME10,EXTRA5"}} | matched(coupon("EXTRA5")),
    ),
    Case(
        "other parameters are no codes", COUPONS, codes([], []),
        matched({"Seller@CatalogSystem": "1|inclusive"}, coupon(" "), coupon(None)),
    ),
    Case(
        "two spellings of one letter", COUPONS, codes(["CAFÉ"], ["CAFÉ"]),
        {"marketingData": {"coupon": "CAFÉ"}} | matched(coupon("CAFE\u0301")),
    ),
    # -- numbers -------------------------------------------------------------------------------
    Case("1,500 grams twice", GRAMS, bought(["Cheese by gram"], 2, "300")),
    Case("by the price of a unit", GRAMS, bought(["Cheese by gram"], 2, "300"), NO_TOTAL, ITEMS),
    *(
        Case(
            f"a multiplier {'absent' if multiplier is ABSENT else repr(multiplier)}",
            GRAMS, bought(["Cheese by gram"], 2, amount),
            PRICE_ALONE | {"items.0.unitMultiplier": multiplier}, ITEMS,
        )
        for multiplier, amount in (
            ("1.5", "0.30"), ("1,5", "0.30"), (" 1500 ", "300"), ("1.5e3", "300"), (0, "0.20"),
            (None, "0.20"), ("", "0.20"), (ABSENT, "0.20"), (1_000_000, "200000"),
        )
    ),
    Case(
        "all numbers as texts", GRAMS, bought(["Cheese by gram"], 2, "310.50"),
        {"value": " 31050 ", "items.0.quantity": "2", "items.0.priceDefinition.total": "3.0e4"},
    ),
    Case(
        "a line without sellingPrice", SERVICES, bought(["Shirt A"], 1, "55.89"), PRICE_ALONE,
        ITEMS,
    ),
    Case(
        "nor has it the field", SERVICES, bought(["Shirt A"], 1, "55.89"),
        {"items.0.sellingPrice": ABSENT, "items.0.priceDefinition": ABSENT}, ITEMS,
    ),
    Case(
        "its discounts come off the price", SERVICES, bought(["Shirt A"], 1, "50.89"),
        PRICE_ALONE
        | {"items.0.priceTags": [{"name": "discount@price-p#1", "value": -500},
                                 {"name": "DISCOUNT@SHIPPING-p", "value": -99},
                                 {"name": "tax@price-p", "value": 70}]}, ITEMS,
    ),
    # -- services ------------------------------------------------------------------------------
    Case("a service is no product and is paid", SERVICES, bought(["Shirt A"], 1, "55.89")),
    Case("it is in the items' amount", SERVICES, bought(["Shirt A"], 1, "55.89"), rules=ITEMS),
    *(
        Case(f"a service {what}", SERVICES, bought(["Shirt A"], 1, amount), change, ITEMS)
        for what, amount, change in (
            ("three times", "101.87", {"items.0.bundleItems.0.quantity": 3}),
            ("as text", "78.88", {"items.0.bundleItems.0.quantity": "2"}),
            ("without sellingPrice", "55.89", {"items.0.bundleItems.0.sellingPrice": None}),
            ("without a price", "32.90", {"items.0.bundleItems.0.sellingPrice": None,
                                          "items.0.bundleItems.0.price": None}),
            ("that gives back", "22.90", {"items.0.bundleItems.0.sellingPrice": -1000}),
            ("within a service", "60.89", {"items.0.bundleItems.0.bundleItems":
                                           [{"sellingPrice": 500, "quantity": 1}]}),
            ("none", "32.90", {"items.0.bundleItems": None}),
        )
    ),
    Case(
        "a service goes with its line", SERVICES, bought(["Shirt A"], 1, "55.89"),
        {"items.0.quantity": 2, "items.0.priceDefinition.total": 6580,
         "items.0.bundleItems.0.quantity": 2}
        | {"changesAttachment": {"changesData": [{"itemsRemoved": [some("101")]}]}}, ITEMS,
    ),
    # -- returns -------------------------------------------------------------------------------
    Case("two returns under one number", RETURNS, {"amount_lifetime": Decimal(0)}),
    Case("a return whose row has no last change", RETURNS, {"amount_lifetime": Decimal(50)},
         {"packageAttachment": LIST_WITHOUT_CHANGES["detail_after.packageAttachment"]}),
    *(
        Case(f"returns: {what}", RETURNS, {"amount_lifetime": Decimal(left)},
             {"packageAttachment.packages": packages})
        for what, left, packages in (
            ("the same package twice", "50", [taken("D", 3290), taken("D", 3290)]),
            ("of equal value on two days", "17.10",
             [taken("D", 3290), taken("D", 3290, "2026-10-21")]),
            ("of other value on one day", "0", [taken("D", 3290), taken("D", 5000)]),
            ("in another zone of the same moment", "50",
             [taken("D", 3290), taken("D", 3290) | {"issuanceDate": "2026-10-20T07:00:00-03:00"}]),
            ("without a number", "17.10", [taken(None, 3290), taken("", 3290)]),
            ("values as texts", "50",
             [taken("D", 0) | {"restitutions": {"Refund": {"value": "3290"}}}]),
        )
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    folder = tmp_path_factory.mktemp("documents")
    with open_warehouse(folder, memory_limit="500MB") as opened:
        yield opened


@pytest.fixture(scope="module")
def neighbours(warehouse: Warehouse) -> Neighbours:
    """Profiles by case; all cases with the same rules share a store, as a resolve takes half a
    second."""
    known: dict[str, Mapping[str, Fields]] = {}

    def found(rules: Fields) -> Mapping[str, Fields]:
        if repr(rules) not in known:
            cases = [one for one in CASES if one.rules == rules and not is_alone(one)]
            store = f"store {next(NUMBERS)}"
            documents = [of_person(number, document(one)) for number, one in enumerate(cases)]
            load(warehouse, store, "orders", *documents)
            rows = profiles(warehouse, store, rules).rows_by_key("email", named=True, unique=True)
            assert len(rows) == len(cases)
            known[repr(rules)] = {
                one.what: rows[f"p{number}.{BUYER[one.document]}"]
                for number, one in enumerate(cases)
            }
        return known[repr(rules)]

    return found


def is_alone(case: Case) -> bool:
    """Whether the case is about its whole store: the names of its products, who buys elsewhere."""
    return bool(case.skus) or case.document in (SIZES, CHAIN)


def of_person(number: int, order: dict[str, Any]) -> dict[str, Any]:
    """The same order by somebody else."""
    email = f"p{number}.{order['clientProfileData']['email']}"
    return put(
        order,
        {
            "orderId": f"{number:012}-01",
            "orderGroup": f"{number:012}",
            "clientProfileData.email": email,
            "clientProfileData.userProfileId": f"{number:08}-0000-4000-8000-000000000000",
        },
    )


@pytest.mark.parametrize(
    "case", [one for one in CASES if not is_alone(one)], ids=lambda case: case.what
)
def test_a_document_is_in_the_profile(case: Case, neighbours: Neighbours) -> None:
    found = neighbours(case.rules)[case.what]
    assert case.expected is not None
    assert {name: found[name] for name in case.expected} == case.expected


@pytest.mark.parametrize(
    "case", [one for one in CASES if is_alone(one)], ids=lambda case: case.what
)
def test_a_document_alone_in_its_store_is_in_the_profile(case: Case, warehouse: Warehouse) -> None:
    order = document(case)
    store = f"store {next(NUMBERS)}"
    load(warehouse, store, "orders", order)
    load(warehouse, store, "skus", *case.skus)
    found = profile(warehouse, store, case.rules)
    if case.expected is None:
        assert found is None
        assert findings(warehouse, store)["marketplace_orders"] == (1, order["value"])
    else:
        assert found is not None
        assert {name: found[name] for name in case.expected} == case.expected


def document(case: Case) -> dict[str, Any]:
    return put(read(case.document), case.change)


def read(name: str) -> dict[str, Any]:
    return dict(json.loads((DOCUMENTS / f"{name}.json").read_text(encoding="utf-8")))


def put(document: dict[str, Any], change: Fields) -> dict[str, Any]:
    """The document with the values put where they belong."""
    for path, value in change.items():
        holder: Any = document
        *parts, last = [int(part) if part.isdigit() else part for part in path.split(".")]
        for part in parts:
            holder = holder[part]
        if value is ABSENT:
            del holder[last]
        else:
            holder[last] = value
    return document


def load(warehouse: Warehouse, store: str, entity: str, *documents: Fields) -> None:
    records = [
        parse_record(ENTITIES[entity], json.dumps(one, default=dict).encode()) for one in documents
    ]
    good = [one for one in records if isinstance(one, RawRecord)]
    assert good == records
    warehouse.records.load(store, entity, good, run_id="r", now=NOW)


def profile(warehouse: Warehouse, store: str, rules: Fields) -> dict[str, Any] | None:
    """The profile of the only customer, if there is one."""
    found = profiles(warehouse, store, rules)
    assert found.height <= 1
    return next(found.iter_rows(named=True), None)


def profiles(warehouse: Warehouse, store: str, rules: Fields) -> pl.DataFrame:
    chosen = Rules(time_zone="America/Sao_Paulo", currency="BRL", **rules)
    warehouse.resolve(store, chosen, run_id="r", now=NOW)
    return build_profiles(warehouse.profiles.parts(store), AS_OF, chosen).profiles


def findings(warehouse: Warehouse, store: str) -> dict[str, tuple[int, int]]:
    frame = warehouse.resolve(store, Rules(currency="BRL"), run_id="r", now=NOW)
    rows = frame.select("finding", "row_count", "amount_cents").iter_rows()
    return {name: (rows_, cents) for name, rows_, cents in rows}


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("0001-01-01T00:00:00", None),
        ("0001-01-01", None),
        ("1899-12-31T00:00:00Z", None),
        ("1900-01-01T00:00:00Z", date(1900, 1, 1)),
        ("2026-12-01T00:00:00", None),
        ("2926-05-17T00:00:00", None),
        ("1990-05-17T00:00:00-03:00", date(1990, 5, 17)),
        (" 1990-05-17T23:59:59.9999999Z", date(1990, 5, 17)),
        ("2026-11-29", date(2026, 11, 29)),
        ("17/05/1990", None),
        ("", None),
        (None, None),
    ],
)
def test_a_birth_date_is_a_day_somebody_may_be_born_on(
    written: str | None, day: date | None, warehouse: Warehouse
) -> None:
    store = f"store {next(NUMBERS)}"
    load(warehouse, store, "customers", read("birthdate_year_1") | {"birthDate": written})
    found = profile(warehouse, store, {})
    assert found is not None
    assert found["birth_date"] == day


def test_an_imported_birth_date_is_too(warehouse: Warehouse) -> None:
    born = [date(1, 1, 1), date(1990, 5, 17), date(2030, 1, 1)]
    people = pl.DataFrame({"customer_id": ["a", "b", "c"], "birth_date": born})
    store = f"store {next(NUMBERS)}"
    warehouse.imports.load(store, None, None, people, run_id="r", now=NOW)
    rules = Rules(currency="BRL")
    warehouse.resolve(store, rules, run_id="r", now=NOW)
    profiles = build_profiles(warehouse.profiles.parts(store), AS_OF, rules).profiles
    found = dict(profiles.select("customer_id", "birth_date").iter_rows())
    assert found == {"a": None, "b": date(1990, 5, 17), "c": None}


@pytest.mark.parametrize(
    ("said", "receipts"),
    [
        (None, None),
        ([], None),
        ({}, None),
        ("", None),
        ([None, " "], None),
        (["R2", "R1"], ["R1", "R2"]),
        (["R1", "R1"], ["R1", "R1"]),
        ({"number": "R1"}, '{"number": "R1"}'),
        ([{"number": "R1"}], ['{"number": "R1"}']),
        (ABSENT, None),
    ],
)
def test_a_row_of_the_list_tells_of_returns_in_any_shape(said: object, receipts: object) -> None:
    row = {"orderId": "1-01", "invoiceInput": said}
    if said is ABSENT:
        del row["invoiceInput"]
    found = ListRow.model_validate(row).invoiceInput
    assert found == (None if receipts is None else json.dumps(receipts))


def test_a_return_calls_for_the_detail_though_the_list_names_no_change() -> None:
    before, after = (
        {name: getattr(row, of) for name, of in LISTED.items()}
        for row in map(
            ListRow.model_validate,
            (LIST_WITHOUT_CHANGES["list_row_before"], LIST_WITHOUT_CHANGES["list_row_after"]),
        )
    )
    seen = before | {"detail_at": NOW.replace(tzinfo=None), "detail_status": "invoiced"}
    assert which_need_detail(pl.DataFrame([before]), pl.DataFrame([seen]), NOW) == []
    assert which_need_detail(pl.DataFrame([after]), pl.DataFrame([seen]), NOW) == [
        before["order_id"]
    ]


LISTED = {
    "order_id": "orderId",
    "status": "status",
    "total_value": "totalValue",
    "is_complete": "orderIsComplete",
    "authorized_at": "authorizedDate",
    "last_change_at": "lastChange",
    "invoice_input": "invoiceInput",
}

NEVER_KEPT = ("street", "number", "receiverName", "complement", "neighborhood", "geoCoordinates",
              "SIMULATED", "addressId", "reference", "cardHolder", "firstDigits")  # fmt: skip


def test_of_an_address_the_area_is_kept_and_no_house() -> None:
    simulator = build_simulation(Simulation(customers=5, orders=20, now=NOW))
    document = render_order(simulator.main.world, 3, simulator.main.now_us())
    assert {"street", "receiverName", "geoCoordinates"} <= document["shippingData"][
        "address"
    ].keys()

    kept = parse_record(ENTITIES["orders"], document)
    rejected = parse_record(ENTITIES["orders"], document | {"value": "much"})

    assert isinstance(kept, RawRecord)
    assert isinstance(rejected, Reject)
    for name in NEVER_KEPT:
        assert f'"{name}' not in kept.payload.replace('"invoiceNumber', "")
        assert f'"{name}' not in rejected.payload or name == "number"
    assert "shippingData" not in rejected.payload


@pytest.mark.parametrize(
    ("code", "prefix"),
    [
        ("01310-100", "01310"), ("01310100", "01310"), (1310100, "131"), ("C1425ABC", "C1425"),
        ("1425", "142"), ("06700", "067"), ("01***-***", None), (" ", None), (None, None),
    ],
)  # fmt: skip
def test_a_postal_code_is_kept_as_far_as_it_names_an_area(code: object, prefix: str | None) -> None:
    order = {"orderId": "1", "shippingData": {"address": {"postalCode": code}}}
    kept = parse_record(ENTITIES["orders"], order)
    assert isinstance(kept, RawRecord)
    said = json.loads(kept.payload)["shippingData"]["address"]
    assert said == ({"postalPrefix": prefix} if code is not None else {"postalPrefix": None})


PLACE = {
    "shippingData": {
        "address": {"city": "São Paulo", "state": "SP", "postalCode": "01310-100", "country": "BRA",
                    "street": "Rua A", "number": "1"},
        "logisticsInfo": [
            {"itemIndex": 0, "selectedDeliveryChannel": None, "deliveryChannel": "delivery"},
            {"itemIndex": 1, "deliveryChannel": "pickup-in-point", "pickupPointId": "1_centro"},
        ],
    },
    "marketingData": {"utmSource": "news", "utmMedium": "email", "utmCampaign": "spring"},
    "paymentData": {"transactions": [
        {"isActive": False, "payments": [{"paymentSystemName": "Boleto", "installments": 9}]},
        {"isActive": True, "payments": [
            {"paymentSystemName": "Visa", "group": "creditCard", "installments": "3"},
            {"group": "giftCard", "installments": 1},
        ]},
    ]},
    "items.0.seller": "outlet",
    "items.0.sellingPrice": 2990,
    "items.0.priceDefinition.total": 2990,
    "totals.1.value": -300,
}  # fmt: skip


def test_what_vtex_forgets_is_in_the_views(tmp_path: Path) -> None:
    with open_warehouse(tmp_path, memory_limit="500MB") as warehouse:
        load(warehouse, "main", "orders", put(read(CHANGE), PLACE | {"changesAttachment": None}))
        warehouse.resolve("main", Rules(currency="BRL"), run_id="r", now=NOW)
        copy = warehouse.publish()
    with duckdb.connect(str(copy), read_only=True) as connection:
        (sale,) = connection.sql("from sales").pl().to_dicts()
        lines = connection.sql("from sold_products order by sku").pl().to_dicts()
    expected = {
        "state": "SP", "city": "São Paulo", "postal_prefix": "01310", "country": "BRA",
        "delivery_types": ["delivery", "pickup-in-point"], "pickup_points": ["1_centro"],
        "utm_source": "news", "utm_medium": "email", "utm_campaign": "spring",
        "payment_methods": ["Visa", "giftCard"], "installments": 3, "sellers": ["1", "outlet"],
        "discount_amount": Decimal("3.00"), "shipping_amount": Decimal("11.60"),
    }  # fmt: skip
    assert {name: sale[name] for name in expected} == expected
    kept = ("sku", "product_id", "seller", "discount_amount", "amount")
    assert [tuple(line[name] for name in kept) for line in lines] == [
        ("101", "P101", "outlet", Decimal("3.00"), Decimal("29.90")),
        ("102", "P102", "1", Decimal("0.00"), Decimal("50.00")),
    ]
