"""The SQL files opened and run by hand, as sql/README.md says."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest

from enrich.warehouse.scripts import statement, statements
from tests.sql.test_cases import HERE, opened, play

ROOT = Path(__file__).resolve().parents[2]
BLOCKS = re.findall(r"```sql\n(.*?)```", (ROOT / "sql" / "README.md").read_text(), re.DOTALL)
READ = re.compile(r"^\.read (\S+)$")


def typed_in(connection: duckdb.DuckDBPyConnection, block: str) -> list[int]:
    """The number of rows of every answer of one block, as the DuckDB shell would give it."""
    counts = []
    for line in block.splitlines():
        found = READ.match(line)
        text = (ROOT / found[1]).read_text() if found else line
        counts.append(len(connection.execute(text).fetchall()))
    return counts


def test_the_blocks_of_the_readme_run_one_after_the_other(tmp_path: Path) -> None:
    case = HERE / "purchases" / "split_cart"
    with opened(tmp_path) as (warehouse, connection):
        play(warehouse, connection, case)
        expected = connection.execute("from purchases order by all").fetchall()
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        answers = [typed_in(connection, block) for block in BLOCKS]
        found = connection.execute("from purchases order by all").fetchall()
    assert expected
    assert len(found) == len(expected)
    assert answers[1][-1] > 0  # what was judged
    assert answers[2][-1] == 0  # no purchase is lost


@pytest.mark.parametrize("name", statements())
def test_every_statement_says_at_its_top_what_it_is_and_can_be_pasted(name: str) -> None:
    assert statement(name).startswith("-- ")
    with duckdb.connect() as connection:
        assert connection.extract_statements(statement(name))


def test_every_folder_and_grouped_file_stands_in_the_table() -> None:
    named = (ROOT / "sql" / "README.md").read_text()
    folders = {name.partition("/")[0] for name in statements()}
    assert sorted(folder for folder in folders if f"`{folder}`" not in named) == []
