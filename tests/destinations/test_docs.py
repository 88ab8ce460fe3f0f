"""Each platform has its page, and the tables on it are those of the code.

To write the tables again: python -m tests.destinations.test_docs
"""

import re
from pathlib import Path

import pytest

from enrich.destinations import REGISTRY
from enrich.destinations.kinds import KINDS
from tests.destinations.pages import (
    columns_table,
    held_table,
    index_table,
    keys_table,
    limits_table,
    mapping_table,
    matrix,
)

PAGES = Path(__file__).parents[2] / "docs" / "platforms"


@pytest.fixture(params=sorted(REGISTRY))
def kind(request):
    return request.param


def page(kind):
    return (PAGES / f"{kind}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("table", [keys_table, limits_table])
def test_the_tables_are_those_of_the_code(kind, table):
    assert table(REGISTRY[kind]) in page(kind)


def test_a_mapping_with_names_of_its_own_is_shown_whole(kind):
    for entity in REGISTRY[kind].entities():
        if all(field.source == field.target for field in entity.mapping):
            assert "under its own name" in page(kind)
        else:
            assert mapping_table(entity) in page(kind)


def test_every_entity_has_its_part(kind):
    for entity in REGISTRY[kind].others:
        assert re.search(f"^## .*{entity.name}", page(kind), re.IGNORECASE | re.MULTILINE)


def test_the_first_page_lists_every_platform():
    assert index_table() in page("README")
    assert matrix() in page("README")


@pytest.mark.parametrize("name", sorted(KINDS))
def test_the_columns_of_every_kind_are_on_the_first_page(name):
    assert columns_table(KINDS[name]) in page("README")


def test_the_page_says_what_to_do_first(kind):
    assert "## What to create there first" in page(kind)
    assert "## Rights" in page(kind)
    assert "## Limits" in page(kind)


def write_tables() -> None:
    write(
        "README",
        [index_table(), matrix(), held_table(), *(columns_table(kind) for kind in KINDS.values())],
    )
    for kind, platform in REGISTRY.items():
        mappings = [mapping_table(entity) for entity in platform.entities()]
        write(kind, [keys_table(platform), limits_table(platform), *mappings])


def write(name: str, tables: list[str]) -> None:
    text = page(name)
    for table in tables:
        head = re.escape(table.split("\n")[0])
        if table.startswith("| What |"):
            head = r"\| What \|.*"
        text = re.sub(f"^{head}\n(\\|.*\n)*", lambda _, t=table: f"{t}\n", text, flags=re.M)
    (PAGES / f"{name}.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_tables()
