"""What each table of the read copy holds, in the words that stand above it in the SQL files."""

from __future__ import annotations

import re
from functools import cache

from enrich.store.scripts import scripts_in, statement

_DECLARED = re.compile(r"((?:^-- .*\n)+)create table if not exists (?:\w+\.)?(\w+)", re.MULTILINE)

UNDECLARED = {
    "brands": "one row per brand, as the catalogue says now.",
    "coupons": "one row per coupon of the shop.",
    "profiles": "one row per customer: the profile of the newest day.",
    "promotions": "one row per promotion of the shop.",
    "push_batches": "one row per batch sent to a platform.",
    "push_runs": "one row per push of a store to a platform.",
    "rfm_cut_point_history": "the cut points of earlier runs, one row per window, axis and score.",
    "rfm_cut_points": "one row per window, axis and score: its lowest and highest value, its size.",
    "runs": "one row per run of a job.",
    "sales_channels": "one row per sales channel of the shop.",
    "watermarks": "one row per store and entity; everything up to watermark_at is stored.",
    "reject_counts": "one row per store and entity: how many records were set aside.",
}
"""Notes of tables that a query or a frame makes, or that stand under the note of a neighbour."""


@cache
def table_notes() -> dict[str, str]:
    """The note of every table: what a row is, and what else stands above its declaration."""
    notes = {
        table: _text(comment)
        for script in scripts_in("schema")
        for comment, table in _DECLARED.findall(statement(script))
    }
    return {**notes, **UNDECLARED}


def _text(comment: str) -> str:
    lines = (line.removeprefix("--").strip() for line in comment.splitlines())
    return " ".join(lines).removeprefix("Grain: ").strip()
