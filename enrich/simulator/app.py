"""One ASGI application: VTEX under /vtex, icomm under /icomm, a webhook receiver under /webhook,
each other platform under its name, and the switches of the simulator under /_simulator.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote

from enrich.simulator import icomm_app, vtex_app, webhook_app
from enrich.simulator.access import AppKey
from enrich.simulator.http import HTML_TYPE, Reply, Request, filters_of, json_reply, query_of
from enrich.simulator.icomm_app import Icomm
from enrich.simulator.platforms import PLATFORMS, Account, serve
from enrich.simulator.vtex_state import Vtex
from enrich.simulator.weather import Fault, fault_reply
from enrich.simulator.webhook_app import Webhook

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Control = Callable[["Simulator", Request], Reply]

REPLACING = frozenset({"status", "html", "login"})


@dataclass(slots=True)
class Simulator:
    """The ASGI application and everything behind it; a test may reach in or use /_simulator.

    `vtex` maps account names to their states, which share one world, clock and weather; the
    `main_account` answers where the path names none.
    """

    vtex: dict[str, Vtex]
    main_account: str
    keys: Mapping[str, AppKey]
    icomm: Icomm
    webhook: Webhook
    control: Control
    accounts: dict[str, Account] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    statuses: dict[str, Counter[str]] = field(default_factory=dict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            request = await _read(scope, receive)
            fault, reply = self.answer(request)
            if fault is not None and fault.kind == "slow":
                await asyncio.sleep(fault.seconds)
            await write_reply(reply, send)
            if self.main.outbox.waiting:
                await asyncio.to_thread(self.main.outbox.deliver)

    @property
    def main(self) -> Vtex:
        """The state of the account that answers under plain /vtex."""
        return self.vtex[self.main_account]

    def account(self, name: str) -> Account:
        """The account on a platform, which calls others through the one outbox there is."""
        return self.accounts.setdefault(name, Account(outbox=self.main.outbox))

    def answer(self, request: Request) -> tuple[Fault | None, Reply]:
        """The reply to a request and what the weather did to it."""
        head, _, rest = request.path.removeprefix("/").partition("/")
        inner = replace(request, path=f"/{rest}")
        if head == "_simulator":
            return None, self.control(self, inner)
        if head == "vtex":
            return self._vtex(inner)
        if head == "icomm":
            return self._platform(f"icomm_{icomm_app.find_call(inner.path)}", inner)
        if head == "webhook":
            return self._platform("webhook", inner)
        if head in PLATFORMS:
            account = self.account(head)
            account.url = f"http://{request.headers.get('host', 'localhost')}/{head}"
            seconds = self.main.now_us() / 1_000_000
            return self._weathered(head, lambda: serve(PLATFORMS[head], account, inner, seconds))
        return None, Reply(404, b"Not Found", content_type="text/plain")

    def _vtex(self, request: Request) -> tuple[Fault | None, Reply]:
        account, path = self.main_account, request.path
        if not path.startswith("/api/"):
            account, _, rest = path.removeprefix("/").partition("/")
            path = f"/{rest}"
        inner = replace(request, path=path)
        found = vtex_app.find_route(inner)
        if account not in self.vtex or found is None:
            return None, Reply(404, b"<html>Not Found</html>", content_type=HTML_TYPE)
        route, parts = found
        state = self.vtex[account]
        return self._weathered(
            route.name, lambda: vtex_app.answer(state, self.keys, inner, route, parts)
        )

    def _platform(self, name: str, request: Request) -> tuple[Fault | None, Reply]:
        call = icomm_app.find_call(request.path)
        if name == "webhook":
            return self._weathered(name, lambda: webhook_app.answer(self.webhook, request))
        if call is None:
            return None, json_reply({"code": 404, "message": "Not found"}, 404)
        return self._weathered(name, lambda: icomm_app.answer(self.icomm, call, request))

    def _weathered(self, route: str, real: Callable[[], Reply]) -> tuple[Fault | None, Reply]:
        sky = self.main.sky
        fault = sky.fault(route)
        if fault is not None and fault.kind in REPLACING:
            reply = fault_reply(fault, self.main.now_us())
        else:
            reply = real()
        if fault is not None:
            is_lost = reply.lost or fault.kind == "lost"
            reply = replace(reply, cut=fault.kind == "cut", lost=is_lost)
        self.counts[route] += 1
        self.statuses.setdefault(route, Counter())[str(reply.status)] += 1
        return fault, reply


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _read(scope: Scope, receive: Receive) -> Request:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            break
    raw_path = scope.get("raw_path") or scope["path"].encode()
    path = raw_path.decode("latin-1")
    return Request(
        method=scope["method"],
        # An escaped slash belongs to an order id, not to the path: routes unquote part by part.
        path=path if path.startswith("/vtex") else unquote(path),
        query=query_of(scope.get("query_string", b"")),
        headers={
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in scope["headers"]
        },
        body=b"".join(parts),
        filters=filters_of(scope.get("query_string", b"")),
    )


async def write_reply(reply: Reply, send: Send) -> None:
    """Sends the reply, cut or not at all where it says so."""
    headers = [(name.encode(), value.encode("latin-1")) for name, value in reply.headers.items()]
    length = len(reply.body) + (1 if reply.lost and not reply.body else 0)
    headers += [(b"content-type", reply.content_type.encode())]
    if reply.status not in (204, 304):
        headers.append((b"content-length", str(length).encode()))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    if reply.lost or reply.cut:
        # The promised length never comes; the server hangs up when the application returns.
        half = reply.body[: len(reply.body) // 2] if reply.cut else b""
        await send({"type": "http.response.body", "body": half, "more_body": True})
        return
    await send({"type": "http.response.body", "body": reply.body})
