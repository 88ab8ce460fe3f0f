"""Contenders made ready to run: their input prepared, their command spelled out."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.folders import ROOT, Folders
from bench.measure import Command, Failed, measured
from bench.roster import BY_NAME, CONTENDERS, SMALL_SCALES, Contender, Group
from bench.scales import SCALES
from bench.simulated import ORDER_COUNTS


@dataclass(frozen=True, slots=True)
class Entry:
    """A contender on one scale."""

    contender: Contender
    scale: str

    @property
    def name(self) -> str:
        return f"{self.contender.name}@{self.scale}"


@dataclass(frozen=True, slots=True)
class Ready:
    """An entry with its command, and where it leaves its table."""

    entry: Entry
    command: Command
    target: Path


def entries_of(only: str | None, scale: str) -> list[Entry]:
    """The entries named in `only` (NAME or NAME@SCALE, comma between), else the standard ones.

    Raises Failed on an unknown name.
    """
    if only is None:
        return [Entry(one, scale) for one in CONTENDERS if _is_standard(one, scale)]
    return [_entry(name.strip(), scale) for name in only.split(",")]


def _is_standard(contender: Contender, scale: str) -> bool:
    return contender.is_standard and (scale in SMALL_SCALES or not contender.is_small_only)


def _entry(text: str, scale: str) -> Entry:
    name, _, own_scale = text.partition("@")
    if name not in BY_NAME or (own_scale or scale) not in SCALES:
        raise Failed(f"unknown: {text}; known are {', '.join(BY_NAME)}, each also as NAME@SCALE")
    return Entry(BY_NAME[name], own_scale or scale)


@dataclass(slots=True)
class Workshop:
    """Prepares what entries need; what it starts ends with the stack."""

    folders: Folders
    stack: ExitStack
    shops: dict[str, Path] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)

    def ready(self, entry: Entry) -> Ready:
        """The entry with everything in place for its first run."""
        contender = entry.contender
        source = self._source(entry)
        target = self.folders.table(entry.name)
        before = self.folders.cleared(target)
        if contender.starts_from is not None:
            prepared = self.folders.prepared(contender.starts_from, entry.scale, source)
            before = self.folders.fresh_copy(prepared, target)
        python = str(self.folders.peers()) if contender.needs_peers else sys.executable
        module = f"bench.contenders.{contender.module}"
        command = (python, "-m", module, source, str(target), *contender.arguments)
        return Ready(entry, Command(entry.name, command, before), target)

    def _source(self, entry: Entry) -> str:
        """The folder of the shop's Parquet files, or the address of the simulated one."""
        scale = entry.scale
        if entry.contender.group is Group.SYNC:
            if scale not in self.addresses:
                served = self.stack.enter_context(simulated_shop(ORDER_COUNTS[scale]))
                self.addresses[scale] = served
            return self.addresses[scale]
        if scale not in self.shops:
            self.shops[scale] = self.folders.shop(scale)
        return str(self.shops[scale])

    def warm_up(self, entries: Sequence[Ready], timeout_seconds: float) -> None:
        """Every entry has run once, and left the table that `unequal` compares."""
        for one in entries:
            self.folders.say(f"warming up: {one.entry.name}")
            one.command.before()
            measured(one.command.arguments, ROOT, timeout_seconds)

    def unequal(self, entries: Sequence[Ready]) -> list[str]:
        """One line per field in which the tables of one scale differ; empty when all agree."""
        found = []
        for scale in dict.fromkeys(one.entry.scale for one in entries):
            tables = [str(self._table(one)) for one in entries if _has_table(one, scale)]
            if len(tables) > 1:
                self.folders.say(f"comparing {len(tables)} tables of scale {scale}")
                found += _compared(tables)
        return found

    def _table(self, ready: Ready) -> Path:
        """The table a contender left; a warehouse's is taken out of it."""
        if ready.entry.contender.group is not Group.WAREHOUSE:
            return ready.target
        out = ready.target.with_name(f"{ready.target.name}.exported")
        self.folders.run("bench.export", str(ready.target), str(out))
        return out


def _has_table(ready: Ready, scale: str) -> bool:
    """Whether it made the whole table of the scale."""
    contender = ready.entry.contender
    is_whole = contender.group in (Group.TABLE, Group.WAREHOUSE) and contender.is_compared
    return is_whole and ready.entry.scale == scale


def _compared(tables: Sequence[str]) -> list[str]:
    command = [sys.executable, "-m", "bench.compare", *tables]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0 and not done.stdout:
        raise Failed(f"the comparison failed\n{done.stderr[-2000:]}")
    return done.stdout.splitlines()


@contextmanager
def simulated_shop(order_count: int) -> Iterator[str]:
    """The address of a shop that is served until the block ends."""
    command = [sys.executable, "-m", "bench.simulated_shop", str(order_count)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin and process.stdout
        address = process.stdout.readline().strip()
        if not address:
            raise Failed("the simulated shop did not start")
        yield address
        process.stdin.close()
