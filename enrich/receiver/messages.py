"""A message as one line of the inbox: who or what changed, never a whole document."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from pydantic import TypeAdapter, ValidationError

Topic = Literal["customers", "orders", "consents"]

CUSTOMERS: Topic = "customers"
ORDERS: Topic = "orders"
CONSENTS: Topic = "consents"
TOPICS: tuple[Topic, ...] = (CUSTOMERS, ORDERS, CONSENTS)

_HEAD_BYTES = 9  # the checksum and a space


@dataclass(frozen=True, slots=True)
class Told:
    """One thing a call says: `key` is a document id, an order id, or an e-mail in small letters.

    `event` is what happened to it. `told_at` is the caller's own moment, UTC, where it names one;
    `by_person`: the person did it, as far as the caller proves that.
    """

    topic: Topic
    key: str = field(repr=False)
    event: str
    told_at: datetime | None = None
    by_person: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """Something told, by whom and when it came; `received_at` is UTC."""

    told: Told
    origin: str
    received_at: datetime


def encode(message: Message) -> bytes:
    """One line: the checksum of the rest, a space, JSON; a torn line never passes for a whole."""
    content = _MESSAGE.dump_json(message)
    return b"%08x %b\n" % (zlib.crc32(content), content)


def decode(line: bytes) -> Message | None:
    """The message of a line; None when the line is torn or somebody else's."""
    content = line[_HEAD_BYTES:-1]
    if line != b"%08x %b\n" % (zlib.crc32(content), content):
        return None
    try:
        return _MESSAGE.validate_json(content)
    except ValidationError:
        return None


_MESSAGE: TypeAdapter[Message] = TypeAdapter(Message)
