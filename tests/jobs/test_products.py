"""Products in the daily job: intervals each day, lists when it is time, and lists to a platform."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest

from enrich.compute.profiles import ProfilesReport, make_profiles
from enrich.destinations import REGISTRY
from enrich.destinations.base import Batch
from enrich.destinations.masterdata import document_id
from enrich.forget.journal import Case, Journal
from enrich.forget.platforms import ask_platforms, whom_to_ask
from enrich.lake.build import Build
from enrich.lake.export import export_lake
from enrich.lake.load import load_lake
from enrich.lake.profiles import lake_profiles
from enrich.model import RawRecord, RecordResult, Rules
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


def test_switched_off_there_are_no_rows_and_no_fields(folder: Path) -> None:
    off = Shop("main", SHOP.rules, products=ProductRules(enabled=False))
    computed(folder, 1, off)
    fields = "select next_due_product, next_due_on, next_best_products from profiles group by all"
    assert ask(folder, fields) == [(None, None, None)]
    assert ask(folder, "from replenishment") == []


LISTS = "next_best_products"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def taker(world: World, kind: str = "masterdata", **options: object) -> Destination:
    """A platform that gets lists alone."""
    example = {**REGISTRY[kind].example, **options}
    lists, profiles = (world.open(kind, one, **example) for one in (LISTS, "profiles"))
    shops = {"main": SHOP}
    return Destination("there", ("main",), profiles, switched_on=(lists,), shops=shops)


def pushed(
    folder: Path,
    world: World,
    day: int = 0,
    there: Destination | None = None,
    *,
    store: str = "main",
    dry_run: bool = False,
) -> PushSummary:
    with opened(folder) as warehouse:
        now = NOW + timedelta(days=day)
        (done,) = push_destination(
            warehouse, there or taker(world), store, now=now, confirmed=True, dry_run=dry_run
        )
    assert done.fault is None
    return done


def take_off_sale(folder: Path) -> None:
    """The catalogue has nothing active any more: every list is over."""
    skus = ("s-coffee", "s-filter", "s-mug", "s-old")
    records = [RawRecord(sku, f'{{"Id": "{sku}", "IsActive": false}}') for sku in skus]
    with opened(folder) as warehouse:
        warehouse.records.load("main", "skus", records, run_id="s", now=NOW)


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
    take_off_sale(folder)
    computed(folder, 1)
    assert pushed(folder, world, 1).accepted == PEOPLE - 1
    assert not documents
    assert pushed(folder, world, 2).batches == 0


def test_what_was_not_computed_ends_no_list(folder: Path, world: World) -> None:
    """Neither switched off nor loaded from a lake, and no other store loses its lists by that."""
    second = replace(SHOP, name="second")
    with opened(folder) as warehouse:
        warehouse.imports.load("second", *sold(), None, run_id="i", now=NOW)
        make_profiles(warehouse, second, now=NOW)
        export_lake(warehouse, Build(folder / "lake", "main", SHOP.rules, (), 2, NOW))
    for store in ("main", "second"):
        assert pushed(folder, world, store=store).accepted == PEOPLE
    tomorrow = NOW + timedelta(days=1)
    lake_profiles(folder / "lake", SHOP, tomorrow)
    with opened(folder) as warehouse:
        load_lake(warehouse, folder / "lake", "main", tomorrow)
        publish(warehouse)
    known = "select store, count(next_best_products) from profiles group by store order by store"
    assert ask(folder, known) == [("main", 0), ("second", PEOPLE)]
    for store in ("main", "second"):
        assert pushed(folder, world, 1, store=store).batches == 0
    computed(folder, 2)
    assert ask(folder, known) == [("main", PEOPLE), ("second", PEOPLE)]
    computed(folder, 3, Shop("main", SHOP.rules, products=ProductRules(enabled=False)))
    assert pushed(folder, world, 3).batches == 0


class Killed(BaseException):
    pass


def test_a_list_of_a_killed_push_is_erased_with_its_person(folder: Path, world: World) -> None:
    there = taker(world)
    (lists,) = there.entities
    send = lists.push

    def send_and_die(batch: Batch) -> list[RecordResult]:
        send(batch)
        raise Killed

    lists.push = send_and_die  # type: ignore[method-assign]
    with pytest.raises(Killed):
        pushed(folder, world, there=there)
    documents = world.account("masterdata").table(LISTS)
    assert len(documents) == PEOPLE
    with opened(folder) as warehouse:
        case = Case("case", NOW, {}, whom_to_ask([warehouse.people.find("main", Named((1,)))]), {})
        done = ask_platforms(Journal(folder), case, lambda name: nullcontext(there))
    assert (done.to_ask, done.answers) == ({}, {"there": ("erased",)})
    assert document_id("1") not in documents


def test_many_lists_end_only_after_a_person_agreed(folder: Path, world: World) -> None:
    there = taker(world, stop_after_records=PEOPLE)
    pushed(folder, world, there=there)
    take_off_sale(folder)
    computed(folder, 1)
    assert pushed(folder, world, 1, there, dry_run=True).ends == PEOPLE
    with opened(folder) as warehouse:
        at = NOW + timedelta(days=1)
        (held_back,) = push_destination(warehouse, there, "main", now=at)
    assert f"{PEOPLE} of {PEOPLE} lists" in str(held_back.fault)
    documents = world.account("masterdata").table(LISTS)
    assert len(documents) == PEOPLE
    assert pushed(folder, world, 1, there).accepted == PEOPLE
    assert not documents


@pytest.mark.parametrize(
    ("is_computed", "left"), [(True, [0, 0, 4]), (False, [0, 4, 4])], ids=["computed", "off"]
)
def test_by_address_a_list_ends_though_the_address_is_gone(
    is_computed: bool, left: list[int], tmp_path: Path, world: World
) -> None:
    """Somebody was merged into another customer, and somebody else has no address any more.

    Where no lists are computed any more, that of the merged one alone is over.
    """
    people = {
        "customer_id": ["c1", "c2", "c3"],
        "email": ["p1@example.com", "p2@example.com", "p3@example.com"],
    }
    later = {**people, "email": ["p1@example.com", "p1@example.com", None]}
    there = taker(world, "webhook", key="email")
    for day, contacts in enumerate((people, later)):
        with opened(tmp_path) as warehouse:
            named = pl.DataFrame(contacts)
            warehouse.imports.load("main", *sold(), named, run_id=f"i{day}", now=NOW)
        products = replace(SHOP.products, enabled=is_computed or day == 0)
        computed(tmp_path, day, replace(SHOP, products=products))
        pushed(tmp_path, world, day, there)
    listed = {body["customer_key"]: len(body["lines"]) for body in world.receiver.profiles.values()}
    assert sorted(listed.values()) == left
    assert pushed(tmp_path, world, 2, there).batches == 0


def test_the_newest_list_in_files_is_found_by_the_documented_query(
    folder: Path, world: World
) -> None:
    there = taker(world, "file", folder="exports", formats=["parquet"])
    text = Path("docs/platforms/file.md").read_text()
    query = re.findall(r"```sql\n(.*?)```", text, re.DOTALL)[0]
    query = query.replace("exports/", f"{folder}/exports/")
    for hour in range(1, 7):  # the names of files of a day are in no order
        text = f'{{"Id": "s-coffee", "ProductId": "p{hour}", "IsActive": true}}'
        with opened(folder) as warehouse:
            records = [RawRecord("s-coffee", text)]
            at = NOW + timedelta(hours=hour)
            warehouse.records.load("main", "skus", records, run_id=f"s{hour}", now=at)
            push_destination(warehouse, there, "main", now=at)
        found = duckdb.sql(query).filter("customer_key = 1 and rank = 1").pl()
        assert found["product_id"].to_list() == [f"p{hour}"]
    take_off_sale(folder)
    computed(folder, 1)
    pushed(folder, world, 1, there)
    assert duckdb.sql(query).fetchall() == []


def test_a_kept_list_has_a_product_by_its_new_name(
    folder: Path, first: tuple[Path, ProfilesReport]
) -> None:
    lists = "select customer_key, next_best_products from profiles order by all"
    before = ask(first[0], lists)
    orders, items = sold()
    renamed = items.with_columns(
        product=pl.when(
            pl.col("order_id").str.ends_with("-0") & (pl.col("sku") == "s-coffee")
        ).then(pl.lit("Coffee, whole")).otherwise("product")
    )  # fmt: skip
    with opened(folder) as warehouse:
        warehouse.imports.load("main", orders, renamed, None, run_id="j", now=NOW)
    computed(folder, 1)
    assert ask(folder, lists) == [
        (key, ["Coffee, whole" if one == "Coffee" else one for one in products])
        for key, products in before
    ]


def test_before_the_first_profiles_nobody_has_a_list(tmp_path: Path, world: World) -> None:
    with opened(tmp_path) as warehouse:
        warehouse.imports.load("main", *sold(), None, run_id="i", now=NOW)
    assert pushed(tmp_path, world).adds == 0
