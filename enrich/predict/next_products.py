"""What each customer buys next: again, or for the first time by what others bought along with it.

A product is a candidate of a customer for one of three reasons: bought before (how often, how long
ago, whether it is due, how well it sells), bought by people who bought the same things, or popular.
How often the candidates of a kind are bought within the horizon is counted in the past, and orders
all of them together: a shop of coffee repeats itself and a shop of furniture does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl
import scipy
from numpy.typing import NDArray

from enrich.predict.bought_days import BoughtDays, Numbers, Pairs, distinct, pairs_of, starts_of
from enrich.predict.replenishment import ProductRules, Repeats, repeats, rhythms, usual_days

LISTED = 10
"""How many products a customer's list has at most."""
POPULAR, RECENT_DAYS = 2 * LISTED, 90
NEIGHBOURS, HISTORY, MIN_TOGETHER, DAMPING, HALF_LIFE_DAYS = 20, 20, 3, 20, 180
SAMPLE = 2**16
"""How many customers are looked at together: their places fit into 16 bits (`_strongest`). On a
sample of so many rates are counted and the back-test is made."""

_AGES = np.array([15, 31, 61, 91, 181, 366])
_PHASES = np.array([0.25, 0.5, 0.75, 1.25, 1.75, 2.5])
_SALES = np.array([0.02, 0.1, 0.35])
"""Upper bounds of the sales bands: shares of the products that sold lately, best sellers first."""
_COUNTS, _SCORES = 4, 24
_WHENS, _BANDS = len(_AGES) + 1 + len(_PHASES) + 1, len(_SALES) + 1
_AGAIN = _COUNTS * _WHENS * _BANDS
KINDS = _AGAIN + _SCORES + POPULAR
"""Kinds of candidates: bought before, by score, by place among the popular; below 2**9."""


@dataclass(frozen=True, slots=True)
class ProductCounts:
    """Counts of products over the customers of some parts: who bought which two, how many bought
    each, how many lately, and the gaps between."""

    together: scipy.sparse.csr_matrix
    buyers: Numbers
    newest: Numbers
    repeats: Repeats

    def __add__(self, other: ProductCounts) -> ProductCounts:
        return ProductCounts(
            self.together + other.together,
            self.buyers + other.buyers,
            self.newest + other.newest,
            Repeats(
                pl.concat([self.repeats.gaps, other.repeats.gaps]),
                pl.concat([self.repeats.people, other.repeats.people]),
            ),
        )


def product_counts(bought: BoughtDays, day: int, count: int) -> ProductCounts:
    """The counts of one part of the customers for `count` products up to the day."""
    known = bought.until(day)
    pairs = pairs_of(known)
    seen = _matrix(pairs, day, count, is_weighted=False)
    recent = pairs.code[pairs.last > day - RECENT_DAYS]
    return ProductCounts(
        (seen.T @ seen).tocsr(),
        np.bincount(pairs.code, minlength=count),
        np.bincount(recent, minlength=count),
        repeats(known, pairs),
    )


@dataclass(frozen=True, slots=True)
class ProductModel:
    """What is known of products up to a day.

    `along` are the products bought together with each, `usual` the days after which it is bought
    again (0: not regular), `popular` the best sellers. `by_sales` has all product codes, best
    sellers first; `sales_rank` is each product's place in it and decides between equally likely
    products; `band` is the product's place among _SALES.
    """

    day: int
    along: scipy.sparse.csr_matrix
    usual: Numbers
    popular: Numbers
    by_sales: Numbers
    sales_rank: Numbers
    band: Numbers

    def strongest(
        self, place: Numbers, code: Numbers, strength: Numbers, count: int
    ) -> tuple[Numbers, Numbers]:
        """place, code of the strongest few of each place, those first; see `_strongest`."""
        place, rank, _ = _strongest(place, self.sales_rank[code], strength, count)
        return place, self.by_sales[rank]


def product_model(
    known: ProductCounts, day: int, rules: ProductRules, available: NDArray[np.bool_]
) -> ProductModel:
    """The model by all parts; only products that are available become candidates."""
    newest = known.newest * available
    by_sales = np.lexsort((np.arange(len(newest)), -newest))
    sales_rank = np.empty_like(by_sales)
    sales_rank[by_sales] = np.arange(len(by_sales))
    band = np.digitize(sales_rank / max(int(np.count_nonzero(newest)), 1), _SALES)
    popular = by_sales[:POPULAR]
    popular = popular[newest[popular] > 0]
    usual = usual_days(rhythms([known.repeats], rules), len(newest))
    along = _neighbours(known.together, known.buyers, available)
    return ProductModel(day, along, usual, popular, by_sales, sales_rank, band)


