"""The VTEX routes: which path is answered by what, under which permission."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from enrich.simulator import (
    access,
    benefits,
    catalogue,
    feed,
    hooks,
    master_data,
    oms,
    order_list,
    user_rights,
)
from enrich.simulator.access import AppKey
from enrich.simulator.http import Reply, Request, RequestError, html_reply, json_reply
from enrich.simulator.vtex_state import Vtex, oms_error

Handler = Callable[..., Reply]


@dataclass(frozen=True, slots=True)
class Route:
    """One path with its name in the counters and the resources of which one is needed."""

    name: str
    methods: frozenset[str]
    path: re.Pattern[str]
    needed: frozenset[str]
    handler: Handler


def _route(name: str, methods: str, path: str, needed: frozenset[str], handler: Handler) -> Route:
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)
    return Route(name, frozenset(methods.split()), re.compile(f"^{pattern}/?$"), needed, handler)


_OMS, _DATA = "/api/oms/pvt/orders", "/api/dataentities/(?P<entity>CL|AD)"
_ERASURE = "/api/user-rights/forget/jobs"
_PVT, _PUB = "/api/catalog_system/pvt", "/api/catalog_system/pub"

ROUTES = (
    _route("order_list", "GET", _OMS, access.LIST_ORDERS, order_list.list_orders),
    _route("order", "GET", _OMS + "/{order_id}", access.VIEW_ORDER, oms.get_order),
    _route("order_group", "GET", _OMS + "/order-group/{group}", access.VIEW_ORDER, oms.get_group),
    _route("conversation", "GET", _OMS + "/{order_id}/conversation-message",
           access.CONVERSATIONS, oms.get_conversation),
    _route("feed_config", "GET POST DELETE", "/api/orders/feed/config", access.FEED,
           feed.feed_config),
    _route("feed", "GET", "/api/orders/feed", access.FEED, feed.read_feed),
    _route("feed_commit", "POST", "/api/orders/feed", access.FEED, feed.commit_feed),
    _route("hook_config", "GET POST DELETE", "/api/orders/hook/config", access.FEED,
           hooks.hook_config),
    _route("search", "GET", _DATA + "/search", access.READ_DOCUMENTS, master_data.search),
    _route("scroll", "GET", _DATA + "/scroll", access.READ_DOCUMENTS, master_data.scroll),
    _route("document", "GET", _DATA + "/documents/{document_id}", access.READ_DOCUMENTS,
           master_data.documents),
    _route("document_write", "PATCH PUT", _DATA + "/documents/{document_id}",
           access.WRITE_DOCUMENTS, master_data.documents),
    _route("document_new", "POST PATCH", _DATA + "/documents", access.WRITE_DOCUMENTS,
           master_data.new_document),
    _route("structure", "GET", _DATA, access.READ_DOCUMENTS, master_data.structure),
    _route("erasure_new", "POST", _ERASURE, access.USER_RIGHTS, user_rights.file_job),
    _route("erasure", "GET", _ERASURE + "/{job_id}", access.USER_RIGHTS, user_rights.show_job),
    _route("sku", "GET", _PVT + "/sku/stockkeepingunitbyid/{sku_id}", access.SKUS,
           catalogue.sku_context),
    _route("sku_ids", "GET", _PVT + "/sku/stockkeepingunitids", access.SKUS, catalogue.sku_ids),
    _route("product_and_sku_ids", "GET", _PVT + "/products/GetProductAndSkuIds",
           access.PRODUCT_MANAGEMENT, catalogue.product_and_sku_ids),
    _route("product_search", "GET", _PUB + "/products/search", access.PUBLIC,
           catalogue.product_search),
    _route("product", "GET", "/api/catalog/pvt/product/{product_id}", access.PRODUCT,
           catalogue.product),
    _route("category_tree", "GET", _PUB + r"/category/tree/(?P<levels>\d+)", access.PUBLIC,
           catalogue.category_tree),
    _route("brand_list", "GET", _PVT + "/brand/list", access.BRANDS, catalogue.brand_list),
    _route("brand_page", "GET", _PVT + "/brand/pagedlist", access.BRANDS, catalogue.brand_page),
    _route("sales_channels", "GET", _PVT + "/saleschannel/list", access.SALES_CHANNELS,
           catalogue.sales_channels),
    _route("sales_channels", "GET", _PUB + "/saleschannel/list", access.PUBLIC,
           catalogue.sales_channels),
    _route("coupon_list", "GET", "/api/rnb/pvt/coupon", access.COUPONS, benefits.coupon_list),
    _route("coupon", "GET", "/api/rnb/pvt/coupon/{code}", access.COUPONS, benefits.coupon),
    _route("promotion_list", "GET", "/api/rnb/pvt/benefits/calculatorconfiguration",
           access.PROMOTIONS, benefits.promotion_list),
)  # fmt: skip

CLASSIC_CATALOGUE = frozenset({"sku", "sku_ids", "product_and_sku_ids", "product",
                               "product_search", "category_tree", "brand_list",
                               "brand_page"})  # fmt: skip


def find_route(request: Request) -> tuple[Route, dict[str, str]] | None:
    """The route of a request and the parts of its path; None when there is none."""
    for route in ROUTES:
        match = route.path.match(request.path)
        if match and request.method in route.methods:
            return route, {name: unquote(part) for name, part in match.groupdict().items()}
    return None


def answer(
    vtex: Vtex, keys: Mapping[str, AppKey], request: Request, route: Route, parts: dict[str, str]
) -> Reply:
    """The reply of a route, refusals and bad requests included."""
    refused = access.refusal(request, keys, route.needed, vtex.mode)
    if refused is not None:
        return refused
    if vtex.mode == "seller_portal" and route.name in CLASSIC_CATALOGUE:
        return html_reply(500, "Internal Server Error")
    user_rights.work_off(vtex)
    try:
        return route.handler(vtex, request, **parts)
    except master_data.PrivateFieldError:
        return json_reply({"Message": "Cannot read private fields"}, 403)
    except RequestError as problem:
        if "/dataentities/" in request.path:
            return json_reply({"Message": str(problem)}, 400)
        if "/user-rights/" in request.path:
            return json_reply({"message": str(problem)}, 400)
        return oms_error(400, "OMS003", str(problem))
