"""What commonly goes wrong on a machine, judged: a line each, with what to do."""

from __future__ import annotations

import os
import shlex
import shutil
import socket
import sys
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path

from enrich.warehouse.copies import remembered_copies
from enrich.warehouse.keeping import BACKUPS

GOOD, LOOK, WRONG = "good", "look", "wrong"
NEEDED_MEMORY_GB, SPARE_COPIES = 7.5, 3
"""A machine for a million customers; a migration and a publish each lay a copy beside the file."""
SPARE_GB = 2.0
MAX_BACKUP_DAYS = 8.0
MAX_DRIFT = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Symptom:
    """One thing looked at: how it is, what was found, what to do where it is not good."""

    what: str
    state: str
    found: str
    advice: str | None = None


def of_disk(free_gb: float, warehouse_gb: float) -> Symptom:
    """Whether the copies that a migration, a publish and a backup lay beside the file fit."""
    needed = max(SPARE_GB, SPARE_COPIES * warehouse_gb)
    found = f"{free_gb:,.1f} GB free, the warehouse has {warehouse_gb:,.1f} GB"
    if free_gb >= needed:
        return Symptom("disk", GOOD, found)
    state = WRONG if free_gb < max(SPARE_GB / 4, warehouse_gb) else LOOK
    return Symptom("disk", state, found, f"have {needed:,.1f} GB free, or move data_dir")


def of_memory(total_gb: float) -> Symptom:
    """Whether the machine is one for a million customers; smaller shops need less."""
    found = f"{total_gb:,.1f} GB"
    if total_gb >= NEEDED_MEMORY_GB:
        return Symptom("memory", GOOD, found)
    advice = "enough for a small shop; a million customers want 8 GB"
    return Symptom("memory", LOOK, found, advice)


def of_clock(now: datetime, newest: datetime | None) -> Symptom:
    """Whether the clock is behind what was written last: days and windows would be wrong."""
    found = f"{now:%Y-%m-%d %H:%M:%S} UTC"
    if newest is None or newest <= now + MAX_DRIFT:
        return Symptom("clock", GOOD, found)
    advice = "set the clock (NTP): the last run is later than now"
    return Symptom("clock", WRONG, f"{found}; the last run {newest:%Y-%m-%d %H:%M}", advice)


def of_modes(modes: Sequence[tuple[Path, int]]) -> Symptom:
    """Whether what holds people is its owner's alone, by the modes of the paths."""
    open_ones = [path for path, mode in modes if mode & 0o077]
    if not modes:
        return Symptom("permissions", GOOD, "nothing is written yet")
    if not open_ones:
        return Symptom("permissions", GOOD, f"{len(modes)} files and folders are yours alone")
    named = shlex.join(map(str, open_ones[:5]))
    return Symptom("permissions", WRONG, f"others may read {named}", f"chmod go= {named}")


def of_backup(age_days: float | None, has_warehouse: bool) -> Symptom:
    """Whether the newest backup is young enough to go back to."""
    if age_days is None:
        state = LOOK if has_warehouse else GOOD
        advice = "`enrich backup --to ANOTHER_DISK`, every day" if has_warehouse else None
        return Symptom("backup", state, "none", advice)
    found = f"{age_days:,.1f} days old"
    if age_days <= MAX_BACKUP_DAYS:
        return Symptom("backup", GOOD, found)
    return Symptom("backup", LOOK, found, "`enrich backup --to ANOTHER_DISK`, every day")


def of_port(port: int, host: str, what: str, *, is_ours: bool) -> Symptom:
    """Whether a port is free for us, or ours already."""
    if is_ours or is_free(host, port):
        return Symptom(f"port {port}", GOOD, f"{what}: {'answers' if is_ours else 'free'}")
    advice = "another program, or one of ours: `ss -ltnp`"
    return Symptom(f"port {port}", LOOK, f"{what}: taken", advice)


def of_runs(exit_code: int, advice: Sequence[str], runs: int) -> Symptom:
    """What `enrich status` comes to."""
    found = f"{runs} kinds of runs, `enrich status` ends with {exit_code}"
    return Symptom("last runs", WRONG if exit_code else GOOD, found, next(iter(advice), None))


def is_free(host: str, port: int) -> bool:
    """Whether nothing listens there."""
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return True
    return False


def machine(data_dir: Path, warehouse: Path) -> Iterator[Symptom]:
    """Disk and memory of this machine, and whether the data folder can be written."""
    folder = next(one for one in (data_dir, *data_dir.absolute().parents) if one.exists())
    size = warehouse.stat().st_size if warehouse.is_file() else 0
    yield of_disk(shutil.disk_usage(folder).free / 1e9, size / 1e9)
    yield of_memory(memory_bytes() / 1e9)
    if not os.access(folder, os.W_OK):
        yield Symptom(
            "data_dir", WRONG, f"{folder} cannot be written", "chown it, or move data_dir"
        )


def memory_bytes(limit: Path = Path("/sys/fs/cgroup/memory.max")) -> int:
    """The memory of the machine, or of the container where that has less."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    text = limit.read_text().strip() if limit.is_file() else ""
    return min(whole, int(text)) if text.isdecimal() else whole


def modes_in(data_dir: Path, shared: Container[Path]) -> list[tuple[Path, int]]:
    """The data folder and the files and folders in it with their modes, but not what is shared."""
    found = (data_dir, *data_dir.glob("*"))
    return [
        (path, path.stat().st_mode & 0o777)
        for path in found
        if path not in shared and path.exists() and not path.is_symlink()
    ]


def versions() -> Symptom:
    """The versions that a report of a fault needs."""
    names = ("enrich-rfm", "duckdb", "polars", "prefect")
    found = ", ".join(f"{name} {metadata.version(name)}" for name in names)
    return Symptom("versions", GOOD, f"{found}, Python {sys.version.split()[0]}")


def newest_backup(data_dir: Path) -> datetime | None:
    """When the newest backup that is reachable was written, None without one."""
    paths = [*(data_dir / BACKUPS).glob("*.duckdb"), *remembered_copies(data_dir)]
    times = [path.stat().st_mtime for path in paths if path.is_file()]
    return datetime.fromtimestamp(max(times), UTC) if times else None
