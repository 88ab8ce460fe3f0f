"""Who is in an audience: the gates, the arms and the limit, each with its case."""

from __future__ import annotations

import polars as pl
import pytest

from enrich.audiences.audience import Audience
from enrich.audiences.deciding import counts, decide, new_assignments

NOBODY = pl.DataFrame(schema={"customer_key": pl.Int64, "arm": pl.String})


def people(*consents: bool | None, address: bool = True) -> pl.DataFrame:
    """One customer per consent, in their order."""
    return pl.DataFrame(
        {
            "customer_key": range(1, len(consents) + 1),
            "place": range(1, len(consents) + 1),
            "amount": [10] * len(consents),
            "has_address": [address] * len(consents),
            "consent": consents,
        },
        schema_overrides={"consent": pl.Boolean},
    )


def arms(**assigned: str) -> pl.DataFrame:
    """k1="control": customer 1."""
    keys = [int(name[1:]) for name in assigned]
    return pl.DataFrame({"customer_key": keys, "arm": list(assigned.values())})


CASES = [
    ("everybody agreed", people(True, True), {}, NOBODY, "m m"),
    ("a no and nothing known are no yes", people(True, False, None), {}, NOBODY, "m n ?"),
    ("no address, whatever was agreed", people(True, address=False), {}, NOBODY, "a"),
    ("the first of the order", people(True, False, True, True), {"max_members": 2}, NOBODY,
     "m n m o"),
    ("who is held out takes no place, and the limit cuts both arms", people(*[True] * 5),
     {"max_members": 2, "hold_out": 0.5},
     arms(k1="treated", k2="control", k3="treated", k4="control", k5="treated"), "m h m o o"),
    ("control counts before the limit only", people(*[True] * 3),
     {"max_members": 1, "hold_out": 0.5}, arms(k1="control", k2="treated", k3="control"), "h m o"),
    ("an arm without a hold-out holds nobody", people(True), {}, arms(k1="control"), "m"),
    ("an arm is no consent", people(False), {"hold_out": 0.5}, arms(k1="treated"), "n"),
]  # fmt: skip
SHORT = {"member": "m", "no_consent": "n", "unknown_consent": "?", "no_address": "a",
         "over_limit": "o", "held_out": "h", "unassigned": "u"}  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_outcomes(case: tuple[str, pl.DataFrame, dict[str, float], pl.DataFrame, str]) -> None:
    _, some, settings, assigned, expected = case
    audience = Audience("a", "true", **settings)  # type: ignore[arg-type]
    found = decide(some, assigned, audience, "salt")
    assert " ".join(SHORT[one] for one in found["outcome"]) == expected
    assert counts(found)["people"].sum() == some.height


def test_nobody_is_a_member_before_the_arm_is_drawn() -> None:
    audience = Audience("a", "true", hold_out=0.5)
    found = decide(people(True, True, False), arms(k1="treated"), audience, None)
    assert list(found["outcome"]) == ["member", "unassigned", "no_consent"]
    assert new_assignments(found, arms(k1="treated")).is_empty()


def test_arms_are_drawn_by_person_audience_and_salt_alone() -> None:
    many = people(*[True] * 20_000)

    def control(name: str, salt: str, some: pl.DataFrame = many) -> set[int]:
        audience = Audience(name, "true", hold_out=0.2)
        found = new_assignments(decide(some, NOBODY, audience, salt), NOBODY)
        return set(found.filter(arm="control")["customer_key"])

    first = control("a", "x")
    assert 3_800 < len(first) < 4_200
    assert control("a", "x", many.sample(fraction=1, shuffle=True, seed=1)) == first
    for other in (control("b", "x"), control("a", "y")):
        assert 650 < len(first & other) < 950  # 0.2 * 0.2 of them, as of two coins
    within = control("a", "x", many.head(500))
    assert within == {key for key in first if key <= 500}


def test_who_has_an_arm_keeps_it_when_the_share_changes() -> None:
    many = people(*[True] * 1_000)
    before = new_assignments(decide(many, NOBODY, Audience("a", "true", hold_out=0.5), "x"), NOBODY)
    found = decide(many, before, Audience("a", "true", hold_out=0.1), "x")
    assert new_assignments(found, before).is_empty()
    held = set(found.filter(outcome="held_out")["customer_key"])
    assert held == set(before.filter(arm="control")["customer_key"])


def test_the_limit_writes_down_no_arm_of_whom_it_leaves_out() -> None:
    audience = Audience("a", "true", hold_out=0.5, max_members=10)
    found = decide(people(*[True] * 100), NOBODY, audience, "x")
    fresh = new_assignments(found, NOBODY)
    assert fresh.filter(arm="treated").height == 10
    assert fresh["customer_key"].max() == fresh.height
