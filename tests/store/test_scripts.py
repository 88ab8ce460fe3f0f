"""The SQL files are readable by a person and get exactly what they ask for."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest

from enrich.warehouse.scripts import read, sql_folder

FILES = sorted(sql_folder().rglob("*.sql"))
SHOUTED = re.compile(r"\b(SELECT|FROM|WHERE|INSERT|UPDATE|DELETE|JOIN|WITH|GROUP BY)\b")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(sql_folder())))
def test_a_file_says_what_it_is_in_lower_case_keywords(path: Path) -> None:
    text = path.read_text()
    assert text.startswith("-- ")
    assert not SHOUTED.search(text)
    assert text.rstrip().endswith(";")


def test_a_value_that_is_not_given_is_a_fault() -> None:
    with duckdb.connect() as connection, pytest.raises(TypeError, match="entity"):
        read(connection, "state/watermark", store="main")
