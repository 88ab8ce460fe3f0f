"""docs/fields.md is made from the declarations: profile fields, tables and views of the read copy.

To write it again: python -m tests.test_dictionary
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from enrich.cli.tables import FIELD_COLUMNS, field_rows, markdown_table
from enrich.warehouse import ReadCopy, open_warehouse, read_warehouse
from enrich.warehouse.dictionary import table_notes, view_names
from enrich.warehouse.publishing import DERIVED, PUBLISHED
from enrich.warehouse.scripts import sql_folder
from tests.report.shop import published

PAGE = Path(__file__).resolve().parents[1] / "docs" / "fields.md"
HEAD = """# Data dictionary

What stands in `data/analysis.duckdb`. The same words are comments in the file itself:
`from duckdb_tables()`, `from duckdb_views()` and `from duckdb_columns()` show them.
Moments are UTC, days are the store's, `*_cents` are integer cents, `amount_*` currency units.

"""
PROFILES = """## Profile fields

One row per customer in `profiles`; W is one of `30d 60d 90d 180d 360d 360d_plus lifetime`.

"""
COLUMNS = """
    select column_name, lower(data_type), comment
    from duckdb_columns()
    where database_name = 'analysis' and table_name = $table
        and (table_name <> 'profiles_today' or column_name not in (
            select column_name from duckdb_columns() where table_name = 'profiles'
        ))
    order by column_index
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReadCopy]:
    with published(Path(tmp_path_factory.mktemp("shop"))) as found:
        yield found


def page(copy: ReadCopy) -> str:
    notes = table_notes()
    tables = sorted({*PUBLISHED, *DERIVED} - {"profiles"})
    contents = [(f"[`{name}`](#{name})", notes[name]) for name in (*view_names(), *tables)]
    return (
        "\n\n".join(
            [
                HEAD.strip(),
                "## Views and tables",
                markdown_table(("name", "what a row is"), contents),
                PROFILES.strip(),
                markdown_table(FIELD_COLUMNS, field_rows()),
                "## Views",
                *(section(copy, name) for name in view_names()),
                "## Tables",
                *(section(copy, name) for name in tables),
                "",
            ]
        ).rstrip("\n")
        + "\n"
    )


def section(copy: ReadCopy, name: str) -> str:
    columns = copy.query(COLUMNS, {"table": name}).iter_rows()
    return f"### {name}\n\n{markdown_table(('column', 'type', 'meaning'), columns)}"


def test_the_page_says_what_the_declarations_say(copy: ReadCopy) -> None:
    assert PAGE.read_text() == page(copy)


def test_every_table_view_and_column_says_what_it_is(copy: ReadCopy) -> None:
    """A missing one is to be said: tables in sql/schema, columns in sql/views/columns.toml."""
    mute = copy.query(
        "select table_name, column_name from duckdb_columns()"
        " where database_name = 'analysis' and comment is null"
        " union all select table_name, null from duckdb_tables()"
        " where database_name = 'analysis' and comment is null"
        " union all select view_name, null from duckdb_views()"
        " where database_name = 'analysis' and not internal and comment is null"
    )
    assert mute.rows() == []


def test_every_published_table_is_there(copy: ReadCopy) -> None:
    names = set(copy.query("select table_name from duckdb_tables()")["table_name"])
    assert names >= {*PUBLISHED, *DERIVED}


def test_words_are_of_columns_that_exist(copy: ReadCopy) -> None:
    words = tomllib.loads((sql_folder() / "views" / "columns.toml").read_text())
    found = copy.query(
        "select table_name, column_name from duckdb_columns() where database_name = 'analysis'"
    )
    columns = set(found.rows())
    shared = {("shared", name) for name in found["column_name"]}
    said = {(table, name) for table, names in words.items() for name in names}
    assert said - columns - shared == set()


def test_what_a_copy_without_contacts_holds_exists(copy: ReadCopy) -> None:
    """Another name, or one that is misspelt, would be null without a word."""
    words = tomllib.loads((sql_folder() / "views" / "shared.toml").read_text())
    columns = copy.query("select table_name, column_name from duckdb_columns()").rows()
    unknown = [
        (table, pattern)
        for table, patterns in words.items()
        for pattern in patterns
        if not any(table == name and fnmatchcase(column, pattern) for name, column in columns)
    ]
    assert unknown == []


def test_comments_given_come_first(tmp_path: Path) -> None:
    with open_warehouse(tmp_path, memory_limit="500MB") as warehouse:
        warehouse.publish({"orders": {"status": "As VTEX says."}})
    with read_warehouse(tmp_path) as copy:
        told = copy.query(COLUMNS, {"table": "orders"}).rows()
    columns = {name: words for name, _, words in told}
    assert columns["status"] == "As VTEX says."
    assert columns["order_id"].startswith("Order: VTEX's id")


if __name__ == "__main__":
    with TemporaryDirectory() as folder, published(Path(folder)) as shop:
        PAGE.write_text(page(shop))
