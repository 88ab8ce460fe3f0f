"""Every attempt by its subject; a subject is a module with a tuple ATTEMPTS."""

from __future__ import annotations

from collections.abc import Mapping

from tests.attack import readers
from tests.attack.attempt import Attempt

SUBJECTS: Mapping[str, tuple[Attempt, ...]] = {
    "readers": readers.ATTEMPTS,
}
