"""Audiences at ad platforms: hashes by each vendor's rule, limits, consent, no trace of a hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from enrich.audiences.audience import Audience
from enrich.destinations import REGISTRY, NamedAudience, open_entity
from enrich.destinations.ads import AdMembers
from enrich.errors import BadSettings
from enrich.simulator.http import Request
from enrich.simulator.platforms import PLATFORMS, Account, serve
from tests.audiences.test_push import Platform, ask, forget, keep, keep_profiles, platform
from tests.destinations.conftest import World

ADS = ("googleads", "meta", "vtexads")
TO_ADS = Audience("to_ads", "amount_lifetime >= 100", channel="ads")


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


# What somebody typed, and what each vendor takes for it: Google, Meta, VTEX Ads.
EMAILS = [
    ("ana@example.com", *["ana@example.com"] * 3),
    (" Ana.Lima+x@Example.com ", *["ana.lima+x@example.com"] * 3),
    ("an a@example.com", *["ana@example.com"] * 3),
    ("Cloudy.Sun+shop@gmail.com", "cloudysun@gmail.com", *["cloudy.sun+shop@gmail.com"] * 2),
    ("a.b@googlemail.com", "ab@googlemail.com", *["a.b@googlemail.com"] * 2),
    ("a.b@mail.gmail.com", *["a.b@mail.gmail.com"] * 3),
]
PHONES = [("+5511900000000", "+5511900000000", "5511900000000", "+5511900000000")]


@pytest.mark.parametrize(("kind", "place"), [("googleads", 1), ("meta", 2), ("vtexads", 3)])
def test_addresses_are_normalised_by_the_rule_of_each_vendor(
    kind: str, place: int, tmp_path: Path
) -> None:
    there = members(World(tmp_path), kind)
    for case in EMAILS:
        assert there.hashes(case[0], None) == {"email": digest(case[place]), "phone": None}
    for case in PHONES:
        assert there.hashes(None, case[0]) == {"email": None, "phone": digest(case[place])}


def members(world: World, kind: str, channel: str = "ads") -> AdMembers:
    tools = replace(world.tools(), audiences=(NamedAudience("to_ads", "42", channel),))
    there = open_entity("there", kind, REGISTRY[kind].example, tools)
    assert isinstance(there, AdMembers)
    return there


@pytest.mark.parametrize("kind", ADS)
def test_an_agreement_to_mails_is_none_to_ads(kind: str, tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match='channel = "ads" alone, not to_ads'):
        members(World(tmp_path), kind, channel="email")


@pytest.fixture(params=ADS)
def there(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Platform]:
    """Customers 1 to 4 of whom 1, 2 and 3 agreed to ads; they are there after a push."""
    with platform(tmp_path, request.param) as made:
        made.names = (NamedAudience("to_ads", "42", "ads"),)
        made.account.tables.clear()
        agreed = {"k1": True, "k2": True, "k3": True, "k5": True}  # k4 wants mails alone
        keep_profiles(made.warehouse, 0, ads=agreed, k1=120, k2=120, k3=120, k4=120, k5=20)
        keep(made.warehouse, TO_ADS)
        made.push()
        yield made


def keys_of(there: Platform, *names: str) -> set[str]:
    """What the stand-in knows these by."""
    if there.kind == "vtexads":
        return {f"id{name[1:]}" for name in names}
    return {digest(f"{name}@example.com") for name in names}


def test_only_who_agreed_to_ads_is_there_and_leaves_again(there: Platform, caplog: Any) -> None:
    assert there.account.members("42") == keys_of(there, "k1", "k2", "k3")
    assert there.push().batches == 0
    agreed = {"k1": True, "k2": True, "k3": False}
    keep_profiles(there.warehouse, 1, ads=agreed, k1=120, k2=20, k3=120)
    keep(there.warehouse, TO_ADS, days=1)
    there.push(days=1)
    assert there.account.members("42") == keys_of(there, "k1")
    assert there.push(days=1).batches == 0

    there.run("update customers set email = 'moved@example.com' where customer_key = 1")
    there.push(days=2)
    moved = {"id1"} if there.kind == "vtexads" else {digest("moved@example.com")}
    assert there.account.members("42") == moved
    forget(there, 1)
    assert there.account.members("42") == set()
    assert ask(there.warehouse, "select count(*) from push_records where record_id like '1:%'") == [
        (0,)
    ]
    assert_no_hash(there, caplog.text)


def assert_no_hash(there: Platform, logged: str) -> None:
    """No hash of anybody's address stands in the data folder, the warehouse or the log."""
    hashes = [digest(f"{name}@example.com") for name in ("k1", "k2", "k3", "moved")]
    tables = ask(there.warehouse, "select schema_name, table_name from duckdb_tables()")
    kept = [str(ask(there.warehouse, f'from "{schema}"."{name}"')) for schema, name in tables]
    files = [
        path.read_bytes().decode("latin-1")
        for path in there.world.data_dir.rglob("*")
        if path.is_file()
    ]
    for one in hashes:
        assert not [text for text in (logged, *kept, *files) if one in text]


