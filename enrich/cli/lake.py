"""A lake of Parquet files in buckets: built, profiled by any engine, looked at."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from enrich import lake_pipeline
from enrich.cli.console import reporter, show_table
from enrich.cli.options import StoreOption
from enrich.cli.shell import Shell
from enrich.errors import BadSettings
from enrich.lake.build import MAX_COMPONENT, Build, Kind, build_lake, input_files
from enrich.lake.engines import ENGINES, Engine
from enrich.lake.export import export_lake
from enrich.lake.load import load_lake
from enrich.lake.made_up import write_files
from enrich.lake.manifest import Entry, read_manifest
from enrich.lake.picture import picture
from enrich.lake.profiles import Resources, lake_profiles
from enrich.lake.unfinished import unfinished
from enrich.lake_pipeline import lake_at, remember
from enrich.runs.publish import publish
from enrich.shop import Shop

OrdersOption = Annotated[
    str | None,
    typer.Option("--orders", help="Files of orders: 'in/orders-*.parquet', also s3://BUCKET/..."),
]
ItemsOption = Annotated[str | None, typer.Option("--items", help="Files of their lines")]
CustomersOption = Annotated[str | None, typer.Option("--customers", help="Files of customers")]
WHERE = "Folder of the lake or s3://BUCKET/FOLDER (default: lake in the data folder)"
OutOption = Annotated[str | None, typer.Option("--out", help=WHERE)]
LakeOption = Annotated[str | None, typer.Option("--lake", help=WHERE)]
BucketsOption = Annotated[
    int, typer.Option("--buckets", min=1, max=4096, help="How many parts people are cut into")
]
EngineOption = Annotated[str, typer.Option("--engine", help=f"Who works: {', '.join(ENGINES)}")]
WorkersOption = Annotated[
    int, typer.Option("--workers", min=1, help="Workers to start, for all engines but local")
]
AddressOption = Annotated[
    str | None,
    typer.Option("--address", help="A cluster of yours: tcp://... of Dask, a master or sc://..."),
]
MemoryOption = Annotated[str, typer.Option("--memory", help="What DuckDB may take in each worker")]
ComponentOption = Annotated[
    int, typer.Option("--max-component", min=1, help="Orders that may hang together, at most")
]
DemoOption = Annotated[Path, typer.Option("--folder", help="Where files, lake and picture go")]
DemoCustomersOption = Annotated[
    int, typer.Option("--customers", min=1, help="People of the made-up shop")
]


def lake_build(
    shell: Shell,
    orders: OrdersOption = None,
    items: ItemsOption = None,
    customers: CustomersOption = None,
    out: OutOption = None,
    buckets: BucketsOption = 64,
    engine: EngineOption = "local",
    workers: WorkersOption = 2,
    address: AddressOption = None,
    memory: MemoryOption = "2 GB",
    max_component: ComponentOption = MAX_COMPONENT,
    store: StoreOption = None,
) -> None:
    """Cut the people of import files into buckets of Parquet; unchanged files do nothing."""
    name = shell.only_store(store)
    globs: dict[Kind, str | None] = {"orders": orders, "items": items, "customers": customers}
    resources = Resources(_engine(engine, workers, address), memory)
    with reporter(shell.err) as report:
        entry, is_new = lake_pipeline.build(
            shell.wiring,
            name,
            globs,
            out,
            resources,
            report,
            buckets=buckets,
            max_component=max_component,
        )
    if not is_new:
        shell.say("nothing to do: the lake is of these files already")
    _show_build(shell, name, entry["build"])


def lake_make_profiles(
    shell: Shell,
    lake: LakeOption = None,
    engine: EngineOption = "local",
    workers: WorkersOption = 2,
    address: AddressOption = None,
    memory: MemoryOption = "2 GB",
    store: StoreOption = None,
) -> None:
    """Compute every customer's profile, bucket by bucket; the same on every engine."""
    name = shell.only_store(store)
    resources = Resources(_engine(engine, workers, address), memory)
    with reporter(shell.err) as report:
        entry, is_new = lake_pipeline.profiles(shell.wiring, name, lake, resources, report)
    if not is_new:
        shell.say("nothing to do: these are the profiles of this lake and day already")
    _show_profiles(shell, name, entry["profiles"])


def lake_export(
    shell: Shell,
    out: OutOption = None,
    buckets: BucketsOption = 64,
    memory: MemoryOption = "2 GB",
    max_component: ComponentOption = MAX_COMPONENT,
    store: StoreOption = None,
) -> None:
    """Copy a store of the warehouse to a lake, with its keys, links and segment history."""
    name = shell.only_store(store)
    rules = shell.wiring.plain_shop(name).rules
    with (
        lake_at(shell.wiring, out, is_written=True) as lake,
        shell.wiring.warehouse("lake export") as warehouse,
        reporter(shell.err) as report,
    ):
        build = Build(lake, name, rules, (), buckets, shell.now)
        build = replace(build, memory=memory, max_component=max_component)
        remember(shell.wiring, build)
        entry = export_lake(warehouse, build, report)
    _show_build(shell, name, entry["build"])