def _neighbours(
    together: scipy.sparse.csr_matrix, buyers: Numbers, available: NDArray[np.bool_]
) -> scipy.sparse.csr_matrix:
    """For each product the share of its buyers who bought another one, of the nearest few."""
    pairs = together.tocoo()
    kept = (pairs.data >= MIN_TOGETHER) & (pairs.row != pairs.col) & available[pairs.col]
    row, col = pairs.row[kept], pairs.col[kept]
    share = (pairs.data[kept] / (buyers[row] + DAMPING)).astype(np.float32)
    most_first = (row.astype(np.int64) << 39) - pairs.data[kept]
    order = np.argsort(most_first, kind="stable")  # of equal ones the first, as they stand
    near = order[_place_in_group(row[order]) < NEIGHBOURS]
    entries = (share[near], (row[near], col[near]))
    return scipy.sparse.csr_matrix(entries, shape=together.shape)


def _place_in_group(groups: Numbers) -> Numbers:
    """How many of the same group stand before each; equal ones stand together."""
    starts = starts_of(groups)
    sizes = np.diff(np.append(starts, len(groups)))
    return np.arange(len(groups)) - np.repeat(starts, sizes)


def _matrix(pairs: Pairs, day: int, count: int, *, is_weighted: bool) -> scipy.sparse.csr_matrix:
    """Customers by products: their newest few, weighted by age or 1."""
    counts = np.bincount(pairs.place)
    many = np.flatnonzero((counts > HISTORY)[pairs.place])
    newest_first = (pairs.place << 40) | ((65_535 - pairs.last) << 24) | pairs.code
    order = many[np.argsort(newest_first[many])]
    kept = np.ones(len(pairs.place), dtype=np.bool_)
    kept[order[_place_in_group(pairs.place[order]) >= HISTORY]] = False
    weights = np.ones(int(kept.sum()), dtype=np.int32)
    if is_weighted:
        ages = day - pairs.last[kept]
        weights = (0.5 ** (ages / HALF_LIFE_DAYS)).astype(np.float32)
    ends = np.append(0, np.minimum(counts, HISTORY).cumsum())  # pairs are in the order of both
    return scipy.sparse.csr_matrix((weights, pairs.code[kept], ends), shape=(len(counts), count))


@dataclass(frozen=True, slots=True)
class Candidates:
    """Products that customers may buy next: place, code, kind, and a strength within the kind
    (0 to 65,535). No product is twice a candidate of one customer."""

    place: Numbers
    code: Numbers
    kind: Numbers
    strength: Numbers


def candidates(bought: BoughtDays, model: ProductModel, available: NDArray[np.bool_]) -> Candidates:
    """The candidates of a few customers by what they bought up to the model's day."""
    pairs = pairs_of(bought.until(model.day))
    again = _again(pairs, model)
    along = _along(pairs, model, len(available))
    popular = _popular(pairs, (again, along), model, len(available))
    kept = available[again.code]
    again = Candidates(*(column[kept] for column in _columns(again)))
    every = zip(*map(_columns, (again, along, popular)), strict=True)
    return Candidates(*(np.concatenate(columns) for columns in every))


def _columns(found: Candidates) -> tuple[Numbers, ...]:
    return found.place, found.code, found.kind, found.strength


def _whole(place: Numbers, code: Numbers) -> Numbers:
    """Customer and product in one number."""
    return (place.astype(np.int64) << 24) | code


def _again(pairs: Pairs, model: ProductModel) -> Candidates:
    """What was bought before, by how often and how long ago: in usual days where it has them."""
    ages = model.day - pairs.last
    usual = model.usual[pairs.code]
    usual = np.where((usual > 0) & (pairs.count > 2), pairs.mean_gap(), usual)
    phases = np.digitize(ages / np.maximum(usual, 1), _PHASES) + len(_AGES) + 1
    when = np.where(usual > 0, phases, np.digitize(ages, _AGES))
    often = np.minimum(pairs.count, _COUNTS) - 1
    kind = (often * _WHENS + when) * _BANDS + model.band[pairs.code]
    strength = 4096 * np.minimum(pairs.count, 15) + 4095 - np.minimum(ages, 4095)
    return Candidates(pairs.place, pairs.code, kind, strength)


def _along(pairs: Pairs, model: ProductModel, count: int) -> Candidates:
    """What people with the same products bought, and this one not: the best few of each."""
    scores = _matrix(pairs, model.day, count, is_weighted=True) @ model.along
    ones = np.ones(len(pairs.code), dtype=np.float32)
    owned = scipy.sparse.csr_matrix((ones, (pairs.place, pairs.code)), shape=scores.shape)
    new = (scores - scores.multiply(owned)).tocoo()
    is_there = new.data > 0
    bits = new.data[is_there].astype(np.float32).view(np.int32).astype(np.int64)
    place, code, bits = _strongest(new.row[is_there], new.col[is_there], bits >> 15, LISTED)
    score = (bits << 15).astype(np.int32).view(np.float32).astype(np.float64)
    steps = np.clip(np.floor(2 * np.log2(score)) + _SCORES - 2, 0, _SCORES - 1)
    return Candidates(place, code, _AGAIN + steps.astype(np.int64), bits)


