"""How platforms report consents: all of them in an export, or of one person when asked.

What comes by itself goes through the receiver.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol

import polars as pl

from enrich.client import Call

MAX_EXPORT_BYTES = 8 * 1024**3


class NotOverYet(Exception):
    """The platform is still working on the export."""


class Downloads(Protocol):
    """The part of the HTTP client that saves a large answer."""

    def download(self, call: Call, target: Path, max_bytes: int) -> None: ...


@dataclass(frozen=True, slots=True)
class ConsentReport:
    """What a platform reported. `statements`: email, event, changed_at (UTC), by_person. `shown`:
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


def no_consents() -> ConsentReport:
    """Nothing was reported."""
    return ConsentReport(pl.DataFrame(schema=STATEMENTS), pl.DataFrame(schema=SHOWN))


class ExportsConsents(ABC):
    """A platform that reports all consents in an export."""

    settings: Any

    @abstractmethod
    def start_export(self) -> str:
        """The id of an export that has begun; TryAgain when the platform takes no more now."""

    @abstractmethod
    def read_export(self, http: Downloads, export_id: str, target: Path) -> ConsentReport:
        """What an export that is over reports; `target` is a file for the while.

        Raises NotOverYet, and NotFound when the export is gone.
        """


class ShowsConsents(ABC):
    """A platform that shows the consent of one person at a time.

    `states_no`: a no it shows was stated by somebody; else it is what everybody has by default.
    """

    states_no: ClassVar[bool] = True

    @abstractmethod
    def look_at(self, emails: Sequence[str]) -> pl.DataFrame:
        """What these people's profiles show, as SHOWN; one that is not there shows nothing."""
