"""The least a client can do: list the orders, fetch each one, throw it away.

python -m bench.contenders.httpx_loop ADDRESS
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count

import httpx

from bench.simulated import HEADERS, HISTORY_DAYS, NOW

PER_PAGE, MOST_PAGES = 100, 30
STEP = timedelta(days=10)  # VTEX lists no more than 3,000 orders of one stretch


def fetch_orders(address: str) -> int:
    """How many orders were fetched."""
    with httpx.Client(base_url=f"{address}/api/oms/pvt/orders", headers=HEADERS) as client:
        fetched = 0
        for order_id in order_ids(client):
            client.get(f"/{order_id}").raise_for_status()
            fetched += 1
        return fetched


def order_ids(client: httpx.Client) -> Iterator[str]:
    """The ids of all orders, oldest first."""
    start = NOW - timedelta(days=HISTORY_DAYS)
    while start < NOW:
        yield from _listed(client, start, start + STEP - timedelta(milliseconds=1))
        start += STEP


def _listed(client: httpx.Client, start: datetime, end: datetime) -> Iterator[str]:
    span = f"[{start:%Y-%m-%dT%H:%M:%S.000Z} TO {end:%Y-%m-%dT%H:%M:%S.999Z}]"
    wanted = {"f_creationDate": f"creationDate:{span}", "per_page": str(PER_PAGE)}
    for page in count(1):
        answer = client.get("", params={**wanted, "page": str(page)}).raise_for_status().json()
        yield from (row["orderId"] for row in answer["list"])
        if page >= answer["paging"]["pages"]:
            return
        if page == MOST_PAGES:
            sys.exit("more orders in ten days than VTEX lists")


if __name__ == "__main__":
    fetch_orders(sys.argv[1])
