"""Every attempt by its subject; a subject is a module with a tuple ATTEMPTS."""

from __future__ import annotations

from collections.abc import Mapping

from tests.attack import (
    audiences,
    bounds,
    forgetting,
    output,
    prefect_server,
    readers,
    spreadsheets,
)
from tests.attack.attempt import Attempt

SUBJECTS: Mapping[str, tuple[Attempt, ...]] = {
    "prefect": prefect_server.ATTEMPTS,
    "forget": forgetting.ATTEMPTS,
    "output": output.ATTEMPTS,
    "bounds": bounds.ATTEMPTS,
    "readers": readers.ATTEMPTS,
    "spreadsheets": spreadsheets.ATTEMPTS,
    "audiences": audiences.ATTEMPTS,
}
