"""A message as one line of the inbox: who or what changed, never a whole document."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AliasChoices, Field, TypeAdapter, ValidationError

Topic = Literal["customers", "orders", "consents"]

CUSTOMERS: Topic = "customers"
ORDERS: Topic = "orders"
CONSENTS: Topic = "consents"
TOPICS: tuple[Topic, ...] = (CUSTOMERS, ORDERS, CONSENTS)

_HEAD_BYTES = 9  # the checksum and a space

# Lines of before have these keys under other names, and may still wait for a sync.
_CHANGED_AT = Field(validation_alias=AliasChoices("changed_at", "told_at"))
_NOTICE = Field(validation_alias=AliasChoices("notice", "told"))


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing a call reports: `key` is a document id, an order id, or an e-mail in small letters.

    `event` is what happened to it. `changed_at` is the caller's own moment, UTC, where it names
    one; `by_person`: the person did it, as far as the caller proves that.
    """

    topic: Topic
    key: str = field(repr=False)
    event: str
    changed_at: Annotated[datetime | None, _CHANGED_AT] = None
    by_person: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """A notice, by whom it was sent and when it came; `received_at` is UTC."""

    notice: Annotated[Notice, _NOTICE]
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
