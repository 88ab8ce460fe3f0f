"""The profile in plain Python loops: slow, obvious, kept beside the fast stage for good.

It knows nothing of buckets, codes or arrays: every window is asked again of every purchase.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

DAYS = {"30d": 30, "60d": 60, "90d": 90, "180d": 180, "360d": 360}


def names(days: tuple[int, ...]) -> tuple[str, ...]:
    return (*(f"{n}d" for n in days), f"{days[-1]}d_plus", "lifetime")


@dataclass
class Line:
    product: str | None = "P"
    category: str | None = None
    brand: str | None = None
    quantity: int = 1


@dataclass
class Purchase:
    customer: int
    on: date
    cents: int
    no: int = 0
    lines: list[Line] = field(default_factory=list)
    codes: list[tuple[str, bool]] = field(default_factory=list)
    hour: int = 12
    channel: str | None = None
    refund_cents: int = 0
    list_cents: int | None = None
    discount_cents: int | None = None
    is_discounted: bool | None = None
    utm_source: str | None = None
    utm_campaign: str | None = None
    state: str | None = None
    city: str | None = None
    postal_prefix: str | None = None

    @property
    def at(self) -> datetime:
        """The moment in UTC; the clock of the shop is UTC too."""
        return datetime.combine(self.on, time(self.hour), UTC)


def profiles(
    customers: list[int],
    purchases: list[Purchase],
    as_of: date,
    *,
    beyond_last: str = "older",
    days: tuple[int, ...] = tuple(DAYS.values()),
    segment_window: str = "lifetime",
    method: str = "icomm",
) -> dict[int, dict[str, Any]]:
    """Every computed field of every customer."""
    known = [p for p in purchases if p.on <= as_of]
    spans = {window: span(window, days, beyond_last) for window in names(days)}
    rows = {c: scalars(mine(known, c), as_of, spans) for c in customers}
    for window in spans:
        score_window(rows, known, window, as_of, spans, method)
    for row in rows.values():
        name_segment(row, segment_window)
    add_affinity(rows, known)
    add_percentiles(rows, known, as_of, spans[segment_window])
    return rows


def mine(purchases: list[Purchase], customer: int) -> list[Purchase]:
    return sorted((p for p in purchases if p.customer == customer), key=lambda p: p.no)


Spans = dict[str, tuple[int, int]]


def span(window: str, days: tuple[int, ...], beyond_last: str) -> tuple[int, int]:
    """The lowest and the highest age in the window."""
    if window == f"{days[-1]}d_plus" and beyond_last == "older":
        return days[-1] + 1, 10**6
    if window.endswith("d"):
        return 0, int(window.removesuffix("d"))
    return 0, 10**6


def is_in(purchase: Purchase, ages: tuple[int, int], as_of: date) -> bool:
    return ages[0] <= (as_of - purchase.on).days <= ages[1]


def scalars(bought: list[Purchase], as_of: date, spans: Spans) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(
        ("first_purchase_date", "last_purchase_date", "days_since_first_purchase")
    )
    row |= {"days_since_last_purchase": None, "last_purchase_amount": None, "history_since": None}
    row |= {f"last_purchase_{n}": [] for n in ("brands", "categories", "promo_codes")}
    if bought:
        first, last = bought[0], bought[-1]
        row["first_purchase_date"], row["last_purchase_date"] = first.on, last.on
        row["days_since_first_purchase"] = (as_of - first.on).days
        row["days_since_last_purchase"] = (as_of - last.on).days
        row["last_purchase_amount"] = units(last.cents)
        row["last_purchase_brands"] = distinct(line.brand for line in last.lines)
        row["last_purchase_categories"] = distinct(line.category for line in last.lines)
        row["last_purchase_promo_codes"] = distinct(code for code, _ in last.codes)
    row |= cadence(bought, as_of) | concessions(bought, as_of) | habits(bought) | origin(bought)
    for window, ages in spans.items():
        inside = [p for p in bought if is_in(p, ages, as_of)]
        row |= {f"{name}_{window}": value for name, value in window_fields(inside).items()}
    return row


def cadence(bought: list[Purchase], as_of: date) -> dict[str, Any]:
    days = sorted({p.on for p in bought})
    gaps = sorted((b - a).days for a, b in pairwise(days))
    row: dict[str, Any] = dict.fromkeys(
        ("avg_days_between_orders", "median_days_between_orders", "days_overdue")
    )
    row["second_purchase_date"] = bought[1].on if len(bought) > 1 else None
    if gaps:
        middle = gaps[(len(gaps) - 1) // 2] + gaps[len(gaps) // 2]
        row["avg_days_between_orders"] = half_up(sum(gaps), len(gaps))
        row["median_days_between_orders"] = half_up(middle, 2)
        row["days_overdue"] = (as_of - days[-1]).days - half_up(middle, 2)
    return row


def ratio(part: int, whole: int, per: int = 10_000) -> float | None:
    return half_up(per * part, whole) / per if whole else None


def concessions(bought: list[Purchase], as_of: date) -> dict[str, Any]:
    returned = sum(p.refund_cents > 0 for p in bought)
    row: dict[str, Any] = {
        "returned_orders_lifetime": returned,
        "refunded_amount_lifetime": units(sum(p.refund_cents for p in bought)),
        "return_rate": ratio(returned, len(bought)),
    }
    for span, days in (("360d", 360), ("lifetime", 10**6)):
        inside = [p for p in bought if (as_of - p.on).days <= days]
        judged = [p.is_discounted for p in inside if p.is_discounted is not None]
        row[f"discounted_orders_share_{span}"] = ratio(sum(judged), len(judged))
        discounts = sum(p.discount_cents or 0 for p in inside)
        row[f"discount_rate_{span}"] = ratio(discounts, sum(p.list_cents or 0 for p in inside))
    return row


def habits(bought: list[Purchase]) -> dict[str, Any]:
    return {
        "preferred_weekday": favourite([(p.on.isoweekday(), p.no) for p in bought]),
        "preferred_hour": favourite([(p.hour, p.no) for p in bought]),
        "preferred_channel": favourite([(p.channel, p.no) for p in bought if p.channel]),
    }


def favourite(seen: list[tuple[Any, int]]) -> Any:
    """The value seen most often, else the newest."""
    if len(seen) < 2:
        return None
    values = [value for value, _ in seen]
    newest = {value: max(no for one, no in seen if one == value) for value in values}
    return max(values, key=lambda value: (values.count(value), newest[value]))


def origin(bought: list[Purchase]) -> dict[str, Any]:
    names = ("product", "category", "brand", "promo_code", "channel", "utm_source", "utm_campaign")
    row: dict[str, Any] = {f"first_purchase_{name}": None for name in names}
    row |= {"state": None, "city": None, "postal_prefix": None}
    if bought:
        first = bought[0]
        line = first.lines[0] if first.lines else Line(product=None)
        row |= {f"first_purchase_{n}": getattr(line, n) for n in names[:3]}
        row |= {f"first_purchase_{n}": getattr(first, n) for n in names[4:]}
        row["first_purchase_promo_code"] = first.codes[0][0] if first.codes else None
    for p in bought:
        if p.state is not None or p.city is not None:
            row |= {"state": p.state, "city": p.city, "postal_prefix": p.postal_prefix}
    return row


def add_affinity(rows: dict[int, dict[str, Any]], purchases: list[Purchase]) -> None:
    """The share with five lines more, spread as those of the shop."""
    for name in ("brand", "category"):
        lines = [(p.customer, getattr(line, name)) for p in purchases for line in p.lines]
        shop = Counter(value for _, value in lines if value is not None)
        for customer, row in rows.items():
            row |= {f"top_{name}": None, f"top_{name}_share": None, f"top_{name}_lift": None}
            own = Counter(v for c, v in lines if c == customer and v is not None)
            whole, plenty = shop.total(), own.total() + 5
            weights = {v: n * whole + 5 * shop[v] for v, n in own.items() if n >= 2}
            weights = {v: w for v, w in weights.items() if w > plenty * shop[v]}
            if weights:
                top = min(weights, key=lambda value: (-weights[value], value))
                row[f"top_{name}"] = top
                row[f"top_{name}_share"] = ratio(weights[top], plenty * whole)
                row[f"top_{name}_lift"] = ratio(weights[top], plenty * shop[top], 100)


def window_fields(inside: list[Purchase]) -> dict[str, Any]:
    lines = [line for p in inside for line in p.lines]
    codes = [code for p in inside for code in p.codes]
    cents = sum(p.cents for p in inside)
    return {
        "orders": len(inside),
        "items": sum(line.quantity for line in lines),
        "amount": units(cents),
        "avg_amount": units(half_up(cents, len(inside))) if inside else None,
        "products": distinct(line.product for line in lines),
        "categories": distinct(line.category for line in lines),
        "brands": distinct(line.brand for line in lines),
        "promo_codes": distinct(code for code, _ in codes),
        "applied_promo_codes": distinct(code for code, is_applied in codes if is_applied),
    }


def distinct(values: Any) -> list[str]:
    return sorted({value for value in values if value is not None})


def units(cents: int) -> Decimal:
    return Decimal(cents) / 100


def half_up(cents: int, count: int) -> int:
    whole, rest = divmod(cents, count)
    return whole + (1 if 2 * rest >= count else 0)


def score_window(
    rows: dict[int, dict[str, Any]],
    purchases: list[Purchase],
    window: str,
    as_of: date,
    spans: Spans,
    method: str,
) -> None:
    values: dict[int, tuple[int, int, int]] = {}
    for customer in rows:
        inside = [p for p in mine(purchases, customer) if is_in(p, spans[window], as_of)]
        if inside:
            days = min((as_of - p.on).days for p in inside)
            values[customer] = (days, len(inside), sum(p.cents for p in inside))
    for customer, row in rows.items():
        row[f"rfm_{window}"] = None
        if customer in values:
            days, count, cents = values[customer]
            r = fifth([-d for d, _, _ in values.values()], -days)
            counts = [n for _, n, _ in values.values()]
            f = frequency(counts, count) if method == "icomm" else fifth(counts, count)
            m = fifth([c for _, _, c in values.values()], cents)
            row[f"rfm_{window}"] = f"{r}{f}{m}"


def add_percentiles(
    rows: dict[int, dict[str, Any]], purchases: list[Purchase], as_of: date, ages: tuple[int, int]
) -> None:
    ranks: dict[int, tuple[int, int, int]] = {}
    for customer, row in rows.items():
        inside = [p for p in mine(purchases, customer) if is_in(p, ages, as_of)]
        row |= {"r_percentile": None, "f_percentile": None, "m_percentile": None}
        if inside:
            days = min((as_of - p.on).days for p in inside)
            ranks[customer] = (-days, len(inside), sum(p.cents for p in inside))
    for customer, own in ranks.items():
        for place, letter in enumerate("rfm"):
            everybody = [rank[place] for rank in ranks.values()]
            worse = sum(value < own[place] for value in everybody)
            equal = sum(value == own[place] for value in everybody)
            share = 100 * (2 * worse + equal) // (2 * len(everybody))
            rows[customer][f"{letter}_percentile"] = share


def fifth(everybody: list[int], mine: int) -> int:
    """1 + 5 * (2 * worse + equal) // (2 * n), larger is better."""
    worse = sum(value < mine for value in everybody)
    equal = sum(value == mine for value in everybody)
    return 1 + 5 * (2 * worse + equal) // (2 * len(everybody))


