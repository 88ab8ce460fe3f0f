"""Every request of a platform against the vendor's published OpenAPI, where it is at hand.

PLATFORM_SCHEMAS=FOLDER python -m pytest tests/destinations/test_schemas.py -rP

The folder holds files named after the kind: klaviyo.json, hubspot-contacts.json, hubspot-
properties.json, brevo.yml ...; docs/platforms/README.md says where each one is published.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import httpx
import polars as pl
import pytest

from enrich.client import Http
from enrich.destinations import REGISTRY
from enrich.destinations.base import Addressee
from tests.destinations.conftest import make_people
from tests.destinations.openapi import (
    Operation,
    answer_problems,
    operations,
    problems,
    read_document,
)
from tests.destinations.test_contract import odd_profiles
from tests.destinations.test_push import with_value
from tests.jobs.test_write_back import pulled, shop

FOLDER = os.environ.get("PLATFORM_SCHEMAS")
KINDS = ("klaviyo", "hubspot", "brevo", "mailchimp", "braze", "customerio", "egoi", "masterdata")
MORE = {
    "customerio": [{"clear_with": "null"}, {"clear_with": "empty"}],
    "brevo": [{"clear_with": "empty"}],
    "braze": [{"update_only": True}],
    "egoi": [{"clear_with": "empty"}],
    "klaviyo": [{"names": {"first_name": "first_name", "phone": "phone_number"}}],
}


__all__ = ["pulled", "shop"]  # fixtures


PUBLISHED = {
    "openapi": "3.0.0",
    "servers": [{"url": "https://api.example.com/v3"}],
    "paths": {
        "/people/{id}": {
            "patch": {
                "parameters": [
                    {"name": "dry", "in": "query"},
                    {"name": "x-version", "in": "header", "required": True},
                ],
                "requestBody": {
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Person"}}
                    }
                },
            },
            "get": {},
        }
    },
    "components": {
        "schemas": {
            "Person": {
                "type": "object",
                "required": ["email"],
                "properties": {
                    "email": {"type": "string"},
                    "age": {"type": "integer", "nullable": True},
                    "free": {"type": "object", "additionalProperties": True},
                },
            }
        }
    },
}
GOOD = {"email": "a@example.com", "age": None, "free": {"any": 1}}


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "said"),
    [
        ("PATCH", "/v3/people/7", {"x-version": "1"}, GOOD, ""),
        ("GET", "/v3/people/7", {}, None, ""),
        ("GET", "/v3/persons/7", {}, None, "no such operation"),
        ("DELETE", "/v3/people/7", {}, None, "no such operation"),
        ("PATCH", "/v3/people/7", {}, GOOD, "header x-version is missing"),
        ("PATCH", "/v3/people/7?wet=1", {"x-version": "1"}, GOOD, "unknown parameters ['wet']"),
        ("PATCH", "/v3/people/7", {"x-version": "1"}, {"age": 1}, "missing ['email']"),
        ("PATCH", "/v3/people/7", {"x-version": "1"}, {**GOOD, "nick": 1}, "unknown keys ['nick']"),
        ("PATCH", "/v3/people/7", {"x-version": "1"}, {**GOOD, "age": "old"}, "breaks type"),
        ("GET", "/v3/people/7?fields=age", {}, None, "unknown parameters ['fields']"),
    ],
)
def test_the_check_itself_finds_what_is_not_published(method, path, headers, body, said):
    url = f"https://api.example.com{path}"
    request = httpx.Request(method, url, headers=headers, json=body)
    found = problems(request, list(operations(PUBLISHED)))
    assert (found == []) if not said else said in found[0]
    assert "a@example.com" not in str(found)


class Recording(httpx.BaseTransport):
    """Hands every request on, and keeps it with its answer."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner
        self.requests: list[httpx.Request] = []
        self.responses: list[httpx.Response] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        response = self._inner.handle_request(request)
        response.request = request
        self.responses.append(response)
        return response

    def close(self) -> None:
        self._inner.close()


@pytest.mark.skipif(FOLDER is None, reason="PLATFORM_SCHEMAS names no folder")
@pytest.mark.parametrize("kind", KINDS)
def test_every_request_is_one_the_vendor_publishes(world, kind):
    known = published(kind)
    if not known:
        pytest.skip(f"no schema of {kind} in the folder")
    recorded = recording_of(world, kind)
    sent = recorded.requests
    found = sorted({line for request in sent for line in problems(request, known)})
    asked = sorted({f"{request.method} {request.url.host}" for request in sent})
    line = f"{kind}: {len(sent)} requests against {len(known)} operations; {', '.join(asked)}"
    sys.stdout.write(f"{line}\n")
    assert found == []
    invented = {line for one in recorded.responses for line in answer_problems(one, known)}
    assert sorted(invented) == [], "\n".join(sorted(invented))


@pytest.mark.skipif(FOLDER is None, reason="PLATFORM_SCHEMAS names no folder")
def test_what_is_written_back_to_customers_is_published_too(shop):
    """Master Data v1, asked through the simulated shop; its address has a folder of its own."""
    known = published("masterdata")
    if not known:
        pytest.skip("no schema of masterdata in the folder")
    recording = Recording(httpx.HTTPTransport())
    with Http(transport=recording, sleep=lambda seconds: None) as http:
        recorded = replace(shop, http=http)
        assert recorded.crm(clear_with="null").check() == []
        assert recorded.push(clear_with="null").accepted > 20
    sent = [_without_folder(request, "/vtex") for request in recording.requests]
    found = sorted({line for request in sent for line in problems(request, known)})
    methods = sorted({request.method for request in sent})
    sys.stdout.write(f"masterdata CL: {len(sent)} requests, {', '.join(methods)}\n")
    # What a shop added to its customers stands in no published document.
    assert [line for line in found if "unknown keys ['rfm" not in line] == []


def _without_folder(request: httpx.Request, folder: str) -> httpx.Request:
    path = request.url.raw_path.decode().removeprefix(folder)
    url = request.url.copy_with(raw_path=path.encode())
    return httpx.Request(request.method, url, headers=request.headers, content=request.content)


def published(kind: str) -> list[Operation]:
    """The operations of every file of the folder that is named after the kind."""
    paths = sorted(Path(FOLDER or "").glob(f"{kind}*.*"))
    return [one for path in paths for one in operations(read_document(path))]


def recording_of(world, kind: str) -> Recording:
    """Check, new, changed and cleared records, refusals, jobs to their end, removals, erasure."""
    recording = Recording(world.transport())
    world.http = Http(transport=recording, sleep=world._wait, monotonic=lambda: world.seconds)
    for more in ({}, *MORE.get(kind, [])):
        world.ledger.forget("push_records")
        there = world.open(kind, **REGISTRY[kind].example, **more, stop_failed_share=1)
        there.check()
        keys = pl.int_range(101, 125)
        world.push(there, odd_profiles(24).with_columns(customer_key=keys))
        world.account(kind).refused = {"person0003@example.com"}
        people = make_people(9, rfm_30d="545", orders_30d=3, amount_30d="12.30")
        world.push(there, people)
        world.push(there, with_value(people, 1, rfm_30d=None))
        there.erase([Addressee("1", "person0001@example.com")])
    more = MORE.get(kind, [{}])[-1]  # some clear only when they are told how
    for removals in REGISTRY[kind].removals:
        options = {**REGISTRY[kind].example, **more, "removals": removals}
        there = world.open(kind, **options, stop_row_change=9)
        world.push(there, make_people(4))
        world.push(there, make_people(2))
    return recording
