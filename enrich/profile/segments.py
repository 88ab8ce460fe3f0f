"""Groups and segments as data: which scores make which name.

The four groups, and the names marked `documented`, are icomm's published ones; the other names and
all edges are ours. A shop may replace the table; `problems` proves one total and exclusive.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import polars as pl

PROSPECTS = "PROSPECTS"
ANY = (1, 2, 3, 4, 5)
LOW, MIDDLE, HIGH = (1, 2), (3,), (4, 5)
M_LOW, M_HIGH = (1, 2, 3), (4, 5)


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """One row of the table: the scores it takes, and the names it gives."""

    group: str
    segment: str
    recency: tuple[int, ...]
    frequency: tuple[int, ...]
    monetary: tuple[int, ...]


def _five(
    group: str, frequency: tuple[int, ...], names: tuple[str, str, str, str, str]
) -> tuple[SegmentRow, ...]:
    bands = ((LOW, M_LOW), (LOW, M_HIGH), (MIDDLE, ANY), (HIGH, M_LOW), (HIGH, M_HIGH))
    return tuple(
        SegmentRow(group, f"{group}_{name}", recency, frequency, monetary)
        for name, (recency, monetary) in zip(names, bands, strict=True)
    )


SEGMENTS: tuple[SegmentRow, ...] = (
    # documented: LOSE_IT, NEEDS_ATTENTION
    *_five("BEGINNERS", (1,), ("LOSE_IT", "AT_RISK", "NEEDS_ATTENTION", "NEW", "PROMISING")),
    # documented: HIBERNATING
    *_five(
        "FREQUENT",
        (2, 3),
        ("HIBERNATING", "AT_RISK", "NEEDS_ATTENTION", "ACTIVE", "POTENTIAL_LOYAL"),
    ),
    *_five("LOYAL", (4, 5), ("HIBERNATING", "CANT_LOSE", "NEEDS_ATTENTION", "ACTIVE", "CHAMPIONS")),
)


def matches(row: SegmentRow, recency: int, frequency: int, monetary: int) -> bool:
    """Whether the row takes this triple of scores."""
    return recency in row.recency and frequency in row.frequency and monetary in row.monetary


def problems(table: tuple[SegmentRow, ...]) -> list[str]:
    """One line per triple of scores that no row or several rows take; empty for a sound table."""
    found = []
    for triple in product(ANY, ANY, ANY):
        names = [row.segment for row in table if matches(row, *triple)]
        if len(names) != 1:
            found.append(f"{''.join(map(str, triple))} is taken by {names or 'no row'}")
    return found


def segment_frame(table: tuple[SegmentRow, ...]) -> pl.DataFrame:
    """One row per triple of scores: r_score, f_score, m_score, rfm_group, rfm_segment."""
    rows = [
        (r, f, m, row.group, row.segment)
        for r, f, m in product(ANY, ANY, ANY)
        for row in table
        if matches(row, r, f, m)
    ]
    schema = {
        "r_score": pl.Int8,
        "f_score": pl.Int8,
        "m_score": pl.Int8,
        "rfm_group": pl.String,
        "rfm_segment": pl.String,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")
