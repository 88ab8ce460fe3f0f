"""Profiles of whom something came in since the daily run, made for the day it is and kept apart."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

import polars as pl

from enrich.model import store_day
from enrich.predict import (
    PredictionRules,
    PurchaseParts,
    ShopModel,
    kept_levels,
    kept_model,
    predictions,
    states_of,
    tier_cuts,
    with_tiers,
    worths,
)
from enrich.profile import profile_parts, score_some
from enrich.profile.field import Joined
from enrich.profile.own import declared
from enrich.profile.predicted import no_predictions
from enrich.profile.products import PRODUCTS, UNLISTED
from enrich.runs.record import kept_day, recorded
from enrich.runs.reporting import SILENT, Reporter
from enrich.shop import Shop
from enrich.warehouse import Warehouse

NOTHING_KEPT = "{store} has no profiles yet: the first daily run makes them"


@dataclass(frozen=True, slots=True)
class TodayReport:
    """Whose profiles were made again, for which day; `note` says why nobody's were."""

    store: str
    as_of: date
    customer_count: int
    note: str | None = None


def today_line(done: TodayReport) -> str:
    """What one run did, in a line."""
    made = f"{done.store}: {done.customer_count:,} profiles of today, as of {done.as_of}"
    return done.note or made


def make_today(
    warehouse: Warehouse, shop: Shop, *, now: datetime, report: Reporter = SILENT
) -> TodayReport:
    """The profiles of everybody whom the kept ones do not know whole, made for the day it is.

    They are what the daily run would make of that day with the cut points, the model, the next
    products and the own fields of the kept profiles; they go to `profiles_today` and nowhere else.
    The store is resolved already.
    """
    as_of = store_day(now, shop.rules.time_zone)
    if kept_day(warehouse, shop.name) is None:
        return TodayReport(shop.name, as_of, 0, NOTHING_KEPT.format(store=shop.name))
    with recorded(warehouse, "today", shop.name, now) as run:
        keys = warehouse.today.touched(shop.name)
        report.say(f"{shop.name}: {len(keys):,} customers since the daily run, as of {as_of}")
        profiles = _profiles(warehouse, shop, keys, as_of)
        warehouse.today.keep(shop.name, as_of, profiles, now=now)
        run.note({"as_of": as_of.isoformat(), "customers": len(keys)})
    return TodayReport(shop.name, as_of, len(keys))


def _profiles(warehouse: Warehouse, shop: Shop, keys: pl.Series, as_of: date) -> pl.DataFrame:
    with warehouse.today.part_of(shop.name, keys) as part:
        scored = score_some(
            part,
            warehouse.profiles.parts(shop.name),
            as_of,
            shop.rules,
            warehouse.today.cut_points(shop.name),
            history_since=warehouse.resolved.history_since(shop.name),
        )
        before = warehouse.profiles.segments_before(shop.name, as_of)
        rows = _predicted(warehouse, shop.name, part, as_of, shop.prediction)
        joined = _kept(warehouse, shop, keys)
        made = profile_parts(
            scored, before, predictions=rows, joined=joined, segments=shop.segments
        )
        return pl.concat(made)


def _kept(warehouse: Warehouse, shop: Shop, keys: pl.Series) -> tuple[Joined, ...]:
    """Next products and fields of the shop's own, as the daily run left them."""
    wanted = (*PRODUCTS, *declared(shop.own_fields))
    rows = warehouse.today.kept_values(shop.name, keys, [one.name for one in wanted])
    if "next_best_products" in rows.columns and not rows["next_best_products"].count():
        wanted = (*UNLISTED, *declared(shop.own_fields))
    return (Joined(tuple(one for one in wanted if one.name in rows.columns), rows),)


def _predicted(
    warehouse: Warehouse, store: str, part: PurchaseParts, as_of: date, rules: PredictionRules
) -> pl.DataFrame:
    """What comes next by the kept model; nothing where there is none and nobody said why."""
    if not rules.enabled or "p_alive" not in warehouse.profiles.columns():
        return no_predictions()
    kept = warehouse.predictions.models(store, as_of)
    status, value_status = warehouse.today.why_not_predicted(store)
    model = kept_model(kept, as_of)
    if model is None and status is None:
        return no_predictions()
    shop = replace(
        model or ShopModel(as_of, 0, 0, None, None), status=status, value_status=value_status
    )
    (states,) = states_of(part, as_of)
    rows = predictions(states, shop, rules, kept_levels(kept))
    return with_tiers(rows, tier_cuts(worths(warehouse.today.worth(store).to_frame())))
