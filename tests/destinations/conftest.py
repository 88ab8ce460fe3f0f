"""Invented profiles, a ledger in memory, and platforms with state behind a fake network."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import duckdb
import httpx
import polars as pl
import pytest
from pydantic import SecretStr

from enrich.client import Http
from enrich.destinations import AUDIENCES, PROFILES, DestinationEntity, Tools, open_entity
from enrich.destinations.plan import PushedState, PushPlan
from enrich.profile import FIELDS
from enrich.push.planned import Planner, plan_push, push
from enrich.push.summary import PushSummary
from enrich.simulator.http import Request
from enrich.simulator.platforms import PLATFORMS, Account, serve
from enrich.warehouse import Pushes, PushTarget
from enrich.warehouse.scripts import run
from tests.destinations.records import AUDIENCE, Records

NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
AS_OF = date(2026, 3, 1)
SCHEMA = {field.name: field.dtype for field in FIELDS}
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


class Ledger:
    """The real ledger of one entity, in a database in memory, and what stands in its tables."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, entity: str) -> None:
        self.pushes = Pushes(connection)
        self.target = PushTarget("there", "main", entity)
        self._connection = connection

    @property
    def records(self) -> dict[str, dict[str, Any]]:
        """The row of every record, in the order of their numbers."""
        rows = self._table("push_records").iter_rows(named=True)
        return {row["record_id"]: row for row in sorted(rows, key=_number)}

    @property
    def known_since(self) -> datetime | None:
        return self.pushes.status(self.target).known_since

    @property
    def batch_count(self) -> int:
        return self._table("push_batches").height

    @property
    def runs(self) -> dict[str, str]:
        return dict(self._table("push_runs").select("run_id", "status").iter_rows())

    @property
    def jobs(self) -> list[dict[str, Any]]:
        return self.pushes.open_jobs(self.target).to_dicts()

    @property
    def intents(self) -> list[str]:
        return self._table("push_intents")["record_id"].to_list()

    def outcomes(self) -> dict[str, str]:
        return {key: row["outcome"] for key, row in self.records.items()}

    def forget(self, *tables: str) -> None:
        """As if these tables (unset: all) had been lost."""
        for table in tables or TABLES:
            self._connection.execute(
                f"delete from {table} where entity = $entity", {"entity": self.target.entity}
            )

    def set_hash(self, record_id: str, value: str) -> None:
        """Another hash for a record, which is then sent again."""
        self._connection.execute(
            "update push_records set hash = $hash where record_id = $id",
            {"hash": value, "id": record_id},
        )

    def _table(self, name: str) -> pl.DataFrame:
        query = f"select * from {name} where entity = $entity order by rowid"
        return pl.DataFrame(self._connection.sql(query, params={"entity": self.target.entity}))


def _number(row: Mapping[str, Any]) -> tuple[int, str]:
    return len(row["record_id"]), row["record_id"]


TABLES = (
    "push_records",
    "push_batches",
    "push_runs",
    "push_jobs",
    "push_job_records",
    "push_intents",
    "push_confirmations",
    "push_addresses",
)


@cache
def in_memory() -> duckdb.DuckDBPyConnection:
    """A database in memory with the tables of the ledger, the same for all tests of a process."""
    connection = duckdb.connect()
    connection.execute("set threads = 1")
    for script in ("schema/consent", "schema/push"):
        run(connection, script)
    return connection


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

    def open(self, kind: str, of: str = PROFILES, **options: Any) -> DestinationEntity:
        """One entity of a platform, after somebody made there what its page asks for."""
        there = open_entity("there", kind, options, self.tools(), of)
        if kind not in PLATFORMS:
            return there
        if there.fields_created_first:
            self.account(kind).known_fields = {field.target for field in there.fields}
        if "coupon_set_id" in options:
            made = {"id": options["coupon_set_id"], "type": "multiple"}
            self.account(kind).table("coupon_sets")[made["id"]] = made
        if of == AUDIENCES:
            self.account(kind).tables.setdefault("lists", {"7": AUDIENCE})
            for number in range(1, 31):
                self.account(kind).contacts.setdefault(f"person{number:04}@example.com", {})
        if "catalog" in options:
            self.account(kind).table("catalogs")[options["catalog"]] = {}
        return there

    def push(
        self,
        destination: DestinationEntity,
        profiles: pl.DataFrame,
        ledger: Pushes | None = None,
        **options: Any,
    ) -> PushSummary:
        def planner(pushed: PushedState) -> PushPlan:
            return plan_push(destination, profiles, pushed.records)

        return self.push_planned(destination, planner, PROFILES, ledger, **options)

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

    def push_planned(
        self,
        destination: DestinationEntity,
        planner: Planner,
        entity: str = PROFILES,
        ledger: Pushes | None = None,
        **options: Any,
    ) -> PushSummary:
        self.run_no += 1
        return push(
            destination,
            PushTarget("there", "main", entity),
            planner,
            ledger or self.ledger_of(entity).pushes,
            **{
                "as_of": AS_OF,
                "run_id": f"run-{self.run_no}",
                "now": NOW,
                "confirmed": True,
                "monotonic": lambda: self.seconds,
                "sleep": self._wait,
                **options,
            },
        )

    @cached_property
    def _connection(self) -> duckdb.DuckDBPyConnection:
        connection = in_memory()
        for table in TABLES:
            connection.execute(f"delete from {table}")
        return connection

    @property
    def ledger(self) -> Ledger:
        return self.ledger_of(PROFILES)

    def ledger_of(self, entity: str) -> Ledger:
        return Ledger(self._connection, entity)

    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self._answer)

    def _wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.seconds += seconds
        self._on_wait()

    def _answer(self, request: httpx.Request) -> httpx.Response:
        for name, platform in PLATFORMS.items():
            if request.url.host in (platform.host, platform.login_host, platform.eu_host):
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
