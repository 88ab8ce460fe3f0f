"""The command line: the clock and the environment are looked at here and handed down."""

from __future__ import annotations

import gc
import os
import signal
import sys
from datetime import UTC, datetime

gc.disable()  # imported modules stay: collecting garbage among them is a twelfth of a start
from enrich.cli import run  # noqa: E402

gc.freeze()
gc.enable()


def main() -> None:
    """End the process with the exit code of the command it was started with.

    A request to stop (systemd, a scheduler) is the same as Ctrl-C: what is open is closed.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(run(sys.argv[1:], environ=os.environ, clock=lambda: datetime.now(UTC)))


if __name__ == "__main__":
    main()
