"""Where the benchmark keeps its files, and how they come to be there.

Whatever needs more than the standard library runs in a process of its own (see `measure.py`).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PEERS = Path(__file__).with_name("peers.txt")
STATEMENTS = ROOT / "sql"


@dataclass(frozen=True, slots=True)
class Folders:
    """Everything below one folder that may be deleted at any time."""

    data: Path
    say: Callable[[str], None]

    def shop(self, scale: str) -> Path:
        """The Parquet files of the shop of that scale, made when they are not there."""
        folder = self.data / scale
        self.run("bench.generate", "--scale", scale, "--out", str(folder))
        return folder

    def table(self, name: str) -> Path:
        """Where a contender writes; empty."""
        target = self.data / "tables" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove(target)
        return target

    def prepared(self, kind: str, scale: str, source: str) -> Path:
        """The folder that contenders of this kind start from, made when it is not there.

        One made by other SQL files would be migrated or resolved as a whole inside the clock.
        """
        name = f"{kind}-{scale}"
        folder = self.data / "prepared" / f"{name}-{_statements_digest()}"
        if not folder.exists():
            for older in folder.parent.glob(f"{name}-*"):
                _remove(older)
            half = folder.with_suffix(".half")
            half.mkdir(parents=True)
            self.say(f"preparing {kind} for {scale}")
            self.run("bench.prepare", kind, source, str(half))
            half.rename(folder)
        return folder

    def cleared(self, target: Path) -> Callable[[], None]:
        """What removes a contender's table, so that every run writes a new one."""
        return lambda: _remove(target)

    def fresh_copy(self, of: Path, target: Path) -> Callable[[], None]:
        """What puts a fresh copy of a prepared folder where a contender works."""

        def copy() -> None:
            _remove(target)
            shutil.copytree(of, target)
            os.sync()  # else what the copy left to write is written inside the clock

        return copy

    def peers(self) -> Path:
        """The Python that has pandas and pymc-marketing; installed when it is not there."""
        python = self.data / "peers" / "bin" / "python"
        ready = self.data / "peers" / ".ready"
        if not ready.exists():
            self.say("installing pandas and pymc-marketing apart from the project (once)")
            subprocess.run([sys.executable, "-m", "venv", str(python.parent.parent)], check=True)
            wanted = ["install", "--quiet", "-r", str(PEERS)]
            subprocess.run([str(python), "-m", "pip", *wanted], check=True)
            ready.touch()
        return python

    def run(self, module: str, *arguments: str) -> None:
        """A module of the benchmark, in a process of its own."""
        subprocess.run([sys.executable, "-m", module, *arguments], cwd=ROOT, check=True)


def _statements_digest() -> str:
    texts = (path.read_bytes() for path in sorted(STATEMENTS.rglob("*.sql")))
    return sha256(b"\0".join(texts)).hexdigest()[:8]


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
