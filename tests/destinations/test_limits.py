"""Each documented limit of a vendor is a rule of its stand-in, and each is broken here once.

The rules and their pages are named in the stand-ins (`enrich/simulator/platforms`).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from enrich.destinations import REGISTRY
from enrich.simulator.http import Request
from enrich.simulator.platforms import PLATFORMS, Account, mailchimp, serve

KEYS = {
    "klaviyo": {"authorization": "Klaviyo-API-Key k", "revision": "2026-10-15"},
    "hubspot": {"authorization": "Bearer k"},
    "brevo": {"api-key": "k"},
    "segment": {"authorization": "Basic k", "host": "api.segment.io"},
    "mailchimp": {"authorization": "Basic k"},
    "braze": {"authorization": "Bearer k"},
    "customerio": {"authorization": "Basic k", "host": "track.customer.io"},
    "rdstation": {"authorization": "Bearer k"},
    "meta": {"authorization": "Bearer k"},
    "googleads": {"authorization": "Bearer k"},
    "synerise": {"authorization": "Basic k"},
    "connectif": {"authorization": "apiKey k"},
}
ADDRESS = "person0001@example.com"


@dataclass(frozen=True)
class Case:
    """One request of a kind, what is there before, and the status that the rule asks for."""

    kind: str
    rule: str
    status: int
    method: str
    path: str
    body: Any = None
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] | None = None
    before: Callable[[Account], object] = lambda account: None
    kept: dict[str, Any] | None = None  # what the account holds afterwards, where it matters

    def request(self) -> Request:
        body = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        headers = {**KEYS[self.kind], **(self.headers or {})} if self.headers != {} else {}
        return Request(self.method, self.path, self.query, headers, body)


def known(**contacts: dict[str, Any]) -> Callable[[Account], object]:
    """The account holds these contacts."""
    return lambda account: account.contacts.update(contacts or {ADDRESS: {"a": "1"}})


IMPORT, PROFILES = "/api/profile-bulk-import-jobs", "/api/profiles"


def klaviyo(*profiles: dict[str, Any], kind: str = "profile-bulk-import-job") -> dict[str, Any]:
    return {"data": {"type": kind, "attributes": {"profiles": {"data": list(profiles)}}}}


def profile(email: str = ADDRESS, unset: tuple[str, ...] = (), **values: Any) -> dict[str, Any]:
    meta = {"meta": {"patch_properties": {"unset": list(unset)}}} if unset else {}
    return {"type": "profile", "attributes": {"email": email, "properties": values}, **meta}


BATCH, ONE = "/crm/objects/2026-09/contacts/batch/upsert", "/crm/objects/2026-09/contacts/"


def hubspot(*people: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        "inputs": [
            {
                "id": email,
                "idProperty": "email",
                "objectWriteTraceId": str(at),
                "properties": values,
            }
            for at, (email, values) in enumerate(people)
        ]
    }


def brevo(lists: tuple[int, ...] = (7,), **attributes: Any) -> dict[str, Any]:
    person = {"email": ADDRESS, "attributes": attributes}
    return {"listIds": list(lists), "updateExistingContacts": True, "jsonBody": [person]}


def segment(*events: dict[str, Any]) -> dict[str, Any]:
    return {"batch": list(events)}


def event(message_id: str = "m1", size: int = 0) -> dict[str, Any]:
    return {"userId": ADDRESS, "messageId": message_id, "traits": {"a": "x" * size}}


MEMBER = "/lists/a1/members/d1"


def operation(body: Any, path: str = MEMBER) -> dict[str, Any]:
    return {"method": "PATCH", "path": path, "operation_id": "1", "body": body}


def braze(count: int) -> dict[str, Any]:
    return {"attributes": [{"email": ADDRESS, "a": "1"}] * count}


def customerio(**attributes: Any) -> dict[str, Any]:
    person = {"type": "person", "action": "identify", "identifiers": {"email": ADDRESS}}
    return {"batch": [{**person, "attributes": attributes}]}


USERS, HASHED = "/v27.0/1/users", "a" * 64


def meta(*rows: list[str], schema: tuple[str, ...] = ("EMAIL", "PHONE")) -> dict[str, Any]:
    return {"payload": {"schema": list(schema), "data": list(rows)}, "session": {"session_id": 1}}


INGEST = "/v1/audienceMembers:ingest"


def google(members: int = 1, identifiers: int = 1, places: int = 1, **other: Any) -> dict[str, Any]:
    person = {"userData": {"userIdentifiers": [{"emailAddress": HASHED}] * identifiers}}
    return {
        "destinations": [{"productDestinationId": "1"}] * places,
        "audienceMembers": [person] * members,
        "encoding": "HEX",
        "consent": {"adUserData": "CONSENT_GRANTED"},
    } | other


PEOPLE, BOUGHT = "/v4/clients/batch", "/v4/transactions/batch"
EXPORT = {"exportType": "contacts", "delimiter": ","}


def with_token(account: Account) -> None:
    account.tokens.add("k")


CASES = [
    Case("klaviyo", "a key", 401, "POST", IMPORT, klaviyo(profile()), headers={}),
    Case(
        "klaviyo", "a revision", 400, "POST", IMPORT, klaviyo(profile()), headers={"revision": ""}
    ),
    Case("klaviyo", "a job of its type", 400, "POST", IMPORT, klaviyo(profile(), kind="profile")),
    Case("klaviyo", "10,000 profiles", 413, "POST", IMPORT, klaviyo(*[profile()] * 10_001)),
    Case("klaviyo", "5 MB", 413, "POST", IMPORT, klaviyo(*[profile(a="x" * 99_000)] * 51)),
    Case("klaviyo", "100 KB a profile", 400, "POST", IMPORT, klaviyo(profile(a="x" * 100_000))),
    Case(
        *("klaviyo", "a null changes nothing", 202, "POST", IMPORT, klaviyo(profile(a=None))),
        **{"before": known(), "kept": {ADDRESS: {"a": "1"}}},
    ),
    Case(
        *("klaviyo", "unset takes away", 202, "POST", IMPORT, klaviyo(profile(unset=("a",)))),
        **{"before": known(), "kept": {ADDRESS: {}}},
    ),
    Case(
        *("klaviyo", "an address once", 409, "PATCH", f"{PROFILES}/1"),
        {"data": {"id": "1", "attributes": {"email": "b@example.com"}}},
        before=known(**{"a@example.com": {}, "b@example.com": {}}),
    ),
    Case("klaviyo", "a job there is", 404, "GET", f"{IMPORT}/none"),
    Case("hubspot", "a service key", 401, "POST", BATCH, hubspot((ADDRESS, {})), headers={}),
    Case(
        "hubspot", "a dated path", 404, "POST", "/crm/v3/objects/contacts/batch/upsert", hubspot()
    ),
    Case(
        *("hubspot", "100 inputs", 400, "POST", BATCH),
        hubspot(*[(f"p{at}@example.com", {}) for at in range(101)]),
    ),
    Case("hubspot", "each once", 400, "POST", BATCH, hubspot(*[(ADDRESS, {})] * 2)),
    Case("hubspot", "values are texts", 400, "POST", BATCH, hubspot((ADDRESS, {"a": 1}))),
    Case(
        *("hubspot", "known properties", 400, "POST", BATCH, hubspot((ADDRESS, {"b": "1"}))),
        before=lambda account: setattr(account, "known_fields", {"a"}),
    ),
    Case(
        *(
            "hubspot",
            "what a new contact needs",
            400,
            "POST",
            BATCH,
            hubspot((ADDRESS, {"a": "1"})),
        ),
        before=lambda account: account.required.update(lastname=""),
    ),
    Case(
        *(
            "hubspot",
            "not of one that is there",
            200,
            "POST",
            BATCH,
            hubspot((ADDRESS, {"a": "2"})),
        ),
        before=lambda account: (account.required.update(lastname=""), known()(account)),
        kept={ADDRESS: {"a": "2"}},
    ),
    Case(
        *("hubspot", "what a value asks for", 400, "POST", BATCH, hubspot((ADDRESS, {"a": "2"}))),
        before=lambda account: (account.required.update(state="a"), known()(account)),
        kept={ADDRESS: {"a": "1"}},
    ),
    Case(
        *("hubspot", "an address once", 409, "PATCH", f"{ONE}a%40example.com"),
        {"properties": {"email": "b@example.com"}},
        {"idProperty": "email"},
        before=known(**{"a@example.com": {}, "b@example.com": {}}),
    ),
    Case("hubspot", "a number there is", 404, "POST", f"{ONE}gdpr-delete", {"objectId": "9"}),
    Case("hubspot", "a contact there is", 404, "PATCH", f"{ONE}1", {"properties": {}}),
    Case("brevo", "a key", 401, "POST", "/v3/contacts/import", brevo(), headers={}),
    Case("brevo", "10 MB", 413, "POST", "/v3/contacts/import", brevo(A="x" * 10_000_000)),
    Case("brevo", "a list", 400, "POST", "/v3/contacts/import", brevo(lists=())),
    Case(
        *("brevo", "known attributes", 202, "POST", "/v3/contacts/import", brevo(A="1", B="2")),
        before=lambda account: setattr(account, "known_fields", {"A"}),
        kept={ADDRESS: {"A": "1"}},
    ),
    Case(
        *("brevo", "an empty one stays", 202, "POST", "/v3/contacts/import", brevo(a="")),
        **{"before": known(), "kept": {ADDRESS: {"a": "1"}}},
    ),
    Case(
        *("brevo", "an address once", 400, "PUT", "/v3/contacts/a%40example.com"),
        {"attributes": {"EMAIL": "b@example.com"}},
        before=known(**{"a@example.com": {}, "b@example.com": {}}),
    ),
    Case("brevo", "a contact there is", 404, "DELETE", "/v3/contacts/b%40example.com"),
    Case("brevo", "a process there is", 404, "GET", "/v3/processes/9"),
    Case(
        "segment", "32 KB an event", 400, "POST", "/v1/batch", segment(event(size=32_000)), kept={}
    ),
    Case(
        *("segment", "500 KB", 400, "POST", "/v1/batch"),
        segment(*[event(f"m{at}", 31_000) for at in range(17)]),
        kept={},
    ),
    Case(
        *("segment", "2,500 events", 200, "POST", "/v1/batch"),
        segment(*[event(f"m{at}") for at in range(2_501)]),
        kept={},
    ),
    Case("segment", "99 letters", 200, "POST", "/v1/batch", segment(event("m" * 100)), kept={}),
    Case(
        *("segment", "a message once", 200, "POST", "/v1/batch", segment(event("m1", 9))),
        before=lambda account: account.tokens.add("m1"),
        kept={},
    ),
    Case(
        *("segment", "the account's region", 200, "POST", "/v1/batch", segment(event())),
        headers={"host": "events.eu1.segmentapis.com"},
        kept={},
    ),
    Case("mailchimp", "a key", 401, "PATCH", f"/3.0{MEMBER}", {"merge_fields": {}}, headers={}),
    Case("mailchimp", "no status", 400, "PATCH", f"/3.0{MEMBER}", {"status": "subscribed"}),
    Case(
        *("mailchimp", "a member", 404, "PATCH", f"/3.0{MEMBER}", {"merge_fields": {}}),
        before=lambda account: account.refused.add("d1"),
    ),
    Case("mailchimp", "who can go", 404, "POST", f"/3.0{MEMBER}/actions/delete-permanent"),
    Case(
        *("mailchimp", "known tags", 400, "PATCH", f"/3.0{MEMBER}", {"merge_fields": {"B": "1"}}),
        before=lambda account: setattr(account, "known_fields", {"A"}),
    ),
    Case(
        *("mailchimp", "500 batches wait", 429, "POST", "/3.0/batches", {"operations": []}),
        before=lambda account: [account.new_job() for _ in range(500)],
    ),
    Case(
        *("mailchimp", "bodies are texts", 400, "POST", "/3.0/batches"),
        {"operations": [operation({"merge_fields": {}})]},
    ),
    Case(
        *("mailchimp", "relative paths", 400, "POST", "/3.0/batches"),
        {"operations": [operation("{}", "https://us1.api.mailchimp.com/3.0/ping")]},
    ),
    Case(
        *("mailchimp", "no status in a batch", 200, "POST", "/3.0/batches"),
        {"operations": [operation('{"status": "subscribed"}')]},
        kept={},
    ),
    Case(
        *("mailchimp", "an archive without a key", 400, "GET", "/batch-results/job-1.tar.gz"),
        before=lambda account: account.new_job(results=[]),
    ),
    Case(
        *(
            "mailchimp",
            "a throttle without a body",
            403,
            "POST",
            "/3.0/batches",
            {"operations": []},
        ),
        before=lambda account: account.tokens.add(mailchimp.THROTTLED),
    ),
    Case("braze", "a key", 401, "POST", "/users/track", braze(1), headers={}),
    Case("braze", "75 users", 400, "POST", "/users/track", braze(76)),
    Case("customerio", "a key", 401, "POST", "/api/v2/batch", customerio(), headers={}),
    Case("customerio", "500 KB", 413, "POST", "/api/v2/batch", customerio(a="x" * 500_000)),
    Case(
        *("customerio", "300 attributes", 207, "POST", "/api/v2/batch"),
        customerio(**{f"a{no}": 1 for no in range(301)}),
        kept={},
    ),
    Case(
        *("customerio", "150 bytes a name", 207, "POST", "/api/v2/batch"),
        customerio(**{"x" * 151: 1}),
        kept={},
    ),
    Case("rdstation", "a token", 401, "PATCH", f"/platform/contacts/email:{ADDRESS}", {}),
    Case(
        *("rdstation", "known fields", 400, "PATCH", f"/platform/contacts/email:{ADDRESS}"),
        {"cf_b": "1"},
        before=lambda account: (with_token(account), setattr(account, "known_fields", {"cf_a"})),
    ),
    Case(
        *("rdstation", "24 updates a day", 429, "PATCH", f"/platform/contacts/email:{ADDRESS}"),
        {},
        before=lambda account: (with_token(account), account.times.update({ADDRESS: 24})),
    ),
    Case("meta", "a token", 401, "POST", USERS, meta([HASHED, ""]), headers={}),
    Case("meta", "a version", 404, "POST", "/latest/1/users", meta([HASHED, ""])),
    Case("meta", "10,000 rows", 400, "POST", USERS, meta(*[[HASHED, ""]] * 10_001)),
    Case("meta", "its keys", 400, "POST", USERS, meta([HASHED], schema=("NAME",))),
    Case("googleads", "a token", 401, "POST", INGEST, google()),
    *(
        Case("googleads", rule, 400, "POST", INGEST, body, before=with_token)
        for rule, body in {
            "10,000 members": google(members=10_001),
            "10 identifiers": google(identifiers=11),
            "10 destinations": google(places=11),
            "an encoding": google(encoding="BASE64"),
            "hashes": google(
                audienceMembers=[{"userData": {"userIdentifiers": [{"emailAddress": ADDRESS}]}}]
            ),
        }.items()
    ),
    Case(
        *("googleads", "a consent", 400, "POST", INGEST),
        {name: value for name, value in google().items() if name != "consent"},
        before=with_token,
    ),
    Case("synerise", "a token", 401, "POST", PEOPLE, [], headers={}),
    Case("synerise", "1,000 people", 400, "POST", PEOPLE, [{"email": ADDRESS}] * 1_001),
    Case("synerise", "1 MB", 400, "POST", PEOPLE, [{"email": ADDRESS, "city": "x" * 1_000_000}]),
    Case("synerise", "100 transactions", 400, "POST", BOUGHT, [{"orderId": "1"}] * 101),
    Case("connectif", "a key", 401, "POST", "/imports", {}, headers={}),
    Case("connectif", "50 MB", 413, "POST", "/imports", b"x" * (50 * 1024 * 1024 + 1)),
    Case(
        *("connectif", "10 imports wait", 400, "POST", "/imports", b""),
        before=lambda account: [account.new_job() for _ in range(10)],
    ),
    Case(
        *("connectif", "5 exports wait", 400, "POST", "/exports", EXPORT),
        before=lambda account: [account.new_job(file="") for _ in range(5)],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.kind}-{case.rule}")
def test_a_broken_rule_gets_what_the_vendor_documents(case):
    account = Account()
    case.before(account)
    reply = serve(PLATFORMS[case.kind], account, case.request(), 0.0)
    assert reply.status == case.status
    assert case.kept is None or account.contacts == case.kept


# How many requests pass in how many seconds, and the vendor's own header that says when to return.
RATES = [
    ("klaviyo", "/api/accounts", 10, 1, "retry-after"),
    ("hubspot", "/crm/properties/2026-09/contacts", 100, 10, "x-hubspot-ratelimit-remaining"),
    ("brevo", "/v3/contacts/attributes", 10, 1, "x-sib-ratelimit-reset"),
    ("brevo", "/v3/processes/9", 100, 3_600, "x-sib-ratelimit-reset"),
    ("segment", "/v1/batch", 1_000, 1, "x-ratelimit-reset"),
    ("connectif", "/coupon-sets", 100, 60, "x-ratelimit-reset"),
    ("braze", "/users/track", 3_000, 3, "retry-after"),
    ("customerio", "/api/v1/accounts/region", 100, 1, "retry-after"),
    ("rdstation", "/platform/contacts/fields", 120, 60, "retry-after"),
    ("googleads", "/v1/requestStatus:retrieve", 300, 60, None),  # Google names no moment
]


@pytest.mark.parametrize(("kind", "path", "requests", "seconds", "header"), RATES)
def test_one_request_too_many_is_a_429_with_the_vendors_own_header(
    kind, path, requests, seconds, header
):
    account = Account()
    with_token(account)
    statuses = [asked(kind, account, path, 0.0).status for _ in range(requests)]
    assert 429 not in statuses
    late = asked(kind, account, path, seconds - 0.5)
    assert (late.status, header is None or header in late.headers) == (429, True)
    assert asked(kind, account, path, float(seconds)).status != 429


def test_klaviyo_also_counts_the_minute():
    account = Account()
    statuses = [asked("klaviyo", account, "/api/accounts", at / 5).status for at in range(151)]
    assert (statuses.count(429), statuses[-1]) == (1, 429)


def test_an_adapter_declares_no_more_than_its_stand_in_lets_pass():
    for kind in KEYS:
        platform, stand_in = REGISTRY[kind], PLATFORMS[kind]
        if stand_in.requests is not None:
            declared = (platform.rate_limit.requests, platform.rate_limit.seconds)
            assert declared == (stand_in.requests, stand_in.seconds)
    assert REGISTRY["mailchimp"].concurrency <= 10  # connections at once, its only published rate


def asked(kind, account, path, at):
    body = json.dumps(segment() | braze(0)).encode()
    method = "POST" if kind in ("segment", "braze") else "GET"
    return serve(PLATFORMS[kind], account, Request(method, path, {}, KEYS[kind], body), at)
