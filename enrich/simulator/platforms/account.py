"""One account on a platform, and what all the stand-ins have in common: limits, faults, jobs."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from enrich.simulator.http import Reply, Request, RequestError, json_reply
from enrich.simulator.outbox import Outbox

LOST, NO_FAULT, TOO_MANY = "lost", 200, 429
SIMULATED_WAIT = 3.0  # seconds until a 429 that was asked for is over
Window = tuple[str, int, float]


@dataclass(slots=True)
class Account:
    """What an account holds.

    `contacts` by address; `refused` addresses are turned down; `faults` are used up call by call: a
    status instead of an answer, "lost" for a call that is carried out and whose reply never comes,
    or a code and a reason, for a refusal of what is written, in the platform's own way.
    `polls_until_done` is how often a job is asked for before it is over. `times` is how often each
    contact was written. `tables` are further records by entity; `domains` those that pages of
    products may be on (empty: any); `denied` the rights the key lacks; `now` the moment after which
    nothing can have happened (ISO text; empty: never). `webhooks` are the addresses to call by
    event, through `outbox`; `seconds` is what time it is, `url` where the files are got,
    `token_exp` when the tokens that it gives end (epoch seconds; None: they name no end).
    `required` are the fields that the shop demands of a new contact, each alone or because another
    one has a value (the field -> that other one, empty: always). `region` is where the account is,
    of a platform that has several.
    """

    contacts: dict[str, dict[str, Any]] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    faults: list[int | str | tuple[str, str]] = field(default_factory=list)
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    polls_until_done: int = 1
    times: dict[str, int] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    recent: dict[str, deque[float]] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)
    token_exp: int | None = None
    known_fields: set[str] | None = None
    field_types: dict[str, str] = field(default_factory=dict)
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    domains: set[str] = field(default_factory=set)
    denied: set[str] = field(default_factory=set)
    now: str = ""
    webhooks: dict[str, str] = field(default_factory=dict)
    outbox: Outbox = field(default_factory=Outbox)
    seconds: float = 0
    url: str = ""
    required: dict[str, str] = field(default_factory=dict)
    region: str = "us"

    def listed(self, name_key: str, type_key: str) -> list[dict[str, Any]]:
        """The fields that exist, as the platform lists them; a type only where one was given."""
        return [
            {name_key: name}
            | ({type_key: self.field_types[name]} if name in self.field_types else {})
            for name in sorted(self.known_fields or ())
        ]

    def table(self, entity: str) -> dict[str, Any]:
        """The records of one entity by their key."""
        return self.contacts if entity == "profiles" else self.tables.setdefault(entity, {})

    def keep(self, email: str, values: Mapping[str, Any]) -> None:
        """Upsert by address; a null takes a field away."""
        kept = self.contacts.setdefault(email, {})
        kept.update(values)
        for name in [name for name, value in kept.items() if value is None]:
            del kept[name]
        self.times[email] = self.times.get(email, 0) + 1

    def members(self, name: str) -> set[str]:
        """Who is in the list of that name, has the tag, or an attribute so called that is true."""
        lists = {at for at, known in self.table("lists").items() if known == name}
        listed = (key.partition(":") for key in self.table("audiences"))
        marked = (
            contact
            for contact, values in self.contacts.items()
            if values.get(name) in (True, "true") or name in values.get("tags", ())
        )
        return {member for at, _, member in listed if at in lists or at == name}.union(marked)

    def rename(self, old: str, new: str) -> bool:
        """Give a contact another address; False when somebody has it already."""
        if new in self.contacts:
            return False
        self.contacts[new] = self.contacts.pop(old)
        self.times[new] = self.times.pop(old, 0)
        members = self.table("audiences")
        for key in [key for key in members if key.partition(":")[2] == old]:
            members[f"{key.partition(':')[0]}:{new}"] = members.pop(key)
        return True

    def by_id(self, number: str) -> str | None:
        """The address of a contact by the platform's own id: its place among all."""
        return self.ids.get(number)

    @property
    def ids(self) -> dict[str, str]:
        return {f"{at}": name for at, name in enumerate(sorted(self.contacts), 1)}

    def id_of(self, address: str) -> str | None:
        return next((number for number, name in self.ids.items() if name == address), None)

    def new_job(self, **values: Any) -> dict[str, Any]:
        job = {"id": f"job-{len(self.jobs) + 1}", "polls": 0, **values}
        self.jobs[job["id"]] = job
        return job

    def is_done(self, job: dict[str, Any]) -> bool:
        """Whether the job is over; each time of asking brings it nearer."""
        job["polls"] += 1
        return bool(job["polls"] > self.polls_until_done)

    def open_jobs(self) -> int:
        return sum(job["polls"] <= self.polls_until_done for job in self.jobs.values())


