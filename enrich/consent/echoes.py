"""Which statements of a platform are nothing but our own writes coming back. Pure.

Judged over everything that is known, never on arrival: so it does not matter in which order
messages come, and a statement that was an echo stays one.
"""

from __future__ import annotations

from datetime import timedelta

import polars as pl

CLOCKS_APART = timedelta(minutes=5)
"""How far a platform's clock may be behind ours."""

ECHO_WITHIN = timedelta(hours=2)
"""How long after a write its echo may come; what comes later is news, though it says the same."""


def without_echoes(statements: pl.DataFrame, writes: pl.DataFrame) -> pl.DataFrame:
    """The statements that are news, as STATEMENTS; `writes` as WRITES.

    An echo says what we last wrote there shortly before it, with nothing else said there in
    between, and does not prove that the person did it. A write that may not have arrived counts
    too: then the platform says the same as we wanted to, and that changes nothing.
    """
    marked = statements.with_row_index("row")
    echoes = (
        _with_last_write(marked, writes)
        .join(_with_last_contradiction(marked), on="row", how="left")
        .filter(
            ~pl.col("by_person"),
            pl.col("written") == pl.col("opted_in"),
            (pl.col("changed_at") <= pl.col("settled_at") + ECHO_WITHIN).fill_null(True),
            (pl.col("contradicted_at") <= pl.col("written_at")).fill_null(True),
        )
    )
    return marked.join(echoes, on="row", how="anti", maintain_order="left").drop("row")


def _with_last_write(marked: pl.DataFrame, writes: pl.DataFrame) -> pl.DataFrame:
    """The statements beside what we last wrote there: `written`, `written_at`, `settled_at`."""
    ours = writes.select(
        "person",
        "written_at",
        "settled_at",
        origin="party",
        written="opted_in",
        at="written_at",
    )
    return marked.with_columns(at=pl.col("changed_at") + CLOCKS_APART).sort("at").join_asof(
        ours.sort("at"), on="at", by=["person", "origin"], strategy="backward",
        check_sortedness=False,
    )  # fmt: skip


def _with_last_contradiction(marked: pl.DataFrame) -> pl.DataFrame:
    """Of each statement (`row`), when its origin had last said the opposite: `contradicted_at`."""
    key = ["person", "origin", "opted_in"]
    opposite = marked.select(
        "person", "origin", ~pl.col("opted_in"), "changed_at", contradicted_at="changed_at"
    )
    found = marked.sort("changed_at").join_asof(
        opposite.sort("changed_at"), on="changed_at", by=key, strategy="backward",
        check_sortedness=False,
    )  # fmt: skip
    return found.select("row", "contradicted_at")
