"""A stand-in for Segment: it takes everything with a 200 and drops a message it had before.

The rules are those of twilio.com/docs/segment: HTTP API source, Regional Segment.
"""

from __future__ import annotations

import json

from enrich.simulator.http import Reply, Request, json_reply
from enrich.simulator.platforms.account import Account, Platform

MAX_EVENTS, MAX_BYTES, MAX_EVENT_BYTES, MAX_ID = 2_500, 500_000, 32_000, 100


def answer(account: Account, request: Request) -> Reply:
    """The reply to one call; the key is not judged here, as with the real one."""
    events = request.json()["batch"]
    sizes = [len(json.dumps(event, ensure_ascii=False).encode()) for event in events]
    if len(request.body) > MAX_BYTES or any(size > MAX_EVENT_BYTES for size in sizes):
        return json_reply({"success": False}, 400)
    is_taken = len(events) <= MAX_EVENTS and not PLATFORM.is_elsewhere(account, request)
    for event in events if is_taken else []:  # the others go without a word
        if len(event["messageId"]) < MAX_ID and event["messageId"] not in account.tokens:
            account.tokens.add(event["messageId"])
            account.keep(event["userId"], event["traits"])
    return json_reply({"success": True})


def _throttled(wait: float) -> Reply:
    seconds = str(max(1, round(wait)))
    return json_reply({}, 429, {"retry-after": seconds, "x-ratelimit-reset": seconds})


PLATFORM = Platform(
    "api.segment.io", answer, 1_000, 1, _throttled, eu_host="events.eu1.segmentapis.com"
)
