"""One attempt of an attack: what is tried, and what happened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Finding:
    """What one attempt did; `happened` is one line for the table."""

    held: bool
    happened: str


class NotHere(Exception):
    """The attempt needs something that this machine lacks, such as a browser; says what."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attack: `run` gets an empty folder and may raise NotHere.

    A `long` one is left out of CI: it takes more than twenty seconds there.
    """

    name: str
    run: Callable[[Path], Finding]
    long: bool = False
