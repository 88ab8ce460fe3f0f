"""A lake's rows and profiles in a warehouse: pushed, drawn and asked from there like its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path

import polars as pl

from enrich.errors import BadSettings, HeldBack
from enrich.lake.manifest import Entry, only_writer, read_manifest
from enrich.predict import CALIBRATION
from enrich.profile.products import no_products
from enrich.runs.record import recorded
from enrich.runs.reporting import SILENT, Reporter
from enrich.warehouse import Warehouse
from enrich.warehouse.lake import PREDICTION_TABLES
from enrich.warehouse.lake_rows import LakeRows, take_rows


def load_lake(
    warehouse: Warehouse, lake: Path, store: str, now: datetime, report: Reporter = SILENT
) -> Entry:
    """What the manifest says of the profiles, which are the store's current ones from now on.

    A lake of files brings its orders, lines and customers along; of one that was exported from
    this warehouse these stay as they are here. Raises HeldBack where the warehouse knows more.
    """
    with only_writer(lake, "lake load", now), recorded(warehouse, "profiles", store, now) as run:
        entry = read_manifest(lake).get(store, {})
        made, build = entry.get("profiles", {}), entry.get("build", {})
        if not made or made["build"] != build["digest"]:
            raise BadSettings(f"the lake has no profiles of {store} yet: `enrich lake profiles`")
        root, as_of = lake / f"store={store}", date.fromisoformat(made["as_of"])
        if (newest := warehouse.profiles.newest_day(store)) is not None and newest > as_of:
            raise HeldBack(f"profiles of {store} are kept for {newest}, these are of {as_of}")
        report.say(f"{store}: taking the rows of {build['buckets']} buckets")
        tables, results = root / build["folder"], root / made["folder"]
        is_own, built_at = build["is_exported"], datetime.fromisoformat(build["at"])
        rows = LakeRows(tables, results, made["findings"], is_own, built_at)
        take_rows(warehouse, store, rows, now)
        report.say(f"{store}: keeping {made['customers']:,} profiles")
        files = sorted((results / "profiles").glob("*.parquet"))
        cut_points = pl.read_parquet(results / "cut_points.parquet")
        kept = (store, as_of, _blocks(files, made["coded"]), cut_points)
        warehouse.profiles.keep(*kept, run_id=run.run_id, now=now)
        _keep_predictions(warehouse, store, as_of, results)
        customers, notes = made["customers"], ["computed in a lake", *made["notes"]]
        run.note({"as_of": made["as_of"], "kept": True, "customers": customers, "notes": notes})
        return dict(made)


def _keep_predictions(warehouse: Warehouse, store: str, as_of: date, results: Path) -> None:
    """Keep the day's models, and back-tests newer than the warehouse's; a lake has no tenths."""
    if not (results / PREDICTION_TABLES[0]).exists():  # profiles older than predictions
        return
    models, tests = (
        pl.read_parquet(results / table / "*.parquet").drop("store") for table in PREDICTION_TABLES
    )
    warehouse.predictions.keep(store, as_of, models.filter(as_of=as_of).drop("as_of"))
    newest = warehouse.predictions.backtest(store, as_of)["as_of"].max() or date.min
    for rows in tests.filter(pl.col("as_of") > newest).partition_by("as_of"):
        tenths = pl.DataFrame(schema=CALIBRATION)
        warehouse.predictions.keep_backtest(store, rows["as_of"][0], rows.drop("as_of"), tenths)


def _blocks(files: list[Path], coded: Sequence[str]) -> Iterator[pl.DataFrame]:
    """The profiles of each bucket, with the vocabularies that a warehouse keeps them by.

    A lake knows no next products: nulls of them leave other stores their columns.
    """
    rows = pl.scan_parquet(files)
    schema = {name: dtype for name, dtype in rows.collect_schema().items() if name in coded}
    texts = {
        text
        for name, dtype in schema.items()
        for text in _distinct(rows.select(pl.col(name)), isinstance(dtype, pl.List))
    }
    known = pl.Enum(sorted(texts))
    types = {n: pl.List(known) if isinstance(t, pl.List) else known for n, t in schema.items()}
    products = no_products(known).drop("customer_key").clear(1)
    for file in files:
        block = pl.read_parquet(file).drop("store").cast(types)  # type: ignore[arg-type]
        yield block.join(products, how="cross")


def _distinct(rows: pl.LazyFrame, is_list: bool) -> pl.Series:
    column = pl.all().explode() if is_list else pl.all()
    return rows.select(column.unique()).collect(engine="streaming").to_series().drop_nulls()
