"""Every number of the dashboard against a count written separately: plain Python over the rows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise, product
from pathlib import Path
from statistics import median
from typing import Any

import polars as pl
import pytest

from enrich.dashboard.file import frames_of
from enrich.warehouse import ReadCopy
from tests.report.shop import published

AS_OF = date(2026, 3, 9)
DAYS = {"7": 7, "30": 30, "90": 90, "360": 360}
SERIES = [
    "amount_cents",
    "purchases",
    "average_cents",
    "customers",
    "new_customers",
    "returning_customers",
]
Row = dict[str, Any]
Frames = dict[str, pl.DataFrame]


@dataclass(frozen=True)
class DashboardData:
    """What the page is given, and what it is counted from."""

    frames: Frames
    purchases: list[Row]
    lines: list[Row]
    codes: list[Row]
    profiles: list[Row]
    history: list[Row]
    channels: list[Row]
    carts: list[Row]


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DashboardData]:
    with published(Path(tmp_path_factory.mktemp("shop"))) as copy:
        yield DashboardData(
            frames_of(copy, "main", AS_OF),
            rows(copy, "from purchases where purchased_on <= '2026-03-09' order by purchase_no"),
            rows(copy, "from purchase_lines"),
            rows(copy, "from purchase_promo_codes"),
            rows(copy, "from profiles"),
            rows(copy, "from segment_history"),
            rows(copy, "from sales_channels"),
            rows(copy, "from carts where is_abandoned"),
        )


def rows(copy: ReadCopy, query: str) -> list[Row]:
    return copy.query(query).to_dicts()


def filters(dashboard: DashboardData) -> dict[int, Callable[[Row], bool]]:
    """The filters as predicates on a purchase."""
    segments = {one["customer_key"]: one["rfm_segment"] for one in dashboard.profiles}
    sizes = Counter(segments.values())
    channels = shown_channels(dashboard)

    def of(kind: str, label: str) -> Callable[[Row], bool]:
        if kind == "all":
            return lambda purchase: True
        if kind == "channel":
            return lambda purchase: channels[purchase["purchase_no"]] == label
        small = {name for name, size in sizes.items() if size < 5}
        wanted = small if label == "(other)" else {label}
        return lambda purchase: segments.get(purchase["customer_key"]) in wanted

    return {no: of(kind, label) for no, kind, label in dashboard.frames["read_filters"].iter_rows()}


def shown_channels(dashboard: DashboardData) -> dict[int, str]:
    """The channel of each purchase: one of the eight largest with five people, or `(other)`."""
    names = {one["sales_channel"]: one["sales_channel_name"] for one in dashboard.channels}
    channels: dict[int, str] = {}
    amounts: Counter[str] = Counter()
    people: dict[str, set[int]] = defaultdict(set)
    for one in dashboard.purchases:
        number, name = one["purchase_no"], one["sales_channel"] or "(unknown)"
        label = "(marketplace)" if one["is_marketplace"] else names.get(name) or name
        channels[number] = label
        amounts[label] += one["amount_cents"]
        people[label].add(one["customer_key"] or -number)
    large_ones = [label for label in amounts if len(people[label]) >= 5]
    large_ones.sort(key=lambda label: -amounts[label])
    return {no: one if one in large_ones[:8] else "(other)" for no, one in channels.items()}


def first_days(dashboard: DashboardData) -> dict[int, int]:
    """The purchase_no of each customer's very first purchase."""
    found: dict[int, int] = {}
    for one in dashboard.purchases:
        found.setdefault(one["customer_key"], one["purchase_no"])
    return found


def counted(purchases: list[Row], first: dict[int, int]) -> Row:
    """The headline figures of a list of purchases, those about 1 to 4 people as None."""
    people = {one["customer_key"] or -one["purchase_no"] for one in purchases}
    customers = {one["customer_key"] for one in purchases} - {None}
    news = {c for c in customers if first[c] in {one["purchase_no"] for one in purchases}}
    back = {
        one["customer_key"]
        for one in purchases
        if one["customer_key"] and one["purchase_no"] != first[one["customer_key"]]
    }
    amount = sum(one["amount_cents"] for one in purchases)
    average = None
    if purchases:
        exact = Decimal(amount) / len(purchases)
        average = int(exact.quantize(Decimal(1), ROUND_HALF_UP))
    whole = {
        "amount_cents": amount,
        "purchases": len(purchases),
        "average_cents": average,
        "customers": large(len(customers)),
        "new_customers": large(len(news)),
        "returning_customers": large(len(back)),
        "anonymous_purchases": large(len(people) - len(customers)),
    }
    return dict.fromkeys(whole) if 1 <= len(people) <= 4 else whole


