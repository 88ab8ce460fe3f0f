"""One writer for all calls: what comes while a file is on its way to disk shares the next one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from enrich.receiver.inbox import Inbox
from enrich.receiver.messages import Message, Topic

Place = tuple[Inbox, Topic]


@dataclass(slots=True)
class _Errand:
    place: Place
    messages: Sequence[Message]
    done: asyncio.Future[None]


@dataclass
class Mailroom:
    """Keeps messages in the order they come; `clock` names the files."""

    clock: Callable[[], datetime]
    _waiting: list[_Errand] = field(default_factory=list)
    _at_work: asyncio.Task[None] | None = None

    async def keep(self, place: Place, messages: Sequence[Message]) -> None:
        """Returns when the messages are safe on disk; raises what kept them off it."""
        errand = _Errand(place, messages, asyncio.get_running_loop().create_future())
        self._waiting.append(errand)
        if self._at_work is None or self._at_work.done():
            self._at_work = asyncio.create_task(self._work())
        await errand.done

    async def _work(self) -> None:
        while self._waiting:
            errands, self._waiting = self._waiting, []
            for place in dict.fromkeys(errand.place for errand in errands):
                await self._write(place, [one for one in errands if one.place == place])

    async def _write(self, place: Place, errands: Sequence[_Errand]) -> None:
        inbox, topic = place
        messages = [message for errand in errands for message in errand.messages]
        fault: Exception | None = None
        try:
            await asyncio.to_thread(inbox.keep, topic, messages, self.clock())
        except Exception as error:  # nobody else would tell the callers that wait for it
            fault = error
        for errand in errands:
            if errand.done.done():  # its caller gave up meanwhile
                continue
            if fault is None:
                errand.done.set_result(None)
            else:
                errand.done.set_exception(fault)
