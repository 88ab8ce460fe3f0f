"""A VTEX account in a few lines: state, a function from request to response, faults to order."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from pydantic import SecretStr

from enrich.client import Http
from enrich.model import Span
from enrich.sources.source import Window
from enrich.sources.vtex import VtexClient

START = datetime(2026, 3, 1, tzinfo=UTC)


def order(number: int, **changes: Any) -> dict[str, Any]:
    """An order created `number` seconds after START."""
    moment = (START + timedelta(seconds=number)).isoformat()
    return {
        "orderId": f"{number:06d}-01",
        "status": "invoiced",
        "value": 1000 + number,
        "isCompleted": True,
        "creationDate": moment,
        "authorizedDate": moment,
        "lastChange": moment,
        "salesChannel": "1",
        **changes,
    }


def customer(number: int, **changes: Any) -> dict[str, Any]:
    """A customer created and touched `number` seconds after START."""
    moment = (START + timedelta(seconds=number)).isoformat()
    return {
        "id": f"c-{number:06d}",
        "email": f"person{number}@example.com",
        "createdIn": moment,
        "updatedIn": None,
        "lastInteractionIn": moment,
        **changes,
    }


def window(first: int, last: int, field: str = "creationDate") -> Window:
    """The window from second `first` to second `last` after START."""
    return Window(field, Span(START + timedelta(seconds=first), START + timedelta(seconds=last)))


class Shop:
    """Serves `orders` and `customers`; `faults[path]` are answered first, one request each."""

    def __init__(
        self,
        orders: list[dict[str, Any]] | None = None,
        customers: list[dict[str, Any]] | None = None,
    ) -> None:
        self.orders = orders or []
        self.customers = customers or []
        self.lists: dict[str, Any] = {}
        self.faults: dict[str, list[httpx.Response]] = {}
        self.unfilterable: set[str] = set()
        self.asked: Counter[str] = Counter()
        self.requests: list[httpx.Request] = []
        self.scrolls: dict[str, tuple[list[dict[str, Any]], int]] = {}
        self.on_list_page: dict[int, Any] = {}
        self.unlisted_count = 0  # orders that the list counts and never shows

    def client(self, *, sales_channels: tuple[str, ...] = ()) -> VtexClient:
        """A client of this shop that never really waits."""
        http = Http(
            transport=httpx.MockTransport(self),
            sleep=lambda _: None,
            monotonic=lambda: 0.0,
            jitter=lambda: 1.0,
        )
        key, token = SecretStr("key-of-the-shop"), SecretStr("token-of-the-shop")
        return VtexClient("https://shop.example/", key, token, http, sales_channels=sales_channels)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        self.asked[path] += 1
        self.requests.append(request)
        if self.faults.get(path):
            return self.faults[path].pop(0)
        if path == "/api/oms/pvt/orders":
            return self._list_orders(request.url.params)
        if path.startswith("/api/oms/pvt/orders/"):
            return self._order(path.removeprefix("/api/oms/pvt/orders/"))
        if path == "/api/dataentities/CL/search":
            return self._search(request)
        if path == "/api/dataentities/CL/scroll":
            return self._scroll(request.url.params)
        if path in self.lists:
            return httpx.Response(200, json=self.lists[path])
        return httpx.Response(404, json={"error": {"code": "OMS007"}})

    def _list_orders(self, params: httpx.QueryParams) -> httpx.Response:
        page, size = int(params["page"]), int(params["per_page"])
        if page > 30:
            return httpx.Response(400, json={"error": {"message": "Max page exceed"}})
        if page in self.on_list_page:
            self.on_list_page.pop(page)()
        found = [o for o in self.orders if _is_listed(o, params)]
        rows = [_row(o) for o in found[(page - 1) * size : page * size]]
        total = len(found) + self.unlisted_count
        paging = {"total": total, "pages": -(-total // size), "currentPage": page}
        return httpx.Response(200, json={"list": rows, "paging": paging})

    def _order(self, order_id: str) -> httpx.Response:
        found = [o for o in self.orders if o["orderId"] == order_id]
        return httpx.Response(200, json=found[0]) if found else httpx.Response(404)

    def _search(self, request: httpx.Request) -> httpx.Response:
        where = request.url.params.get("_where", "")
        if any(name in where for name in self.unfilterable):
            return httpx.Response(400, json={"Message": "field is not filterable"})
        found = [c for c in self.customers if _matches(c, where)]
        start, end = map(int, re.findall(r"\d+", request.headers["REST-Range"]))
        total = f"resources {start}-{end}/{len(found)}"
        return httpx.Response(200, json=found[start:end], headers={"REST-Content-Range": total})

    def _scroll(self, params: httpx.QueryParams) -> httpx.Response:
        token = params.get("_token")
        if token is None:
            found = [c for c in self.customers if _matches(c, params.get("_where", ""))]
            token = f"token-{len(self.scrolls)}"
            self.scrolls[token] = (found, int(params["_size"]))
        if token not in self.scrolls:
            message = f"Operation not found for this token: '{token}'"
            return httpx.Response(400, json={"Message": message})
        rest, size = self.scrolls[token]
        self.scrolls[token] = (rest[size:], size)
        return httpx.Response(200, json=rest[:size], headers={"X-VTEX-MD-TOKEN": token})


def _is_listed(order: dict[str, Any], params: httpx.QueryParams) -> bool:
    if params.get("salesChannelId", order["salesChannel"]) != order["salesChannel"]:
        return False
    for name in ("creationDate", "authorizedDate", "invoicedDate"):
        if f"f_{name}" in params:
            start, end = re.findall(r"\[(.*) TO (.*)\]", params[f"f_{name}"])[0]
            moment = order.get(name)
            if moment is None or not _at(start) <= _at(moment) <= _at(end):
                return False
    return True


def _row(order: dict[str, Any]) -> dict[str, Any]:
    """The list's own names for the same facts."""
    row = {
        "orderId": order["orderId"],
        "status": order["status"],
        "totalValue": float(order["value"]),
        "orderIsComplete": order["isCompleted"],
        "creationDate": order["creationDate"],
        "authorizedDate": order["authorizedDate"],
        "items": None,
    }
    return row | ({"lastChange": order["lastChange"]} if "lastChange" in order else {})


def _matches(document: dict[str, Any], where: str) -> bool:
    conditions = re.findall(r"(\w+) between (\S+) AND ([^\s)]+)", where)
    return not conditions or any(
        document.get(name) is not None and _at(start) <= _at(document[name]) <= _at(end)
        for name, start, end in conditions
    )


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)
