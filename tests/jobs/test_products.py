"""Products in the daily job: intervals each day, lists when it is time, and lists to a platform."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from enrich.compute.profiles import ProfilesReport, make_profiles
from enrich.destinations import REGISTRY
from enrich.destinations.masterdata import document_id
from enrich.forget.journal import Case, Journal
from enrich.forget.platforms import ask_platforms, whom_to_ask
from enrich.model import RawRecord, Rules
from enrich.predict import PredictionRules, ProductRules
from enrich.push.destination import Destination, push_destination
from enrich.push.summary import PushSummary
from enrich.runs.publish import publish
from enrich.settings import shipped_audiences
from enrich.shop import Shop
from enrich.warehouse import Named, Warehouse, open_warehouse, read_warehouse
from tests.destinations.conftest import World

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
AS_OF = date(2026, 6, 30)
SHOP = Shop(
    "main",
    Rules(currency="BRL"),
    prediction=PredictionRules(enabled=False),
    products=ProductRules(min_gaps=20, min_people=5),
)
PEOPLE = 30


def sold() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Thirty people buy coffee every four weeks for a year, and most of them three things once."""
    bought = [
        (f"{who}-{n}", f"c{who}", AS_OF - timedelta(days=n * 28 + who % 28))
        for who in range(PEOPLE)
        for n in range(13)
    ]
    orders = pl.DataFrame(bought, ["order_id", "customer_id", "on"], orient="row").select(
        "order_id",
        "customer_id",
        ordered_at=pl.col("on").cast(pl.Datetime("us")) + pl.duration(hours=15),
        amount_cents=pl.lit(1000),
    )
    along = {3: ("s-filter", "Filter"), 4: ("s-mug", "Mug"), 7: ("s-old", "Old mug")}
    lines = [(order, 1, "s-coffee", "Coffee") for order, _, _ in bought]
    lines += [
        (order, 2, *along[n])
        for order, who, _ in bought
        if (n := int(order.split("-")[1])) in along and int(who[1:]) % 3
    ]
    items = pl.DataFrame(lines, ["order_id", "line_no", "sku", "product"], orient="row")
    more = {"quantity": 1, "amount_cents": 500, "category": "Kitchen"}
    return orders, items.with_columns(pl.lit(value).alias(name) for name, value in more.items())


@contextmanager
def opened(folder: Path) -> Iterator[Warehouse]:
    with open_warehouse(folder, memory_limit="500MB") as warehouse:
        yield warehouse


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ProfilesReport]:
    """The shop with its profiles of the first day."""
    made = tmp_path_factory.mktemp("shop")
    with opened(made) as warehouse:
        warehouse.imports.load("main", *sold(), None, run_id="i", now=NOW)
    return made, computed(made)


@pytest.fixture
def folder(first: tuple[Path, ProfilesReport], tmp_path: Path) -> Path:
    """A copy of its warehouse."""
    shutil.copy(first[0] / "warehouse.duckdb", tmp_path)
    return tmp_path


def computed(folder: Path, day: int = 0, shop: Shop = SHOP, **options: bool) -> ProfilesReport:
    at = NOW + timedelta(days=day)
    with opened(folder) as warehouse:
        done = make_profiles(warehouse, shop, now=at, **options)
        publish(warehouse)
    return done


def ask(folder: Path, query: str) -> list[tuple[object, ...]]:
    with read_warehouse(folder) as copy:
        return copy.query(query).rows()


def test_intervals_and_lists_are_in_tables_and_profiles(
    first: tuple[Path, ProfilesReport],
) -> None:
    folder, done = first
    days = "gaps, p25_days, median_days, p75_days"
    found = ask(folder, f"select sku, category, people, {days} from replenishment order by sku")
    regular = (30, 360, 28, 28, 28)
    assert found == [("s-coffee", None, *regular), (None, "Kitchen", *regular)]
    due = "next_due_product, next_due_on - last_purchase_date, next_best_products[1]"
    assert ask(folder, f"select distinct {due} from profiles") == [("Coffee", 28, "Coffee")]
    beside = "metric, baseline, value >= baseline_value, horizon_days"
    rates = ask(folder, f"select {beside} from prediction_backtests order by all")
    baselines = ("personal_frequency", "popularity")
    assert rates == [(f"hit_rate_{n}", one, True, 90) for n in (10, 5) for one in baselines]
    assert done.predictions == (
        "bought again at regular intervals: 1 SKUs, 1 categories",
        "back-test of next best products: of the customers who bought,"
        " 100% bought one of their first 5 and 100% bought one of their first 10",
    )


