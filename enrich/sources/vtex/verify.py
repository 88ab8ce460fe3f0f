"""Whether the key of an account may read what the product reads: one cheap call a permission."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from enrich.client import Response, is_web_page, parse_json
from enrich.errors import EnrichError
from enrich.sources.source import Probe
from enrich.sources.vtex.access import VtexClient
from enrich.sources.vtex.entities import (
    CUSTOMER_SEARCH,
    ERASURE_JOB,
    ORDER,
    ORDER_LIST,
    SKU_IDS,
)
from enrich.sources.vtex.records.catalogue import LISTS
from enrich.sources.vtex.records.entity import Route

_TRIES = 2
# Where the shop has no order yet: VTEX answers 404 only to those who may ask.
_NO_ORDER = "0000000000000-01"
_NO_JOB = {"job_id": "00000000-0000-0000-0000-000000000000"}
_FEW_LEVELS = {"levels": "1"}  # of the category tree


def verify(
    client: VtexClient, *, extra_fields: tuple[str, ...] = (), erases: bool = False
) -> list[Probe]:
    """One Probe a permission, the needed ones first; raises nothing VTEX can cause."""
    orders = _ask(client, ORDER_LIST, params={"page": "1", "per_page": "1"})
    order_id = _first_order_id(orders)
    return [
        _probe(ORDER_LIST, orders),
        _probe(
            ORDER,
            _ask(client, ORDER, path={"order_id": order_id or _NO_ORDER}),
            is_absence_fine=order_id is None,
        ),
        _probe_customers(client, has_orders=order_id is not None, extra_fields=extra_fields),
        _probe(SKU_IDS, _ask(client, SKU_IDS, params={"page": "1", "pagesize": "1"})),
        *(_probe(one.route, _ask(client, one.route, path=_FEW_LEVELS)) for one in LISTS),
        *(_probe_erasure(client) for _ in range(erases)),
    ]


def _probe_erasure(client: VtexClient) -> Probe:
    return _probe(ERASURE_JOB, _ask(client, ERASURE_JOB, path=_NO_JOB), is_absence_fine=True)


def _probe_customers(
    client: VtexClient, *, has_orders: bool, extra_fields: tuple[str, ...]
) -> Probe:
    """Also tells an account that keeps its customers elsewhere from one that refuses them."""
    params = {"_fields": ",".join(("id", *extra_fields))}
    answer = _ask(client, CUSTOMER_SEARCH, params=params, headers={"REST-Range": "resources=0-1"})
    probe = _probe(CUSTOMER_SEARCH, answer)
    if isinstance(answer, EnrichError) or not has_orders:
        return probe
    if answer.status_code == 404 or (probe.works and _parsed(answer) == []):
        return Probe(probe.resource, False, True, _NO_CUSTOMERS)
    if answer.status_code == 403 and extra_fields and b"private" in answer.content.lower():
        return Probe(probe.resource, False, True, _PRIVATE_FIELD)
    return probe


_NO_CUSTOMERS = (
    "there are orders but no customers: the account is on VTEX's data protection product, which "
    "keeps them elsewhere and is not supported, or another account holds its Master Data"
)
_PRIVATE_FIELD = (
    "one of extra_customer_fields is private: make it readable in Master Data or leave it out"
)


def _probe(route: Route, answer: Response | EnrichError, *, is_absence_fine: bool = False) -> Probe:
    fault = _fault(answer, is_absence_fine)
    detail = ""
    if fault is not None:
        rest = "" if route.is_needed else "; the product goes on without it"
        detail = _REMEDIES[fault](route) + rest
    return Probe(
        route.name,
        fault is None,
        route.is_needed,
        detail,
        is_answered=fault != "silence",
    )


def _fault(answer: Response | EnrichError, is_absence_fine: bool) -> str | None:
    if isinstance(answer, EnrichError):
        return "silence"
    status_code = answer.status_code
    if status_code in (401, 403):
        return str(status_code)
    if 300 <= status_code < 400 or is_web_page(answer):
        return "login page"
    if status_code == 404 and is_absence_fine:
        return None
    return "odd" if status_code >= 400 or _parsed(answer) is None else None


_REMEDIES: dict[str, Callable[[Route], str]] = {
    "401": lambda _: (
        "401: the key or the token is wrong or inactive, belongs to another account, or has no role"
    ),
    "403": lambda route: f"403: tick {route.permission_to_tick} in the role of this key",
    "login page": lambda route: (
        "a login page came instead of data: base_url is not the account's own address, or tick "
        f"{route.permission_to_tick}"
    ),
    "silence": lambda _: "no usable answer: check the account's name, the network, and try again",
    "odd": lambda _: "an unexpected answer: the route is not there on this account",
}


def _ask(
    client: VtexClient,
    route: Route,
    *,
    path: Mapping[str, str] | None = None,
    params: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response | EnrichError:
    try:
        return client.send(route, path=path, params=params, headers=headers, tries=_TRIES)
    except EnrichError as error:
        return error


def _parsed(response: Response) -> Any:
    try:
        return parse_json(response.content)
    except EnrichError:
        return None


def _first_order_id(answer: Response | EnrichError) -> str | None:
    if isinstance(answer, EnrichError) or answer.status_code != 200:
        return None
    try:
        return str(_parsed(answer)["list"][0]["orderId"])
    except (KeyError, IndexError, TypeError):
        return None
