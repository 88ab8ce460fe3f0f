"""Invented profiles, a ledger in memory, and two platforms with state behind a fake network."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest
from pydantic import SecretStr

from enrich.client import Http
from enrich.destinations import PROFILES, Destination, Tools, open_destination
from enrich.jobs.push import PushSummary, Target, push, push_planned
from enrich.jobs.push_ledger import RESULT_SCHEMA, Standing
from enrich.profile import FIELDS
from enrich.simulator.http import Request
from enrich.simulator.platforms import PLATFORMS, Account, serve
from tests.destinations.records import Records

NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
AS_OF = date(2026, 3, 1)
SCHEMA = {field.name: field.dtype for field in FIELDS}
STATE_SCHEMA = dict.fromkeys(("record_id", "hash", "outcome", "remote_key", "memo"), pl.String)
JOB_SCHEMA = dict.fromkeys(("job_id", "record_id", "hash", "remote_key"), pl.String)
EMPTY = {field.name: field.empty for field in FIELDS}


def make_profiles(*rows: Mapping[str, Any]) -> pl.DataFrame:
    """Profiles of customers without purchases, with what `rows` say instead."""
    return pl.DataFrame([{**EMPTY, **row} for row in rows], schema=SCHEMA)


def make_people(count: int, **values: Any) -> pl.DataFrame:
    """`count` invented customers with keys from 1."""
    return make_profiles(
        *(
            {
                "customer_key": number,
                "customer_id": f"0f8fad5b-d9cb-469f-a165-{number:012}",
                "gender": "female",
                "newsletter_opt_in": True,
                "locale": "pt-BR",
                "email": f"person{number:04}@example.com",
                "first_name": "Zuleika",
                "last_name": "Quastel",
                "phone": "+5511900000000",
                "document": "00000000191",
                "birth_date": date(1980, 5, 17),
                "extra_fields": '{"pet": "Bartholomew"}',
                "last_purchase_date": date(2026, 1, 9),
                "rfm_30d": "545",
                "products_30d": ["Lamp", "Mug"],
                **values,
            }
            for number in range(1, count + 1)
        )
    )


@dataclass
class MemoryLedger:
    """The ledger's promise without a database: a null hash leaves the kept one."""

    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    batches: list[list[str]] = field(default_factory=list)
    times: list[datetime] = field(default_factory=list)
    runs: dict[str, str] = field(default_factory=dict)
    jobs: list[dict[str, Any]] = field(default_factory=list)
    intents: dict[str, str | None] = field(default_factory=dict)
    row_count: int | None = None
    is_confirmed: bool = False
    known_since: datetime | None = None

    def pushed_state(self, target: Target) -> pl.DataFrame:
        pending = {row["record_id"]: row["hash"] for row in self.jobs}
        nothing = dict.fromkeys(STATE_SCHEMA)
        rows = [
            {
                **self.records.get(key, nothing),
                "record_id": key,
                "hash": pending.get(key, self.records.get(key, nothing)["hash"]),
                "memo": self.intents.get(key) or self.records.get(key, nothing)["memo"],
            }
            for key in {**self.records, **self.intents}
        ]
        return pl.DataFrame(rows, schema=STATE_SCHEMA)

    def standing(self, target: Target) -> Standing:
        taken = sum(row["accepted"] for row in self.records.values())
        return Standing(taken, self.row_count, self.is_confirmed, self.known_since)

    def sent_since(self, target: Target, since: datetime) -> int:
        return sum(
            len(batch) for at, batch in zip(self.times, self.batches, strict=True) if at > since
        )

    def confirm(self, run_id: str, target: Target, now: datetime) -> None:
        self.is_confirmed = True

    def start_push(self, run_id: str, target: Target, now: datetime) -> None:
        self.runs[run_id] = "running"

    def intend(
        self,
        run_id: str,
        target: Target,
        batch_id: str,
        record_ids: pl.Series,
        now: datetime,
        memos: pl.Series | None = None,
    ) -> None:
        said = [None] * len(record_ids) if memos is None else memos.to_list()
        self.intents.update(zip(record_ids, said, strict=True))

    def unanswered(self, target: Target) -> Sequence[str]:
        unknown = {key for key, row in self.records.items() if row["outcome"] == "unknown"}
        return sorted(self.intents.keys() | unknown)

    def open_jobs(self, target: Target) -> pl.DataFrame:
        return pl.DataFrame(self.jobs, schema=JOB_SCHEMA)

    def record_push(
        self,
        run_id: str,
        target: Target,
        batch_id: str,
        results: pl.DataFrame,
        now: datetime,
        closed_job: str | None = None,
    ) -> None:
        assert results.schema == RESULT_SCHEMA
        assert results["record_id"].is_unique().all()
        self.batches.append(results["record_id"].to_list())
        self.times.append(now)
        self.known_since = self.known_since or now
        self.jobs = [row for row in self.jobs if row["job_id"] != closed_job]
        for row in results.iter_rows(named=True):
            kept = self.records.get(row["record_id"], {"hash": None, "accepted": False})
            is_taken = row["outcome"] in ("accepted", "queued") and row["job_id"] is None
            self.records[row["record_id"]] = {
                **row,
                "hash": (row["hash"] or None) if is_taken else kept["hash"],
                "accepted": kept["accepted"] or is_taken,
                "remote_key": row["remote_key"] or kept.get("remote_key"),
                "memo": row["memo"] or kept.get("memo"),
            }
            self.intents.pop(row["record_id"], None)
            if row["job_id"]:
                self.jobs.append({name: row[name] for name in JOB_SCHEMA})

    def finish_push(
        self, run_id: str, target: Target, status: str, summary: Mapping[str, Any], now: datetime
    ) -> None:
        self.runs[run_id] = status
        if status == "completed":
            self.row_count = summary["rows"]
        json.dumps(summary)

    def outcomes(self) -> dict[str, str]:
        return {key: row["outcome"] for key, row in self.records.items()}


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
class World:
    """Everything one test pushes through: platforms, ledger, and a sleep that only counts."""

    data_dir: Path
    icomm: FakeIcomm = field(default_factory=FakeIcomm)
    receiver: FakeReceiver = field(default_factory=FakeReceiver)
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    ledgers: dict[str, MemoryLedger] = field(default_factory=dict)
    waits: list[float] = field(default_factory=list)
    accounts: dict[str, Account] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    http: Http | None = None
    before_each: Callable[[], None] = lambda: None
    calls_until_killed: int = 1_000_000_000
    kills_after: bool = False
    _on_wait: Callable[[], None] = lambda: None
    seconds: float = 0.0
    run_no: int = 0

    def tools(self) -> Tools:
        http = self.http or Http(
            transport=self.transport(),
            sleep=self._wait,
            monotonic=lambda: self.seconds,
            jitter=lambda: 0.0,
        )
        return Tools(
            http=http,
            secret=self._secret,
            data_dir=self.data_dir,
            sleep=self._wait,
        )

    def _secret(self, source: Mapping[str, str]) -> SecretStr:
        return SecretStr(self.secrets.get(source["env"], f"secret-of-{source['env']}"))

    def open(self, kind: str, of: str = PROFILES, **options: Any) -> Destination:
        """One entity of a platform, after somebody made there what its page asks for."""
        there = open_destination("there", kind, options, self.tools(), of)
        if kind not in PLATFORMS:
            return there
        if there.capabilities.fields_created_first:
            self.account(kind).known_fields = {field.target for field in there.fields}
        if "coupon_set_id" in options:
            made = {"id": options["coupon_set_id"], "type": "multiple"}
            self.account(kind).table("coupon_sets")[made["id"]] = made
        if "catalog" in options:
            self.account(kind).table("catalogs")[options["catalog"]] = {}
        return there

    def push(
        self,
        destination: Destination,
        profiles: pl.DataFrame,
        *,
        dry_run: bool = False,
        confirmed: bool = True,
    ) -> PushSummary:
        self.run_no += 1
        return push(
            destination,
            Target("there", "main", AS_OF),
            profiles,
            self.ledger,
            run_id=f"run-{self.run_no}",
            now=NOW,
            dry_run=dry_run,
            confirmed=confirmed,
            monotonic=lambda: self.seconds,
            sleep=self._wait,
        )

    def push_records(
        self,
        destination: Destination,
        records: Records,
        *,
        dry_run: bool = False,
        confirmed: bool = True,
    ) -> PushSummary:
        """Push purchases, products, coupons or carts, with a ledger of their own."""
        self.run_no += 1
        return push_planned(
            destination,
            Target("there", "main", AS_OF, records.entity),
            records.planner(destination),
            self.ledger_of(records.entity),
            run_id=f"run-{self.run_no}",
            now=NOW,
            dry_run=dry_run,
            confirmed=confirmed,
            monotonic=lambda: self.seconds,
            sleep=self._wait,
        )

    def ledger_of(self, entity: str) -> MemoryLedger:
        if entity == PROFILES:
            return self.ledger
        return self.ledgers.setdefault(entity, MemoryLedger())

    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self._answer)

    def _wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.seconds += seconds
        self._on_wait()

    def _answer(self, request: httpx.Request) -> httpx.Response:
        for name, platform in PLATFORMS.items():
            if request.url.host == platform.host:
                return self._simulated(name, request)
        is_icomm = request.url.host == "api.icommarketing.com"
        return self.icomm(request) if is_icomm else self.receiver(request)

    def _simulated(self, name: str, request: httpx.Request) -> httpx.Response:
        """The answer of a platform of the simulator."""
        asked = Request(
            request.method,
            request.url.path,
            dict(request.url.params),
            {key.lower(): value for key, value in request.headers.items()},
            request.content,
        )
        self.before_each()
        self.calls_until_killed -= 1
        if self.calls_until_killed == 0 and not self.kills_after:
            raise KeyboardInterrupt
        reply = serve(PLATFORMS[name], self.account(name), asked, self.seconds)
        if self.calls_until_killed == 0:
            raise KeyboardInterrupt  # it was done, and nobody here heard of it
        if reply.lost:
            raise httpx.ReadTimeout("lost", request=request)
        headers = {**reply.headers, "content-type": reply.content_type}
        return httpx.Response(reply.status, headers=headers, content=reply.body)

    def account(self, name: str) -> Account:
        return self.accounts.setdefault(name, Account())


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture
def people() -> Callable[..., pl.DataFrame]:
    return make_people


@pytest.fixture
def profiles_of() -> Callable[..., pl.DataFrame]:
    return make_profiles
