"""Every request of a platform against the vendor's published OpenAPI, where it is at hand.

PLATFORM_SCHEMAS=FOLDER python -m pytest tests/destinations/test_schemas.py -rP

The folder holds files named after the kind: klaviyo.json, hubspot-contacts.json, hubspot-
properties.json, brevo.yml ...; docs/platforms/README.md says where each one is published.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import httpx
import polars as pl
import pytest

from enrich.client import Http
from enrich.destinations import REGISTRY
from enrich.destinations.base import Addressee
from tests.destinations.conftest import make_people
from tests.destinations.openapi import Operation, operations, problems, read_document
from tests.destinations.test_contract import odd_profiles
from tests.destinations.test_push import with_value

FOLDER = os.environ.get("PLATFORM_SCHEMAS")
KINDS = ("klaviyo", "hubspot", "brevo", "mailchimp", "braze", "customerio", "masterdata")
MORE = {
    "customerio": [{"clear_with": "null"}, {"clear_with": "empty"}],
    "brevo": [{"clear_with": "empty"}],
    "braze": [{"update_only": True}],
    "klaviyo": [{"names": {"first_name": "first_name", "phone": "phone_number"}}],
}


class Recording(httpx.BaseTransport):
    """Hands every request on, and keeps it."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner
        self.requests: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        return self._inner.handle_request(request)


@pytest.mark.skipif(FOLDER is None, reason="PLATFORM_SCHEMAS names no folder")
@pytest.mark.parametrize("kind", KINDS)
def test_every_request_is_one_the_vendor_publishes(world, kind):
    known = published(kind)
    if not known:
        pytest.skip(f"no schema of {kind} in the folder")
    sent = requests_of(world, kind)
    found = sorted({line for request in sent for line in problems(request, known)})
    asked = sorted({f"{request.method} {request.url.host}" for request in sent})
    line = f"{kind}: {len(sent)} requests against {len(known)} operations; {', '.join(asked)}"
    sys.stdout.write(f"{line}\n")
    assert found == []


def published(kind: str) -> list[Operation]:
    """The operations of every file of the folder that is named after the kind."""
    paths = sorted(Path(FOLDER or "").glob(f"{kind}*.*"))
    return [one for path in paths for one in operations(read_document(path))]


def requests_of(world, kind: str) -> list[httpx.Request]:
    """Check, new, changed and cleared records, refusals, jobs to their end, removals, erasure."""
    recording = Recording(world.transport())
    world.http = Http(transport=recording, sleep=world._wait, monotonic=lambda: world.seconds)
    for more in ({}, *MORE.get(kind, [])):
        world.ledger.records.clear()
        there = world.open(kind, **REGISTRY[kind].example, **more, stop_failed_share=1)
        there.check()
        keys = pl.int_range(101, 125)
        world.push(there, odd_profiles(24).with_columns(customer_key=keys))
        world.account(kind).refused = {"person0003@example.com"}
        people = make_people(9, rfm_30d="545", orders_30d=3, amount_30d="12.30")
        world.push(there, people)
        world.push(there, with_value(people, 1, rfm_30d=None))
        there.erase([Addressee("1", "person0001@example.com")])
    for removals in REGISTRY[kind].capabilities.removals:
        there = world.open(kind, **REGISTRY[kind].example, removals=removals, stop_row_change=9)
        world.push(there, make_people(4))
        world.push(there, make_people(2))
    return recording.requests
