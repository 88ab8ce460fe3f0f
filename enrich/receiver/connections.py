"""How many connections there may be and how long each may take to say what it wants.

uvicorn has no time for a first byte or a whole request, counts silent connections against the calls
of everybody, and writes a line for each of a flood.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

FIRST_BYTE_SECONDS = 5.0
REQUEST_SECONDS = 15.0  # from its first byte; longer than a body may take, which is answered 408

TOO_MANY = "connections too many"
CROWDED_OUT = "silent connections closed for others"
SILENT = "connections without a call"
TOO_SLOW = "calls too slow"
NOT_HTTP = "calls not HTTP"


@dataclass
class Connections:
    """The connections that are there, the one that waits longest first; `count` gets what became
    of those that were closed."""

    max_count: int
    max_per_address: int
    count: Callable[[str], None]
    _by_age: dict[BoundedProtocol, str] = field(default_factory=dict)

    def admit(self, new: BoundedProtocol, address: str) -> bool:
        """Whether there is room; one that has asked nothing yet makes room for it."""
        own = [one for one, its_address in self._by_age.items() if its_address == address]
        crowd = own if len(own) >= self.max_per_address else list(self._by_age)
        if len(own) >= self.max_per_address or len(self._by_age) >= self.max_count:
            oldest = next((one for one in crowd if one.is_waiting), None)
            if oldest is None:
                self.count(TOO_MANY)
                return False
            oldest.give_up(CROWDED_OUT)
        self._by_age[new] = address
        return True

    def leave(self, one: BoundedProtocol) -> None:
        """This one is gone; no matter whether it was ever admitted."""
        self._by_age.pop(one, None)


class BoundedProtocol(H11Protocol):
    """One connection of uvicorn's, closed when it asks nothing, too slowly, or one too many."""

    def __init__(self, all_of_them: Connections, **options: Any) -> None:
        super().__init__(**options)
        self._all = all_of_them
        self._timer: asyncio.TimerHandle | None = None
        self._has_begun = False

    @property
    def is_waiting(self) -> bool:
        """Whether there is no whole request of it to be answered."""
        is_idle = self.cycle is None or self.cycle.response_complete
        return is_idle or self._timer is not None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.transport = transport
        peer = transport.get_extra_info("peername")
        if not self._all.admit(self, str(peer[0] if peer else "")):
            transport.abort()
            return
        super().connection_made(transport)
        self._wait(FIRST_BYTE_SECONDS, SILENT)

    def data_received(self, data: bytes) -> None:
        if not self._has_begun:
            self._has_begun = True
            self._wait(REQUEST_SECONDS, TOO_SLOW)
        super().data_received(data)
        if self.conn.their_state not in (h11.IDLE, h11.SEND_BODY):
            self._stop_waiting()

    def on_response_complete(self) -> None:
        self._has_begun = self.conn.their_state is h11.SEND_BODY
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        self._all.count(NOT_HTTP)
        super().send_400_response(msg)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        self._all.leave(self)
        super().connection_lost(exc)

    def give_up(self, reason: str) -> None:
        """Close at once, whatever is on its way; `reason` is counted."""
        self._all.count(reason)
        self._all.leave(self)
        self._stop_waiting()
        self.transport.abort()

    def _wait(self, seconds: float, reason: str) -> None:
        self._stop_waiting()
        self._timer = self.loop.call_later(seconds, self.give_up, reason)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
