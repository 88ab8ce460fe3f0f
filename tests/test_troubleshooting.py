"""docs/troubleshooting.md quotes messages that the program says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MESSAGES = re.findall(r"^\| `([^`]+)` \|", (ROOT / "docs/troubleshooting.md").read_text(), re.M)


def source() -> str:
    """Every string of the program, adjacent literals joined as Python joins them."""
    paths = (path for name in ("enrich", "flows") for path in (ROOT / name).rglob("*.py"))
    text = "\n".join(path.read_text() for path in paths)
    return re.sub(r'"\s*\n\s*f?"', "", text)


@pytest.mark.parametrize("message", MESSAGES)
def test_a_quoted_message_is_said(message: str) -> None:
    assert message in source()
