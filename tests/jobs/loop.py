"""The whole loop of consents on real sockets: VTEX, two platforms, the receiver, the warehouse."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from enrich.client import Http
from enrich.compute.profiles import make_profiles
from enrich.consent.exports import ConsentSource
from enrich.consent.run import ConsentSummary, Mode, run_consent
from enrich.destinations import Tools, open_consent_reader, open_entities, open_entity
from enrich.push.destination import Destination, push_entity
from enrich.receiver import Inbox, Receiver, RegisteredCaller, inbox_of
from enrich.settings import Consent
from enrich.shop import Shop
from enrich.simulator.build import FULL_KEY
from enrich.simulator.changes import change_customer
from enrich.simulator.documents import find_document
from enrich.simulator.hooks import Trigger
from enrich.simulator.platforms import Account, newsletter, synerise
from enrich.simulator.server import serve
from enrich.sources.vtex import Vtex, VtexClient
from enrich.sync.store import sync_store
from enrich.warehouse import Warehouse
from tests.jobs.town import NOW, Town, town, warehouse_in

SECRET = "secret-of-everybody-who-calls"
PLATFORMS = ("connectif", "synerise")
OPTIONS: dict[str, dict[str, Any]] = {
    "connectif": {"api_key": {"env": "K"}, "api_secret": {"env": "S"}, "poll_seconds": 0.1},
    "synerise": {"api_key": {"env": "K"}},
}
# Documents with an address that no other has, and what they said when they were first seen.
ALONE = """
select contact_id, email, newsletter_opt_in
from contacts
where source = 'vtex' and email is not null
    and email in (select lower(remote_key) from push_records where destination = 'connectif')
