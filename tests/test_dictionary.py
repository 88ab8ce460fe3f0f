"""docs/fields.md is made from the declarations: profile fields, and the tables of the read copy.

To write it again: python -m tests.test_dictionary
"""

from __future__ import annotations

from pathlib import Path

from enrich.cli.tables import FIELD_COLUMNS, field_rows, markdown_table
from enrich.store import open_warehouse, read_warehouse
from enrich.store.dictionary import table_notes
from enrich.store.publishing import DERIVED, PUBLISHED

PAGE = Path(__file__).resolve().parents[1] / "docs" / "fields.md"
HEAD = """# Data dictionary

What stands in `data/analysis.duckdb`. The same words are comments in the file itself:
`from duckdb_tables()` and `from duckdb_columns()` show them.
Moments are UTC, days are the store's, `*_cents` are integer cents, `amount_*` currency units.

## Profile fields

One row per customer in `profiles`; W is one of `30d 60d 90d 180d 360d 360d_plus lifetime`.

"""


def page() -> str:
    notes = table_notes()
    assert set(notes) >= {*PUBLISHED, *DERIVED}
    tables = [(f"`{name}`", notes.get(name)) for name in sorted((*PUBLISHED, *DERIVED))]
    fields = markdown_table(FIELD_COLUMNS, field_rows())
    return f"{HEAD}{fields}\n\n## Tables\n\n{markdown_table(('table', 'what a row is'), tables)}\n"


def test_the_page_says_what_the_declarations_say() -> None:
    assert PAGE.read_text() == page()


def test_tables_carry_their_note_in_the_read_copy(tmp_path: Path) -> None:
    with open_warehouse(tmp_path, memory_limit="500MB") as warehouse:
        warehouse.publish(tmp_path / "analysis.duckdb", {"orders": {"status": "As VTEX says."}})
    with read_warehouse(tmp_path) as copy:
        found = dict(copy.query("select table_name, comment from duckdb_tables()").iter_rows())
        status = copy.query(
            "select comment from duckdb_columns() where table_name = 'orders'"
            " and column_name = 'status'"
        )
    assert found["purchases"] == table_notes()["purchases"]
    assert "one row per purchase" in found["purchases"]
    assert status.item() == "As VTEX says."


if __name__ == "__main__":
    PAGE.write_text(page())
