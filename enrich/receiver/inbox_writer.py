"""One writer for all calls: messages that arrive during a write go into the next file together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from enrich.receiver.inbox import Inbox
from enrich.receiver.messages import Message, Topic

Place = tuple[Inbox, Topic]


@dataclass(slots=True)
class _WriteTask:
    place: Place
    messages: Sequence[Message]
    done: asyncio.Future[None]


@dataclass
class InboxWriter:
    """Write messages to the inboxes in order of arrival; file names contain the time of `clock`."""

    clock: Callable[[], datetime]
    _waiting: list[_WriteTask] = field(default_factory=list)
    _at_work: asyncio.Task[None] | None = None

    async def keep(self, place: Place, messages: Sequence[Message]) -> None:
        """Return when the messages are on disk; raise the error of the write."""
        task = _WriteTask(place, messages, asyncio.get_running_loop().create_future())
        self._waiting.append(task)
        if self._at_work is None or self._at_work.done():
            self._at_work = asyncio.create_task(self._work())
        await task.done

    async def _work(self) -> None:
        while self._waiting:
            tasks, self._waiting = self._waiting, []
            for place in dict.fromkeys(task.place for task in tasks):
                await self._write(place, [one for one in tasks if one.place == place])

    async def _write(self, place: Place, tasks: Sequence[_WriteTask]) -> None:
        inbox, topic = place
        messages = [message for task in tasks for message in task.messages]
        fault: Exception | None = None
        try:
            await asyncio.to_thread(inbox.keep, topic, messages, self.clock())
        except Exception as error:  # passed on to the callers that wait
            fault = error
        for task in tasks:
            if task.done.done():  # its caller gave up meanwhile
                continue
            if fault is None:
                task.done.set_result(None)
            else:
                task.done.set_exception(fault)
