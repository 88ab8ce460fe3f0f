"""The short attempts of every subject hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.attack.attempt import Attempt, NotHere
from tests.attack.subjects import SUBJECTS


@pytest.mark.parametrize(
    "attempt",
    [
        pytest.param(attempt, id=f"{subject}: {attempt.name}")
        for subject, attempts in SUBJECTS.items()
        for attempt in attempts
        if not attempt.long
    ],
)
def test_the_attempt_is_held(attempt: Attempt, tmp_path: Path) -> None:
    try:
        finding = attempt.run(tmp_path)
    except NotHere as missing:
        pytest.skip(str(missing))
    assert finding.held, finding.happened
