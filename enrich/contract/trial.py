"""One destination to be tried: its stand-in behind a network that ends there, a real ledger, and a
clock that counts the waiting.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Self, get_args

import httpx
import polars as pl
from pydantic import SecretStr

from enrich.client import Http
from enrich.contract.people import email_of, make_people
from enrich.destinations import (
    PROFILES,
    DestinationEntity,
    Tools,
    open_platform,
    platform_of,
)
from enrich.destinations.plan import PushedState, PushPlan
from enrich.errors import BadSettings
from enrich.push.planned import Planner, plan_push, push
from enrich.push.summary import PushSummary
from enrich.simulator.http import Request
from enrich.simulator.platforms import PLATFORMS, Account, Platform, serve
from enrich.warehouse import Pushes, PushTarget
from enrich.warehouse.trial import Ledger, emptied

NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
AS_OF = date(2026, 3, 1)
NEVER = 1_000_000_000


@dataclass
class World:
    """Everything one trial pushes through.

    `classes` are platforms that are in no registry, `fakes` the stand-ins, both by kind. The call
    number `calls_until_killed` ends the sender, before the call or, with `kills_after`, after it.
    """

    data_dir: Path
    waits: list[float] = field(default_factory=list)
    accounts: dict[str, Account] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    http: Http | None = None
    before_each: Callable[[], None] = lambda: None
    calls_until_killed: int = NEVER
    kills_after: bool = False
    _on_wait: Callable[[], None] = lambda: None
    seconds: float = 0.0
    run_no: int = 0
    call_count: int = 0
    classes: dict[str, type[DestinationEntity]] = field(default_factory=dict)
    fakes: dict[str, Platform] = field(default_factory=lambda: PLATFORMS)

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
            clock=lambda: NOW.timestamp() + self.seconds,
        )

    def _secret(self, source: Mapping[str, str]) -> SecretStr:
        name = next(iter(source.values()))
        return SecretStr(self.secrets.get(name, f"secret-of-{name}"))

    def platform(self, kind: str) -> type[DestinationEntity]:
        """The class of a kind; raises BadSettings when there is none."""
        found = self.classes.get(kind) or platform_of(kind)
        if found is None:
            raise BadSettings(f"no package has a destination of kind {kind}")
        return found

    def open(self, kind: str, of: str = PROFILES, **options: Any) -> DestinationEntity:
        """One entity of a platform, after somebody made its fields there."""
        there = open_platform(self.platform(kind), "there", options, self.tools(), of)
        if kind in self.fakes and there.fields_created_first:
            self.account(kind).known_fields = {field.target for field in there.fields}
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
    def _ledgers(self) -> Callable[[str], Ledger]:
        return emptied()

    @property
    def ledger(self) -> Ledger:
        return self.ledger_of(PROFILES)

    def ledger_of(self, entity: str) -> Ledger:
        return self._ledgers(entity)

    def transport(self) -> httpx.MockTransport:
        def answer(request: httpx.Request) -> httpx.Response:
            self.call_count += 1
            return self.answer(request)

        return httpx.MockTransport(answer)

    def _wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.seconds += seconds
        self._on_wait()

    def answer(self, request: httpx.Request) -> httpx.Response:
        """The answer to one call; the network ends at the stand-ins."""
        found = self.name_of(request)
        if found is None:
            raise httpx.ConnectError("nobody is there", request=request)
        return self.simulated(found, request)

    def name_of(self, request: httpx.Request) -> str | None:
        """Whose stand-in a call goes to, by its host."""
        for name, fake in self.fakes.items():
            if request.url.host in (fake.host, fake.login_host, fake.eu_host):
                return name
        return None

    def simulated(self, name: str, request: httpx.Request) -> httpx.Response:
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
        reply = serve(self.fakes[name], self.account(name), asked, self.seconds)
        if self.calls_until_killed == 0:
            raise KeyboardInterrupt  # it was done, and nobody here heard of it
        if reply.lost:
            raise httpx.ReadTimeout("lost", request=request)
        headers = {**reply.headers, "content-type": reply.content_type}
        return httpx.Response(reply.status, headers=headers, content=reply.body)

    def account(self, name: str) -> Account:
        return self.accounts.setdefault(name, Account())

    def kill(self, act: Callable[[], object], calls: int, *, after: bool) -> bool:
        """Act, ended before or after its call of that number; whether it came so far."""
        self.calls_until_killed, self.kills_after = calls, after
        try:
            act()
        except KeyboardInterrupt:
            return True
        finally:
            self.calls_until_killed = NEVER
        return False

    def anew(self) -> World:
        """The same with nothing in it."""
        return type(self)(self.data_dir, classes=self.classes, fakes=self.fakes)


@dataclass(frozen=True)
class Case:
    """The profiles of one platform in a world of their own."""

    world: Any
    kind: str
    entity: str = PROFILES

    @property
    def platform(self) -> type[DestinationEntity]:
        found: type[DestinationEntity] = self.world.platform(self.kind)
        return found

    @property
    def is_simulated(self) -> bool:
        return self.kind in self.world.fakes

    @property
    def is_visible(self) -> bool:
        """Whether `held` shows everybody it holds."""
        return self.is_simulated

    @property
    def is_profiles(self) -> bool:
        return self.entity == PROFILES

    def open(self, **options: Any) -> DestinationEntity:
        example = {**self.platform.example, **self.platform.entity(self.entity).example}
        there: DestinationEntity = self.world.open(self.kind, self.entity, **{**example, **options})
        return there

    @property
    def follows_with(self) -> dict[str, Any]:
        """What a shop sets so that an empty value empties, and who is erased is gone."""
        erases = self.platform.erases_with
        field = self.platform.Settings.model_fields.get("clear_with")
        if field is None or field.default != "nothing":
            return {**erases}
        return {**erases, "clear_with": get_args(field.annotation)[-1]}

    def anew(self) -> Self:
        """The same with nothing pushed yet."""
        return replace(self, world=self.world.anew())

    def make(self, count: int) -> Any:
        """So many invented records."""
        return make_people(count)

    def planner(self, destination: DestinationEntity, records: Any) -> Planner:
        return lambda pushed: plan_push(destination, records, pushed.records)

    def push(self, destination: DestinationEntity, records: Any, **options: Any) -> PushSummary:
        done: PushSummary = self.world.push(destination, records, **options)
        return done

    @property
    def ledger(self) -> Ledger:
        ledger: Ledger = self.world.ledger_of(self.entity)
        return ledger

    @property
    def account(self) -> Account:
        account: Account = self.world.account(self.kind)
        return account

    @property
    def held(self) -> Mapping[str, Any]:
        """What the platform holds of the entity."""
        return self.account.table(self.entity)

    def at(self, email: str) -> Mapping[str, Any] | None:
        """What the platform holds of somebody by their address; None when nobody is there."""
        found: Mapping[str, Any] | None = self.held.get(self._key_of(email))
        return found

    def _key_of(self, email: str) -> str:
        return self.world.fakes[self.kind].key_of(email) if self.is_simulated else email

    @property
    def counted_twice(self) -> list[str]:
        """The records of which the platform counts more than one."""
        return [key for key, kept in self.held.items() if kept.get("count", 1) > 1]

    def refusals(self, number: int) -> set[str]:
        """What the platform knows the record of that number by."""
        return {email_of(number), self._key_of(email_of(number))}

    def record_id(self, number: int) -> str:
        return f"{number}"