def frequency(everybody: list[int], mine: int) -> int:
    """1 for one purchase; repeat counts climb from 2 without skipping a class."""
    if mine == 1:
        return 1
    repeat = [count for count in everybody if count > 1]
    score = None
    for count in sorted(set(repeat)):
        fewer = sum(other < count for other in repeat)
        score = 2 if score is None else min(score + 1, 2 + 4 * fewer // len(repeat))
        if count == mine:
            return score
    raise AssertionError("a repeat buyer's count is among the repeat counts")


def name_segment(row: dict[str, Any], window: str) -> None:
    rfm = row[f"rfm_{window}"]
    r, f, m = (int(digit) for digit in rfm) if rfm else (None, None, None)
    row |= {"r_score": r, "f_score": f, "m_score": m}
    row["rfm_group"], row["rfm_segment"] = named(row, r, f, m)


def named(row: dict[str, Any], r: int | None, f: int | None, m: int | None) -> tuple[Any, Any]:
    if row["orders_lifetime"] == 0:
        return "PROSPECTS", "PROSPECTS"
    if r is None or f is None or m is None:
        return None, None
    group = "BEGINNERS" if f == 1 else "FREQUENT" if f <= 3 else "LOYAL"
    column = 2 if r == 3 else (0 if r < 3 else 3) + (1 if m >= 4 else 0)
    return group, f"{group}_{NAMES[group][column]}"


NAMES = {
    "BEGINNERS": ("LOSE_IT", "AT_RISK", "NEEDS_ATTENTION", "NEW", "PROMISING"),
    "FREQUENT": ("HIBERNATING", "AT_RISK", "NEEDS_ATTENTION", "ACTIVE", "POTENTIAL_LOYAL"),
    "LOYAL": ("HIBERNATING", "CANT_LOSE", "NEEDS_ATTENTION", "ACTIVE", "CHAMPIONS"),
}


Bought = list[tuple[int, str, str | None, date]]
"""customer, item, its category, day."""


def rhythm(days: dict[int, set[date]], limits: tuple[int, int, float, float]) -> float | None:
    """The median gap of a thing where it is regular, by the days on which customers bought it."""
    min_gaps, min_people, min_share, max_spread = limits
    again = {customer: sorted(on) for customer, on in days.items() if len(on) > 1}
    gaps = sorted((b - a).days for on in again.values() for a, b in pairwise(on))
    if len(gaps) < min_gaps or len(again) < max(min_people, min_share * len(days)) or not gaps:
        return None
    p25, median, p75 = (quantile(gaps, share) for share in (0.25, 0.5, 0.75))
    return median if p75 - p25 <= max_spread * median else None


def quantile(values: list[int], share: float) -> float:
    place = (len(values) - 1) * share
    below = int(place)
    above = min(below + 1, len(values) - 1)
    return values[below] + (values[above] - values[below]) * (place - below)


def next_due(
    bought: Bought, as_of: date, limits: tuple[int, int, float, float]
) -> dict[int, tuple[str, date]]:
    """The item that each customer needs again next, and when."""
    known = [row for row in bought if row[3] <= as_of]
    category = {item: kind for _, item, kind, _ in known}
    of_items = {item: rhythm(days_of(known, 1, item), limits) for item in category}
    kinds = {kind for kind in category.values() if kind is not None}
    of_kinds = {kind: rhythm(days_of(known, 2, kind), limits) for kind in kinds}
    found: dict[int, tuple[str, date]] = {}
    for customer in {row[0] for row in known}:
        mine = [row for row in known if row[0] == customer]
        owed = [
            (on, item)
            for item, usual in of_items.items()
            for on in due_on({r[3] for r in mine if r[1] == item}, usual, as_of)
        ]
        for kind, usual in of_kinds.items():
            days = {r[3] for r in mine if r[2] == kind}
            newest = min((r[1] for r in mine if r[2] == kind and r[3] == max(days)), default=None)
            if newest is not None and of_items[newest] is None:
                owed += [(on, newest) for on in due_on(days, usual, as_of)]
        if owed:
            on, item = min(owed)
            found[customer] = (item, on)
    return found


def days_of(bought: Bought, column: int, value: str) -> dict[int, set[date]]:
    days: dict[int, set[date]] = {}
    for row in bought:
        if row[column] == value:
            days.setdefault(row[0], set()).add(row[3])
    return days


def due_on(days: set[date], usual: float | None, as_of: date) -> list[date]:
    """The day after the usual days, own ones from three days on; none when it is far too late."""
    if not days or usual is None:
        return []
    gaps = len(days) - 1
    length = half_up((max(days) - min(days)).days, gaps) if gaps > 1 else int(usual + 0.5)
    is_late = 2 * (as_of - max(days)).days > 3 * length
    return [] if is_late else [max(days) + timedelta(days=length)]
