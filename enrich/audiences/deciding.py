"""Who is in an audience and why the others are not. Pure: a frame in, an outcome per person out.

The order is fixed: the rule (asked before), the gates of the channel, the arm of the test, the
limit. Both arms pass the same gates and the same limit, so that they can be compared.
"""

from __future__ import annotations

from hashlib import blake2b

import polars as pl

from enrich.audiences.audience import Audience

OUTCOMES = {
    "member": "in the audience",
    "held_out": "control group",
    "unassigned": "wait for their arm, which the next run draws",
    "over_limit": "beyond max_members",
    "no_address": "no address",
    "no_consent": "said no",
    "unknown_consent": "consent not known",
}
ARMS = ("treated", "control")
_POINTS = 2**64


def decide(
    people: pl.DataFrame, assigned: pl.DataFrame, audience: Audience, salt: str | None
) -> pl.DataFrame:
    """`people` in their order with `outcome` and `arm`, null where nobody was assigned one.

    `people` (customer_key, place, amount, has_address, consent): whom the rule fits. `assigned`
    (customer_key, arm): who has an arm already, which stays. Without a `salt` nobody is assigned.
    """
    gated = people.sort("place").with_columns(refused=_refused())
    armed = _with_arms(gated, assigned, audience, salt)
    is_reached = pl.lit(True)
    if audience.max_members is not None:
        is_treated = pl.col("arm") == "treated"
        before = is_treated.fill_null(False).cum_sum() - is_treated.fill_null(False)
        is_reached = before < audience.max_members
    outcome = (
        pl.when(pl.col("refused").is_not_null())
        .then("refused")
        .when(~is_reached)
        .then(pl.lit("over_limit"))
        .when(pl.col("arm").is_null())
        .then(pl.lit("unassigned"))
        .when(pl.col("arm") == "control")
        .then(pl.lit("held_out"))
        .otherwise(pl.lit("member"))
    )
    return armed.with_columns(outcome=outcome).drop("refused")


def new_assignments(decided: pl.DataFrame, assigned: pl.DataFrame) -> pl.DataFrame:
    """customer_key, arm of the people to write down: within the limit, and without an arm yet."""
    within = pl.col("outcome").is_in(["member", "held_out"])
    fresh = decided.filter(within).join(assigned, on="customer_key", how="anti")
    return fresh.select("customer_key", "arm")


def counts(decided: pl.DataFrame) -> pl.DataFrame:
    """outcome, people, amount: one row per outcome, in the order of OUTCOMES."""
    order = pl.DataFrame({"outcome": list(OUTCOMES)}).with_row_index("no")
    found = decided.group_by("outcome").agg(
        people=pl.len().cast(pl.Int64), amount=pl.col("amount").sum()
    )
    return found.join(order, on="outcome").sort("no").drop("no")


def _refused() -> pl.Expr:
    return (
        pl.when(~pl.col("has_address"))
        .then(pl.lit("no_address"))
        .when(~pl.col("consent"))
        .then(pl.lit("no_consent"))
        .when(pl.col("consent").is_null())
        .then(pl.lit("unknown_consent"))
    )


def _with_arms(
    gated: pl.DataFrame, assigned: pl.DataFrame, audience: Audience, salt: str | None
) -> pl.DataFrame:
    """Everybody with an arm who may be reached; all are treated where nothing is held out."""
    may = pl.col("refused").is_null()
    if audience.hold_out == 0:
        return gated.with_columns(arm=pl.when(may).then(pl.lit("treated")))
    known = gated.join(assigned.select("customer_key", "arm"), on="customer_key", how="left")
    if salt is None:
        return known.with_columns(arm=pl.when(may).then("arm")).sort("place")
    missing = known.filter(may & pl.col("arm").is_null())["customer_key"]
    drawn = pl.DataFrame(
        {
            "customer_key": missing,
            "drawn": [_arm(key, audience, salt) for key in missing.to_list()],
        },
        schema={"customer_key": pl.Int64, "drawn": pl.String},
    )
    both = known.join(drawn, on="customer_key", how="left").sort("place")
    return both.with_columns(arm=pl.when(may).then(pl.coalesce("arm", "drawn"))).drop("drawn")


def _arm(customer_key: int, audience: Audience, salt: str) -> str:
    """The arm by hash: the same person of the same audience always gets the same."""
    text = f"{salt}:{audience.name}:{customer_key}".encode()
    point = int.from_bytes(blake2b(text, digest_size=8).digest()) / _POINTS
    return ARMS[point < audience.hold_out]
