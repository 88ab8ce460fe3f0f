"""Whole processes in turn: wall time, CPU time and peak memory of each.

The measuring process stays small on purpose: until a child starts its program it is a copy of this
process, and its peak memory would count ours.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from resource import struct_rusage
from statistics import median
from tempfile import TemporaryFile

_POLL_SECONDS = 0.002


class Failed(Exception):
    """A measured command did not end well."""


@dataclass(frozen=True, slots=True)
class Command:
    """A program to measure, and what has to be done before each run of it, outside the clock."""

    name: str
    arguments: tuple[str, ...]
    before: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one command; CPU is user and system time of the process and its children."""

    wall_seconds: float
    cpu_seconds: float
    peak_mib: float


def in_turn(
    commands: Sequence[Command],
    round_count: int,
    folder: Path,
    *,
    timeout_seconds: float,
    say: Callable[[str], None],
) -> dict[str, list[Run]]:
    """The runs by command: A B C A B C, so that a slow minute of the machine meets everybody.

    Raises Failed when a command fails or outlasts the timeout.
    """
    runs: dict[str, list[Run]] = {command.name: [] for command in commands}
    for number in range(1, round_count + 1):
        for command in commands:
            command.before()
            run = measured(command.arguments, folder, timeout_seconds)
            runs[command.name].append(run)
            say(f"round {number}: {command.name} {run.wall_seconds:.2f} s")
    return runs


def measured(arguments: Sequence[str], folder: Path, timeout_seconds: float) -> Run:
    """One run of a program in the folder; raises Failed with the end of what it said."""
    with TemporaryFile() as said:
        started = time.monotonic()
        process = subprocess.Popen(
            arguments, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said
        )
        status, usage = _ended(process.pid, started + timeout_seconds)
        wall_seconds = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            said.seek(0)
            end = said.read()[-2000:].decode(errors="replace")
            raise Failed(f"{' '.join(arguments)}: exit {process.returncode}\n{end}")
    return Run(wall_seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def say_seconds(work: Callable[[], object]) -> None:
    """Prints what the work of a program took, its start apart."""
    wall, cpu = time.monotonic(), time.process_time()
    work()
    wall, cpu = time.monotonic() - wall, time.process_time() - cpu
    sys.stdout.write(f"{wall:.2f} s, {cpu:.2f} s of CPU, without the start\n")


def _ended(pid: int, deadline: float) -> tuple[int, struct_rusage]:
    """Status and resources of the process when it ends; it is killed at the deadline."""
    while True:
        ended, status, usage = os.wait4(pid, os.WNOHANG)
        if ended:
            return status, usage
        if time.monotonic() > deadline:
            os.kill(pid, 9)
            _, status, usage = os.wait4(pid, 0)
            return status, usage
        time.sleep(_POLL_SECONDS)


def medians(runs: Sequence[Run]) -> Run:
    """The median of each figure by itself."""
    return Run(
        median(run.wall_seconds for run in runs),
        median(run.cpu_seconds for run in runs),
        median(run.peak_mib for run in runs),
    )


def ratio(
    runs: Mapping[str, Sequence[Run]], one: str, other: str, figure: Callable[[Run], float]
) -> float:
    """The median over the rounds of one command's figure divided by the other's."""
    pairs = zip(runs[one], runs[other], strict=True)
    return median(figure(a) / figure(b) for a, b in pairs)
