"""Invented profiles, a ledger in memory, and platforms with state behind a fake network."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest

from enrich.contract import trial
from enrich.contract.people import SCHEMA, make_people, make_profiles
from enrich.contract.trial import NOW
from enrich.destinations import AUDIENCES, PROFILES, DestinationEntity
from enrich.push.summary import PushSummary
from enrich.simulator.platforms import Account
from enrich.warehouse import Pushes
from enrich.warehouse.trial import Ledger
from tests.destinations.records import AUDIENCE, Records

__all__ = ["NOW", "SCHEMA", "Ledger", "World", "make_people", "make_profiles"]


@dataclass
class FakeIcomm:
    """icomm with one profile. `faults` answers in place of the next calls."""

    contacts: dict[str, dict[str, str]] = field(default_factory=dict)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[httpx.Headers] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    poison: set[str] = field(default_factory=set)
    envelope_code: str | int = 1
    rows_dropped: int = 0
    faults: list[int | type[Exception]] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        fault = self.faults.pop(0) if self.faults else 200
        if fault != 200:
            return _fail(fault, request)
        if not request.headers.get("authorization", "").startswith("secret-of-"):
            return httpx.Response(401, json={"code": "401", "message": "unauthorized"})
        body = json.loads(request.content)
        self.headers.append(request.headers)
        if request.url.path == "/Contacts/ListFull.Json/":
            return httpx.Response(200, json={"ListContactsFullJsonResult": []})
        if request.url.path == "/Contacts/RemoveContact.Json/":
            was_there = self.contacts.pop(body["Contact"]["Email"], None) is not None
            answer = {"StatusCode": 2 if was_there else 101}
            return httpx.Response(200, json={"RemoveContactJsonResult": answer})
        assert request.url.path == "/Contacts/SaveMultiContact.Json/"
        self.bodies.append(body)
        return self._save(body["ContactList"])

    def _save(self, contacts: Sequence[Mapping[str, Any]]) -> httpx.Response:
        if any(contact["Email"] in self.poison for contact in contacts):
            return httpx.Response(400, json={"code": "400", "message": "bad request"})
        if self.envelope_code not in (1, "1"):
            answer = {"StatusCode": self.envelope_code, "Responses": []}
            return httpx.Response(200, json={"SaveMultiContactJsonResult": answer})
        rows = [self._save_one(contact) for contact in contacts]
        answer = {"StatusCode": self.envelope_code, "Responses": rows[self.rows_dropped :]}
        return httpx.Response(200, json={"SaveMultiContactJsonResult": answer})

    def _save_one(self, contact: Mapping[str, Any]) -> dict[str, Any]:
        if contact["Email"] in self.refused:
            return {"StatusCode": 7, "Message": f"bad {contact['Email']}"}
        kept = self.contacts.setdefault(contact["Email"], {})
        kept.update({item["Key"]: item["Value"] for item in contact["CustomFields"]})
        return {"StatusCode": "1"}


@dataclass
class FakeReceiver:
    """A webhook's other end: keeps profiles, remembers idempotency keys, may refuse."""

    profiles: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: list[httpx.Request] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    repeats: int = 0
    poison: set[str] = field(default_factory=set)
    max_bytes: int = 10_000_000
    faults: list[int | type[Exception]] = field(default_factory=list)
    lost_replies: int = 0
    answer: Callable[[list[str]], Any] = lambda ids: None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        fault = self.faults.pop(0) if self.faults else 200
        if fault != 200:
            return _fail(fault, request)
        if request.method == "OPTIONS":
            return httpx.Response(204)
        self.requests.append(request)
        if len(request.content) > self.max_bytes:
            return httpx.Response(413)
        records = json.loads(request.content)["records"]
        ids = [record["id"] for record in records]
        if self.poison & set(ids):
            return httpx.Response(422, text="no")
        self._keep(request.headers["idempotency-key"], records)
        if self.lost_replies:
            self.lost_replies -= 1
            raise httpx.ReadTimeout("lost", request=request)
        body = self.answer(ids)
        return httpx.Response(200, json=body) if body else httpx.Response(204)

    def _keep(self, key: str, records: Sequence[Mapping[str, Any]]) -> None:
        if key in self.keys:
            self.repeats += 1
            return
        self.keys.add(key)
        for record in records:
            self.profiles.setdefault(record["id"], {}).update(record["fields"])


def _fail(fault: int | type[Exception], request: httpx.Request) -> httpx.Response:
    if isinstance(fault, int):
        return httpx.Response(fault, headers={"retry-after": "1"} if fault == 429 else {})
    raise fault("no", request=request)  # type: ignore[call-arg]


@dataclass
class World(trial.World):
    """The same with icomm and a receiver of webhooks beside the platforms of the simulator."""

    icomm: FakeIcomm = field(default_factory=FakeIcomm)
    receiver: FakeReceiver = field(default_factory=FakeReceiver)

    def open(self, kind: str, of: str = PROFILES, **options: Any) -> DestinationEntity:
        """One entity of a platform, after somebody made there what its page asks for."""
        there = super().open(kind, of, **options)
        if "coupon_set_id" in options:
            made = {"id": options["coupon_set_id"], "type": "multiple"}
            self.account(kind).table("coupon_sets")[made["id"]] = made
        if of == AUDIENCES:
            make_room(self.account(kind), kind)
        if "catalog" in options:
            self.account(kind).table("catalogs")[options["catalog"]] = {}
        return there

    def push_records(
        self,
        destination: DestinationEntity,
        records: Records,
        ledger: Pushes | None = None,
        **options: Any,
    ) -> PushSummary:
        """Push purchases, products, coupons or carts, with a ledger of their own."""
        planner = records.planner(destination)
        return self.push_planned(destination, planner, records.entity, ledger, **options)

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == "api.icommarketing.com":
            return self.icomm(request)
        found = self.name_of(request)
        return self.receiver(request) if found is None else self.simulated(found, request)


def make_room(account: Account, kind: str) -> None:
    """A list, a field, and the contacts, as somebody made them before the first push."""
    account.tables.setdefault("lists", {"7": AUDIENCE})
    if account.known_fields is not None:
        account.known_fields.add(AUDIENCE)
    for number in range(1, 201):
        account.contacts.setdefault(known_as(kind, f"person{number:04}@example.com"), {})


def known_as(kind: str, email: str) -> str:
    """The key of a contact in the stand-in."""
    digest = hashlib.md5(email.encode(), usedforsecurity=False).hexdigest()
    return digest if kind == "mailchimp" else email


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture
def people() -> Callable[..., pl.DataFrame]:
    return make_people


@pytest.fixture
def profiles_of() -> Callable[..., pl.DataFrame]:
    return make_profiles
