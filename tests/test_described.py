"""Texts of settings, wherever their class is written, and classes without a source."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

SOURCE = '''
from pydantic import BaseModel
from enrich.described import Described

class Plain(Described, BaseModel):
    size: int = 1
    """How large."""

def made():
    class Inner(Described, BaseModel):
        size: int = 1
        """How large inside."""
    return Inner

try:
    import no_such_module
except ImportError:
    if True:
        class Fallback(Described, BaseModel):
            size: int = 1
            """How large else."""
'''


@pytest.mark.parametrize("name", ["with_source", "without_source", "no_module"])
def test_the_texts_below_the_fields_where_there_is_a_source(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, module = tmp_path / f"{name}.py", ModuleType(name)
    module.__file__ = str(path)
    exec(compile(SOURCE, str(path), "exec"), vars(module))
    if name == "with_source":
        path.write_text(SOURCE)
    if name != "no_module":
        monkeypatch.setitem(sys.modules, name, module)
    texts = {
        one.__name__: one.model_json_schema()["properties"]["size"].get("description")
        for one in (module.Plain, module.made(), module.Fallback)
    }
    expected = {"Plain": "How large.", "Inner": "How large inside.", "Fallback": "How large else."}
    assert texts == (expected if name == "with_source" else dict.fromkeys(expected))
