"""Every promise of docs/reliability.md names a test that exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", (ROOT / "docs" / "reliability.md").read_text())


def test_promises_name_tests() -> None:
    assert len(NAMED) > 10


@pytest.mark.parametrize(("path", "function"), NAMED)
def test_the_test_of_a_promise_is_there(path: str, function: str) -> None:
    found = (ROOT / path).read_text(encoding="utf-8")
    assert re.search(rf"^def {function}\(", found, re.MULTILINE)
