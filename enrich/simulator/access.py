"""Who may call what: the key pair, the role's resources, and how an account refuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from enrich.simulator.http import Reply, Request, html_reply, json_reply

LIST_ORDERS = frozenset({"List Orders", "Orders Full Access"})
VIEW_ORDER = frozenset({"View order", "Orders Full Access"})
CONVERSATIONS = frozenset({"Orders Full Access"})
FEED = frozenset({"Feed v3 and Hook view only", "Feed v3 and Hook Admin"})
WRITE_DOCUMENTS = frozenset(
    {
        "Insert or update document (not remove)",
        "Full access to all documents",
        "Master Data administrator",
    }
)
STRUCTURE = frozenset({"View data entity details", "Master Data administrator"})
READ_DOCUMENTS = WRITE_DOCUMENTS | {"Read only documents"}
SKUS = frozenset({"SKUs"})
PRODUCT_MANAGEMENT = frozenset({"Product management"})
PRODUCT = frozenset({"Product and SKU Management"})
CATEGORIES = frozenset({"Category", "Categories Management"})
BRANDS = frozenset({"Brands"})
SALES_CHANNELS = frozenset({"View Product"})
COUPONS = frozenset({"Manage benefits and rates"})
PROMOTIONS = frozenset({"GerenciarPromocoesETarifas"})
USER_RIGHTS = frozenset({"Write user rights requests"})
PUBLIC: frozenset[str] = frozenset()

REFERENCE_ROLE = frozenset({"View order", "List Orders", "Read only documents", "SKUs",
                            "Category", "Brands"})  # fmt: skip
"""The resources of the role that marketing platforms usually ask a shop for."""


@dataclass(frozen=True, slots=True)
class AppKey:
    """One application key; `resources` None means a role that may do everything."""

    app_key: str
    app_token: str = field(repr=False)
    resources: frozenset[str] | None = None


def refusal(
    request: Request, keys: Mapping[str, AppKey], needed: frozenset[str], mode: str
) -> Reply | None:
    """Why this request is turned away, None when it may pass.

    `needed` holds the resources of which any one is enough; none at all is a public route. `mode`
    "login_page" answers with an HTML page and 200 where it should say 403.
    """
    if not needed:
        return None
    key = keys.get(request.headers.get("x-vtex-api-appkey", ""))
    if key is None or key.app_token != request.headers.get("x-vtex-api-apptoken"):
        return _unauthorized(request)
    if mode == "login_page":
        return html_reply(200, "Login")
    if key.resources is not None and not key.resources & needed:
        return _forbidden(request)
    return None


def _unauthorized(request: Request) -> Reply:
    if "/dataentities/" in request.path:
        return json_reply({"Message": "Unauthorized"}, 401)
    error = {"code": "1", "message": "Unauthorized access", "exception": None}
    return json_reply({"error": error}, 401)


def _forbidden(request: Request) -> Reply:
    if "/dataentities/" in request.path:
        return json_reply({"Message": "Forbidden"}, 403)
    error = {"code": "1", "message": "Acesso não autorizado", "exception": None}
    return json_reply({"error": error}, 403)
