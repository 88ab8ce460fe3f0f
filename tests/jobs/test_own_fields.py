"""Fields of a shop's own: in profiles, files, mappings, rules; a bad one stops only itself."""

# ruff: noqa: E501 - a row of a table is a line

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pydantic import SecretStr

from enrich.cli.tables import field_rows
from enrich.client import Http
from enrich.compute.profiles import ProfilesReport, make_profiles
from enrich.destinations import Tools, open_entity
from enrich.errors import BadSettings
from enrich.model import Rules
from enrich.predict import PredictionRules, ProductRules
from enrich.profile.own import OwnField, declared
from enrich.push.sources import with_own
from enrich.runs.publish import publish
from enrich.shop import Shop
from enrich.warehouse import open_warehouse, read_warehouse

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
SHOP = Shop(
    "main",
    Rules(currency="BRL"),
    prediction=PredictionRules(enabled=False),
    products=ProductRules(enabled=False),
)


Asks = Callable[[str], list[tuple[Any, ...]]]


def own(name: str, sql: str, kind: str, **more: Any) -> OwnField:
    return OwnField(name, sql, kind, f"What {name} means.", **more)


COUNT = own("bought", "select customer_key, count(*) from purchases group by all", "integer")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three customers with one, two and no purchases, one of them of today: the day is not over."""
    made = tmp_path_factory.mktemp("shop")
    days = {"o1": ("ana", 40), "o2": ("bia", 20), "o3": ("bia", 3), "o4": ("ana", 0)}
    orders = [
        {
            "order_id": order,
            "customer_id": who,
            "ordered_at": NOW - timedelta(days=ago),
            "amount_cents": 1050,
        }
        for order, (who, ago) in days.items()
    ]
    items = [
        {"order_id": order, "line_no": 1, "sku": "s", "quantity": 2, "amount_cents": 1050,
         "product": f"Thing {order}"}
        for order in days
    ]  # fmt: skip
    people = {"customer_id": ["ana", "bia", "cid"], "email": ["ana@example.com", None, None]}
    with open_warehouse(made, memory_limit="500MB") as warehouse:
        frames = (pl.DataFrame(rows) for rows in (orders, items, people))
        warehouse.imports.load("main", *frames, run_id="i", now=NOW)
    return made


def computed(folder: Path, *fields: OwnField, **options: Any) -> tuple[ProfilesReport, Asks]:
    """What a run said, and the profiles after it: a question to them gives its rows."""
    with open_warehouse(folder, memory_limit="500MB") as warehouse:
        done = make_profiles(warehouse, replace(SHOP, own_fields=fields), now=NOW, **options)
        profiles = warehouse.profiles.of("main")
    return done, lambda query: profiles.sql(query, table_name="profiles").rows()


GOOD: Sequence[tuple[str, str, str, list[Any]]] = [
    ("integer", "select customer_key, count(*) from purchases group by all", "bigint", [1, 2, None]),
    ("amount", "select customer_key, sum(amount_cents) / 100 from purchases group by all",
     "decimal(18,2)", [Decimal("10.50"), Decimal("21.00"), None]),
    ("number", "select customer_key, 'nan'::double from purchases group by all", "double", [None] * 3),
    ("date", "select max(purchased_on) as d, customer_key from purchases group by all;", "date",
     [date(2026, 5, 22), date(2026, 6, 28), None]),
    ("text", "select customer_key, upper(customer_id) from customers -- a note", "varchar",
     ["ANA", "BIA", "CID"]),
    ("boolean", "with a as (select * from customers) select customer_key, email is not null from a",
     "boolean", [True, False, False]),
    ("list", "select customer_key, list(product order by product) from purchase_lines group by all",
     "varchar[]", [["Thing o1"], ["Thing o2", "Thing o3"], []]),
    ("integer", "select customer_key, date_diff('day', max(purchased_on), getvariable('as_of'))"
     " from purchases group by all", "bigint", [39, 2, None]),
    ("integer", "select customer_key, null from customers", "bigint", [None] * 3),
]  # fmt: skip


def test_values_are_in_their_types_as_of_the_day_and_in_the_dictionary(folder: Path) -> None:
    fields = [own(f"f{n}", sql, kind) for n, (kind, sql, _, _) in enumerate(GOOD)]
    done, _ = computed(folder, *fields)
    assert not [line for line in done.notes if "fields." in line]
    with open_warehouse(folder, memory_limit="500MB") as warehouse:
        publish(warehouse)
    with read_warehouse(folder) as copy:
        found = copy.query("from profiles order by customer_id")
        columns = copy.query(
            "select column_name, lower(data_type), comment from duckdb_columns()"
            " where table_name = 'profiles'"
        )
    told = {name: words for name, *words in columns.rows()}
    for n, (_, sql, kind, values) in enumerate(GOOD):
        assert found[f"f{n}"].to_list() == values, sql
        assert told[f"f{n}"] == [kind, f"What f{n} means."]


BAD: Sequence[tuple[str, str, str]] = [
    ("select customer_key, 1", "integer", "Referenced column"),
    ("select customer_key, 1 from", "integer", "syntax error"),
    ("select customer_key, typo from purchases", "integer", '"typo" not found'),
    ("select customer_key, 'a' from purchases group by all", "integer", "VARCHAR, not integer"),
    ("select customer_key, purchased_at from purchases", "date", "TIMESTAMP, not date"),
    ("select customer_key, purchase_no from purchases", "integer", "several rows"),
    ("select customer_key, 1, 2 from customers", "integer", "two columns"),
    ("select customer_id as customer_key, 1 from customers", "integer", "customer_key is VARCHAR"),
    ("select customer_key, email::integer from customers", "integer", "fails on a value"),
    ("select customer_key, 1 from contacts", "integer", "there is no contacts here"),
    ("select customer_key, 1 from profiles", "integer", "there is no profiles here"),
    ("select customer_key, 1 from warehouse.main.purchases", "integer", "no warehouse.main.purchases"),
    ("select customer_key, (select count(*) from raw.imported_orders) from customers", "integer",
     "there is no raw.imported_orders"),
    ("select 1 as customer_key, content from read_text('/etc/hostname')", "text", "read_text is not"),
    ("select 1 as customer_key, column0 from '/etc/hostname.csv'", "text", "/etc/hostname.csv here"),
    ("with \"a.csv\" as (select 1) select 1 as customer_key, * from \"a.csv\"", "text", "a.csv here"),
    ("select 1 as customer_key, current_setting('temp_directory')", "text", "current_setting is not"),
    ("attach 'x.duckdb' as x", "integer", "Only SELECT"),
    ("copy purchases to 'x.csv'", "integer", "Only SELECT"),
    ("delete from purchases", "integer", "Only SELECT"),
    ("describe customers", "text", "only a select"),
    ("select customer_key, 1 from customers; select 1", "integer", "give one question"),
    ("select a.range as customer_key, count(*) from range(1000000) a, range(1000000) b group by all",
     "integer", "no answer within 0.2 seconds"),
]  # fmt: skip


def test_a_bad_one_is_one_line_and_a_null_column_and_stops_nothing_else(folder: Path) -> None:
    seconds = {said: 0.2 if "0.2 seconds" in said else 60 for _, _, said in BAD}
    fields = [
        own(f"f{n}", sql, kind, max_seconds=seconds[said])
        for n, (sql, kind, said) in enumerate(BAD)
    ]
    done, ask = computed(folder, *fields, COUNT, own("orders_30d", COUNT.sql, "integer"))
    lines = [line for line in done.notes if line.startswith("fields.")]
    assert len(lines) == len(BAD) + 1
    for n, (sql, _, said) in enumerate(BAD):
        assert lines[n].startswith(f"fields.f{n}: ") and said in lines[n], sql
        assert "ana@example.com" not in lines[n] and "\n" not in lines[n]
    assert lines[-1] == "fields.orders_30d: enrich has a field of this name: give it another"
    nulls = " and ".join(f"f{n} is null" for n in range(len(BAD)))
    found = ask(f"select bought, orders_30d, {nulls} from profiles order by customer_id")
    assert found == [(1, 0, True), (2, 2, True), (None, 0, True)]


def test_one_that_is_removed_takes_its_column_along_and_a_type_may_change(folder: Path) -> None:
    text = replace(COUNT, sql="select customer_key, 'x' from purchases group by all", type="text")
    for fields, values in (((COUNT,), {1, 2, None}), ((text,), {"x", None})):
        _, ask = computed(folder, *fields)
        assert {value for (value,) in ask("select bought from profiles")} == values
    computed(folder)
    with open_warehouse(folder, memory_limit="500MB") as warehouse:
        assert "bought" not in warehouse.profiles.columns()
        assert warehouse.own_values.definitions() == {}


def test_another_store_keeps_its_profiles_when_a_type_changes(tmp_path: Path) -> None:
    text = replace(COUNT, sql="select customer_key, 'x' from customers", type="text")
    number = replace(COUNT, sql="select customer_key, 1 from customers")
    with open_warehouse(tmp_path, memory_limit="500MB") as warehouse:
        for store, field in (("one", text), ("two", number)):
            people = pl.DataFrame({"customer_id": ["ana"]})
            warehouse.imports.load(store, None, None, people, run_id="i", now=NOW)
            make_profiles(warehouse, replace(SHOP, name=store, own_fields=(field,)), now=NOW)
        assert warehouse.profiles.of("one")["bought"].to_list() == [None]
        assert warehouse.profiles.of("two")["bought"].to_list() == [1]


def test_files_and_past_days_have_them(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "profiles.parquet"
    with open_warehouse(folder, memory_limit="500MB") as warehouse:
        shop = replace(SHOP, own_fields=(COUNT,))
        make_profiles(warehouse, shop, now=NOW, output=path, as_of=date(2026, 6, 15))
    assert pl.read_parquet(path).sort("customer_id")["bought"].to_list() == [1, 1, None]


def opened(names: dict[str, str], *fields: OwnField) -> Any:
    tools = Tools(Http(), lambda source: SecretStr("x"), Path(), own_fields=declared(fields))
    return open_entity("k", "klaviyo", {"api_key": {"env": "X"}, "names": names}, tools)


def test_a_mapping_sends_one_where_it_names_it() -> None:
    assert "bought" not in {field.source for field in opened({}, COUNT).fields}
    there = opened({"bought": "purchases_ever"}, COUNT)
    (mapped,) = (field for field in there.fields if field.source == "bought")
    assert (mapped.target, mapped.format) == ("purchases_ever", "integer")
    with pytest.raises(BadSettings, match="not a profile field"):
        opened({"bought": "purchases_ever"})
    kept = with_own(pl.DataFrame({"customer_key": [1, 2]}), replace(SHOP, own_fields=(COUNT,)))
    assert kept["bought"].to_list() == [None, None]  # until the next profiles


def test_the_dictionary_and_audience_rules_know_it(folder: Path) -> None:
    row = field_rows(declared([replace(COUNT, unit="purchases")]))[-1]
    assert row == ("bought", "integer", "purchases", "null", "when named", "What bought means.")
    computed(folder, COUNT)
    with open_warehouse(folder, memory_limit="500MB") as warehouse:
        warehouse.audiences.look_at("main", date(2026, 6, 30), "UTC")
        assert warehouse.audiences.people("x", "bought > 1", "bought", "email").height == 1
