"""Run one command as a process would, and see what it said."""

from __future__ import annotations

import io
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from enrich.cli import run
from enrich.cli.console import PlainConsole

NOW = datetime(2026, 3, 10, 15, tzinfo=UTC)


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str


def enrich(
    *arguments: object, environ: Mapping[str, str] | None = None, now: datetime = NOW
) -> Said:
    out, err = io.StringIO(), io.StringIO()
    code = run(
        [str(argument) for argument in arguments],
        environ=environ or {},
        clock=lambda: now,
        out=PlainConsole(file=out, width=200, color_system=None),
        err=PlainConsole(file=err, width=200, color_system=None),
    )
    return Said(code, out.getvalue(), err.getvalue())


def copied(made: Path, to: Path) -> Path:
    """A shop that was made once, for a test that changes it."""
    return Path(shutil.copytree(made, to, symlinks=True, dirs_exist_ok=True))