qualify count(*) over (partition by email) = 1
order by contact_id
"""


@dataclass(frozen=True)
class Person:
    """One customer: the document in VTEX and the address."""

    contact_id: str
    email: str


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Mortal(httpx.BaseTransport):
    """The way to everybody, on which we may be killed: before the last call or when it was done."""

    calls_left: int = 1_000_000_000
    kills_after: bool = False
    way: httpx.BaseTransport = field(default_factory=httpx.HTTPTransport)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.calls_left -= 1
        if self.calls_left <= 0 and not self.kills_after:
            raise Killed
        answer = self.way.handle_request(request)
        if self.calls_left <= 0:
            answer.read()
            raise Killed  # it was done, and nobody here heard of it
        return answer

    def close(self) -> None:
        self.way.close()


@dataclass
class Loop:
    """Everything there is; `people` wait by what their document said at first."""

    there: Town
    warehouse: Warehouse
    inbox: Inbox
    way: Mortal = field(default_factory=Mortal)
    destinations: list[Destination] = field(default_factory=list)
    sources: list[ConsentSource] = field(default_factory=list)
    people: dict[bool | None, list[Person]] = field(default_factory=dict)
    now: datetime = NOW

    # -- what time does, and what we do ---------------------------------------------------------

    def later(self, **length: float) -> datetime:
        self.now += timedelta(**length)
        self.there.simulator.main.clock.stop_at(int(self.now.timestamp() * 1_000_000))
        return self.now

    def sync(self) -> None:
        """What changed in VTEX, and what was received; then a moment passes."""
        self.deliver()
        report = sync_store(
            self.warehouse,
            self.there.shop,
            now=self.now,
            entities=("customers", "inbox"),
        )
        assert report.fault is None

    def consent(self, allowed: Consent = Consent(), **options: Any) -> ConsentSummary:
        mode = Mode(options.pop("dry_run", False), options.pop("confirmed", True))
        done = run_consent(
            self.warehouse,
            replace(self.there.shop, keeps_unknown=options.pop("keeps", False)),
            allowed,
            options.pop("sources", self.sources),
            options.pop("destinations", self.destinations),
            now=self.now,
            mode=mode,
            **options,
        )
        self.deliver()
        return done

    def four_hours(self, **options: Any) -> ConsentSummary:
        """The next flow: a sync, then consent."""
        self.later(hours=4)
        self.sync()
        return self.consent(**options)

    def told(self, **options: Any) -> ConsentSummary:
        """Consent four hours later, without a pull, of what came by itself."""
        self.later(hours=4)
        return self.consent(**{"sources": (), **options})

    def deliver(self) -> None:
        """Let the calls of the others arrive."""
        self.main.outbox.deliver()

    # -- what people do -------------------------------------------------------------------------

    def person(self, says: bool | None) -> Person:
        """Somebody nobody has heard of yet, whose document says this."""
        return self.people[says].pop()

    def at_platform(
        self, name: str, who: Person | str, event: str, ip: str = "203.0.113.7"
    ) -> None:
        email = who if isinstance(who, str) else who.email
        account = self.account(name)
        account.seconds = self.now.timestamp()
        if name == "synerise":
            synerise.agree(account, email, event == "subscribed")
        else:
            newsletter.set_status(account, email, event, ip=ip, origin="form")
        self.deliver()

    def in_vtex(self, who: Person, opted_in: bool | None) -> None:
        change_customer(self.main, who.contact_id, "change", {"isNewsletterOptIn": opted_in})

    # -- what can be seen -----------------------------------------------------------------------

    @property
    def main(self) -> Any:
        return self.there.simulator.main

    def account(self, name: str) -> Account:
        return self.there.simulator.account(name)

    def vtex_says(self, who: Person) -> Any:
        document = find_document(self.main, "CL", who.contact_id)
        return None if document is None else document["isNewsletterOptIn"]

    def platform_says(self, name: str, who: Person | str) -> Any:
        email = who if isinstance(who, str) else who.email
        kept = self.account(name).table("consents").get(email, {})
        return kept.get("status") if name == "connectif" else kept.get("email")

    def everywhere(self, who: Person) -> tuple[Any, Any, Any]:
        """What VTEX, Connectif and Synerise say."""
        told = (self.platform_says(name, who) for name in PLATFORMS)
        return (self.vtex_says(who), *told)

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        return self.warehouse._connection.sql(query).fetchall()

    def decisions(self, who: Person) -> list[tuple[Any, ...]]:
        """Each decision about somebody: party, what was, what is wanted, on whose word, the end."""
        return self.ask(f"""
            select party, was, opted_in, origin, outcome
            from consent_decisions
            where email_digest = email_digest(
                (select salt from state.tombstone_salt), '{who.email}'
            )
            order by decided_at, party
        """)

    def writes(self) -> int:
        return int(self.ask("select count(*) from consent_decisions")[0][0])


@contextmanager
def loop(folder: Path, **size: int) -> Iterator[Loop]:
    """A shop whose profiles both platforms have, before the first word about consents."""
    with town(**size) as there, warehouse_in(folder) as warehouse:
        inbox = inbox_of(folder, "main")
        inbox.prepare()
        here = Loop(there, warehouse, inbox)
        http = Http(transport=here.way, sleep=lambda seconds: _wait(here, seconds))
        here.there = replace(there, shop=_reached_by(here, http))
        with _receiver(here) as address, http:
            for name in PLATFORMS:
                _connect(here, name, http, folder)
            _call_us(here, address)
            _begin(here)
            yield here


def _reached_by(here: Loop, http: Http) -> Shop:
    """The shop, its documents one after the other."""
    key, token = SecretStr(FULL_KEY.app_key), SecretStr(FULL_KEY.app_token)
    client = VtexClient(f"{here.there.address}/vtex", key, token, http)
    source = Vtex(client, detail_threads=1)
    return replace(here.there.shop, source=source, inbox=here.inbox)


def _wait(here: Loop, seconds: float) -> None:
    here.main.clock.advance(int(seconds * 1_000_000))


def _receiver(here: Loop) -> Any:
    kinds = {"crm": "vtex-customers", "connectif": "connectif", "synerise": "consents"}
    callers = {
        name: RegisteredCaller(name, kind, name, here.inbox, SecretStr(SECRET))
        for name, kind in kinds.items()
    }
    app = Receiver(
        callers, clock=lambda: here.now, say=print, max_body_bytes=65_536, max_concurrent=8
    )
    return serve(app)


def _connect(here: Loop, name: str, http: Http, folder: Path) -> None:
    options = {**OPTIONS[name], "base_url": f"{here.there.address}/{name}"}
    tools = Tools(http, lambda source: SecretStr("a-secret"), folder)
    entities = open_entities(name, name, {**options, "entities": ["profiles", "consents"]}, tools)
    destination = open_entity(name, name, options, tools)
    here.destinations.append(Destination(name, ("main",), destination, None, entities))
    reader = open_consent_reader(name, name, options, tools)
    here.sources.append(ConsentSource(name, ("main",), reader, http))


def _call_us(here: Loop, address: str) -> None:
    """The triggers of VTEX and the webhooks of the platforms go to the receiver."""
    here.main.triggers = [
        Trigger(event, f"{address}/crm/{event}/{SECRET}") for event in ("created", "changed")
    ]
    here.account("connectif").webhooks = {
        event: f"{address}/connectif/{event}/{SECRET}"
        for event in ("subscribed", "unsubscribed", "bounced")
    }
    here.account("synerise").webhooks = {"agreed": f"{address}/synerise/changed/{SECRET}"}


def _begin(here: Loop) -> None:
    """The shop is pulled and its profiles are pushed; a first look at what everybody says."""
    assert sync_store(here.warehouse, here.there.shop, now=NOW).fault is None
    make_profiles(here.warehouse, here.there.shop, now=NOW)
    for destination in here.destinations:
        done = push_entity(here.warehouse, destination, "main", now=NOW, confirmed=True)
        assert done.fault is None
    for contact_id, email, said in here.ask(ALONE):
        here.people.setdefault(said, []).append(Person(contact_id, email))
