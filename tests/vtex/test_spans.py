"""Which windows a run asks for, and that cutting them loses nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich.model import Span
from enrich.sources.vtex.spans import (
    SHORTEST,
    customer_span,
    explicit_windows,
    filter_text,
    halves,
    next_watermark,
    order_windows,
)

NOW = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)
INDEXED = NOW - timedelta(minutes=5)


def ago(**length: float) -> datetime:
    return NOW - timedelta(**length)


def test_the_first_run_asks_for_creations_alone() -> None:
    (window,) = order_windows(None, NOW, first_sync_days=730)
    assert (window.date_field, window.span) == ("creationDate", Span(ago(days=730), INDEXED))


@pytest.mark.parametrize(
    ("watermark_at", "is_long", "created_from", "changed_from"),
    [
        (ago(hours=4), False, ago(days=45), ago(hours=10)),
        (ago(hours=4), True, ago(days=400), ago(hours=10)),
        # a late run covers the whole gap, the overlap too
        (ago(days=60), False, ago(days=60, minutes=15), ago(days=60, hours=6)),
        # nothing reaches behind where the first run began
        (ago(days=900), False, ago(days=730), ago(days=900, hours=6)),
        # a clock that went backwards asks for no span that ends before it begins
        (NOW + timedelta(days=1), False, ago(days=45), INDEXED),
    ],
)
def test_later_runs_ask_by_three_moments(
    watermark_at: datetime, is_long: bool, created_from: datetime, changed_from: datetime
) -> None:
    windows = order_windows(watermark_at, NOW, first_sync_days=730, is_long=is_long)
    assert {w.date_field: w.span for w in windows} == {
        "creationDate": Span(created_from, INDEXED),
        "authorizedDate": Span(changed_from, INDEXED),
        "invoicedDate": Span(changed_from, INDEXED),
    }


def test_a_short_first_sync_keeps_later_runs_short() -> None:
    created, *_ = order_windows(ago(hours=4), NOW, first_sync_days=10)
    assert created.span.start_at == ago(days=10)


@pytest.mark.parametrize(
    ("start_at", "end_at", "spans"),
    [
        (ago(days=9), ago(days=8), [Span(ago(days=9), ago(days=8))]),
        (ago(days=9), NOW, [Span(ago(days=9), INDEXED)]),
        (ago(days=9), NOW + timedelta(days=9), [Span(ago(days=9), INDEXED)]),
        (NOW, NOW, []),
    ],
)
def test_an_explicit_stretch_ends_where_the_index_does(
    start_at: datetime, end_at: datetime, spans: list[Span]
) -> None:
    assert [w.span for w in explicit_windows(Span(start_at, end_at), NOW)] == spans


def test_customers_overlap_too() -> None:
    assert customer_span(ago(hours=4), NOW) == Span(ago(hours=4, minutes=15), INDEXED)


def test_the_next_run_begins_before_this_one_ended() -> None:
    this_run = order_windows(ago(hours=4), NOW, first_sync_days=730)
    next_run = order_windows(next_watermark(NOW), NOW + timedelta(days=60), first_sync_days=730)
    for before, after in zip(this_run, next_run, strict=True):
        assert after.span.start_at <= before.span.end_at - timedelta(minutes=15)


def leaves(span: Span, holds_too_many: Callable[[Span], bool]) -> Iterator[Span]:
    cut = halves(span) if holds_too_many(span) else None
    if cut is None:
        yield span
        return
    for half in cut:
        yield from leaves(half, holds_too_many)


spans = st.builds(
    lambda age, length: Span(NOW - age, NOW - age + length),
    st.timedeltas(timedelta(0), timedelta(days=9000)),
    st.timedeltas(timedelta(0), timedelta(days=800)),
)
crowds = st.lists(st.floats(0, 1), max_size=200)


@given(spans, crowds, st.integers(1, 50))
def test_bisection_covers_the_span_exactly_once(span: Span, crowd: list[float], most: int) -> None:
    length = span.end_at - span.start_at
    moments = [span.start_at + length * share for share in crowd]

    def inside(part: Span) -> list[datetime]:
        return [m for m in moments if part.start_at <= m <= part.end_at]

    parts = list(leaves(span, lambda part: len(inside(part)) > most))
    assert (parts[0].start_at, parts[-1].end_at) == (span.start_at, span.end_at)
    for before, after in pairwise(parts):
        assert before.end_at == after.start_at
        assert before.start_at < before.end_at
    assert all(len(inside(p)) <= most or p.end_at - p.start_at <= SHORTEST for p in parts)


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 3, 2, 14, 5, 9, 999_999, tzinfo=UTC), "2026-03-02T14:05:09.999Z"),
        (datetime.fromisoformat("2026-03-02T11:05:09-03:00"), "2026-03-02T14:05:09.000Z"),
    ],
)
def test_filters_are_in_utc_with_milliseconds(moment: datetime, text: str) -> None:
    assert filter_text(moment) == text
