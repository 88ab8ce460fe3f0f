"""Calls the made-up world makes to others: Master Data triggers, the orders hook, webhooks.

They leave after the reply to the request that caused them, as in real life; a test that reaches
into the simulator lets them go with `deliver`.
"""

from __future__ import annotations

import json
import ssl
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import httpx

PATIENCE_SECONDS = 5.0  # VTEX waits no longer for the answer of a hook
MAX_TRIES = 5


@dataclass(slots=True)
class Outgoing:
    """One call; `tries` is how often it is made before it is given up."""

    name: str
    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None
    tries: int = 1


@dataclass(slots=True)
class Outbox:
    """What is still to be called, and what came of the calls so far, by name and status."""

    waiting: list[Outgoing] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)

    def post(self, call: Outgoing) -> None:
        self.waiting.append(call)

    def deliver(self) -> None:
        """Make every call that waits; one that fails waits on, as often as its tries allow."""
        calls, self.waiting = self.waiting, []
        if not calls:
            return
        with httpx.Client(timeout=PATIENCE_SECONDS, trust_env=False, verify=_trust()) as client:
            for call in calls:
                self._call(client, call)

    def _call(self, client: httpx.Client, call: Outgoing) -> None:
        status = _status_of(client, call)
        self.statuses[f"{call.name} {status}"] += 1
        call.tries -= 1
        if status != "200" and call.tries > 0:
            self.waiting.append(call)


def json_call(name: str, url: str, headers: Mapping[str, str], body: Any, tries: int) -> Outgoing:
    """A POST of JSON."""
    content = json.dumps(body).encode()
    return Outgoing(
        name, "POST", url, {"content-type": "application/json", **headers}, content, tries
    )


@cache
def _trust() -> ssl.SSLContext:
    """One for all: to make one reads every certificate of the machine."""
    return ssl.create_default_context()


def _status_of(client: httpx.Client, call: Outgoing) -> str:
    try:
        answer = client.request(
            call.method, call.url, headers=dict(call.headers), content=call.content
        )
    except httpx.HTTPError as error:
        return type(error).__name__
    return str(answer.status_code)