def large(count: int) -> int | None:
    return None if 1 <= count <= 4 else count


def between(purchases: list[Row], first_on: date, last_on: date) -> list[Row]:
    return [one for one in purchases if first_on <= one["purchased_on"] <= last_on]


def change(now: int | None, before: int | None) -> float | None:
    return None if now is None or not before else percent(now - before, before)


def percent(part: int, whole: int) -> float:
    exact = Decimal(100 * part) / whole
    return float(exact.quantize(Decimal("0.1"), ROUND_HALF_UP))


def test_the_headline_figures_and_the_period_before(dashboard: DashboardData) -> None:
    first, began = first_days(dashboard), min(one["purchased_on"] for one in dashboard.purchases)
    found = {
        (row["filter_no"], row["period"]): row for row in dashboard.frames["figures"].to_dicts()
    }
    assert len(found) == 5 * dashboard.frames["read_filters"].height
    for no, is_in in filters(dashboard).items():
        chosen = [one for one in dashboard.purchases if is_in(one)]
        for period, days in {**DAYS, "all": 10_000}.items():
            now = counted(between(chosen, AS_OF - timedelta(days - 1), AS_OF), first)
            row = found[no, period]
            assert {name: row[name] for name in now} == now, (no, period)
            start = AS_OF - timedelta(2 * days - 1)
            assert row["has_before"] == (start >= began)
            if row["has_before"]:
                before = counted(between(chosen, start, AS_OF - timedelta(days)), first)
                assert {name: row[f"before_{name}"] for name in before} == before
                for name in now:
                    assert row[f"{name}_change"] == change(now[name], before[name])


def test_every_point_of_the_lines(dashboard: DashboardData) -> None:
    first, is_in = first_days(dashboard), filters(dashboard)
    points = 0
    for row in dashboard.frames["days"].iter_rows(named=True):
        chosen = [one for one in dashboard.purchases if is_in[row["filter_no"]](one)]
        step, count = row["step_days"], DAYS[row["period"]] // row["step_days"]
        assert len(row["first_on"]) == count
        for prefix, shift in (("", 0), ("before_", count)):
            if row[f"{prefix}purchases"] is None:
                continue
            for i in range(count):
                start = AS_OF - timedelta((count + shift - i) * step - 1)
                expected = counted(between(chosen, start, start + timedelta(step - 1)), first)
                assert shift or row["first_on"][i] == start.isoformat()
                for name in SERIES:
                    assert row[f"{prefix}{name}"][i] == expected[name]
                    points += 1
    assert points > 1000


def test_the_months_of_the_whole_time(dashboard: DashboardData) -> None:
    first, is_in = first_days(dashboard), filters(dashboard)
    for row in dashboard.frames["months"].iter_rows(named=True):
        chosen = [one for one in dashboard.purchases if is_in[row["filter_no"]](one)]
        starts = [date.fromisoformat(text) for text in row["first_on"]]
        ends = [*(start - timedelta(1) for start in starts[1:]), AS_OF]
        for i, (start, end) in enumerate(zip(starts, ends, strict=True)):
            expected = counted(between(chosen, start, end), first)
            for name in SERIES:
                assert row[name][i] == expected[name], (row["filter_no"], start)


@pytest.mark.parametrize("dimension", ["channel", "category", "brand", "product", "promo_code"])
def test_what_sold(dashboard: DashboardData, dimension: str) -> None:
    is_in = filters(dashboard)
    by_no = {one["purchase_no"]: one for one in dashboard.purchases}
    sold = [
        (row["filter_no"], row["period"], row)
        for row in dashboard.frames[f"labels_{dimension}"].to_dicts()
    ]
    assert sold
    for no, period, row in sold:
        start = AS_OF - timedelta({**DAYS, "all": 10_000}[period] - 1)
        lines = [
            (label, purchase, cents, units)
            for label, number, cents, units in labelled(dashboard, dimension)
            if (purchase := by_no.get(number))
            and is_in[no](purchase)
            and purchase["purchased_on"] >= start
        ]
        mine = [line for line in lines if line[0] == row["label"]]
        assert row["amount_cents"] == sum(line[2] for line in mine)
        assert row["units"] == sum(line[3] for line in mine)
        people = {line[1]["customer_key"] or -line[1]["purchase_no"] for line in mine}
        assert len(people) >= 5
        assert row["customers"] == large(sum(person > 0 for person in people))
        whole = sum(line[2] for line in lines)
        assert row["share_percent"] == percent(row["amount_cents"], whole)


