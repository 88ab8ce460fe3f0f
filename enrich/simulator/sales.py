"""Made-up sales: who bought what and when, drawn as whole columns."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from enrich.simulator import book as flag
from enrich.simulator.book import Event
from enrich.simulator.chance import picks, units
from enrich.simulator.moments import DAY, HOUR, MINUTE, NEVER, SECOND
from enrich.simulator.shop import Shop

FIRST_GROUP = 1_400_000_000_017


@dataclass(frozen=True, slots=True)
class SalesPlan:
    """How much to sell and when; `order_count` orders lie before `now_us`, as many per day after.

    Moments are microseconds since 1970.
    """

    seed: int
    order_count: int
    person_count: int
    start_us: int
    now_us: int
    end_us: int


def build_sales(
    plan: SalesPlan, shop: Shop
) -> tuple[pl.DataFrame, pl.DataFrame, dict[int, list[Event]]]:
    """Orders, their lines and what happens to them later, as `build_book` wants them."""
    orders = _exactly(plan, _split_carts(plan.seed, _build_carts(plan)))
    lines = _build_lines(plan.seed, shop, orders)
    orders = _with_values(plan.seed, orders, lines)
    orders = _with_progress(plan.seed, orders)
    return orders, lines, _build_events(plan.seed, shop, orders, lines)


def _build_carts(plan: SalesPlan) -> pl.DataFrame:
    seed = plan.seed
    history = plan.now_us - plan.start_us
    later_count = int(plan.order_count * (plan.end_us - plan.now_us) / max(history, 1))
    unit = units(seed, "moment")
    past = pl.int_range(pl.len()) < plan.order_count
    # The square root of chance makes the shop grow: twice as many sales at the end as half-way.
    moment = (
        pl.when(past)
        .then(plan.start_us + unit.sqrt() * history)
        .otherwise(plan.now_us + unit * (plan.end_us - plan.now_us))
    )
    carts = pl.DataFrame({"drawn": pl.int_range(plan.order_count + later_count, eager=True)})
    return (
        carts.with_columns(created=moment.cast(pl.Int64))
        .sort("created", "drawn")
        .with_columns(cart=pl.int_range(pl.len()))
        .with_columns(
            person=(units(seed, "person") ** 2.2 * plan.person_count).cast(pl.Int64),
            kind=units(seed, "kind"),
            channel=_share(units(seed, "channel"), 0.8, 0.95, 0.996),
            promo=_promo(seed, shop_codes=10),
            flags=_flags(seed),
            odd=pl.when(units(seed, "odd") < 0.004)
            .then(picks(seed, "odd status", 7) + 1)
            .otherwise(0),
        )
        .with_columns(**_kinds())
        .drop("kind", "drawn")
    )


def _promo(seed: int, shop_codes: int) -> pl.Expr:
    favourite = (units(seed, "promo") ** 2 * shop_codes).cast(pl.Int64)
    return pl.when(units(seed, "coupon") < 0.18).then(favourite).otherwise(-1)


def _flags(seed: int) -> pl.Expr:
    shares = {
        flag.INCOMPLETE: 0.02, flag.CODE_APPLIED: 0.7, flag.SOFT_ALIAS: 0.15,
        flag.UPPER_CASE_ID: 0.01, flag.STARRED: 0.002, flag.OPT_IN: 0.4,
        flag.DOUBLE_RECEIPT: 0.05, flag.AUTOMATIC_DISCOUNT: 0.1, flag.TWO_CODES: 0.15,
        flag.SERVICE: 0.05,
    }  # fmt: skip
    drawn = [
        pl.when(units(seed, f"flag {bit}") < share).then(bit).otherwise(0)
        for bit, share in shares.items()
    ]
    return pl.sum_horizontal(drawn).cast(pl.Int64)


def _kinds() -> dict[str, pl.Expr]:
    """4 in 100 come from a marketplace, 3 from strangers, 2 from people who did not log in."""
    kind = pl.col("kind")
    nobody = kind < 0.07
    return {
        "person": pl.when(nobody).then(-1).otherwise("person"),
        "channel": pl.when(kind < 0.04).then(0).otherwise("channel"),
        "promo": pl.when(kind < 0.04).then(-1).otherwise("promo"),
        "flags": pl.col("flags")
        + pl.when(kind < 0.09).then(flag.NO_PROFILE).otherwise(0)
        + pl.when(kind < 0.04).then(flag.MARKETPLACE).otherwise(0)
        + pl.when(kind < 0.01).then(flag.NO_GROUP).otherwise(0),
    }


def _split_carts(seed: int, carts: pl.DataFrame) -> pl.DataFrame:
    """One row per order: a few carts hold goods of two or three sellers."""
    own = pl.col("flags") & flag.MARKETPLACE == 0
    sellers = pl.when(own).then(_share(units(seed, "sellers"), 0.96, 0.995) + 1).otherwise(1)
    suffix = pl.int_ranges(1, sellers + 1)
    prefix = pl.when(own).then(pl.lit("")).when(pl.col("cart") % 2 == 0).then(
        pl.lit("MKA-")
    ).otherwise(pl.lit("MKB-"))  # fmt: skip
    number = pl.col("cart") * 3 + FIRST_GROUP
    return (
        carts.with_columns(suffix=suffix)
        .explode("suffix")
        .with_columns(order_id=pl.format("{}{}-0{}", prefix, number, "suffix"))
    )


def _exactly(plan: SalesPlan, orders: pl.DataFrame) -> pl.DataFrame:
    """The newest `order_count` orders before `now_us`, and all after it."""
    past = orders.filter(pl.col("created") <= plan.now_us).tail(plan.order_count)
    return pl.concat([past, orders.filter(pl.col("created") > plan.now_us)])


def _build_lines(seed: int, shop: Shop, orders: pl.DataFrame) -> pl.DataFrame:
    prices = pl.Series([sku.price_cents for sku in shop.skus], dtype=pl.Int64)
    first_day = orders["created"].min()
    count = _share(units(seed, "lines"), 0.55, 0.8, 0.92, 0.97) + 1
    lines = (
        orders.select(
            "created", "flags", "promo", order=pl.int_range(pl.len()), no=pl.int_ranges(0, count)
        )
        .explode("no")
        .with_columns(
            sku=(units(seed, "sku") ** 2.5 * len(shop.skus)).cast(pl.Int64),
            quantity=_share(units(seed, "quantity"), 0.8, 0.94) + 1,
            gift=((units(seed, "gift") < 0.05) & (pl.col("no") > 0)).cast(pl.Int64),
            years=(pl.col("created") - first_day) // (365 * DAY),
        )
    )
    price = pl.lit(prices).gather(pl.col("sku")) * (100 + 6 * pl.col("years")) // 100
    return (
        lines.with_columns(price=pl.when(pl.col("gift") == 1).then(0).otherwise(price))
        .with_columns(total=pl.col("price") * pl.col("quantity") - _discount())
        .drop("created", "flags", "promo", "years")
    )


def _discount() -> pl.Expr:
    """10 in 100 for a promo code that is honoured, 5 in 100 for the automatic promotion."""
    coupon = (pl.col("promo") >= 0) & (pl.col("flags") & flag.CODE_APPLIED != 0)
    automatic = pl.col("flags") & flag.AUTOMATIC_DISCOUNT != 0
    share = pl.when(coupon).then(10).otherwise(0) + pl.when(automatic).then(5).otherwise(0)
    return pl.col("price") * pl.col("quantity") * share // 100


def _with_values(seed: int, orders: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    sums = lines.group_by("order", maintain_order=True).agg(
        line_count=pl.len(), items=pl.col("total").sum()
    )
    shipping = (
        pl.when(pl.col("items") > 29_900).then(0).otherwise(990 + picks(seed, "shipping", 21) * 100)
    )
    service = pl.when(pl.col("flags") & flag.SERVICE != 0).then(flag.SERVICE_CENTS).otherwise(0)
    return orders.with_columns(sums["line_count"], sums["items"]).with_columns(
        value=pl.col("items") + shipping + service
    )


def _with_progress(seed: int, orders: pl.DataFrame) -> pl.DataFrame:
    """When each order was paid, handled and invoiced; `NEVER` where it was not."""
    pays = (units(seed, "pays") >= 0.04) & (pl.col("flags") & flag.INCOMPLETE == 0)
    wait = units(seed, "payment wait")
    slow = units(seed, "slow payment") < 0.2
    payment = pl.when(slow).then(DAY + wait * 2 * DAY).otherwise(MINUTE + wait * 20 * MINUTE)
    ends = (units(seed, "ends early") < 0.03) & pays
    never = pl.lit(NEVER, dtype=pl.Int64)
    handled = pl.col("authorized") + HOUR + (units(seed, "handling") * 12 * HOUR).cast(pl.Int64)
    invoiced = pl.col("handled") + DAY + (units(seed, "invoicing") * 2 * DAY).cast(pl.Int64)
    goes_on = pays & ~ends
    return (
        orders.with_columns(
            authorized=pl.when(pays)
            .then(pl.col("created") + payment.cast(pl.Int64))
            .otherwise(never),
            ends=ends,
            goes_on=goes_on,
        )
        .with_columns(handled=pl.when("goes_on").then(handled).otherwise(never))
        .with_columns(invoiced=pl.when("goes_on").then(invoiced).otherwise(never))
    )


def _build_events(
    seed: int, shop: Shop, orders: pl.DataFrame, lines: pl.DataFrame
) -> dict[int, list[Event]]:
    events: dict[int, list[Event]] = {}
    numbered = orders.with_columns(
        order=pl.int_range(pl.len()),
        fate=units(seed, "fate"),
        delay=units(seed, "delay"),
        first_line=pl.col("line_count").cum_sum() - pl.col("line_count"),
    )
    _add_cancellations(events, numbered)
    _add_refunds(events, numbered, lines)
    _add_removals(events, numbered, lines)
    _add_additions(events, numbered, shop)
    for order in events:
        events[order].sort()
    return events


def _add_cancellations(events: dict[int, list[Event]], orders: pl.DataFrame) -> None:
    unpaid = orders.filter(
        (pl.col("authorized") == NEVER) & (pl.col("flags") & flag.INCOMPLETE == 0)
    )
    for order, created in unpaid.select("order", "created").iter_rows():
        _add(events, order, Event(created + 5 * DAY, "cancel"))
    for order, paid, delay in (
        orders.filter("ends").select("order", "authorized", "delay").iter_rows()
    ):
        asked = paid + HOUR + int(delay * DAY)
        _add(events, order, Event(asked, "request-cancel"))
        _add(events, order, Event(asked + 6 * HOUR, "cancel"))
    denied = orders.filter(pl.col("goes_on") & (pl.col("fate") > 0.995))
    for order, handled in denied.select("order", "handled").iter_rows():
        _add(events, order, Event(handled + HOUR, "request-cancel"))
        _add(events, order, Event(handled + 3 * HOUR, "deny-cancel"))


def _add_refunds(events: dict[int, list[Event]], orders: pl.DataFrame, lines: pl.DataFrame) -> None:
    """5 in 100 give goods back, two in five of them everything, one in five in two parts that have
    one number."""
    totals = lines["total"]
    returned = orders.filter(pl.col("goes_on") & (pl.col("fate") < 0.05)).select(
        "order", "invoiced", "delay", "fate", "value", "first_line", "line_count"
    )
    for order, invoiced, delay, fate, value, first_line, line_count in returned.iter_rows():
        cents = value if fate < 0.02 else totals[first_line]
        at_us = invoiced + 3 * DAY + int(delay * 40 * DAY)
        if cents > 0:
            _add(events, order, Event(at_us, "refund", cents, f"R{order}", 0))
        if fate >= 0.04 and line_count > 1 and totals[first_line + 1] > 0:
            second = Event(at_us + 5 * DAY, "refund", totals[first_line + 1], f"R{order}", 1)
            _add(events, order, second)


def _add_removals(
    events: dict[int, list[Event]], orders: pl.DataFrame, lines: pl.DataFrame
) -> None:
    """Now and then the last of several lines is not in stock and leaves the order."""
    totals = lines["total"]
    short = orders.filter(
        pl.col("goes_on") & (pl.col("line_count") > 1) & pl.col("fate").is_between(0.98, 0.99)
    ).select("order", "handled", "first_line", "line_count")
    for order, handled, first_line, line_count in short.iter_rows():
        cents = totals[first_line + line_count - 1]
        _add(events, order, Event(handled + 90 * SECOND, "remove", cents, "", line_count - 1))


def _add_additions(events: dict[int, list[Event]], orders: pl.DataFrame, shop: Shop) -> None:
    """Now and then something else is put in, for half of them in the place of what was missing."""
    added = orders.filter(pl.col("goes_on") & pl.col("fate").is_between(0.985, 0.9925))
    for order, handled in added.select("order", "handled").iter_rows():
        position = (order * 31) % len(shop.skus)
        cents = shop.skus[position].price_cents
        _add(events, order, Event(handled + 100 * SECOND, "add", cents, "", position))


def _add(events: dict[int, list[Event]], order: int, event: Event) -> None:
    events.setdefault(order, []).append(event)


def _share(unit: pl.Expr, *bounds: float) -> pl.Expr:
    """How many of the ascending bounds lie at or below each number: 0, 1, 2 ..."""
    return pl.sum_horizontal([(unit >= bound).cast(pl.Int64) for bound in bounds])
