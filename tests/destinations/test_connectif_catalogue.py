"""Connectif's products and coupons: single calls, imports, and what they refuse."""

import pytest

from enrich.errors import BadSettings
from tests.destinations.records import make

KEYS = {"api_key": {"env": "K"}, "api_secret": {"env": "S"}}
COUPONS = {**KEYS, "coupon_set_id": "set-1"}


def test_a_few_products_are_patched_and_many_imported_alike(world):
    there = world.open("connectif", "products", **KEYS)
    assert world.push_records(there, make("products", 3)).accepted == 3
    account = world.account("connectif")
    assert account.calls == {"PATCH products": 3}
    patched = dict(account.table("products"))
    account.table("products").clear()
    world.ledger_of("products").forget()
    imports = world.open("connectif", "products", **KEYS, patch_limit=0)
    assert world.push_records(imports, make("products", 3)).accepted == 3
    assert account.calls["POST imports"] == 1
    imported = account.table("products")
    assert imported.keys() == patched.keys()
    assert imported["10"] == {**patched["10"], "unitPrice": "19.9"}
    assert patched["10"]["categories"] == ["Home/Lamps Wall"]


def test_a_product_that_changed_goes_again_alone(world):
    there = world.open("connectif", "products", **KEYS)
    world.push_records(there, make("products", 3))
    assert world.push_records(there, make("products", 3).but(2, product="Lamp")).changes == 1
    assert world.account("connectif").table("products")["20"]["name"] == "Lamp"


def test_a_page_on_a_foreign_domain_refuses_the_product(world):
    world.account("connectif").domains = {"elsewhere.example.com"}
    there = world.open("connectif", "products", **KEYS, stop_failed_share=1)
    assert world.push_records(there, make("products", 1)).rejected == 1
    assert world.ledger_of("products").records["10"]["code"] == "E0201"


def test_an_import_whose_report_column_is_known_tells_the_bad_product(world):
    world.account("connectif").refused = {"20"}
    column = {"patch_limit": 0, "product_report_column": "productId", "stop_failed_share": 1}
    there = world.open("connectif", "products", **KEYS, **column)
    summary = world.push_records(there, make("products", 3))
    assert (summary.accepted, summary.rejected) == (2, 1)


def test_coupons_need_their_set(world):
    with pytest.raises(BadSettings, match="coupons needs coupon_set_id"):
        from enrich.destinations import open_entities

        open_entities("there", "connectif", {**KEYS, "entities": ["coupons"]}, world.tools())


def test_codes_go_once_and_an_archived_one_stays(world):
    there = world.open("connectif", "coupons", **COUPONS)
    assert world.push_records(there, make("coupons", 3)).accepted == 3
    assert set(world.account("connectif").table("coupons")) == {"CODE1", "CODE2", "CODE3"}
    again = world.push_records(there, make("coupons", 3).ended(1))
    assert (again.batches, again.frozen) == (0, 1)


def test_the_coupon_set_is_looked_up_where_the_path_is_known(world):
    there = world.open("connectif", "coupons", **COUPONS, coupon_sets_path="/coupon-sets/")
    sets = world.account("connectif").table("coupon_sets")
    sets.clear()
    for number in range(5):
        sets[f"other-{number}"] = {"id": f"other-{number}", "type": "single"}
    assert there.check() == ["there is no coupon set with the id coupon_set_id"]
    sets["set-1"] = {"id": "set-1", "type": "single"}
    assert there.check() == ["the coupon set has one code only (type single)"]
    sets["set-1"] = {"id": "set-1", "type": "multiple"}
    assert there.check() == []


def test_a_right_that_is_missing_is_said(world):
    world.account("connectif").denied = {"purchases"}
    (problem,) = world.open("connectif", "purchases", **KEYS).check()
    assert "not allowed" in problem
