"""Settings under their former names: still read, named in a note, listed in docs/settings.md."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from enrich.errors import BadSettings
from enrich.settings import RENAMED, parse_settings

PAGE = Path(__file__).resolve().parents[1] / "docs" / "settings.md"
VALUES: dict[str, Any] = {"beyond_last": "lifetime", "max_unexplained_share": 0.5}


def document(path: str, value: Any) -> dict[str, Any]:
    """`value` at `path` of the settings, in the store `main`."""
    for name in reversed(path.replace("NAME", "main").split(".")):
        value = {name: value}
    return dict(value)


@pytest.mark.parametrize("former", RENAMED)
def test_a_former_name_counts_and_is_named(former: str) -> None:
    new = RENAMED[former]
    value = VALUES.get(new, 7)
    settings = parse_settings(document(former, value))
    (note,) = settings.former_names
    assert note.startswith(f"{former.replace('NAME', 'main')} is called {new} now")
    now = parse_settings(document(f"{former.rpartition('.')[0]}.{new}", value))
    assert settings.model_dump() == now.model_dump() != parse_settings({}).model_dump()
    assert now.former_names == ()


def test_both_names_at_once_are_refused() -> None:
    both = {"receive": {"most_body_kb": 7, "max_body_kb": 8}}
    with pytest.raises(BadSettings, match=r"receive\.most_body_kb: there is no such setting"):
        parse_settings(both)


def test_a_former_name_elsewhere_is_no_setting() -> None:
    with pytest.raises(BadSettings, match="there is no such setting"):
        parse_settings({"stores": {"main": {"most_body_kb": 7}}})


def test_the_page_lists_every_former_name() -> None:
    listed = re.findall(r"^\| `([^`]+)` \| `([^`]+)` \|$", PAGE.read_text(), re.MULTILINE)
    assert dict(listed) == RENAMED
