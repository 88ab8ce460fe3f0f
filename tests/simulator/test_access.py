"""Checklist 1: who is turned away, and how."""

import pytest

ORDERS = "/api/oms/pvt/orders"


@pytest.mark.parametrize(
    ("path", "headers", "status", "body"),
    [
        (ORDERS, {}, 401, "Unauthorized access"),
        (ORDERS, {"x-vtex-api-appkey": "vtexappkey-demostore-SIMULA"}, 401, "Unauthorized access"),
        ("/api/dataentities/CL/search", {}, 401, '{"Message":"Unauthorized"}'),
        ("/api/catalog_system/pub/category/tree/2", {}, 200, "Casa"),
        ("/api/catalog_system/pub/saleschannel/list", {}, 200, "BRL"),
        ("/api/nothing/here", {}, 404, ""),
    ],
)
def test_without_a_whole_key_pair_only_public_routes_answer(ask, path, headers, status, body):
    reply = ask(path, headers=headers)
    assert reply.status_code == status
    assert body in reply.text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (ORDERS, 200),
        ("/api/dataentities/CL/search", 200),
        ("/api/catalog_system/pvt/brand/list", 200),
        ("/api/catalog_system/pvt/saleschannel/list", 403),
        ("/api/catalog_system/pvt/products/GetProductAndSkuIds", 403),
        ("/api/catalog/pvt/product/30", 403),
        ("/api/rnb/pvt/coupon", 403),
        ("/api/rnb/pvt/benefits/calculatorconfiguration", 403),
        ("/api/orders/feed/config", 403),
    ],
)
def test_the_reference_role_reads_only_what_it_lists(ask, limited, path, status):
    assert ask(path, headers=limited).status_code == status


def test_a_limited_role_may_not_write_documents(ask, limited):
    reply = ask("/api/dataentities/CL/documents/x", method="PATCH", json={}, headers=limited)
    assert reply.status_code == 403


def test_a_walled_account_shows_its_login_page_with_200(ask):
    reply = ask(f"/walled{ORDERS}")
    assert (reply.status_code, reply.headers["content-type"]) == (200, "text/html; charset=utf-8")


def test_a_seller_portal_account_has_no_classic_catalogue(ask):
    assert ask("/portal/api/catalog_system/pvt/brand/list").status_code == 500
    assert ask(f"/portal{ORDERS}").status_code == 200


def test_an_account_that_does_not_exist_is_404(ask):
    assert ask(f"/nobody{ORDERS}").status_code == 404
