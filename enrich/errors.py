"""Every fault of the program, named by what to do next.

EnrichError
├── Stop            the run cannot go on; somebody must look                     exit 1
│   ├── Refused     VTEX or a platform refused the credentials                   exit 3
│   ├── HeldBack    a check on the data holds the run back                       exit 4
│   └── Locked      another run holds the lock                                   exit 5
├── BadSettings     the command line, the configuration or a file is wrong       exit 2
├── TryAgain        a passing fault; the same call may work later                exit 1
└── SkipRecord      this one record is unusable; reject it and go on          (stays in a job)

Messages are one visible line, tell what to do, and never hold a customer's value.
"""

from __future__ import annotations

from pathlib import Path
from traceback import extract_tb

from enrich.plain_text import one_line


class EnrichError(Exception):
    """A fault with a one-line message for the user and an exit code for the caller."""

    exit_code = 1

    def __init__(self, message: str = "") -> None:
        super().__init__(one_line(message))


class Stop(EnrichError):
    """The run cannot go on."""


class Refused(Stop):
    """VTEX or a platform refused the credentials or the role lacks a permission."""

    exit_code = 3


class HeldBack(Stop):
    """A check on the data holds the run back."""

    exit_code = 4


class Locked(Stop):
    """Another run is writing the warehouse."""

    exit_code = 5


class BadSettings(EnrichError):
    """The command line, the configuration or an input file is wrong."""

    exit_code = 2


class TryAgain(EnrichError):
    """A passing fault; `retry_after_seconds` is what the other side asked for, if it did."""

    def __init__(self, message: str, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class SkipRecord(EnrichError):
    """One record is unusable; the reason holds no customer's value."""


def unforeseen(error: BaseException) -> str:
    """One line about a fault that nobody foresaw: its kind and place; its text may quote data."""
    return (
        f"unexpected {type(error).__name__} {_place(error)}; run it once more, and if it comes"
        " back, tell the developers this line, which holds no customer's value"
    )


def _place(error: BaseException) -> str:
    """Where it was raised, as far as it is our code."""
    here = Path(__file__).parent
    ours = [one for one in extract_tb(error.__traceback__) if here in Path(one.filename).parents]
    if not ours:
        return "outside of enrich"
    return f"in {ours[-1].name} ({Path(ours[-1].filename).name}, line {ours[-1].lineno})"