@pytest.mark.parametrize("dimension", ["channel", "category", "brand", "product", "promo_code"])
def test_which_labels_are_shown(dashboard: DashboardData, dimension: str) -> None:
    is_in = filters(dashboard)
    by_no = {one["purchase_no"]: one for one in dashboard.purchases}
    frame = dashboard.frames[f"labels_{dimension}"]
    found: dict[tuple[int, str], list[Row]] = defaultdict(list)
    for row in frame.to_dicts():
        found[row["filter_no"], row["period"]].append(row)
    for no, period in product(is_in, [*DAYS, "all"]):
        start = AS_OF - timedelta({**DAYS, "all": 10_000}[period] - 1)
        amounts: Counter[str] = Counter()
        people: dict[str, set[int]] = defaultdict(set)
        for label, number, amount, _ in labelled(dashboard, dimension):
            bought = by_no.get(number)
            if bought and is_in[no](bought) and bought["purchased_on"] >= start:
                amounts[label] += amount
                people[label].add(bought["customer_key"] or -number)
        known = {label: large(sum(one > 0 for one in ones)) for label, ones in people.items()}
        large_ones = [label for label in amounts if len(people[label]) >= 5]
        large_ones.sort(key=lambda label: (-amounts[label], label))
        count = len(large_ones)
        wanted = [
            (label, place > 10)
            for place, label in enumerate(large_ones, start=1)
            if place <= 10 or (place > count - 5 and known[label] is not None)
        ]
        shown = found[no, period]
        assert [(row["label"], row["is_least"]) for row in shown] == wanted
        assert [row["place"] for row in shown] == [*range(1, len(wanted) + 1)]
        assert {row["hidden_count"] for row in shown} <= {len(amounts) - len(wanted)}


def labelled(dashboard: DashboardData, dimension: str) -> Iterator[tuple[str, int, int, int]]:
    """label, purchase_no, cents, units of everything that counts in one dimension."""
    if dimension == "promo_code":
        cents = {one["purchase_no"]: one["amount_cents"] for one in dashboard.purchases}
        for one in dashboard.codes:
            if one["purchase_no"] in cents:
                yield one["promo_code"], one["purchase_no"], cents[one["purchase_no"]], 1
    elif dimension == "channel":
        channels = shown_channels(dashboard)
        for one in dashboard.purchases:
            yield channels[one["purchase_no"]], one["purchase_no"], one["amount_cents"], 1
    else:
        for one in dashboard.lines:
            label = one[dimension] or "(none)"
            yield label, one["purchase_no"], one["amount_cents"], one["quantity"]


def test_the_largest_come_first_and_the_smallest_last(dashboard: DashboardData) -> None:
    shown = dashboard.frames["labels_product"].filter(filter_no=0, period="all")
    assert shown["amount_cents"].to_list() == sorted(shown["amount_cents"], reverse=True)
    assert shown["is_least"].sum() == 5
    assert shown.height + shown["hidden_count"][0] == len(
        {one["product"] for one in dashboard.lines}
    )


def cents(amount: Decimal) -> int:
    return int(amount * 100)


def test_the_grid_and_the_segments(dashboard: DashboardData) -> None:
    grid: dict[Any, list[Row]] = defaultdict(list)
    segments: dict[str, list[Row]] = defaultdict(list)
    for one in dashboard.profiles:
        if one["r_score"] is not None:
            grid[one["r_score"], one["f_score"]].append(one)
        segments[one["rfm_segment"]].append(one)
    cells = merged(grid, (None, None))
    assert {
        (row["r_score"], row["f_score"]): (row["customers"], row["amount_cents"])
        for row in dashboard.frames["grid"].to_dicts()
    } == {key: size_and_value(ones) for key, ones in cells.items()}
    assert {
        row["segment"]: (row["customers"], row["amount_cents"])
        for row in dashboard.frames["segments"].to_dicts()
    } == {key: size_and_value(ones) for key, ones in merged(segments, "(other)").items()}
    for frame, everybody in (
        ("grid", [one for ones in grid.values() for one in ones]),
        ("segments", dashboard.profiles),
    ):
        count, amount = size_and_value(everybody)
        for row in dashboard.frames[frame].to_dicts():
            assert row["customers_percent"] == percent(row["customers"], count)
            assert row["amount_percent"] == percent(row["amount_cents"], amount)


def merged(cells: dict[Any, list[Row]], rest: Any) -> dict[Any, list[Row]]:
    """The cells of five or more; smaller ones together, when they are five or more."""
    large_ones = {key: ones for key, ones in cells.items() if len(ones) >= 5}
    others = [one for ones in cells.values() if len(ones) < 5 for one in ones]
    return {**large_ones, **({rest: others} if len(others) >= 5 else {})}