KEYS = {
    "meta": {"authorization": "Bearer k"},
    "googleads": {"authorization": "Bearer t"},
    "vtexads": {"x-app-id": "a", "x-api-key": "k"},
}
HASH = digest("a@example.com")


def meta(rows: int, value: str = HASH) -> dict[str, Any]:
    payload = {"schema": ["EMAIL", "PHONE"], "data": [[value, ""]] * rows}
    return {"session": {"session_id": 1}, "payload": payload}


def google(people: int = 1, ids: int = 1, lists: int = 1, **more: Any) -> dict[str, Any]:
    person = {"userData": {"userIdentifiers": [{"emailAddress": HASH}] * ids}}
    return {
        "destinations": [{"productDestinationId": "42"}] * lists,
        "audienceMembers": [person] * people,
        "encoding": "HEX",
        "consent": {},
        **more,
    }


INGEST = "/v1/audienceMembers:ingest"
LIMITS: list[tuple[str, str, str, Any, int]] = [
    ("meta", "10,000 rows", "/v27.0/42/users", meta(10_001), 400),
    ("meta", "a version", "/42/42/users", meta(1), 404),
    ("meta", "a good request", "/v27.0/42/users", meta(10_000), 200),
    ("googleads", "10,000 members", INGEST, google(people=10_001), 400),
    ("googleads", "10 identifiers", INGEST, google(ids=11), 400),
    ("googleads", "10 lists", INGEST, google(lists=11), 400),
    ("googleads", "an encoding", INGEST, google(encoding="PLAIN"), 400),
    ("googleads", "a consent", INGEST, {k: v for k, v in google().items() if k != "consent"}, 400),
    ("googleads", "a good request", INGEST, google(people=10, ids=10, lists=10), 200),
    ("vtexads", "an upload that was asked for", "/upload", {}, 403),
]


@pytest.mark.parametrize(("kind", "rule", "path", "body", "status"), LIMITS)
def test_a_broken_limit_gets_what_the_vendor_documents(
    kind: str, rule: str, path: str, body: Any, status: int
) -> None:
    assert asked(kind, Account(tokens={"t"}), path, body).status == status, rule


def asked(kind: str, account: Account, path: str, body: Any, at: float = 0) -> Any:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return serve(PLATFORMS[kind], account, Request("POST", path, {}, KEYS[kind], content), at)


def test_google_takes_300_requests_a_minute() -> None:
    account = Account(tokens={"t"})
    statuses = [asked("googleads", account, INGEST, google()).status for _ in range(301)]
    assert (statuses[-1], statuses.count(429)) == (429, 1)


def test_meta_counts_what_is_no_hash_and_names_nobody() -> None:
    account = Account()
    reply = asked("meta", account, "/v27.0/42/users", meta(2, "a@example.com"))
    assert json.loads(reply.body)["num_invalid_entries"] == 2
    assert account.table("audiences") == {}


def test_an_address_of_vtex_ads_holds_for_a_quarter_of_an_hour() -> None:
    account, body = Account(), b'Policy publisher/audiences/1.parquet.snappy name="file"'
    asked("vtexads", account, "/audience/upload-url", {})
    request = Request("POST", "/upload", {}, {}, body)
    assert serve(PLATFORMS["vtexads"], account, request, 901).status == 403


def test_the_value_goes_with_who_joins_where_it_is_wanted(tmp_path: Path) -> None:
    with platform(tmp_path, "meta") as there:
        there.names = (NamedAudience("to_ads", "42", "ads"),)
        there.options = {"send_value": True}
        keep_profiles(there.warehouse, 0, ads={"k1": True}, k1=120)
        keep(there.warehouse, TO_ADS)
        there.push()
        kept = there.account.table("audiences").values()
        assert {one["value"] for one in kept} == {120.0}
