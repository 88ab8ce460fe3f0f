"""Every call of a platform is one that its vendor publishes: held.py says against what."""

from __future__ import annotations

from dataclasses import replace

import httpx
import polars as pl
import pytest
from pydantic import SecretStr

from enrich.client import Http
from enrich.destinations import REGISTRY
from enrich.destinations.base import Addressee
from enrich.destinations.kinds import AUDIENCES
from enrich.simulator.build import FULL_KEY
from enrich.sources.source import JobState
from enrich.sources.vtex import Vtex, VtexClient
from tests.destinations.conftest import make_people
from tests.destinations.held import (
    KINDS,
    PUBLISHED,
    HeldWorld,
    NotPublished,
    hold_answer,
    hold_request,
)
from tests.destinations.openapi import operations, problems, read_document
from tests.destinations.pages import held_table
from tests.destinations.records import make
from tests.destinations.test_contract import odd_profiles
from tests.destinations.test_docs import PAGES
from tests.destinations.test_push import with_value
from tests.jobs.test_write_back import pulled, shop

MORE = {
    "customerio": [{"clear_with": "null"}, {"clear_with": "empty"}],
    "brevo": [{"clear_with": "empty"}],
    "braze": [{"update_only": True}],
    "egoi": [{"clear_with": "empty"}],
    "klaviyo": [{"names": {"first_name": "first_name", "phone": "phone_number"}}],
}


__all__ = ["pulled", "shop"]  # fixtures


DOCUMENT = {
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
    found = problems(request, list(operations(DOCUMENT)))
    assert (found == []) if not said else said in found[0]
    assert "a@example.com" not in str(found)


@pytest.mark.parametrize("kind", KINDS)
def test_every_request_is_one_the_vendor_publishes(tmp_path, kind):
    """Refusals, jobs to their end, removals and erasure, beside what the contract does."""
    every_way(HeldWorld(tmp_path), kind)
    join_and_leave(HeldWorld(tmp_path), kind)


IMPORT = "https://a.klaviyo.com/api/profile-bulk-import-jobs"
JOB = {"data": {"type": "profile-bulk-import-job", "attributes": {"profiles": {"data": []}}}}


@pytest.mark.parametrize(
    ("method", "url", "body"),
    [
        ("POST", IMPORT.replace("bulk", "big"), JOB),
        ("PUT", IMPORT, JOB),
        ("POST", f"{IMPORT}?dry=1", JOB),
        ("POST", IMPORT, {"data": {**JOB["data"], "type": "profile"}}),
        ("POST", IMPORT, {"data": {**JOB["data"], "consent": "yes"}}),
        ("POST", IMPORT, {"data": {"type": JOB["data"]["type"]}}),
    ],
)
def test_what_was_never_held_against_the_vendors_document_is_found(method, url, body):
    headers = {"revision": "2026-10-15", "content-type": "application/vnd.api+json"}
    hold_request("klaviyo", httpx.Request("POST", IMPORT, headers=headers, json=JOB))
    with pytest.raises(NotPublished):
        hold_request("klaviyo", httpx.Request(method, url, headers=headers, json=body))


@pytest.mark.parametrize("kind", KINDS)
def test_the_part_we_speak_names_the_document_it_was_held_against(kind):
    info = read_document(PUBLISHED / f"{kind}.json")["info"]
    assert info["against"] and all(len(one["sha256"]) == 64 for one in info["against"])
    assert held_table() in (PAGES / "README.md").read_text(encoding="utf-8")


class HeldTransport(httpx.HTTPTransport):
    """What is asked of a simulated shop, whose address has a folder of its own."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        path = request.url.raw_path.decode().removeprefix("/vtex")
        url = request.url.copy_with(raw_path=path.encode())
        asked = httpx.Request(request.method, url, headers=request.headers, content=request.content)
        # What a shop added to its customers stands in no published document.
        hold_request("masterdata", asked, but="unknown keys ['rfm")
        response = super().handle_request(request)
        if "/user-rights/" not in path:
            return response
        headers = {"content-type": "application/json"}
        answer = httpx.Response(response.status_code, headers=headers, content=response.read())
        hold_answer("masterdata", asked, answer)
        return answer


def test_what_is_written_back_to_customers_is_published_too(shop):
    """Master Data v1, asked through the simulated shop."""
    with Http(transport=HeldTransport(), sleep=lambda seconds: None) as http:
        recorded = replace(shop, http=http)
        assert recorded.crm(clear_with="null").check() == []
        assert recorded.push(clear_with="null").accepted > 20


def test_vtex_own_erasure_is_published_too(shop):
    secrets = (SecretStr(FULL_KEY.app_key), SecretStr(FULL_KEY.app_token))
    with Http(transport=HeldTransport(), sleep=lambda seconds: None) as http:
        client = VtexClient(f"{shop.there.address}/vtex", *secrets, http)
        erasure = Vtex(client, erases=True).erasure
        assert erasure.state(erasure.file("nobody@example.com")) is JobState.IN_PROGRESS


def every_way(world, kind: str) -> None:
    """Check, new, changed and cleared records, refusals, jobs to their end, removals, erasure."""
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


def join_and_leave(world, kind: str) -> None:
    """Members of an audience, one of whom leaves, where the platform takes audiences."""
    if AUDIENCES not in {one.name for one in REGISTRY[kind].entities()}:
        return
    there = world.open(kind, AUDIENCES, **REGISTRY[kind].example, stop_row_change=9)
    members = make(AUDIENCES, 4)
    for records in (members, members.ended(2)):
        done = world.push_records(there, records)
        assert done.fault is None
