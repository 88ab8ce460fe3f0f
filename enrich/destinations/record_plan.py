"""What a push of purchases, products, coupons or carts has to send. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import polars as pl

from enrich.destinations.base import MappedField
from enrich.destinations.entity import DestinationEntity
from enrich.destinations.mapping import version_of
from enrich.destinations.plan import (
    PushedState,
    PushPlan,
    count_problems,
    email_problem,
    with_push_state,
)


def plan_records(
    index: pl.DataFrame,
    pushed: PushedState,
    destination: DestinationEntity,
    load_rows: Callable[[pl.DataFrame], pl.DataFrame],
    *,
    export_id: str | None = None,
) -> PushPlan:
    """The plan for the records of `index` (columns of INDEX, in the order in which they go).

    `to_send` has record_id, hash, is_known, is_over, is_doubtful (the platform is to be asked
    first) and memo; `load_rows` adds the rest. What counts no longer goes only where it may be and
    can be taken back. With `export_id` everything goes that this export was not answered for.
    """
    salt = record_salt(destination.fields, destination.mapping_version)
    needs_email = pl.lit(destination.record_key == "email")
    if destination.ends_by_id:
        needs_email &= ~pl.col("is_over")
    judged = index.with_columns(
        hash=pl.concat_str(pl.lit(salt), "digest"),
        problem=pl.when(needs_email).then(email_problem()),
    )
    good = judged.filter(pl.col("problem").is_null())
    records = with_push_state(good, pushed.records, export_id).with_columns(
        is_unanswered=pl.col("record_id").is_in(list(pushed.unanswered))
    )
    records = records.with_columns(
        is_due=_is_due(destination, export_id),
        is_doubtful=_is_doubtful(destination, pushed, export_id),
    )
    due = records.filter("is_due")
    known_count = int(due["is_known"].sum())
    was_over = pl.col("is_over") & pl.col("old_hash").str.ends_with(pl.col("digest"))
    is_living = pl.col("is_known") & ~was_over
    is_frozen = pl.col("is_changed") & pl.col("is_known") & ~pl.col("is_due")
    return PushPlan(
        adds=due.height - known_count,
        changes=known_count,
        unchanged=records.height - due.height,
        to_send=due.select("record_id", "hash", "is_known", "is_over", "is_doubtful", "memo"),
        invalid=count_problems(judged),
        frozen=records.filter(is_frozen).height,
        ends=due.filter(is_living & pl.col("is_over")).height,
        living=records.filter(is_living).height,
        done_before=0 if export_id is None else int(records["is_done"].sum()),
        load_rows=load_rows,
    )


def record_salt(fields: Sequence[MappedField], mapping_version: str) -> str:
    """What a hash begins with: another mapping or way of writing sends everything again."""
    diffed = sorted((f for f in fields if f.is_diffed), key=lambda f: (f.target, f.source))
    return version_of(mapping_version, *((f.source, f.target, f.format) for f in diffed)) + "-"


def _is_due(there: DestinationEntity, export_id: str | None) -> pl.Expr:
    """Whether the record goes."""
    is_wanted = pl.col("is_changed") & (~pl.col("is_known") | there.takes_changes)
    if export_id is not None:
        is_wanted = ~pl.col("is_done")
    may_be_there = pl.col("is_known") | pl.col("is_unanswered")
    return is_wanted & (~pl.col("is_over") | (may_be_there & there.tells_end))


def _is_doubtful(there: DestinationEntity, pushed: PushedState, export_id: str | None) -> pl.Expr:
    """Whether the platform may have the record already, though the ledger does not know it."""
    if there.asks_first != "doubt":
        return pl.lit(there.asks_first == "always")
    if export_id is not None or pushed.since is None:
        return pl.lit(True)
    since = pl.lit(pushed.since.replace(tzinfo=None))
    is_older = (pl.col("happened_at") < since).fill_null(True)
    return pl.col("is_unanswered") | (~pl.col("is_known") & is_older)
