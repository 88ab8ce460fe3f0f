"""What VTEX tells by itself: triggers of Master Data, without a second try, and the orders hook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from enrich.simulator.flow import status_at
from enrich.simulator.http import Reply, Request, RequestError, json_reply
from enrich.simulator.moments import zulu
from enrich.simulator.order_document import origin_of
from enrich.simulator.outbox import MAX_TRIES, PATIENCE_SECONDS, Outgoing, json_call
from enrich.simulator.vtex_state import Vtex, oms_error

EVENTS = ("created", "changed", "deleted")


@dataclass(frozen=True, slots=True)
class Trigger:
    """One trigger of the customer entity, as in its admin page; {!id} stands for the document's."""

    event: str
    url: str
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = '{"id": "{!id}"}'


def trigger_from(values: Mapping[str, Any]) -> Trigger:
    """A trigger as somebody wrote it; raises RequestError."""
    if values.get("event") not in EVENTS:
        raise RequestError(f"event is one of {', '.join(EVENTS)}")
    return Trigger(**values)


def fire(vtex: Vtex, event: str, document_id: str) -> None:
    """Let the triggers of an event go off for one customer document."""
    for trigger in vtex.triggers:
        if trigger.event == event:
            url, body = (text.replace("{!id}", document_id) for text in (trigger.url, trigger.body))
            content = body.encode() if trigger.method != "GET" else None
            vtex.outbox.post(
                Outgoing(f"trigger {event}", trigger.method, url, trigger.headers, content)
            )


def hook_config(vtex: Vtex, request: Request) -> Reply:
    """The answers to GET, POST and DELETE of `/api/orders/hook/config`; saving pings the hook."""
    if request.method == "DELETE":
        vtex.hook = None
        return Reply(204)
    if request.method == "POST":
        config = request.json()
        if not isinstance(config, dict) or "url" not in (config.get("hook") or {}):
            raise RequestError("hook.url is missing")
        if not _answers_ping(config["hook"]):
            return oms_error(400, "OMS003", "The hook did not answer the ping")
        vtex.hook = config
    if vtex.hook is None:
        return oms_error(404, "OMS404", "Hook not configured")
    return json_reply(vtex.hook)


def notify(vtex: Vtex, order: int) -> None:
    """Tell the hook that an order has changed, as often as it takes."""
    if vtex.hook is None:
        return
    hook, book, now_us = vtex.hook["hook"], vtex.world.book, vtex.now_us()
    body = {
        "Domain": origin_of(vtex.world, order)[0],
        "OrderId": book.order_id[order],
        "State": status_at(book, order, now_us) or "order-created",
        "LastState": status_at(book, order, now_us - 1) or "",
        "LastChange": zulu(now_us - 1),
        "CurrentChange": zulu(now_us),
        "Origin": {"Account": vtex.account, "Key": "simulated"},
    }
    vtex.outbox.post(json_call("hook", hook["url"], hook.get("headers", {}), body, MAX_TRIES))


def _answers_ping(hook: Mapping[str, Any]) -> bool:
    try:
        answer = httpx.post(
            hook["url"],
            headers=dict(hook.get("headers") or {}),
            json={"hookConfig": "ping"},
            timeout=PATIENCE_SECONDS,
            trust_env=False,
        )
    except httpx.HTTPError:
        return False
    return answer.status_code == 200
