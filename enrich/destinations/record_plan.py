"""What a push of purchases, products, coupons or carts has to send. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import polars as pl

from enrich.destinations.base import Capabilities, MappedField
from enrich.destinations.entity import DestinationEntity
from enrich.destinations.mapping import version_of
from enrich.destinations.plan import (
    BAD_EMAIL,
    MASKED_EMAIL,
    NO_EMAIL,
    PLAIN_EMAIL,
    PushedState,
    PushPlan,
    known_state,
)


def plan_records(
    index: pl.DataFrame,
    pushed: PushedState,
    destination: DestinationEntity,
    load_rows: Callable[[pl.DataFrame], pl.DataFrame],
    *,
    export_id: str | None = None,
) -> PushPlan:
    """The plan for the records of `index` (columns of HEAD, in the order in which they go).

    `to_send` has record_id, hash, is_known, is_over, is_doubtful (the platform is to be asked
    first) and memo; `load_rows` adds the rest. What counts no longer goes only where it may be and
    can be told. With `export_id` everything goes that this export was not answered for.
    """
    limits = destination.capabilities
    judged = index.with_columns(
        hash=pl.concat_str(
            pl.lit(record_salt(destination.fields, destination.mapping_version)), "digest"
        ),
        problem=_problem(limits),
    )
    good = judged.filter(pl.col("problem").is_null())
    compared = _compare(good, pushed, export_id).with_columns(_due(limits, export_id))
    due = compared.filter("is_due")
    known_count = int(due["is_known"].sum())
    return PushPlan(
        adds=due.height - known_count,
        changes=known_count,
        unchanged=compared.height - due.height,
        to_send=due.select(
            "record_id",
            "hash",
            "is_known",
            "is_over",
            _doubt(limits, pushed, export_id).alias("is_doubtful"),
            "memo",
        ),
        invalid=dict(judged.drop_nulls("problem").group_by("problem").len().iter_rows()),
        frozen=int(
            compared.select(pl.col("is_changed") & pl.col("is_known") & ~pl.col("is_due"))
            .sum()
            .item()
        ),
        done_before=0 if export_id is None else int(compared["is_done"].sum()),
        load_rows=load_rows,
    )


def record_salt(fields: Sequence[MappedField], mapping_version: str) -> str:
    """What a hash begins with: another mapping or way of writing sends everything again."""
    diffed = sorted((f for f in fields if f.is_diffed), key=lambda f: (f.target, f.source))
    return version_of(mapping_version, *((f.source, f.target, f.format) for f in diffed)) + "-"


def _problem(limits: Capabilities) -> pl.Expr:
    """Why a platform that knows people by their address cannot take the record."""
    if limits.record_key != "email":
        return pl.lit(None, dtype=pl.String)
    email = pl.col("email")
    return (
        pl.when(email.is_null() | email.str.contains(MASKED_EMAIL))
        .then(pl.lit(NO_EMAIL))
        .when(~email.str.contains(PLAIN_EMAIL))
        .then(pl.lit(BAD_EMAIL))
    )


def _compare(good: pl.DataFrame, pushed: PushedState, export_id: str | None) -> pl.DataFrame:
    """The records beside what is known of each: is_known, is_changed, is_unanswered, is_done."""
    state = known_state(pushed.records, export_id)
    joined = good.join(state, on="record_id", how="left", maintain_order="left")
    return joined.with_columns(
        is_known=pl.col("old_hash").is_not_null(),
        is_changed=pl.col("old_hash").ne_missing(pl.col("hash")),
        is_unanswered=pl.col("record_id").is_in(list(pushed.unanswered)),
        is_done=pl.col("is_done").fill_null(False),
    )


def _due(limits: Capabilities, export_id: str | None) -> pl.Expr:
    """Whether the record goes."""
    is_wanted = pl.col("is_changed") & (~pl.col("is_known") | limits.takes_changes)
    if export_id is not None:
        is_wanted = ~pl.col("is_done")
    may_be_there = pl.col("is_known") | pl.col("is_unanswered")
    tells = ~pl.col("is_over") | (may_be_there & limits.tells_end)
    return (is_wanted & tells).alias("is_due")


def _doubt(limits: Capabilities, pushed: PushedState, export_id: str | None) -> pl.Expr:
    """Whether the platform may have the record already, though the ledger does not know it."""
    if limits.asks_first != "doubt":
        return pl.lit(limits.asks_first == "always")
    if export_id is not None or pushed.since is None:
        return pl.lit(True)
    since = pl.lit(pushed.since.replace(tzinfo=None))
    is_older = (pl.col("happened_at") < since).fill_null(True)
    return pl.col("is_unanswered") | (~pl.col("is_known") & is_older)
