"""Other Pythons of a machine: found where they work, passed over where they lead nowhere."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import tasks

FAILS, NOWHERE, WORKS = "#!/bin/sh\nexit 127\n", "#!/no/such/program\n", "#!/bin/sh\nexit 0\n"


def program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("on_path", [FAILS, NOWHERE, None], ids=["fails", "nowhere", "absent"])
def test_a_python_that_does_not_work_is_passed_over(
    on_path: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if on_path:
        program(tmp_path / "bin" / "python3.99", on_path)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}/bin")
    monkeypatch.setenv("HOME", str(tmp_path))
    kept = tmp_path / ".pyenv" / "versions"
    program(kept / "3.99.0t" / "bin" / "python", WORKS)  # free-threaded: few packages are for it
    (kept / "3.99.0" / "bin").mkdir(parents=True)
    (kept / "3.99.0" / "bin" / "python").symlink_to(tmp_path / "gone")
    assert tasks._path_of("3.99") is None
    good = program(kept / "3.99.1" / "bin" / "python", WORKS)
    assert tasks._path_of("3.99") == str(good)
