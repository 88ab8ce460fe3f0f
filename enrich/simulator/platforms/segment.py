"""A stand-in for Segment: it takes everything with a 200 and drops a message it had before."""

from __future__ import annotations

import json

from enrich.simulator.http import Reply, Request, json_reply
from enrich.simulator.platforms.account import Account, Platform

MAX_EVENTS, MAX_BYTES, MAX_EVENT_BYTES, MAX_ID = 2_500, 500_000, 32_000, 100


def answer(account: Account, request: Request) -> Reply:
    """The reply to one call; the key is not judged here, as with the real one."""
    events = request.json()["batch"]
    if len(events) > MAX_EVENTS or len(request.body) > MAX_BYTES:
        return json_reply({"success": False}, 400)
    for event in events:
        size = len(json.dumps(event, ensure_ascii=False).encode())
        if size > MAX_EVENT_BYTES or len(event["messageId"]) >= MAX_ID:
            return json_reply({"success": False}, 400)
    for event in events:
        if event["messageId"] not in account.tokens:
            account.tokens.add(event["messageId"])
            account.keep(event["userId"], event["traits"])
    return json_reply({"success": True})


PLATFORM = Platform("api.segment.io", answer, 1_000, 1)
