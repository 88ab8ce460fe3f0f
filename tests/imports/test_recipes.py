"""Every recipe of docs/import.md, tried with a small file as that program writes it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import polars as pl
import pytest

from enrich.model import Rules
from enrich.settings import parse_settings
from enrich.shop import Shop
from enrich.sources.files import Files
from enrich.sync.import_files import import_store
from enrich.warehouse import open_warehouse
from tests.docs.pages import ROOT
from tests.imports.reads import NOW

FOLDER = Path(__file__).parent / "recipes"
PAGE = (ROOT / "docs" / "import.md").read_text(encoding="utf-8")
_RECIPE = re.compile(r"^<!-- recipe: ([^\n]+) -->\n```toml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RECIPES = dict(_RECIPE.findall(PAGE))
PURCHASES = """
select order_id, gross_cents / 100 as amount, day from (
    select min(orders.order_id) as order_id, sum(value_cents) as gross_cents,
        min(created_at - interval 3 hour)::date::varchar as day
    from orders
    where authorized_at is not null and status not in ('canceled', 'payment-denied')
    group by orders.order_id
)
order by order_id
"""
ITEMS = "select order_id, sku, quantity, amount_cents / 100 from order_items order by 1, line_no"

WANTED = {
    "orders excel_pt.csv": ([("1001", 1234.56, "2026-06-01"), ("1003", 30.0, "2026-05-13")], []),
    "orders excel_es.csv": ([("2001", 12500.0, "2026-06-01"), ("2003", 950.0, "2026-05-13")], []),
    "orders+items shopify.csv": (
        [("#1001", 125.0, "2026-06-01")],
        [
            ("#1001", "CAM-M", 2, 100.0),
            ("#1001", "BONE", 1, 10.0),
            ("#1002", "CANECA", 1, 30.0),
            ("#1003", "CANECA", 1, 20.0),
        ],
    ),
    "orders woocommerce.csv": ([("301", 45.5, "2026-06-01"), ("303", 10.0, "2026-06-14")], []),
    "orders+items nuvemshop.csv": (
        [("101", 174.8, "2026-06-01")],
        [
            ("101", "SH01", 1, 49.9),
            ("101", "CR02", 2, 109.9),
            ("102", "CR02", 1, 79.9),
            ("103", "CR02", 1, 20.0),
        ],
    ),
    "orders+items tiendanube.csv": (
        [("201", 14000.0, "2026-06-01")],
        [
            ("201", "REM-1", 2, 12500.0),
            ("201", "GOR-1", 1, 100.0),
            ("202", "GOR-1", 1, 8990.0),
        ],
    ),
    "orders till.csv, items till_items.csv": (
        [("L1-000123", 59.9, "2026-06-01"), ("L1-000124", 1059.9, "2026-06-01")],
        [
            ("L1-000123", "7891000000001", 1, 20.97),
            ("L1-000123", "7891000000002", 2, 38.94),
            ("L1-000124", "7891000000003", 1, 1059.9),
        ],
    ),
}


def files_of(said: str) -> Files:
    """`orders+items shopify.csv` is one file of both kinds."""
    pairs = [part.split() for part in said.split(", ")]
    named = {kind: FOLDER / name for kinds, name in pairs for kind in kinds.split("+")}
    settings = parse_settings(tomllib.loads(RECIPES[said]))
    return Files(**named, formats={k: one.as_format() for k, one in settings.imports.items()})


@pytest.mark.parametrize("said", RECIPES)
def test_a_recipe(tmp_path: Path, said: str) -> None:
    shop = Shop("main", Rules(time_zone="America/Sao_Paulo"))
    with open_warehouse(tmp_path) as warehouse:
        done = import_store(warehouse, shop, files_of(said), now=NOW)
        purchases = pl.DataFrame(warehouse._connection.sql(PURCHASES)).rows()
        items = pl.DataFrame(warehouse._connection.sql(ITEMS)).rows()
    assert done.reject_count == 0
    assert (purchases, items) == WANTED[said]


def test_every_sample_has_a_recipe() -> None:
    assert RECIPES.keys() == WANTED.keys()
    named = {word for said in RECIPES for word in re.findall(r"\w+\.\w+", said)}
    assert named == {path.name for path in FOLDER.iterdir()}