def _strongest(
    place: Numbers, code: Numbers, strength: Numbers, count: int
) -> tuple[Numbers, Numbers, Numbers]:
    """The strongest few of each place, those first; of equal ones the first code.

    Places are below 2**16, strengths below 2**23, codes below 2**24: one number to sort by.
    """
    inverse = (1 << 23) - 1 - strength
    packed = np.sort((place.astype(np.int64) << 47) | (inverse << 24) | code)
    packed = packed[_place_in_group(packed >> 47) < count]
    inverse = (packed >> 24) & ((1 << 23) - 1)
    return packed >> 47, packed & ((1 << 24) - 1), (1 << 23) - 1 - inverse


def _popular(
    pairs: Pairs, known: Iterable[Candidates], model: ProductModel, count: int
) -> Candidates:
    """The popular products that are no candidates yet."""
    rank_of = np.full(count, -1)
    rank_of[model.popular] = np.arange(len(model.popular))
    is_new = np.zeros((int(pairs.place.max(initial=-1)) + 1, len(model.popular)), dtype=np.bool_)
    is_new[pairs.place] = True
    for found in known:
        rank = rank_of[found.code]
        is_new[found.place[rank >= 0], rank[rank >= 0]] = False
    place, rank = np.nonzero(is_new)
    return Candidates(place, model.popular[rank], _AGAIN + _SCORES + rank, 65_535 - rank)


def _is_in(wanted: Numbers, held: Numbers) -> NDArray[np.bool_]:
    """Whether each is among the sorted numbers."""
    if not len(held):
        return np.zeros(len(wanted), dtype=np.bool_)
    found = np.searchsorted(held, wanted)
    same: NDArray[np.bool_] = held[np.minimum(found, len(held) - 1)] == wanted
    return same


Rates = NDArray[np.float64]
_GROUPS = (0, _AGAIN, _AGAIN + _SCORES, KINDS)


def listed(found: Candidates, model: ProductModel, rates: Rates) -> tuple[Numbers, Numbers]:
    """place, code of the LISTED products likeliest to be bought, the best of each place first."""
    by_rate = np.empty(KINDS, dtype=np.int64)
    by_rate[np.lexsort((-np.arange(KINDS), rates))] = np.arange(KINDS)
    strength = (by_rate[found.kind] << 14) | (found.strength >> 2)
    return model.strongest(found.place, found.code, strength, LISTED)


def bought_rates(found: Candidates, bought: BoughtDays, day: int, days: int) -> Rates:
    """The share of the candidates of each kind that were bought within `days` after the day.

    Where there are few, it leans on that of all that are candidates for the same reason.
    """
    hits = _is_in(_whole(found.place, found.code), _coming(bought, day, days))
    many = np.bincount(found.kind, minlength=KINDS).astype(np.float64)
    came = np.bincount(found.kind, weights=hits, minlength=KINDS)
    rates = np.empty(KINDS)
    for start, end in pairwise(_GROUPS):
        whole = came[start:end].sum() / max(many[start:end].sum(), 1)
        rates[start:end] = (came[start:end] + DAMPING * whole) / (many[start:end] + DAMPING)
    return rates


def _coming(bought: BoughtDays, day: int, days: int) -> Numbers:
    """Customer and product of what was bought within `days` after the day, sorted."""
    is_next = (bought.day > day) & (bought.day <= day + days)
    return distinct(_whole(bought.place[is_next], bought.code[is_next]))


def _first(count: int, place: Numbers, code: Numbers) -> tuple[Numbers, Numbers]:
    """The first few of each list."""
    kept = _place_in_group(place) < count
    return place[kept], code[kept]


def hit_rate(place: Numbers, code: Numbers, coming: Numbers, judged: Numbers) -> float | None:
    """Of the customers to be judged, the share with a product of the list among what came."""
    hit = distinct(place[_is_in(_whole(place, code), coming)])
    return len(np.intersect1d(hit, judged)) / len(judged) if len(judged) else None


NEXT_BEST = "next best products"
HIT_RATES = {
    "metric": pl.String,
    "value": pl.Float64,
    "baseline": pl.String,
    "baseline_value": pl.Float64,
}


