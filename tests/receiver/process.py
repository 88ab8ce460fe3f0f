"""`enrich receive` as a process of its own, on a real socket."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 120
SECRETS = {
    "CRM_SECRET": "secret-of-the-customer-triggers",
    "HOOK_SECRET": "secret-of-the-orders-hook-00",
    "CONNECTIF_SECRET": "secret-of-connectif-000000",
}
SETTINGS = """
[receive]
port = 0
[receive.callers.crm]
kind = "vtex-customers"
secret = { env = "CRM_SECRET" }
[receive.callers.hook]
kind = "vtex-orders"
secret = { env = "HOOK_SECRET" }
[receive.callers.connectif]
kind = "connectif"
secret = { env = "CONNECTIF_SECRET" }
"""


@dataclass(frozen=True)
class Running:
    """The process and where it listens."""

    process: subprocess.Popen[str]
    address: str

    def kill(self) -> None:
        """As the kernel would."""
        self.process.kill()
        self.process.wait(PATIENCE_SECONDS)

    def stop(self) -> tuple[int, str]:
        """The exit code and everything said, after it was asked to end."""
        self.process.send_signal(signal.SIGTERM)
        said, _ = self.process.communicate(timeout=PATIENCE_SECONDS)
        return self.process.returncode, said


@contextmanager
def receiving(config: Path, data: Path) -> Iterator[Running]:
    command = ("receive", "--config", str(config), "--data", str(data))
    process = subprocess.Popen(
        [sys.executable, "-m", "enrich", *command],
        cwd=ROOT,
        env={**os.environ, **SECRETS},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        assert "listening on" in first, first
        yield Running(process, first.split()[2].rstrip(";"))
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE_SECONDS)
