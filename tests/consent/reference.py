"""Who wins, in plain loops: slow, obvious, kept for ever."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

EPOCH = datetime.fromisoformat("2026-03-01")


@dataclass(frozen=True, order=True)
class Said:
    at: datetime
    opted_in: bool
    origin: str = "vtex"
    is_dated: bool = True
    by_person: bool = False


@dataclass(frozen=True)
class Wrote:
    at: datetime
    opted_in: bool
    party: str
    settled_at: datetime | None = None
    is_certain: bool = True


def is_echo(said: Said, statements: Sequence[Said], writes: Sequence[Wrote]) -> bool:
    if said.by_person:
        return False
    before = [
        w for w in writes if w.party == said.origin and w.at <= said.at + timedelta(minutes=5)
    ]
    if not before:
        return False
    last = max(before, key=lambda w: w.at)
    if last.settled_at is not None and said.at > last.settled_at + timedelta(hours=2):
        return False
    contradicted = any(
        other.origin == said.origin
        and other.opted_in != said.opted_in
        and last.at < other.at <= said.at
        for other in statements
    )
    return last.opted_in == said.opted_in and not contradicted


def winner(statements: Sequence[Said], writes: Sequence[Wrote]) -> Said | None:
    """The newest word, of two at once the no; shown by a dated statement where one agrees."""
    news = [one for one in statements if not is_echo(one, statements, writes)]
    if not news:
        return None
    newest = max(news, key=lambda one: (one.at, not one.opted_in))
    agreeing = []
    for one in sorted(news, key=lambda one: (one.at, not one.opted_in)):
        agreeing = [] if one.opted_in != newest.opted_in else [*agreeing, one]
    dated = [one for one in agreeing if one.is_dated]
    return max(dated or agreeing, key=lambda one: (one.at, one.origin))
