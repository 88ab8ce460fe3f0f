"""The SQL statements are readable by a person, have one name each and get what they ask for."""

from __future__ import annotations

import re

import duckdb
import pytest

from enrich.warehouse.scripts import read, run, statement, statements, statements_of

SHOUTED = re.compile(r"\b(SELECT|FROM|WHERE|INSERT|UPDATE|DELETE|JOIN|WITH|GROUP BY)\b")


@pytest.mark.parametrize("name", statements())
def test_a_statement_says_what_it_is_in_lower_case_keywords(name: str) -> None:
    text = statement(name)
    assert text.startswith("-- ")
    assert not SHOUTED.search(text)
    assert text.rstrip().endswith(";")


def test_a_file_is_one_statement_or_one_for_each_name() -> None:
    files = {
        "typed/orders": "-- Orders.\nselect 1;\n",
        "state": "-- name: runs\n-- Runs.\nselect 2;\n\n-- name: salt\n-- Salt.\nselect 3;\n",
    }
    assert statements_of(files) == {
        "typed/orders": "-- Orders.\nselect 1;\n",
        "state/runs": "-- Runs.\nselect 2;\n",
        "state/salt": "-- Salt.\nselect 3;\n",
    }


@pytest.mark.parametrize(
    ("files", "fault"),
    [
        ({"state": "-- name: runs\nfrom a;\n-- name: runs\nfrom b;\n"}, "named state/runs"),
        ({"state": "-- name: runs\nfrom a;\n", "state/runs": "from b;\n"}, "named state/runs"),
        ({"state": "from a;\n-- name: runs\nfrom b;\n"}, "sql/state.sql has text before"),
    ],
    ids=["in one file", "in two files", "before the first name"],
)
def test_a_statement_without_a_name_of_its_own_is_a_fault(
    files: dict[str, str], fault: str
) -> None:
    with pytest.raises(ValueError, match=fault):
        statements_of(files)


def test_a_name_that_is_not_there_is_a_fault_that_says_where_it_was_looked_for() -> None:
    where = "no sql/state/nothing.sql, nor `-- name: nothing` in sql/state.sql"
    with duckdb.connect() as connection, pytest.raises(LookupError, match=where):
        run(connection, "state/nothing")


def test_a_value_that_is_not_given_is_a_fault() -> None:
    with duckdb.connect() as connection, pytest.raises(TypeError, match="entity"):
        read(connection, "state/watermark", store="main")
