"""Before switching: what another platform holds beside what is computed here."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from enrich.cli.compute import AsOfOption
from enrich.cli.console import reporter, show_table
from enrich.cli.import_files import ColumnsOption, DatesOption, DecimalOption, EncodingOption, pairs
from enrich.cli.options import StoreOption, parse_day
from enrich.cli.shell import Shell
from enrich.compare import Agreement, compare, read_export
from enrich.destinations import REGISTRY
from enrich.destinations.base import MappedField
from enrich.destinations.mapping import settled
from enrich.errors import BadSettings
from enrich.model import FileFormat, last_complete_day
from enrich.warehouse import WAREHOUSE_NAME, Warehouse, open_warehouse
from enrich.warehouse.keeping import back_up

WithOption = Annotated[str, typer.Option("--with", help="Platform, such as icomm or klaviyo")]
FIGURES = (
    *("field", "their column", "agree percent", "median off", "p90 off"),
    *("because", "then agree percent"),
)


def compare_file(
    shell: Shell,
    file: Annotated[Path, typer.Argument(help="The platform's export of its contacts")],
    platform: WithOption,
    as_of: AsOfOption = None,
    encoding: EncodingOption = None,
    decimal: DecimalOption = None,
    dates: DatesOption = None,
    columns: ColumnsOption = None,
    store: StoreOption = None,
) -> None:
    """Compare a platform's export with the profiles: per field who agrees, and why not the rest."""
    mapping = _mapping(shell, platform)
    form = FileFormat(encoding, decimal, dates, pairs("--columns", columns) or {})
    theirs = read_export(file, mapping, form)
    shop = shell.wiring.plain_shop(shell.only_store(store))
    day = parse_day(as_of) or last_complete_day(shell.now, shop.rules.time_zone)
    with _copied(shell) as warehouse, reporter(shell.err) as report:
        done = compare(theirs, mapping, warehouse, shop, as_of=day, now=shell.now, report=report)
    shell.answer(
        f"{done.common_people_count:,} of {done.file_people_count:,} people of the file have a"
        f" profile as of {day}"
    )
    show_table(shell.out, "fields", FIGURES, [_row(one) for one in done.agreements])


@contextmanager
def _copied(shell: Shell) -> Iterator[Warehouse]:
    """A copy of the warehouse that is gone after the block."""
    data = shell.settings.data_dir
    with tempfile.TemporaryDirectory(dir=data) as folder:
        back_up(data / WAREHOUSE_NAME, Path(folder) / WAREHOUSE_NAME, started_at=shell.now)
        with open_warehouse(Path(folder), job="compare", started_at=shell.now) as warehouse:
            yield warehouse


def _mapping(shell: Shell, platform: str) -> tuple[MappedField, ...]:
    """The platform's mapping, with the names that the settings give it."""
    if platform not in REGISTRY:
        raise BadSettings(f"--with {platform}: one of {', '.join(sorted(REGISTRY))}")
    entries = shell.settings.destinations.values()
    given = next((one.model_extra or {} for one in entries if one.kind == platform), {})
    return settled(REGISTRY[platform].mapping, given.get("names", {}), diff_days_since=True)


def _row(one: Agreement) -> tuple[object, ...]:
    then = None if one.agree_with is None else round(100 * one.agree_with, 1)
    agree = round(100 * one.agree_share, 1)
    return (one.field, one.column, agree, one.median_distance, one.p90_distance, one.why, then)