@dataclass(frozen=True, slots=True)
class Platform:
    """How one platform answers, and how many requests in how many seconds it lets pass.

    `login_host` is where it gives out tokens, when that is somewhere else. `windows` are the limits
    that count a request, of a platform that has more than one. `eu_host` is its second region.
    `refused` is how it writes that a call is wrong: its own code, and a sentence that may quote it.
    `key_of` is what it knows the contact of an address by.
    """

    host: str
    answer: Callable[[Account, Request], Reply]
    requests: int | None = None
    seconds: float = 60.0
    throttled: Callable[[float], Reply] = lambda wait: json_reply(
        {"message": "Too Many Requests"}, 429, {"retry-after": str(max(1, round(wait)))}
    )
    login_host: str = ""
    eu_host: str = ""
    windows: Callable[[Request], Sequence[Window]] | None = None
    refused: Callable[[str, str], Reply] = lambda code, reason: json_reply(
        {"code": code, "message": reason}, 400
    )
    key_of: Callable[[str], str] = str

    def windows_of(self, request: Request) -> Sequence[Window]:
        """The limits that count this request: name, requests, seconds."""
        if self.windows is not None:
            return self.windows(request)
        return [] if self.requests is None else [("all", self.requests, self.seconds)]

    def is_elsewhere(self, account: Account, request: Request) -> bool:
        """Whether the request came to the region that the account is not in."""
        hosts = {"us": self.host, "eu": self.eu_host}
        asked = request.headers.get("host", "")
        return asked in hosts.values() and asked != hosts[account.region]


def serve(platform: Platform, account: Account, request: Request, now: float) -> Reply:
    """The reply to one request at the second `now`; faults and the rate come before anything."""
    account.seconds = now
    fault = _next_fault(account, request)
    wait = _wait(platform.windows_of(request), account, now)
    if fault == TOO_MANY and wait is None:
        wait = SIMULATED_WAIT
    if wait is not None:
        reply = platform.throttled(wait)
    elif isinstance(fault, int) and fault != NO_FAULT:
        reply = json_reply({"message": "simulated"}, fault)
    elif isinstance(fault, tuple):
        reply = platform.refused(*fault)
    else:
        reply = _answered(platform, account, request)
    account.statuses[str(reply.status)] = account.statuses.get(str(reply.status), 0) + 1
    return replace(reply, lost=True) if fault == LOST else reply


def _next_fault(account: Account, request: Request) -> int | str | tuple[str, str] | None:
    is_of_writing = bool(account.faults) and isinstance(account.faults[0], tuple)
    if not account.faults or (is_of_writing and request.method == "GET"):
        return None
    return account.faults.pop(0)


def report(account: Account) -> dict[str, Any]:
    """What the account holds, for tests and curious people."""
    return {
        "contacts": account.contacts,
        "contact_count": len(account.contacts),
        "sent_more_than_once": sum(times > 1 for times in account.times.values()),
        "tables": account.tables,
        "jobs": {name: job["polls"] for name, job in account.jobs.items()},
        "calls": account.calls,
        "statuses": account.statuses,
        "faults": account.faults,
    }


def _answered(platform: Platform, account: Account, request: Request) -> Reply:
    name = f"{request.method} {request.path.split('/')[1]}"
    account.calls[name] = account.calls.get(name, 0) + 1
    try:
        return platform.answer(account, request)
    except (RequestError, KeyError, TypeError, AttributeError):
        return json_reply({"message": "the request cannot be understood"}, 400)


def _wait(windows: Sequence[Window], account: Account, now: float) -> float | None:
    """Seconds until there is room again in every window; None when there is."""
    waits, counted = [], []
    for name, requests, seconds in windows:
        recent = account.recent.setdefault(name, deque())
        while recent and recent[0] <= now - seconds:
            recent.popleft()
        counted.append(recent)
        if len(recent) >= requests:
            waits.append(recent[0] + seconds - now)
    for recent in counted if not waits else ():
        recent.append(now)
    return max(waits, default=None)
