"""The application: who may call, how much is borne, and that 200 means safe on disk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from enrich.receiver import CONSENTS, ORDERS, Inbox, Receiver, RegisteredCaller, build_receiver

NOW = datetime(2026, 3, 10, 15, tzinfo=UTC)
SECRETS = {
    "crm": "secret-of-the-customer-triggers",
    "hook": "secret-of-the-orders-hook-00",
    "connectif": "secret-of-connectif-000000",
}
KINDS = {"crm": "vtex-customers", "hook": "vtex-orders", "connectif": "connectif"}
ORDER = {"OrderId": "v1-01", "State": "invoiced"}


@dataclass
class Site:
    """A receiver on a folder, and what it said."""

    folder: Path
    said: list[str] = field(default_factory=list)
    max_concurrent: int = 8

    @property
    def inbox(self) -> Inbox:
        return Inbox(self.folder / "main")

    def app(self, inbox: Inbox | None = None) -> Receiver:
        callers = [
            RegisteredCaller(name, kind, name, inbox or self.inbox, SecretStr(SECRETS[name]))
            for name, kind in KINDS.items()
        ]
        return build_receiver(
            callers,
            clock=lambda: NOW,
            say=self.said.append,
            max_body_bytes=1_000,
            max_concurrent=self.max_concurrent,
        )

    def keys(self, topic: Any = ORDERS) -> list[str]:
        return [one.notice.key for file in self.inbox.open(topic) for one in file.messages]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


Visit = Callable[[httpx.AsyncClient], Coroutine[Any, Any, Any]]


def visit(app: Receiver, do: Visit) -> Any:
    async def go() -> Any:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://receiver") as client:
            return await do(client)

    return asyncio.run(go())


def status(app: Receiver, method: str, path: str, **options: Any) -> int:
    return int(visit(app, lambda client: client.request(method, path, **options)).status_code)


HEADER = {"X-Enrich-Secret": SECRETS["hook"]}
STATUSES = [
    (200, "GET", "/health", {}),
    (200, "POST", f"/hook/changed/{SECRETS['hook']}", {"json": ORDER}),
    (200, "POST", "/hook/changed", {"json": ORDER, "headers": HEADER}),
    (200, "POST", "/hook/changed", {"json": {"hookConfig": "ping"}, "headers": HEADER}),
    (200, "GET", f"/connectif/subscribed/{SECRETS['connectif']}?email=a@example.com", {}),
    (400, "POST", f"/hook/changed/{SECRETS['hook']}", {"content": b"{"}),
    (400, "GET", f"/connectif/subscribed/{SECRETS['connectif']}", {}),
    (413, "POST", f"/hook/changed/{SECRETS['hook']}", {"content": b"x" * 1_001}),
    # Whoever is not known learns nothing: not the caller's name, the event, the method.
    (404, "POST", "/hook/changed", {"json": ORDER}),
    (404, "POST", "/hook/changed/wrong", {"json": ORDER}),
    (404, "POST", f"/hook/changed/{SECRETS['crm']}", {"json": ORDER}),
    (404, "POST", f"/hook/changed/{SECRETS['hook'][:-1]}", {"json": ORDER}),
    (404, "POST", f"/hook/changed/{SECRETS['hook']}/more", {"json": ORDER}),
    (404, "POST", f"/hook/deleted/{SECRETS['hook']}", {"json": ORDER}),
    (404, "GET", f"/hook/changed/{SECRETS['hook']}", {}),
    (404, "DELETE", f"/hook/changed/{SECRETS['hook']}", {}),
    (404, "POST", f"/nobody/changed/{SECRETS['hook']}", {"json": ORDER}),
    (404, "POST", "/nobody/changed/" + "%00" * 43, {"json": ORDER}),
    (404, "POST", "/hook", {"json": ORDER, "headers": HEADER}),
    (404, "GET", "/", {}),
    (404, "GET", "/docs", {}),
]


@pytest.mark.parametrize(("wanted", "method", "path", "options"), STATUSES)
def test_statuses(site: Site, wanted: int, method: str, path: str, options: Any) -> None:
    answer = visit(site.app(), lambda client: client.request(method, path, **options))
    assert answer.status_code == wanted
    assert answer.text == ("ok\n" if wanted == 200 else "")
    is_kept = wanted == 200 and options.get("json") == ORDER
    assert site.keys() == (["v1-01"] if is_kept else [])


def test_what_is_answered_with_200_is_on_disk_and_nothing_else_is(site: Site) -> None:
    path = f"/connectif/unsubscribed/{SECRETS['connectif']}"
    assert status(site.app(), "GET", f"{path}?email=Ana%40Example.com&ip=203.0.113.7") == 200
    (file,) = site.inbox.open(CONSENTS)
    (message,) = file.messages
    assert (message.notice.key, message.notice.by_person) == ("ana@example.com", True)
    assert (message.origin, message.received_at) == ("connectif", NOW)
    assert b"203.0.113.7" not in file.path.read_bytes()  # an address of a person is not kept


def test_calls_at_once_share_a_file(site: Site) -> None:
    count = 100
    site.max_concurrent = count

    async def many(client: httpx.AsyncClient) -> list[int]:
        calls = (
            client.post("/hook/changed", json={"OrderId": f"v{number:03d}-01"}, headers=HEADER)
            for number in range(count)
        )
        return [answer.status_code for answer in await asyncio.gather(*calls)]

    assert visit(site.app(), many) == [200] * count
    assert sorted(site.keys()) == [f"v{number:03d}-01" for number in range(count)]
    assert site.inbox.waiting(ORDERS).file_count <= count // 4


@dataclass(frozen=True)
class SlowDisk(Inbox):
    """An inbox whose disk waits for a sign."""

    go: Any = None

    def keep(self, *arguments: Any) -> Path:
        self.go.wait(10)
        return Inbox.keep(self, *arguments)


def test_more_calls_at_once_than_are_borne_are_asked_to_come_again(site: Site) -> None:
    import threading

    go = threading.Event()
    site.max_concurrent = 2
    app = site.app(SlowDisk(site.inbox.folder, go))

    async def crowd(client: httpx.AsyncClient) -> list[httpx.Response]:
        calls = [
            asyncio.create_task(client.post("/hook/changed", json=ORDER, headers=HEADER))
            for _ in range(5)
        ]
        refused = [await one for one in asyncio.as_completed(calls[2:])]
        go.set()
        return [*refused, *await asyncio.gather(*calls[:2])]

    answers = visit(app, crowd)
    assert [answer.status_code for answer in answers] == [503, 503, 503, 200, 200]
    assert answers[0].headers["retry-after"] == "5"
    assert site.keys() == ["v1-01", "v1-01"]


@dataclass(frozen=True)
class BrokenDisk(Inbox):
    fault: BaseException | None = None

    def keep(self, *arguments: Any) -> Path:
        raise self.fault or OSError


@pytest.mark.parametrize(
    ("fault", "wanted"), [(OSError(28, "no space"), 503), (RuntimeError("ana@example.com"), 500)]
)
def test_what_is_not_on_disk_is_not_answered_with_200(
    site: Site, fault: BaseException, wanted: int
) -> None:
    app = site.app(BrokenDisk(site.inbox.folder, fault))
    assert status(app, "POST", "/hook/changed", json=ORDER, headers=HEADER) == wanted
    assert "ana@example.com" not in "".join(site.said)


def test_the_log_counts_and_names_nobody(site: Site) -> None:
    app = site.app()

    async def talk(client: httpx.AsyncClient) -> None:
        secret = SECRETS["connectif"]
        await client.get(f"/connectif/subscribed/{secret}?email=ana@example.com&ip=203.0.113.7")
        await client.get("/connectif/subscribed/a-wrong-secret-of-somebody?email=bo@example.com")
        await client.get(f"/connectif/subscribed/{secret}?email=nobody")

    async def live() -> None:
        inbound: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        done = asyncio.Event()

        async def send(message: Any) -> None:
            if message["type"] == "lifespan.shutdown.complete":
                done.set()

        life = asyncio.create_task(app({"type": "lifespan"}, inbound.get, send))
        await inbound.put({"type": "lifespan.startup"})
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://receiver") as client:
            await talk(client)
        await inbound.put({"type": "lifespan.shutdown"})
        await done.wait()
        await life

    asyncio.run(live())
    assert site.said == ["callers 1 turned away; connectif 1 kept; connectif 1 not understood"]
