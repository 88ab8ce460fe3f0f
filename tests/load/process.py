"""A process that is watched: how long it took, how much memory it had at its peak, when to kill it.

The peak is the kernel's own high-water mark of the address space (VmHWM): it starts again with the
program, where the figure of `wait4` would count the process it was forked from.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOOK_SECONDS = 0.1


@dataclass(frozen=True)
class Ended:
    """One run of a process; `code` is negative for the signal that killed it."""

    code: int
    seconds: float
    peak_mib: float
    said: str


def watched(
    arguments: Sequence[str],
    environ: Mapping[str, str],
    log: Path,
    *,
    kill_when: Callable[[], bool] = lambda: False,
    look: Callable[[float], None] = lambda peak_mib: None,
) -> Ended:
    """The process when it has ended, killed with SIGKILL as soon as `kill_when` says so."""
    began, peak = time.monotonic(), 0.0
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env={**os.environ, **environ, "PYTHONPATH": str(ROOT)},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            while process.poll() is None:
                peak = max(peak, peak_mib_of(process.pid))
                look(peak)
                if kill_when():
                    process.kill()
                time.sleep(LOOK_SECONDS)
        finally:
            process.kill()
            code = process.wait()
    return Ended(code, time.monotonic() - began, peak, log.read_text())


def peak_mib_of(pid: int) -> float:
    """The most memory the process held so far, in MiB; 0 when it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    found = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(found[0].split()[1]) / 1024 if found else 0.0
