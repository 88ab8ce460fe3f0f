"""Which stretches of time a run asks VTEX for. Pure.

VTEX has no changed-since filter. So the orders of the last weeks are listed again by creation, and
what was authorized or invoiced since the last run by those moments; the rest is found weekly.
Ends are inclusive and in the past, because the index is about four minutes late.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from enrich.model import Span
from enrich.sources.source import Window

INDEX_LAG = timedelta(minutes=5)
OVERLAP = timedelta(minutes=15)
STATUS_OVERLAP = timedelta(hours=6)
ROLLING = timedelta(days=45)
LONG = timedelta(days=400)
MAX_ROWS = 3000  # VTEX: 30 pages of 100
SHORTEST = timedelta(seconds=1)


def next_watermark(now: datetime) -> datetime:
    """The moment up to which a run at `now` knows: what VTEX has surely indexed."""
    return now - INDEX_LAG


def order_windows(
    watermark_at: datetime | None, now: datetime, *, first_sync_days: int, is_long: bool = False
) -> tuple[Window, ...]:
    """The windows of a run at `now`, after a run that knew up to `watermark_at` (None: never).

    A late run covers the whole gap; `is_long` re-lists 400 days, for late cancellations and
    returns; nothing reaches further back than the first run did.
    """
    end_at = next_watermark(now)
    oldest_at = now - timedelta(days=first_sync_days)
    if watermark_at is None:
        return (Window("creationDate", Span(oldest_at, end_at)),)
    reach_at = now - (LONG if is_long else ROLLING)
    created = Span(max(oldest_at, min(reach_at, watermark_at - OVERLAP)), end_at)
    changed = Span(min(watermark_at - STATUS_OVERLAP, end_at), end_at)
    return (
        Window("creationDate", created),
        Window("authorizedDate", changed),
        Window("invoicedDate", changed),
    )


def explicit_windows(span: Span, now: datetime) -> tuple[Window, ...]:
    """The orders created in a stretch somebody asked for; its end never lies ahead of the index."""
    last_at = min(span.end_at, next_watermark(now))
    window = Window("creationDate", Span(span.start_at, last_at))
    return (window,) if span.start_at <= last_at else ()


def customer_span(watermark_at: datetime, now: datetime) -> Span:
    """The interactions an increment asks for."""
    end_at = next_watermark(now)
    return Span(min(watermark_at - OVERLAP, end_at), end_at)


def halves(span: Span) -> tuple[Span, Span] | None:
    """Two spans that together are this one and share only the moment of the cut; None at the floor.

    They share it because VTEX keeps seven digits of a second and filters by three: with a gap of a
    millisecond an order could fall between. Rows are keyed, so one that comes twice does no harm.
    """
    length = span.end_at - span.start_at
    if length <= SHORTEST:
        return None
    cut_at = (span.start_at + length / 2).replace(microsecond=0)
    if cut_at <= span.start_at:
        cut_at = span.start_at + length / 2
    return Span(span.start_at, cut_at), Span(cut_at, span.end_at)


def filter_text(moment: datetime) -> str:
    """The moment as VTEX filters want it: UTC with milliseconds and a Z."""
    plain = moment.astimezone(UTC).replace(tzinfo=None)
    return plain.isoformat(timespec="milliseconds") + "Z"
