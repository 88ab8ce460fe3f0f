"""The receiver as an ASGI application: identify the caller, limit the call, store it, answer 200.

A caller is identified by the secret in the header X-Enrich-Secret or at the end of the path:
/NAME/EVENT or /NAME/EVENT/SECRET. An unknown caller gets the same 404 as an unknown path.
Nothing of a path, a query or a body is ever logged.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from pydantic import SecretStr

from enrich.receiver.callers import KINDS, Call, NotUnderstood, RegisteredCaller, read_call
from enrich.receiver.inbox import Inbox
from enrich.receiver.inbox_writer import InboxWriter
from enrich.receiver.messages import Message

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

SECRET_HEADER = b"x-enrich-secret"
HEALTH = "/health"
BODY_SECONDS = 10.0
REPORT_EVERY_SECONDS = 60.0

OK, BAD, GONE, SLOW, LARGE, BROKEN, LATER = 200, 400, 404, 408, 413, 500, 503
_WORDS = {
    OK: "kept",
    BAD: "not understood",
    SLOW: "too slow",
    LARGE: "too large",
    BROKEN: "failed",
    LATER: "could not be written",
}
_ANYBODY = "callers"


class _TooLarge(Exception):
    """The body is larger than any honest one."""


@dataclass
class Receiver:
    """The application; `say` gets one line a minute with counts of calls by caller and outcome."""

    callers: Mapping[str, RegisteredCaller]
    clock: Callable[[], datetime]
    say: Callable[[str], None]
    max_body_bytes: int
    max_concurrent: int
    inbox_writer: InboxWriter = field(init=False)
    _tally: Counter[tuple[str, str]] = field(default_factory=Counter)
    _at_once: int = 0

    def __post_init__(self) -> None:
        self.inbox_writer = InboxWriter(self.clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await _reply(send, await self._answer(scope, receive))

    async def _live(self, receive: Receive, send: Send) -> None:
        reporting: asyncio.Task[None] | None = None
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                reporting = asyncio.create_task(self._report_every_minute())
            elif reporting is not None:
                reporting.cancel()
                self._report()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return

    async def _report_every_minute(self) -> None:
        while True:
            await asyncio.sleep(REPORT_EVERY_SECONDS)
            self._report()

    def _report(self) -> None:
        tally, self._tally = self._tally, Counter()
        if tally:
            parts = (f"{name} {count:,} {word}" for (name, word), count in sorted(tally.items()))
            self.say("; ".join(parts))

    def count_connection(self, what: str) -> None:
        """Count a connection that ended without a call, for the next line of the log."""
        self._tally[_ANYBODY, what] += 1

    async def _answer(self, scope: Scope, receive: Receive) -> int:
        """The status of the reply; 503 when `max_concurrent` calls are under way."""
        if scope["path"] == HEALTH:
            return OK
        if self._at_once >= self.max_concurrent:
            self._tally[_ANYBODY, "too many at once"] += 1
            return LATER
        self._at_once += 1
        try:
            return await self._admit(scope, receive)
        finally:
            self._at_once -= 1

    async def _admit(self, scope: Scope, receive: Receive) -> int:
        found = _identify(self.callers, scope)
        if found is None:
            self._tally[_ANYBODY, "turned away"] += 1
            return GONE
        caller, event = found
        status = await self._status_of(caller, event, scope, receive)
        self._tally[caller.name, _WORDS[status]] += 1
        return status

    async def _status_of(
        self, caller: RegisteredCaller, event: str, scope: Scope, receive: Receive
    ) -> int:
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await _read(receive, self.max_body_bytes)
            query = dict(parse_qsl(scope.get("query_string", b"").decode("utf-8", "replace")))
            await self._keep(caller, Call(event, query, body))
        except TimeoutError:
            return SLOW
        except _TooLarge:
            return LARGE
        except NotUnderstood:
            return BAD
        except OSError:
            return LATER
        except Exception as error:
            # The server would print what the caller sent; only the kind of the error may be logged.
            self._tally[caller.name, f"unexpected {type(error).__name__}"] += 1
            return BROKEN
        return OK

    async def _keep(self, caller: RegisteredCaller, call: Call) -> None:
        notices = read_call(caller.kind, call)
        if notices:
            now = self.clock()
            messages = [Message(one, caller.origin, now) for one in notices]
            await self.inbox_writer.keep((caller.inbox, notices[0].topic), messages)


def build_receiver(
    callers: Sequence[RegisteredCaller],
    *,
    clock: Callable[[], datetime],
    say: Callable[[str], None],
    max_body_bytes: int,
    max_concurrent: int,
) -> Receiver:
    """The application, its folders made; raises OSError when they cannot be."""
    for caller in callers:
        caller.inbox.prepare()
    return Receiver(
        {caller.name: caller for caller in callers}, clock, say, max_body_bytes, max_concurrent
    )


def _identify(
    callers: Mapping[str, RegisteredCaller], scope: Scope
) -> tuple[RegisteredCaller, str] | None:
    """The caller and the event; None when the secret is wrong or the event is not its kind's.

    An unknown name is compared with a secret that nobody knows: it takes as long.
    """
    name, event, secret = _parts(scope)
    caller = callers.get(name, _NOBODY)
    if not caller.has_secret(secret) or caller is _NOBODY:
        return None
    kind = KINDS[caller.kind]
    return (caller, event) if event in kind.events and scope["method"] in kind.methods else None


_NOBODY = RegisteredCaller("", "", "", Inbox(Path()), SecretStr("\0" * 43))


def _parts(scope: Scope) -> tuple[str, str, str]:
    """Name, event and secret of the path; a secret in the header goes before one in the path."""
    parts = scope["path"].strip("/").split("/")
    name, event, secret = [*parts, "", ""][:3] if 1 < len(parts) <= 3 else ("", "", "")
    for header, value in scope["headers"]:
        if header == SECRET_HEADER:
            secret = value.decode("latin-1")
    return name, event, secret


async def _read(receive: Receive, max_bytes: int) -> bytes:
    """The whole body; raises _TooLarge as soon as it is."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise NotUnderstood("the caller went away")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > max_bytes:
            raise _TooLarge
        if not message.get("more_body"):
            return b"".join(parts)


async def _reply(send: Send, status: int) -> None:
    body = b"ok\n" if status == OK else b""
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(body)).encode())]
    if status == LATER:
        headers.append((b"retry-after", b"5"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