def hit_rates(
    bought: BoughtDays, model: ProductModel, found: Candidates, rates: Rates, days: int
) -> pl.DataFrame:
    """How many of who bought within `days` after the model's day found it in their list.

    Rows of metric, value, baseline, baseline_value: hit_rate_5 and hit_rate_10 beside the most
    popular products and each customer's own most frequent ones.
    """
    coming = _coming(bought, model.day, days)
    before = distinct(bought.until(model.day).place)
    judged = np.intersect1d(distinct(coming >> 24), before)
    is_own = found.kind < _AGAIN
    own = model.strongest(found.place[is_own], found.code[is_own], found.strength[is_own], LISTED)
    most = model.popular[:LISTED]
    baselines = {
        "popularity": (np.repeat(before, len(most)), np.tile(most, len(before))),
        "personal_frequency": own,
    }
    best = listed(found, model, rates)
    rows = [
        (
            f"hit_rate_{count}",
            hit_rate(*_first(count, *best), coming, judged),
            name,
            hit_rate(*_first(count, *one), coming, judged),
        )
        for count in (5, LISTED)
        for name, one in baselines.items()
    ]
    return pl.DataFrame(rows, HIT_RATES, orient="row")


NEXT_PRODUCTS: dict[str, pl.DataType | type[pl.DataType]] = {
    "customer_key": pl.Int64,
    "next_best_products": pl.List(pl.UInt32),
}


@dataclass(frozen=True, slots=True)
class NextProducts:
    """Lists of product codes (NEXT_PRODUCTS), the best first, and how well such lists did before.

    `lists` are empty where the history is shorter than two horizons, `measured` (HIT_RATES) has no
    rows where it is shorter than three.
    """

    lists: pl.DataFrame
    measured: pl.DataFrame


def next_products(
    read: Callable[[int], BoughtDays],
    part_count: int,
    day: int,
    available: NDArray[np.bool_],
    rules: ProductRules,
) -> NextProducts:
    """The next best products of every customer who bought, and the back-test of the method.

    `read` gives the days of a part by product, twice when there are several parts. The rates are
    those of the horizon before the day, of the tested lists those of the one before that.
    """
    every = np.ones_like(available)
    days = [day - rules.horizon_days * ago for ago in (2, 1, 0)]
    totals: list[ProductCounts] = []
    sample, first_day = None, day
    for part in range(part_count):
        bought = read(part)
        first_day = min(first_day, int(bought.day.min(initial=day)))
        sample = _sampled(bought, sample)
        found = [product_counts(bought, at, len(available)) for at in days]
        totals = [a + b for a, b in zip(totals, found, strict=True)] if totals else found
    filters = (every, every, available)
    models = [
        product_model(known, at, rules, kept)
        for known, at, kept in zip(totals, days, filters, strict=True)
    ]
    totals.clear()  # the largest of all
    measured = pl.DataFrame(schema=HIT_RATES)
    if sample is None or first_day > days[0]:
        return NextProducts(pl.DataFrame(schema=NEXT_PRODUCTS), measured)
    newer = candidates(sample, models[1], every)
    if first_day <= days[0] - rules.horizon_days:
        earlier = candidates(sample, models[0], every)
        rates = bought_rates(earlier, sample, days[0], rules.horizon_days)
        measured = hit_rates(sample, models[1], newer, rates, rules.horizon_days)
    rates = bought_rates(newer, sample, days[1], rules.horizon_days)
    lists = (
        _lists(few, models[2], rates, available)
        for part in range(part_count)
        for few in _few_at_once(read(part))
    )
    return NextProducts(pl.concat([pl.DataFrame(schema=NEXT_PRODUCTS), *lists]), measured)


def _lists(
    bought: BoughtDays, model: ProductModel, rates: Rates, available: NDArray[np.bool_]
) -> pl.DataFrame:
    """The lists of a few customers, in the order of customer_key."""
    place, code = listed(candidates(bought, model, available), model, rates)
    rows = pl.DataFrame({"place": place, "code": code.astype(np.uint32)})
    lists = rows.group_by("place", maintain_order=True).agg("code")
    keys = pl.Series(bought.keys[lists["place"].to_numpy()], dtype=pl.Int64)
    return pl.DataFrame([keys.alias("customer_key"), lists["code"].alias("next_best_products")])


def _few_at_once(bought: BoughtDays) -> Iterable[BoughtDays]:
    """The customers of a part, as many at a time as fit in memory."""
    for start in range(0, len(bought.keys), SAMPLE):
        yield bought.between(start, start + SAMPLE)


def _sampled(bought: BoughtDays, before: BoughtDays | None) -> BoughtDays:
    """A few customers of all parts until now: the same ones, however the parts are cut."""
    both = bought if before is None else before.beside(bought)
    if len(both.keys) <= SAMPLE:
        return both
    mixed = both.keys.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return both.those(np.sort(np.argpartition(mixed, SAMPLE)[:SAMPLE]))
