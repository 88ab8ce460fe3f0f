"""Feed v3: configuration, reading with a visibility time-out, and committing handles."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import Any

from enrich.simulator.flow import moments_of, status_at
from enrich.simulator.http import Reply, Request, RequestError, json_reply
from enrich.simulator.moments import SECOND, zulu
from enrich.simulator.order_document import origin_of
from enrich.simulator.vtex_state import Feed, Vtex, oms_error

MAX_LOT = 10


def feed_config(vtex: Vtex, request: Request) -> Reply:
    """The answers to GET, POST and DELETE of `/api/orders/feed/config`; one feed per key."""
    key = request.headers.get("x-vtex-api-appkey", "")
    if request.method == "POST":
        return _configure(vtex, key, request.json())
    if request.method == "DELETE":
        vtex.feeds.pop(key, None)
        return Reply(204)
    feed = vtex.feeds.get(key)
    if feed is None:
        return oms_error(404, "OMS404", "Feed not configured")
    _collect(vtex, feed)
    return json_reply(feed.config | {"quantity": len(feed.waiting)})


def read_feed(vtex: Vtex, request: Request) -> Reply:
    """The answer to `GET /api/orders/feed`: up to ten events, hidden until the time-out ends."""
    feed = vtex.feeds.get(request.headers.get("x-vtex-api-appkey", ""))
    if feed is None:
        return oms_error(404, "OMS404", "Feed not configured")
    lot = request.number("maxlot", 1)
    if not 1 <= lot <= MAX_LOT:
        raise RequestError("maxlot is between 1 and 10")
    _collect(vtex, feed)
    now_us = vtex.now_us()
    shown = [
        event for event in feed.waiting if feed.hidden_until_us.get(event["eventId"], 0) <= now_us
    ][:lot]
    return json_reply([_deliver(vtex, feed, event) for event in shown])


def commit_feed(vtex: Vtex, request: Request) -> Reply:
    """The answer to `POST /api/orders/feed`: the events of these handles are done with."""
    feed = vtex.feeds.get(request.headers.get("x-vtex-api-appkey", ""))
    if feed is None:
        return oms_error(404, "OMS404", "Feed not configured")
    done = {handle.rpartition("-")[0] for handle in (request.json() or {}).get("handles", [])}
    if not vtex.sky.share("repeated_events", "feed_commit"):
        feed.waiting = [event for event in feed.waiting if f"h-{event['eventId']}" not in done]
    return Reply(200)


def _configure(vtex: Vtex, key: str, config: Any) -> Reply:
    if not isinstance(config, dict) or "filter" not in config:
        raise RequestError("filter is missing")
    rule = config["filter"]
    kind = rule.get("type", "FromWorkflow")
    foreign = {"FromWorkflow": {"expression", "disableSingleFire"}, "FromOrders": {"status"}}
    if foreign.get(kind, set()) & set(rule):
        return oms_error(409, "OMS003", "The filter mixes two types")
    queue = config.get("queue", {})
    stored = {
        "filter": rule,
        "queue": {
            "visibilityTimeoutInSeconds": queue.get("visibilityTimeoutInSeconds", 30),
            "messageRetentionPeriodInSeconds": queue.get(
                "MessageRetentionPeriodInSeconds", 345_600
            ),
        },
    }
    before = vtex.feeds.get(key)
    if before is None:
        vtex.feeds[key] = Feed(stored, vtex.now_us())
    else:
        # Events already in the queue stay there when the filter changes.
        before.config = stored
    return json_reply(stored)


def _collect(vtex: Vtex, feed: Feed) -> None:
    """Put everything that changed since the last look into the queue."""
    since_us, now_us = feed.read_until_us, vtex.now_us()
    found = [
        (moment, order)
        for order in _touched(vtex, since_us, now_us)
        for moment in sorted(set(moments_of(vtex.world.book, order)))
        if since_us < moment <= now_us
    ]
    wanted = set(feed.config["filter"].get("status") or ())
    for moment, order in sorted(found):
        event = _event(vtex, order, moment)
        if not wanted or event["state"] in wanted:
            feed.waiting.append(event)
    feed.read_until_us = now_us


def _touched(vtex: Vtex, since_us: int, now_us: int) -> Iterable[int]:
    book = vtex.world.book
    first = bisect_left(book.created, since_us - book.longest_wait_us, 0, book.sorted_count)
    last = bisect_right(book.created, now_us, 0, book.sorted_count)
    recent = set(range(first, last)) | set(range(book.sorted_count, len(book)))
    return recent | {order for order in book.events if book.created[order] <= now_us}


def _event(vtex: Vtex, order: int, moment: int) -> dict[str, Any]:
    book = vtex.world.book
    before = status_at(book, order, moment - 1) if moment > book.created[order] else None
    return {
        "eventId": f"E{order}-{moment}",
        "domain": origin_of(vtex.world, order)[0],
        "state": status_at(book, order, moment) or "order-created",
        "lastState": before or "",
        "orderId": book.order_id[order],
        "lastChange": zulu(moment - 1),
        "currentChange": zulu(moment),
    }


def _deliver(vtex: Vtex, feed: Feed, event: dict[str, Any]) -> dict[str, Any]:
    feed.deliveries += 1
    timeout = feed.config["queue"]["visibilityTimeoutInSeconds"]
    feed.hidden_until_us[event["eventId"]] = vtex.now_us() + int(timeout * SECOND)
    return event | {"handle": f"h-{event['eventId']}-{feed.deliveries}"}
