"""What is known to go wrong with a shop's data in VTEX, and the test that fails when we forget it.

`tests` are names as pytest shows them; a folder under tests/sql is a case of its test_cases.py, a
page under tests/cases likewise. Where nothing else held the handling in place, the test is below.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from enrich.model import RawRecord, Rules
from enrich.warehouse import Warehouse, open_warehouse
from tests.store.conftest import NOW, RUN

TESTS = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Pitfall:
    number: int
    what: str
    tests: tuple[str, ...]


HERE = "test_pitfalls.py::"
PITFALLS = (
    Pitfall(1, "the list is minutes late", (
        "vtex/test_spans.py::test_the_next_run_begins_before_this_one_ended",
        "vtex/test_spans.py::test_an_explicit_stretch_ends_where_the_index_does",
    )),
    Pitfall(2, "the list's status differs from the detail's", (
        "vtex/test_decide.py::test_fetched_rows_are_remembered_with_the_status_of_the_detail",
        "vtex/test_decide.py::test_a_detail_older_than_the_list_is_looked_at_again",
    )),
    Pitfall(3, "no more than 30 pages of 100 rows", (
        "vtex/test_listing.py::"
        "test_more_than_3000_orders_are_read_in_parts_each_once_and_never_past_page_30",
        "vtex/test_listing.py::"
        "test_a_second_with_more_than_3000_orders_is_read_as_far_as_vtex_lets_and_reported",
        "vtex/test_paging.py::test_numbered_pages_never_go_past_the_thirtieth",
    )),
    Pitfall(4, "rows move between pages while they are read", (
        "vtex/test_listing.py::test_a_window_that_grows_is_read_again",
        "vtex/test_listing.py::test_of_an_order_that_comes_twice_the_last_reading_counts",
    )),
    Pitfall(5, "totals of the list are floats", (
        "vtex/test_listing.py::test_a_row_without_an_id_is_counted_not_lost_in_silence",
        "jobs/test_reconciling.py::test_losses_inventions_and_wrong_cents_are_numbers",
    )),
    Pitfall(6, "the detail of a listed order cannot be had", (
        "vtex/test_details.py::test_one_orders_fault_stays_its_own",
        "vtex/test_details.py::test_everybodys_fault_stops_the_fetch",
    )),
    Pitfall(7, "a status is empty, null, unknown or an error", (
        HERE + "test_odd_statuses", "cases/statuses.md",
    )),
    Pitfall(8, "an order never leaves its state", ("vtex/test_decide.py::test_a_known_order",)),
    Pitfall(9, "a partial invoice rewrites the authorization", (
        HERE + "test_the_moment_of_a_purchase_is_its_creation",
    )),
    Pitfall(10, "the reason of a cancellation is late or wrong", (
        HERE + "test_the_status_alone_says_whether_an_order_was_canceled",
    )),
    Pitfall(11, "the payment of a canceled order stays authorized", (
        HERE + "test_the_status_alone_says_whether_an_order_was_canceled",
    )),
    Pitfall(12, "e-mails are aliases or masked, ids and contacts are missing", (
        "sql/macros/email", "sql/purchases/anonymous", "sql/identity/match_rule_4_profile_alone",
    )),
    Pitfall(13, "one profile, several e-mails", (
        HERE + "test_one_profile_with_several_emails_is_one_person",
    )),
    Pitfall(14, "several contacts with one e-mail, or one id in two letter cases", (
        "sql/identity/contacts_same_email",
        "store/test_loading.py::test_a_customer_in_two_letter_cases_is_one",
    )),
    Pitfall(15, "gifts, kits, repeated SKUs, odd units", (
        "sql/typed/order_items", "cases/baskets.md",
    )),
    Pitfall(16, "the lines do not add up to the total", ("sql/checks/advisory",)),
    Pitfall(17, "a returned order stays invoiced, receipts come twice", (
        "sql/typed/order_refunds", "cases/refunds.md",
    )),
    Pitfall(18, "one cart, several orders", ("sql/purchases/split_cart", "cases/split_cart.md")),
    Pitfall(19, "the same sale in the main and the franchise account", (
        "store/test_loading.py::test_stores_do_not_touch_each_other",
        "sql/identity/marketplace_is_nobody",
    )),
    Pitfall(20, "several currencies", ("cases/currencies.md", "sql/purchases/currency_given")),
    Pitfall(21, "currencies without decimals are in hundredths too", (
        HERE + "test_a_currency_without_decimals_is_in_hundredths",
    )),
    Pitfall(22, "ids are texts here and numbers there", (
        "vtex/test_parse.py::test_catalogue_ids_become_texts",
    )),
    Pitfall(23, "the list names fields otherwise than the detail", (
        "vtex/test_listing.py::test_rows_come_in_cents_and_utc_without_a_zone",
        "vtex/test_parse.py::test_a_record_has_its_key_its_change_and_only_what_was_there",
    )),
    Pitfall(24, "Pascal and camel case", (
        HERE + "test_a_refund_is_found_in_either_letter_case",
    )),
    Pitfall(25, "two spellings of the content range, a wrong total", (
        "vtex/test_paging.py::test_both_spellings_of_a_range",
        "vtex/test_customers.py::test_a_search_ends_with_a_short_page",
    )),
    Pitfall(26, "a search finds nothing though there is something", (
        HERE + "test_whoever_a_search_does_not_find_is_not_gone",
        "vtex/test_spans.py::test_customers_overlap_too",
    )),
    Pitfall(27, "scrolls expire, are ten at most, time out", (
        "vtex/test_customers.py::test_an_expired_scroll_begins_again",
        "vtex/test_customers.py::test_ten_open_scrolls_are_for_a_later_run",
        "vtex/test_customers.py::test_a_scroll_that_is_too_much_takes_smaller_pages",
    )),
    Pitfall(28, "updatedIn is null until the first update", (
        "vtex/test_customers.py::test_an_increment_falls_back_on_creation_and_update",
    )),
    Pitfall(29, "a code typed and not applied, empty, in other letters", (
        "sql/purchases/promo_codes", "sql/typed/order_promo_codes",
    )),
    Pitfall(30, "a login page with status 200 in place of a 403", (
        "vtex/test_with_simulator.py::test_a_login_page_is_recognised",
    )),
    Pitfall(31, "no flag tells a test order: it counts, as VTEX counts it", (
        HERE + "test_a_test_order_counts_as_vtex_counts_it",
    )),
    Pitfall(32, "garbage in phones and birth dates, a day lost to a zone", (
        "vtex/test_parse.py::test_a_birth_date_is_left_alone", "sql/typed/contacts",
    )),
    Pitfall(33, "a category changes after the purchase", (
        HERE + "test_a_category_stays_as_it_was_sold",
    )),
    Pitfall(34, "lastChange moves for reasons that do not matter", (
        HERE + "test_a_change_of_nothing_that_counts_changes_no_purchase",
    )),
    Pitfall(35, "a detail read at once is older than the list", (
        "vtex/test_details.py::test_a_detail_older_than_the_list_is_fetched_once_more",
        "store/test_loading.py::test_an_older_document_does_not_replace_a_newer_one",
    )),
    Pitfall(36, "raw control characters inside JSON", (
        "test_client.py::test_json_is_read_leniently",
        "vtex/test_parse.py::test_sloppy_json_is_read",
    )),
)  # fmt: skip


def test_every_pitfall_has_its_number() -> None:
    assert [pitfall.number for pitfall in PITFALLS] == list(range(1, 37))


@pytest.mark.parametrize("pitfall", PITFALLS, ids=lambda pitfall: str(pitfall.number))
def test_its_tests_are_there(pitfall: Pitfall) -> None:
    for name in pitfall.tests:
        path, _, function = name.partition("::")
        assert (TESTS / path).exists(), name
        if function:
            found = (TESTS / path).read_text(encoding="utf-8")
            assert re.search(rf"^def {function}\(", found, re.MULTILINE), name


RULES = Rules(time_zone="UTC", currency="BRL")
ORDER = {
    "status": "invoiced",
    "isCompleted": True,
    "value": 1000,
    "creationDate": "2026-03-02T14:05:09Z",
    "authorizedDate": "2026-03-02T14:07:41Z",
    "lastChange": "2026-03-02T14:07:41Z",
    "storePreferencesData": {"currencyCode": "BRL"},
    "clientProfileData": {"userProfileId": "p1", "email": "ana@example.com"},
    "items": [{"id": "301", "name": "Cup", "quantity": 1, "sellingPrice": 1000}],
}


def load(warehouse: Warehouse, order_id: str = "o1", **changes: Any) -> None:
    document = {"orderId": order_id, **ORDER, **changes}
    record = RawRecord(order_id, json.dumps(document))
    warehouse.records.load("main", "orders", [record], **RUN)


def purchases(warehouse: Warehouse, rules: Rules = RULES) -> pl.DataFrame:
    warehouse.resolve("main", rules, **RUN)
    return warehouse.profiles.parts("main").purchases(0)


@pytest.mark.parametrize(
    ("status", "count"),
    [(None, 1), ("", 1), ("detail.state.null", 1), ("on-the-moon", 1), ("order-create-error", 0)],
)
def test_odd_statuses(status: str | None, count: int, tmp_path: Path) -> None:
    with open_warehouse(tmp_path) as warehouse:
        load(warehouse, status=status)
        assert purchases(warehouse).height == count
        report = warehouse.resolve("main", RULES, **RUN)
    is_unknown = status == "on-the-moon"
    assert ("unknown_statuses" in report["finding"].to_list()) >= is_unknown


def test_the_moment_of_a_purchase_is_its_creation(tmp_path: Path) -> None:
    with open_warehouse(tmp_path) as warehouse:
        load(warehouse)
        before = purchases(warehouse)
        load(warehouse, authorizedDate="2026-03-20T09:00:00Z", lastChange="2026-03-20T09:00:00Z")
        assert purchases(warehouse).equals(before)


@pytest.mark.parametrize(
    ("changes", "count"),
    [
        ({"cancellationData": {"CancellationDate": "2026-03-03T00:00:00Z"}}, 1),
        ({"cancelReason": "late"}, 1),
        ({"status": "canceled"}, 0),  # without a reason, and still with its authorization
        ({"status": "request-cancel"}, 1),  # not final
    ],
)
def test_the_status_alone_says_whether_an_order_was_canceled(
    changes: dict[str, Any], count: int, tmp_path: Path
) -> None:
    with open_warehouse(tmp_path) as warehouse:
        load(warehouse, **changes)
        assert purchases(warehouse).height == count


def test_one_profile_with_several_emails_is_one_person(tmp_path: Path) -> None:
    contact = RawRecord("c1", json.dumps({"id": "c1", "userId": "p1", "email": "a@example.com"}))
    with open_warehouse(tmp_path) as warehouse:
        warehouse.records.load("main", "customers", [contact], **RUN)
        for number, email in enumerate(("ana@example.com", "ana.souza@example.com")):
            load(
                warehouse,
                f"o{number}",
                clientProfileData={"userProfileId": "p1", "email": email},
            )
        assert purchases(warehouse)["customer_key"].n_unique() == 1


def test_a_currency_without_decimals_is_in_hundredths(tmp_path: Path) -> None:
    with open_warehouse(tmp_path) as warehouse:
        load(warehouse, value=1990000, storePreferencesData={"currencyCode": "CLP"})
        found = purchases(warehouse, Rules(currency="CLP"))
    assert found["amount_cents"].to_list() == [1990000]  # 19,900 pesos


@pytest.mark.parametrize("name", ["Refund", "refund"])
def test_a_refund_is_found_in_either_letter_case(name: str, tmp_path: Path) -> None:
    from enrich.sources.vtex.entities import ENTITIES
    from enrich.sources.vtex.parse import parse_record

    package = {"type": "Input", "invoiceNumber": "R1", "restitutions": {name: {"value": 400}}}
    document = {"orderId": "o1", **ORDER, "packageAttachment": {"packages": [package]}}
    record = parse_record(ENTITIES["orders"], json.dumps(document).encode())
    assert isinstance(record, RawRecord)
    with open_warehouse(tmp_path) as warehouse:
        warehouse.records.load("main", "orders", [record], **RUN)
        assert purchases(warehouse)["amount_cents"].to_list() == [600]


def test_whoever_a_search_does_not_find_is_not_gone(tmp_path: Path) -> None:
    contact = RawRecord("c1", json.dumps({"id": "c1", "email": "ana@example.com"}))
    with open_warehouse(tmp_path) as warehouse:
        warehouse.records.load("main", "customers", [contact], **RUN)
        warehouse.records.load("main", "customers", [], watermark_at=NOW, **RUN)
        warehouse.resolve("main", RULES, **RUN)
        assert warehouse.profiles.parts("main").customers(0)["email"].to_list() == [
            "ana@example.com"
        ]


def test_a_test_order_counts_as_vtex_counts_it(tmp_path: Path) -> None:
    payment = {"paymentSystemName": "Promissory", "value": 1000}
    with open_warehouse(tmp_path) as warehouse:
        load(warehouse, paymentData={"transactions": [{"isActive": True, "payments": [payment]}]})
        assert purchases(warehouse).height == 1


def test_a_category_stays_as_it_was_sold(tmp_path: Path) -> None:
    sold = {"categoriesIds": "/1/10/", "categories": [{"id": 10, "name": "Cups"}]}
    item = {"id": "301", "name": "Cup", "quantity": 1, "sellingPrice": 1000, "additionalInfo": sold}
    now = {"Id": 301, "ProductCategoryIds": "/2/20/", "ProductCategories": {"20": "Gifts"}}
    with open_warehouse(tmp_path) as warehouse:
        load(warehouse, items=[item])
        warehouse.records.load("main", "skus", [RawRecord("301", json.dumps(now))], **RUN)
        warehouse.resolve("main", RULES, **RUN)
        assert warehouse.profiles.parts("main").details(0).lines["category"].to_list() == ["Cups"]


def test_a_change_of_nothing_that_counts_changes_no_purchase(tmp_path: Path) -> None:
    with open_warehouse(tmp_path) as warehouse:
        load(warehouse)
        before = purchases(warehouse)
        load(warehouse, lastChange="2026-03-09T00:00:00Z", lastMessage="parcel left")
        assert purchases(warehouse).equals(before)
