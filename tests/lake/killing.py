"""A task that kills its process: light, for processes that start for it alone."""

import os
import signal
from pathlib import Path
from typing import Any


def kill_once(folder: Path, number: int) -> dict[str, Any]:
    """Number 1 kills the process it runs in, the first time."""
    if number == 1 and not (folder / "killed").exists():
        (folder / "killed").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return {"squared": number**2}


def kill_always(folder: Path, number: int) -> dict[str, Any]:
    """Whoever takes it is killed."""
    os.kill(os.getpid(), signal.SIGKILL)
    return {}
