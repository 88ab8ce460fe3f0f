"""Scores from histograms, by method; cut points; the segment table."""

import polars as pl
import pytest

from enrich.errors import Stop
from enrich.model import Rules
from enrich.profile.rfm import Axis, added, histogram, scored
from enrich.profile.segments import SCORES
from tests.profile.reference import Purchase, fifth, frequency
from tests.profile.shops import AS_OF, inputs, numbered
from tests.profile.whole import Frames, build_profiles

HUNDRED = [1] * 60 + [2] * 25 + [3] * 10 + [4] * 3 + [9] * 2


def of(ranks: list[int]) -> pl.DataFrame:
    return histogram(pl.LazyFrame({"rank": ranks}, schema={"rank": pl.Int64}))


def test_frequency_climbs_one_class_at_a_time() -> None:
    scores = scored(Axis.FREQUENCY, of(HUNDRED), "icomm", {})
    found = dict(scores.select("rank", "score").iter_rows())
    assert found == {1: 1, 2: 2, 3: 3, 4: 4, 9: 5}
    assert found == {count: frequency(HUNDRED, count) for count in set(HUNDRED)}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([10, 20, 30, 40, 50], [1, 2, 3, 4, 5]),
        ([10, 10, 10], [3]),
        ([10, 20], [2, 4]),
        ([0, 0, 0, 0, 0, 0, 0, 0, 0, 7], [3, 5]),
    ],
)
def test_fifths(values: list[int], expected: list[int]) -> None:
    assert scored(Axis.MONETARY, of(values), "icomm", {})["score"].to_list() == expected
    assert expected == [fifth(values, value) for value in sorted(set(values))]


def test_histograms_of_parts_add_up() -> None:
    assert added(of(HUNDRED[k::3]) for k in range(3)).equals(of(HUNDRED))


@pytest.mark.parametrize(
    ("axis", "thresholds", "values", "expected"),
    [
        (Axis.RECENCY, (30, 60, 90, 180), [0, 30, 31, 180, 181], [5, 5, 4, 2, 1]),
        (Axis.FREQUENCY, (2, 3, 5, 10), [1, 2, 4, 10], [1, 2, 3, 5]),
        (Axis.MONETARY, (100, 200, 300, 400), [99, 100, 399, 400], [1, 2, 4, 5]),
    ],
)
def test_a_shops_own_thresholds(
    axis: Axis, thresholds: tuple[int, ...], values: list[int], expected: list[int]
) -> None:
    group = of([axis.sign * value for value in values])
    scores = scored(axis, group, "thresholds", {axis: thresholds})["score"].to_list()
    assert scores == (expected[::-1] if axis is Axis.RECENCY else expected)


def shop(days_and_cents: list[tuple[int, int]]) -> list[Purchase]:
    day = AS_OF.toordinal()
    return numbered(
        [
            Purchase(customer, AS_OF.fromordinal(day - days), cents)
            for customer, (days, cents) in enumerate(days_and_cents, start=1)
        ]
    )


def test_cut_points_tell_range_and_size_of_every_class() -> None:
    frame = inputs(list(range(1, 6)), shop([(1, 500), (2, 400), (3, 300), (4, 200), (5, 100)]))
    table = build_profiles(frame, AS_OF, Rules()).cut_points
    money = table.filter(window="lifetime", axis="monetary").select(
        "score", "lowest", "highest", "customer_count"
    )
    assert money.rows() == [(s, 100 * s, 100 * s, 1) for s in SCORES]
    recency = table.filter(window="lifetime", axis="recency").select("score", "lowest", "highest")
    assert recency.rows() == [(s, 6 - s, 6 - s) for s in SCORES]
    counts = table.filter(window="lifetime", axis="frequency")
    assert counts.select("lowest", "customer_count").rows() == [(1, 5), *[(None, 0)] * 4]
    assert (
        counts["note"].unique().item()
        == "1 of 5 frequency classes are in use: there are fewer than five distinct values"
    )
    assert table["population"].max() == 5


EMPTY_CLASSES = [
    (Rules(), [100, 100, 200], "there are fewer than five distinct values"),
    (
        Rules(),
        [1, 2, 3, 4, *[5] * 96],
        "equal values share a class, and many customers have the same",
    ),
    (
        Rules(
            rfm_method="thresholds",
            rfm_thresholds={
                "recency": (90, 60, 45, 30),
                "frequency": (2, 3, 4, 5),
                "monetary": (1, 2, 3, 9000),
            },
        ),
        [1, 2, 3, 4, 5],
        "the shop's own cut points leave them empty",
    ),
]


