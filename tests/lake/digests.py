"""The long comparison: `python -m tests.lake.digests 1 7 64 256 --engines local,dask,spark,sail`.

`sail` is Spark's protocol without Java: the server of the package pysail.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

from enrich.lake.build import build_lake
from enrich.lake.engines import ENGINES, Engine
from enrich.lake.profiles import Resources, lake_profiles
from enrich.warehouse import open_warehouse
from tests.lake.shop import NOW, SHOP, import_all, warehouse_profiles, write_shop
from tests.lake.test_lake import SALT, build_of, profiles_of


def main() -> int:
    """0 when the profiles of every lake are those of the warehouse."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("buckets", type=int, nargs="+")
    parser.add_argument("--engines", default="local", help=f"of {', '.join(ENGINES)}, sail")
    parser.add_argument("--people", type=int, default=600)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        globs = write_shop(folder / "files", options.people)
        with open_warehouse(folder / "warehouse") as warehouse:
            connection = warehouse._connection
            connection.execute("update state.control_salt set salt = $salt", {"salt": SALT})
            import_all(warehouse, globs)
            expected = warehouse_profiles(warehouse, folder / "profiles.parquet")
        equal = []
        for buckets in options.buckets:
            for engine in options.engines.split(","):
                lake = folder / f"lake-{engine}-{buckets}"
                build_lake(build_of(lake, globs, buckets), Engine())
                entry = lake_profiles(lake, SHOP, NOW, Resources(engine_of(engine)))[0]["profiles"]
                equal.append(profiles_of(lake, entry).equals(expected))
                digest = f"{entry['rows_digest']}, equal: {equal[-1]}"
                sys.stdout.write(f"{buckets} buckets, {engine}: {digest}\n")
    return 0 if all(equal) else 1


SERVERS: list[Any] = []


def engine_of(name: str) -> Engine:
    """Two workers; of `sail` the server lives as long as this process."""
    if name != "sail":
        return Engine(name, 2)
    server = import_module("pysail.spark").SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    SERVERS.append(server)
    return Engine("spark", 2, f"sc://127.0.0.1:{server.listening_address[1]}")


if __name__ == "__main__":
    raise SystemExit(main())
