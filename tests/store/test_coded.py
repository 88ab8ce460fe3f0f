"""Texts of a vocabulary come out of the warehouse as they went in, though it holds numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich.profile import FIELDS
from enrich.warehouse import Warehouse, open_warehouse, read_warehouse
from enrich.warehouse.coded import CODE
from tests.examples import costly
from tests.store.conftest import RUN

Lists = Sequence[Sequence[str] | None]

CUTS = pl.DataFrame({"axis": ["r"], "score": [1]})


def profiles(brands: pl.Enum, **lists: Lists) -> pl.DataFrame:
    """Customers 1, 2, ... with these lists of brands."""
    columns = [pl.Series(name, each, dtype=pl.List(brands)) for name, each in lists.items()]
    return numbered(len(columns[0])).hstack(columns)


def numbered(count: int) -> pl.DataFrame:
    """So many customers, whose scores nobody knows."""
    states = dict.fromkeys(("rfm_segment", "rfm_group", "r_score", "f_score", "m_score"))
    return pl.DataFrame({"customer_key": range(1, count + 1)}).with_columns(**states)


def keep(warehouse: Warehouse, *blocks: pl.DataFrame, store: str = "main", day: int = 1) -> None:
    warehouse.profiles.keep(store, date(2026, 4, day), blocks, CUTS, **RUN)


def kept(warehouse: Warehouse, column: str, store: str = "main") -> Lists:
    found: Lists = warehouse.profiles.of(store)[column].to_list()
    return found


AB, CD = pl.Enum(["a", "b"]), pl.Enum(["c", "d's", "é \n"])
CASES = [
    # what                       vocabulary  lists
    ("two of two",               AB,         [["a", "b"], ["b"]]),
    ("nothing bought",           AB,         [[], ["b"], []]),
    ("nobody bought anything",   AB,         [[], []]),
    ("no list",                  AB,         [["a"], None]),
    ("nothing was ever sold",    pl.Enum([]), [[], []]),
    ("quotes, accents, lines",   CD,         [["c", "d's", "é \n"], ["é \n"]]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("brands", "lists"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_lists_come_back(brands: pl.Enum, lists: Lists, tmp_path: Path) -> None:
    with open_warehouse(tmp_path) as warehouse:
        keep(warehouse, profiles(brands, brands_30d=lists))
        assert kept(warehouse, "brands_30d") == lists
        warehouse.publish()
    with read_warehouse(tmp_path) as copy:
        found = copy.query("select brands_30d from profiles order by customer_key")
    assert found["brands_30d"].to_list() == lists
    assert found.schema == {"brands_30d": pl.List(pl.String)}


WORDS = st.lists(st.text(min_size=1, max_size=3), min_size=1, max_size=6, unique=True)


@costly(25)
@given(data=st.data(), brands=WORDS, codes=WORDS)
def test_whatever_any_blocks_hold_comes_back(
    data: st.DataObject,
    brands: list[str],
    codes: list[str],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    held = {
        "brands_30d": (pl.List(pl.Enum(brands)), st.lists(st.sampled_from(brands))),
        "codes_30d": (pl.List(pl.Enum(codes)), st.lists(st.sampled_from(codes))),
        "best_brand": (pl.Enum(brands), st.none() | st.sampled_from(brands)),
    }
    rows = st.lists(st.tuples(*(values for _, values in held.values())), min_size=1, max_size=4)
    blocks = data.draw(st.lists(rows, min_size=1, max_size=3))
    schema = {name: dtype for name, (dtype, _) in held.items()}
    frames = [pl.DataFrame(block, schema=schema, orient="row") for block in blocks]
    with open_warehouse(tmp_path_factory.mktemp("any")) as warehouse:
        keep(warehouse, *(numbered(frame.height).hstack(frame.get_columns()) for frame in frames))
        found = warehouse.profiles.of("main").select(*held)
    sent = pl.concat(frames).with_columns(best_brand=pl.col("best_brand").cast(pl.String))
    assert sorted(found.rows(), key=str) == sorted(sent.rows(), key=str)


def test_no_field_is_taken_for_a_code() -> None:
    assert not [field.name for field in FIELDS if field.dtype in (CODE, pl.List(CODE))]


def test_each_store_has_its_own_texts(tmp_path: Path) -> None:
    with open_warehouse(tmp_path) as warehouse:
        keep(warehouse, profiles(AB, brands_30d=[["b"]]))
        keep(
            warehouse, profiles(CD, brands_30d=[["c"]], last_purchase_brands=[["c"]]), store="it's"
        )
        keep(warehouse, profiles(CD, brands_30d=[["d's"]]), day=2)
        assert kept(warehouse, "brands_30d") == [["d's"]]
        assert kept(warehouse, "brands_30d", "it's") == [["c"]]
        keep(warehouse, profiles(AB, brands_30d=[["a"]]).clear(), day=3)
        assert warehouse.profiles.of("main").is_empty()
        assert kept(warehouse, "brands_30d", "it's") == [["c"]]


def test_a_block_of_another_vocabulary_is_refused_whole(tmp_path: Path) -> None:
    with open_warehouse(tmp_path) as warehouse:
        keep(warehouse, profiles(AB, brands_30d=[["b"]]))
        with pytest.raises(TypeError, match="vocabularies"):
            keep(
                warehouse,
                profiles(AB, brands_30d=[["a"]]),
                profiles(CD, brands_30d=[["c"]]),
                day=2,
            )
        assert kept(warehouse, "brands_30d") == [["b"]]


OLDER = """
create table profiles as
select * from (values
    ('main', 1, 'NEW', ['a', 'b'], ['X']),
    ('main', 2, null, [], null),
    ('away', 1, 'LOST', ['ñ'], [])
) as older (store, customer_key, rfm_segment, brands_30d, promo_codes_30d);
insert into profile_runs
values ('r', 'main', '2026-03-01', 2, '2026-03-02'), ('r', 'away', '2026-03-01', 1, '2026-03-02');
"""
SCHEMA = Path(__file__).with_name("schemas") / "0003.sql"


def test_profiles_that_schema_3_kept_as_texts_stay_as_they_were(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute(SCHEMA.read_text(encoding="utf-8") + OLDER)
        connection.execute("insert into state.schema_version values (3, 'enrich')")
        before = pl.DataFrame(connection.sql("from profiles order by all")).to_dicts()
    with open_warehouse(tmp_path) as warehouse:
        found = pl.concat([warehouse.profiles.of("away"), warehouse.profiles.of("main")])
        assert found.to_dicts() == before
        assert found.columns == list(before[0])
        keep(warehouse, profiles(CD, brands_30d=[["c"]]))
        assert kept(warehouse, "brands_30d") == [["c"]]
        assert kept(warehouse, "brands_30d", "away") == [["ñ"]]
