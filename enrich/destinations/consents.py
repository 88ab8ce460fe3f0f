"""How platforms tell of consents: as a whole in an export, or of one person when asked.

What comes by itself goes through the receiver.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import polars as pl

from enrich.client import Call
from enrich.destinations.remote import Remote

MOST_EXPORT_BYTES = 8 * 1024**3


class NotOverYet(Exception):
    """The platform is still working on the export."""


class Downloads(Protocol):
    """The part of the HTTP client that saves a large answer."""

    def download(self, call: Call, target: Path, max_bytes: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Heard:
    """What a platform told. `statements`: email, event, changed_at (UTC), by_person. `shown`:
    email, opted_in (null: nothing) of people of whom it does not say since when.
    """

    statements: pl.DataFrame = field(repr=False)
    shown: pl.DataFrame = field(repr=False)


STATEMENTS = pl.Schema(
    {
        "email": pl.String(),
        "event": pl.String(),
        "changed_at": pl.Datetime("us"),
        "by_person": pl.Boolean(),
    }
)
SHOWN = pl.Schema({"email": pl.String(), "opted_in": pl.Boolean()})


def blank_heard() -> Heard:
    """Nothing was told."""
    return Heard(pl.DataFrame(schema=STATEMENTS), pl.DataFrame(schema=SHOWN))


@dataclass(frozen=True, slots=True)
class Reader:
    """How one platform is asked: `start` and `read` an export, or `look` at some people.

    `states_no`: a no it shows was said by somebody; else it is what everybody has who never spoke.
    """

    start: Callable[[Remote], str] | None = None
    read: Callable[[Remote, Downloads, str, Path], Heard] | None = None
    look: Callable[[Remote, Sequence[str]], pl.DataFrame] | None = None
    states_no: bool = True