def size_and_value(ones: list[Row]) -> tuple[int, int]:
    return len(ones), sum(cents(one["amount_lifetime"]) for one in ones)


def test_the_movements(dashboard: DashboardData) -> None:
    def states(day: date) -> dict[int, str]:
        return {
            one["customer_key"]: one["rfm_segment"]
            for one in dashboard.history
            if one["valid_from"] <= day and (one["valid_to"] is None or one["valid_to"] > day)
        }

    now = states(AS_OF)
    for period in dashboard.frames["movements"]["period"].unique():
        shown = dashboard.frames["movements"].filter(period=period)
        then = states(shown["then_on"][0])
        pairs = Counter((then.get(key, "(new)"), segment) for key, segment in now.items())
        exact = shown.filter(
            (pl.col("segment_now") != "(other)") & (pl.col("segment_then") != "(other)")
        )
        assert {
            (row["segment_then"], row["segment_now"]): row["customers"] for row in exact.to_dicts()
        } == {pair: count for pair, count in pairs.items() if count >= 5}
        assert shown["all_moved"][0] == sum(n for (a, b), n in pairs.items() if a != b)
        assert shown["all_stayed"][0] == sum(n for (a, b), n in pairs.items() if a == b)


def test_the_cohorts(dashboard: DashboardData) -> None:
    months: dict[int, set[int]] = defaultdict(set)
    frame = dashboard.frames["cohorts"]
    width = {"month": 1, "quarter": 3}[frame["unit"][0]]
    for one in dashboard.purchases:
        if one["customer_key"]:
            day = one["purchased_on"]
            months[one["customer_key"]].add((day.year * 12 + day.month - 1) // width)
    for row in frame.iter_rows(named=True):
        start = (row["cohort_on"].year * 12 + row["cohort_on"].month - 1) // width
        members = [bought for bought in months.values() if min(bought) == start]
        active = sum(start + row["units_since"] in bought for bought in members)
        assert row["cohort_customers"] == len(members) >= 5
        assert row["customers"] == large(active)


def test_the_value_of_customers(dashboard: DashboardData) -> None:
    buyers = [one for one in dashboard.profiles if one["orders_lifetime"] > 0]
    ranked = sorted(buyers, key=lambda one: (-one["amount_lifetime"], one["customer_key"]))
    value = dashboard.frames["value"]
    assert value["customers"].sum() == len(buyers)
    place = 0
    for row in value.iter_rows(named=True):
        ones = ranked[place : place + row["customers"]]
        place += row["customers"]
        assert row["amount_cents"] == size_and_value(ones)[1]
    one = dashboard.frames["customers"].row(0, named=True)
    assert (one["customers"], one["buyers"]) == (len(dashboard.profiles), len(buyers))
    assert one["repeat_buyers"] == sum(buyer["orders_lifetime"] > 1 for buyer in buyers)
    days: dict[int, list[date]] = defaultdict(list)
    for purchase in dashboard.purchases:
        if purchase["customer_key"]:
            days[purchase["customer_key"]].append(purchase["purchased_on"])
    gaps = [(b - a).days for on in days.values() for a, b in pairwise(on)]
    assert one["median_gap_days"] == median(gaps)


def test_the_carts(dashboard: DashboardData) -> None:
    bands: dict[str, list[Row]] = defaultdict(list)
    for one in dashboard.carts:
        age = (AS_OF - one["abandoned_at"].date()).days
        limits = {"1": 1, "7": 7, "30": 30, "90": 90, "older": 10_000}
        bands[next(band for band, limit in limits.items() if age <= limit)].append(one)
    found = {row["band"]: row for row in dashboard.frames["carts"].to_dicts()}
    large_ones = merged(bands, "(other)")
    assert len(large_ones) > 2
    assert {band: (row["carts"], row["value_cents"]) for band, row in found.items()} == {
        band: (len(ones), sum(one["value_cents"] for one in ones))
        for band, ones in large_ones.items()
    }


def test_the_filters_are_several_channels_and_segments(dashboard: DashboardData) -> None:
    kinds = Counter(dashboard.frames["read_filters"]["kind"])
    assert kinds["channel"] == 9
    assert kinds["segment"] > 5
    labels = set(dashboard.frames["read_filters"]["label"])
    assert {"(marketplace)", "(other)", "Channel 8"} <= labels


def test_no_figure_is_about_one_to_four_people(dashboard: DashboardData) -> None:
    names = {"customers", "new_customers", "returning_customers", "cohort_customers", "carts"}
    for frame in dashboard.frames.values():
        for name in names & set(frame.columns):
            values = frame[name].explode() if frame[name].dtype == pl.List else frame[name]
            assert not [value for value in values if value in (1, 2, 3, 4)], name