def test_what_the_catalogue_has_no_more_is_in_no_list(
    folder: Path, first: tuple[Path, ProfilesReport]
) -> None:
    skus = {"s-coffee": True, "s-filter": True, "s-mug": True, "s-old": False}
    documents = [f'{{"Id": "{sku}", "ProductId": "p{sku}", "IsActive": {str(on).lower()}}}'
                 for sku, on in skus.items()]  # fmt: skip
    listed = "select count(*) from profiles where list_contains(next_best_products, 'Old mug')"
    assert ask(first[0], listed)[0][0]
    with opened(folder) as warehouse:
        records = [RawRecord(sku, text) for sku, text in zip(skus, documents, strict=True)]
        warehouse.records.load("main", "skus", records, run_id="s", now=NOW)
    computed(folder, 1)  # from the lists that are kept
    assert ask(folder, listed) == [(0,)]
    computed(folder, 1, tests_now=True)
    assert ask(folder, listed) == [(0,)]


def test_what_is_sold_out_is_in_no_list(folder: Path) -> None:
    """Unless another SKU of the product is there: Mug has two."""
    skus = {"s-coffee": "p1", "s-mug": "p2", "s-mug-2": "p2", "s-old": "p3"}
    documents = [
        RawRecord(sku, f'{{"Id": "{sku}", "ProductId": "{of}", "IsActive": true}}')
        for sku, of in skus.items()
    ]
    stock = [
        RawRecord(sku, f'{{"sku": "{sku}", "isAvailable": false}}') for sku in ("s-mug", "s-old")
    ]
    with opened(folder) as warehouse:
        for entity, records in (("skus", documents), ("stock", stock)):
            warehouse.records.load("main", entity, records, run_id="s", now=NOW)
    computed(folder, 1)
    listed = "select distinct unnest(next_best_products) as product from profiles order by product"
    assert ask(folder, listed) == [("Coffee",), ("Mug",)]


def test_lists_are_kept_for_a_week_and_dates_are_of_the_day(
    folder: Path, first: tuple[Path, ProfilesReport]
) -> None:
    newest = "select max(as_of) from prediction_backtests"
    lists = "select customer_key, next_best_products from profiles order by all"
    before = ask(first[0], lists)
    orders, items = sold()
    lamps = items.filter(pl.col("line_no") == 1).with_columns(
        pl.lit(9).alias("line_no").cast(items.schema["line_no"]),
        sku=pl.lit("a"),
        product=pl.lit("A lamp"),
    )
    with opened(folder) as warehouse:  # by which other lists would be made
        more = pl.concat([items, lamps])
        warehouse.imports.load("main", orders, more, None, run_id="j", now=NOW)
    computed(folder, 6)
    assert (ask(folder, lists), ask(folder, newest)) == (before, [(AS_OF,)])
    computed(folder, 7)
    assert ask(folder, lists) != before
    assert ask(folder, newest) == [(AS_OF + timedelta(days=7),)]


def test_the_shipped_audience_finds_who_is_due(folder: Path) -> None:
    due = shipped_audiences()["replenishment_due"]
    with opened(folder) as warehouse:
        warehouse.audiences.look_at("main", AS_OF, "UTC")
        found = warehouse.audiences.people("due", due["rule"], due["order_by"], "email")
    assert found.height == 7  # those of seven of the 28 days


def test_switched_off_there_are_no_rows_and_empty_fields(folder: Path) -> None:
    off = Shop("main", SHOP.rules, products=ProductRules(enabled=False))
    computed(folder, 1, off)
    fields = "select next_due_product, next_due_on, next_best_products from profiles group by all"
    assert ask(folder, fields) == [(None, None, [])]
    assert ask(folder, "from replenishment") == []


