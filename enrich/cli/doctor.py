"""`enrich doctor`: what commonly goes wrong, in one table."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from enrich.cli.console import show_table
from enrich.cli.look import known_status
from enrich.cli.shell import Shell
from enrich.doctor import (
    GOOD,
    WRONG,
    Symptom,
    machine,
    modes_in,
    newest_backup,
    of_backup,
    of_clock,
    of_modes,
    of_port,
    of_runs,
    versions,
)
from enrich.errors import Stop
from enrich.serve.server import DEFAULT_PORT, Address, is_healthy
from enrich.settings import WAREHOUSE_NAME
from enrich.status import MOMENT
from enrich.warehouse.parquet_copy import VERSIONS_NAME
from enrich.warehouse.sharing import READ_COPY_NAME


def doctor(shell: Shell) -> None:
    """Show what commonly goes wrong: disk, memory, clock, rights, ports, Prefect, runs, backups."""
    symptoms = list(_symptoms(shell))
    rows = [(one.what, one.state, one.found, one.advice) for one in symptoms]
    show_table(shell.out, None, ("what", "state", "found", "what to do"), rows, name="symptoms")
    if wrong := sum(one.state == WRONG for one in symptoms):
        raise Stop(f"{wrong} of them wrong; the table says what to do")


def _symptoms(shell: Shell) -> Iterator[Symptom]:
    settings, now = shell.settings, shell.now
    warehouse = settings.data_dir / WAREHOUSE_NAME
    copy = (settings.read_copy.folder or settings.data_dir) / READ_COPY_NAME
    yield from machine(settings.data_dir, warehouse)
    shared = (copy, copy.with_name(VERSIONS_NAME))
    yield of_modes(modes_in(settings.data_dir, shared))
    found = known_status(shell)
    newest = None if found is None else max(found.runs["started_at"], default=None)
    yield of_clock(now, newest and datetime.strptime(newest, MOMENT).replace(tzinfo=UTC))
    zones = ", ".join(dict.fromkeys(store.time_zone for store in settings.stores.values()))
    yield Symptom("zone", GOOD, f"days: {zones}; schedules: {settings.schedule_zone}")
    yield versions()
    serves = is_healthy(Address())
    yield of_port(DEFAULT_PORT, "127.0.0.1", "Prefect of `enrich serve`", is_ours=serves)
    receive = settings.receive
    if receive.callers:
        yield of_port(receive.port, receive.host, "`enrich receive`", is_ours=False)
    if found is not None:
        yield of_runs(found.exit_code, found.advice, found.runs.height)
    backed_up = newest_backup(settings.data_dir)
    age_days = None if backed_up is None else (now - backed_up).total_seconds() / 86400
    yield of_backup(age_days, has_warehouse=warehouse.is_file())
