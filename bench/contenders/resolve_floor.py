"""The least a resolve can cost: python -m bench.contenders.resolve_floor SHOP FOLDER.

The typed tables of the folder's warehouse into a DuckDB file beside it, by `resolve_floor.sql`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

from enrich.store import WAREHOUSE_NAME
from enrich.store.connection import ROW_GROUPS, limit_memory

STATEMENTS = Path(__file__).parent.parent / "resolve_floor.sql"


def resolve_least(folder: Path, store: str = "shop", memory_limit: str = "4GB") -> Path:
    """The file with customers, purchases, purchase_orders and purchase_lines of the store."""
    target = folder / "floor.duckdb"
    with duckdb.connect() as connection:
        limit_memory(connection, memory_limit)
        connection.execute("set preserve_insertion_order = false")
        connection.execute(f"set temp_directory = '{folder / '.tmp'}'")
        connection.execute(f"attach '{folder / WAREHOUSE_NAME}' as typed (read_only)")
        connection.execute(f"attach '{target}' as floor ({ROW_GROUPS})")
        connection.execute("use floor")
        connection.execute("set variable store = $store", {"store": store})
        connection.execute(STATEMENTS.read_text())
    return target


if __name__ == "__main__":
    resolve_least(Path(sys.argv[2]))
