"""The platforms of the simulator behind one real socket, with weather and a log of every record."""

from __future__ import annotations

import json
import random
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote

import uvicorn

from enrich.simulator.app import write_reply
from enrich.simulator.http import Reply, Request, json_reply, query_of
from enrich.simulator.icomm_app import Icomm, find_call
from enrich.simulator.icomm_app import answer as icomm_answer
from enrich.simulator.platforms import PLATFORMS, Account, serve
from tests.destinations.long_run.clock import NOW_HEADER, RUN_HEADER

KEY = "key-of-the-long-run"
THROTTLED, FAILING, LOST = 0.05, 0.05, 0.02


@dataclass(frozen=True, slots=True)
class Arrival:
    """One time a record was carried out: in which run, and whether the answer was lost."""

    run_no: int
    is_lost: bool
    is_halved: bool


@dataclass
class Logged(Account):
    """An account that also tells which contacts the present request writes."""

    written: list[str] = field(default_factory=list)

    def keep(self, email: str, values: Any) -> None:
        Account.keep(self, email, values)
        self.written.append(email)


@dataclass
class Stand:
    """One platform of the long run; `is_foul` turns its weather on."""

    kind: str
    dice: random.Random
    account: Logged = field(default_factory=Logged)
    icomm: Icomm = field(default_factory=lambda: Icomm(KEY))
    is_foul: bool = True
    now: float = 0.0
    requests: int = 0
    lost: int = 0
    times: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    arrivals: dict[str, list[Arrival]] = field(default_factory=dict)

    def answer(self, request: Request) -> Reply:
        """The reply, after the dice were thrown for it."""
        self.now = max(self.now, float(request.headers.get(NOW_HEADER, "0")))
        self.requests += 1
        self.times.append(self.now)
        roll = self.dice.random() if self.is_foul else 1.0
        reply = self._weathered(request, roll)
        self.statuses[reply.status] += 1
        return reply

    def _weathered(self, request: Request, roll: float) -> Reply:
        if roll < THROTTLED:
            return json_reply({"message": "simulated"}, 429)
        if roll < THROTTLED + FAILING:
            return json_reply({"message": "simulated"}, 503)
        is_lost = roll < THROTTLED + FAILING + LOST
        reply, records = self._carried_out(request)
        self.lost += is_lost
        # Synerise tells a value that is refused, not a place: the batch is sent again in halves.
        is_halved = self.kind == "synerise" and reply.status == 207
        run_no = int(request.headers.get(RUN_HEADER, "0"))
        for one in records:
            self.arrivals.setdefault(one, []).append(Arrival(run_no, is_lost, is_halved))
        return replace(reply, lost=True) if is_lost else reply

    def _carried_out(self, request: Request) -> tuple[Reply, list[str]]:
        if self.kind == "icomm":
            return self._by_icomm(request)
        self.account.written.clear()
        reply = serve(PLATFORMS[self.kind], self.account, request, self.now)
        records = list(self.account.written)
        if self.kind == "segment" and reply.status == 200:
            records = [event["userId"] for event in request.json()["batch"]]
        return reply, records

    def _by_icomm(self, request: Request) -> tuple[Reply, list[str]]:
        reply = icomm_answer(self.icomm, str(find_call(request.path)), request)
        rows = json.loads(reply.body).get("SaveMultiContactJsonResult", {}).get("Responses", [])
        contacts = request.json().get("ContactList", [])
        saved = [
            one["Email"] for one, row in zip(contacts, rows, strict=True) if row["StatusCode"] == 1
        ]
        return reply, saved

    @property
    def contacts(self) -> dict[str, dict[str, Any]]:
        """What the platform holds, by what it knows a contact by."""
        if self.kind == "icomm":
            return next(iter(self.icomm.contacts.values()), {})
        return self.account.contacts

    def refuse(self, addresses: set[str]) -> None:
        self.account.refused = addresses
        self.icomm.refused = addresses

    def busiest_minute(self) -> int:
        """The most requests in any sixty seconds of simulated time."""
        times, first, most = sorted(self.times), 0, 0
        for last, time in enumerate(times):
            while times[first] <= time - 60:
                first += 1
            most = max(most, last - first + 1)
        return most


Scope = MutableMapping[str, Any]


@contextmanager
def serving(stands: dict[str, Stand]) -> Iterator[str]:
    """The address under which every stand answers, at /KIND."""

    async def app(scope: Scope, receive: Callable[[], Awaitable[Any]], send: Any) -> None:
        if scope["type"] != "http":
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        head, _, rest = scope["raw_path"].decode().removeprefix("/").partition("/")
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        query = query_of(scope["query_string"])
        request = Request(scope["method"], unquote(f"/{rest}"), query, headers, body)
        await write_reply(stands[head].answer(request), send)

    config = uvicorn.Config(app, port=0, log_level="critical", access_log=False, lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    waiting = threading.Event()
    while not server.started and thread.is_alive():
        waiting.wait(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    for kind, stand in stands.items():
        stand.account.url = f"http://127.0.0.1:{port}/{kind}"
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)