@pytest.mark.parametrize(("rules", "cents", "why"), EMPTY_CLASSES)
def test_the_note_says_why_a_class_is_empty(rules: Rules, cents: list[int], why: str) -> None:
    frame = inputs(list(range(1, len(cents) + 1)), shop([(1, one) for one in cents]))
    made = build_profiles(frame, AS_OF, rules)
    assert any(
        line.startswith("monetary: fewer than five classes in use") and why in line
        for line in made.notes
    ), made.notes


def test_frozen_cut_points_keep_the_yardstick() -> None:
    before = shop([(1, 500), (2, 400), (3, 300), (4, 200), (5, 100)])
    frozen = build_profiles(inputs(list(range(1, 6)), before), AS_OF, Rules()).cut_points
    richer = shop([(1, 50_000), (2, 40_000), (3, 30_000), (4, 200), (5, 50)])
    result = build_profiles(
        inputs(list(range(1, 6)), richer), AS_OF, Rules(), frozen_cut_points=frozen
    )
    assert result.profiles["m_score"].to_list() == [5, 5, 5, 2, 1]
    floating = build_profiles(inputs(list(range(1, 6)), richer), AS_OF, Rules())
    assert floating.profiles["m_score"].to_list() == [5, 4, 3, 2, 1]
    assert "the cut points of the period leave them empty" in " ".join(result.notes)


def test_no_customers_at_all() -> None:
    result = build_profiles(inputs([], []), AS_OF, Rules())
    assert result.profiles.height == 0
    assert result.cut_points["customer_count"].sum() == 0


def test_a_segment_that_changes_remembers_the_one_before() -> None:
    history = pl.DataFrame(
        {
            "customer_key": [1, 2],
            "rfm_segment": ["PROSPECTS", "BEGINNERS_NEEDS_ATTENTION"],
            "previous_rfm_segment": [None, "PROSPECTS"],
            "rfm_segment_changed_on": [None, AS_OF.replace(month=1)],
            "r_score": [None, 3],
            "f_score": [None, 1],
            "m_score": [None, 3],
            "rfm_score_changed_on": [None, AS_OF.replace(month=2, day=1)],
        }
    )
    profiles = build_profiles(
        inputs([1, 2], shop([(1, 5), (1, 5)])), AS_OF, Rules(), history
    ).profiles
    told = profiles.select("rfm_segment", "previous_rfm_segment", "rfm_segment_changed_on").rows()
    assert told == [
        ("BEGINNERS_NEEDS_ATTENTION", "PROSPECTS", AS_OF),
        ("BEGINNERS_NEEDS_ATTENTION", "PROSPECTS", AS_OF.replace(month=1)),
    ]
    scores_changed_on = profiles["rfm_score_changed_on"].to_list()
    assert scores_changed_on == [AS_OF, AS_OF.replace(month=2, day=1)]


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ({"customer_key": [1, 1]}, "purchases.purchase_no to be unique"),
        ({"amount_cents": [-1, 5]}, "purchases.amount_cents to be not negative"),
        ({"customer_key": [1, 99]}, "purchases.customer_key to be among the customers"),
    ],
)
def test_a_broken_contract_names_column_and_rule(
    broken: dict[str, list[int]], message: str
) -> None:
    frames = inputs([1], [Purchase(1, AS_OF, 5, 1), Purchase(1, AS_OF, 5, 2)])
    columns = {"purchase_no": [1, 1], **broken} if "unique" in message else broken
    purchases = frames.purchases.with_columns(pl.Series(n, v) for n, v in columns.items())
    with pytest.raises(Stop, match=message):
        build_profiles(
            Frames(frames.customers, purchases, frames.lines, frames.promo_codes),
            AS_OF,
            Rules(),
        )


def test_one_customer_with_a_million_purchases() -> None:
    count = 1_000_000
    purchases = pl.DataFrame(
        {
            "customer_key": pl.repeat(1, count, eager=True),
            "purchase_no": pl.int_range(count, eager=True),
            "purchased_on": pl.repeat(AS_OF, count, eager=True),
            "amount_cents": pl.repeat(199, count, eager=True),
        }
    )
    empty = inputs([1], [])
    frames = Frames(empty.customers, purchases, empty.lines, empty.promo_codes)
    row = build_profiles(frames, AS_OF, Rules()).profiles.row(0, named=True)
    assert row["orders_30d"] == count
    assert str(row["amount_30d"]) == "1990000.00"
    assert row["rfm_30d"] == "323"