def lake_load(shell: Shell, lake: LakeOption = None, store: StoreOption = None) -> None:
    """Take a lake's rows and profiles into the warehouse, to be pushed and drawn from there."""
    name = shell.only_store(store)
    with (
        lake_at(shell.wiring, lake) as folder,
        shell.wiring.warehouse("lake load") as warehouse,
        reporter(shell.err) as report,
    ):
        made = load_lake(warehouse, folder, name, shell.now, report)
        publish(warehouse)
    _show_profiles(shell, name, made)


def lake_demo(
    shell: Shell,
    folder: DemoOption = Path("demo/lake"),
    customers: DemoCustomersOption = 20_000,
    buckets: BucketsOption = 8,
    engine: EngineOption = "processes",
    workers: WorkersOption = 2,
) -> None:
    """Make up a shop, build its lake, compute its profiles and draw the times of the buckets."""
    started, files = _engine(engine, workers, None), folder / "files"
    shell.say(f"making up {customers:,} customers in {files}")
    write_files(files, customers, workers, shell.now)
    kinds: tuple[Kind, ...] = ("orders", "items", "customers")
    found = input_files({kind: str(files / f"{kind}-*.parquet") for kind in kinds})
    shop = Shop("main")
    with reporter(shell.err) as report:
        lake = folder.resolve() / "lake"
        build_lake(Build(lake, "main", shop.rules, found, buckets, shell.now), started, report)
        entry, _ = lake_profiles(lake, shop, shell.now, Resources(started), report)
    made, drawn = entry["profiles"], folder / "buckets.svg"
    drawn.write_text(picture(made["times"], f"{made['customers']:,} profiles by {workers} workers"))
    _show_profiles(shell, "main", made)
    shell.answer(f"the times of the buckets: {drawn}")
    shell.answer(f"ask it: enrich query --lake {folder / 'lake'} 'from profiles'")


def lake_status(shell: Shell, lake: LakeOption = None) -> None:
    """Show what a lake holds, how even its buckets are, and what an ended run left to do."""
    with lake_at(shell.wiring, lake) as folder:
        for name, entry in read_manifest(folder).items():
            _show_build(shell, name, entry["build"])
            if "profiles" in entry:
                _show_profiles(shell, name, entry["profiles"])
        for line in unfinished(folder):
            shell.answer(line)


def _engine(name: str, workers: int, address: str | None) -> Engine:
    if name not in ENGINES:
        raise BadSettings(f"there is no engine {name!r}; known: {', '.join(ENGINES)}")
    if address is not None and name in ("local", "processes"):
        raise BadSettings(f"--address is of dask and spark, not of {name}")
    return Engine(name, workers, address)


def _show_build(shell: Shell, store: str, build: Entry) -> None:
    facts: list[tuple[str, Any]] = [
        *((f"rows of {kind}", f"{rows:,}") for kind, rows in build["rows"].items()),
        ("rows rejected", f"{build['rejects']:,}"),
        ("buckets", build["buckets"]),
        ("orders of a bucket, mean", f"{build['mean_bucket_orders']:,}"),
        ("orders of the largest", f"{build['largest_bucket_orders']:,}"),
        ("built", build["at"]),
    ]
    if build["largest_component_orders"] is not None:
        most = f"{build['largest_component_orders']:,}"
        facts.append(("most orders that hang together", most))
    show_table(shell.out, f"{store}: the lake", ("what", "value"), facts, name="build", store=store)


def _show_profiles(shell: Shell, store: str, made: Entry) -> None:
    seconds = [one["seconds"] for one in made["times"]]
    facts = [
        ("as of", made["as_of"]),
        ("customers", f"{made['customers']:,}"),
        ("digest of all rows", made["rows_digest"]),
        ("engine", made["engine"]),
        ("seconds of all buckets", f"{sum(seconds):,.1f}"),
        ("seconds of the slowest", f"{max(seconds):,.1f}"),
        ("of the processor", f"{sum(one['cpu_seconds'] for one in made['times']):,.1f}"),
        ("peak of a worker, MB", f"{max(one['peak_bytes'] for one in made['times']) / 1e6:,.0f}"),
    ]
    title = f"{store}: profiles"
    show_table(shell.out, title, ("what", "value"), facts, name="profiles", store=store)
    for line in made["notes"]:
        shell.say(f"{store}: {line}")
    columns = ("finding", "detail", "rows", "cents")
    show_table(
        shell.out, f"{store}: findings", columns, made["findings"], name="findings", store=store
    )