LISTS = "next_best_products"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def taker(world: World) -> Destination:
    """Master Data, which gets lists alone."""
    example = REGISTRY["masterdata"].example
    lists, profiles = (world.open("masterdata", one, **example) for one in (LISTS, "profiles"))
    shops = {"main": SHOP}
    return Destination("there", ("main",), profiles, switched_on=(lists,), shops=shops)


def pushed(folder: Path, world: World, day: int = 0, *, dry_run: bool = False) -> PushSummary:
    with opened(folder) as warehouse:
        now = NOW + timedelta(days=day)
        (done,) = push_destination(
            warehouse, taker(world), "main", now=now, confirmed=True, dry_run=dry_run
        )
    assert done.fault is None
    return done


def held(world: World, customer_key: int) -> list[tuple[str, str]]:
    """Products and reasons of the list that the platform has of a customer."""
    document = world.account("masterdata").table(LISTS)[document_id(str(customer_key))]
    assert [line["rank"] for line in document["lines"]] == [*range(1, len(document["lines"]) + 1)]
    return [(line["product"], line["reason"]) for line in document["lines"]]


def test_a_platform_has_the_lists_of_the_profiles_and_gets_only_what_changed(
    folder: Path, first: tuple[Path, ProfilesReport], world: World
) -> None:
    assert pushed(folder, world, dry_run=True).adds == PEOPLE
    assert pushed(folder, world).accepted == PEOPLE
    has_mug = "list_contains(products_lifetime, 'Mug')"
    lists = ask(first[0], f"select customer_key, next_best_products, {has_mug} from profiles")
    for key, products, mug in lists:
        found = held(world, int(str(key)))
        assert [product for product, _ in found] == products
        assert ("Mug", "bought_again" if mug else "never_bought") in found
    assert pushed(folder, world).batches == 0
    newcomer = next(int(str(key)) for key, _, mug in lists if not mug)
    orders, items = sold()
    (who,) = ask(first[0], f"select customer_id from customers where customer_key = {newcomer}")[0]
    under_another_name = items.filter(pl.col("sku") == "s-mug").head(1)
    mug_too = under_another_name.with_columns(
        order_id=pl.lit(f"{str(who)[1:]}-12"),
        line_no=pl.lit(9).cast(items.schema["line_no"]),
        product=pl.lit("Cup"),
    )
    with opened(folder) as warehouse:
        more = pl.concat([items, mug_too])
        warehouse.imports.load("main", orders, more, None, run_id="j", now=NOW)
    computed(folder, 1)
    assert pushed(folder, world, 1).accepted == 1
    assert ("Mug", "bought_again") in held(world, newcomer)


def test_a_list_that_is_over_and_one_of_a_forgotten_person_is_taken_away(
    folder: Path, world: World
) -> None:
    pushed(folder, world)
    with opened(folder) as warehouse:
        named = Named((1,))
        found = warehouse.people.find("main", named)
        case = Case("case", NOW, {}, whom_to_ask([found]), {})
        there = taker(world)
        done = ask_platforms(Journal(folder), case, lambda name: nullcontext(there))
        assert (done.to_ask, done.faults, done.answers) == ({}, {}, {"there": ("erased",)})
        warehouse.people.forget("main", named, Rules(), certificate="c", run_id="f", now=NOW)
    documents = world.account("masterdata").table(LISTS)
    assert set(documents) == {document_id(str(key)) for key in range(2, PEOPLE + 1)}
    computed(folder, 1, Shop("main", SHOP.rules, products=ProductRules(enabled=False)))
    assert pushed(folder, world, 1).accepted == PEOPLE - 1
    assert not documents
    assert pushed(folder, world, 2).batches == 0


def test_before_the_first_profiles_nobody_has_a_list(tmp_path: Path, world: World) -> None:
    with opened(tmp_path) as warehouse:
        warehouse.imports.load("main", *sold(), None, run_id="i", now=NOW)
    assert pushed(tmp_path, world).adds == 0
