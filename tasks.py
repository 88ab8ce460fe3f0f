#!/usr/bin/env python3
"""Every task of the project; each one does its own set-up. Standard library only.

python3 tasks.py demo     the main job, end to end, against a made-up shop
python3 tasks.py test     format, lint, types, import rules, tests, and a few on other Pythons
python3 tasks.py long     the slow tests, which CI leaves out
python3 tasks.py site     the documentation as a site, in site/
python3 tasks.py bench    the figures of bench/README.md
python3 tasks.py ranges   the short suite with the lowest and the newest versions (needs uv)
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
STAMP = VENV / ".installed"

PYTHONS = ("3.11", "3.12", "3.13", "3.14")

Check = tuple[str, tuple[str, ...]]
FORMAT: Check = ("format", ("ruff", "format", "--check", "."))
LINT: Check = ("lint", ("ruff", "check", "."))
TYPES: Check = ("types", ("mypy",))
IMPORTS: Check = ("import rules", ("lint-imports",))
# A third of the suite waits for servers and other processes: two more workers than cores.
WORKERS = str((os.cpu_count() or 1) + 2)
PYTEST = ("python", "-m", "pytest", "-n", WORKERS, "--dist", "worksteal")


def main(arguments: Sequence[str]) -> int:
    """The exit code of the task named on the command line, after its set-up."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=_Raw)
    parser.add_argument("task", choices=sorted(TASKS))
    known, rest = parser.parse_known_args(arguments)
    set_up()
    return TASKS[known.task](rest)


def set_up() -> None:
    """Make .venv and install the project into it, when pyproject.toml changed since then."""
    if sys.version_info < (3, 11):  # noqa: UP036 - an older one may well be started with this file
        sys.exit(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}")
    wanted = _fingerprint()
    if STAMP.exists() and STAMP.read_text() == wanted and PYTHON.exists():
        return
    print("set-up: installing into .venv (once; some minutes with an empty cache)", flush=True)
    if subprocess.call([*_installer(), "install", "--quiet", "-e", f"{ROOT}[dev]"], env=_quiet()):
        sys.exit("set-up failed: pip could not install the packages named in pyproject.toml")
    STAMP.write_text(wanted)


def _installer(base: str = sys.executable, venv: Path = VENV) -> list[str]:
    """The pip command that installs into a venv of this Python, also if that has no ensurepip."""
    python = _python_in(venv)
    if not python.exists() and subprocess.call(
        [base, "-m", "venv", str(venv)], stdout=subprocess.DEVNULL
    ):
        subprocess.check_call([base, "-m", "venv", "--clear", "--without-pip", str(venv)])
    own_pip = subprocess.call([str(python), "-c", "import pip"], stderr=subprocess.DEVNULL) == 0
    return (
        [str(python), "-m", "pip"]
        if own_pip
        else [sys.executable, "-m", "pip", "--python", str(python)]
    )


def _python_in(venv: Path) -> Path:
    return venv / BIN.name / PYTHON.name


def _fingerprint() -> str:
    content = (ROOT / "pyproject.toml").read_bytes() + sys.version.encode() + str(ROOT).encode()
    return hashlib.sha256(content).hexdigest()


def _quiet() -> dict[str, str]:
    return {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}


def _run(command: Sequence[str]) -> int:
    return subprocess.call([str(BIN / command[0]), *command[1:]], cwd=ROOT, env=_compiled())


def _compiled() -> dict[str, str]:
    """The environment with bytecode allowed: tests start hundreds of processes of the program."""
    return {name: one for name, one in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def run_checks(checks: Sequence[Check]) -> list[str]:
    """The names of the checks that failed; all run side by side and print one after the other."""
    with ThreadPoolExecutor() as pool:
        done = list(pool.map(lambda check: _output(check[1]), checks))
    for _, output in done:
        print(output, end="", flush=True)
    return [name for (name, _), (code, _) in zip(checks, done, strict=True) if code]


def _output(command: Sequence[str]) -> tuple[int, str]:
    """The exit code of a command of .venv, or of one with a whole path, and what it printed."""
    done = subprocess.run(
        [str(BIN / command[0]), *command[1:]],
        cwd=ROOT, env=_compiled(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        check=False,
    )  # fmt: skip
    return done.returncode, done.stdout


def test(rest: Sequence[str]) -> int:
    """1 when any check failed; the tests run after all others, so that every failure is seen."""
    failed = run_checks((FORMAT, LINT, TYPES, IMPORTS)) + run_other_pythons()
    if failed:
        print(f"failed before the tests: {', '.join(failed)}", flush=True)
    return 1 if _run((*PYTEST, "-m", "not slow", *rest)) or failed else 0


def long(rest: Sequence[str]) -> int:
    """The slow tests: rows of long tables, kills and full disks, whole days."""
    return _run((*PYTEST, "-m", "slow", *rest))


SHORTEST_SUITE = ("jobs/test_whole_way", "profile/test_rfm", "test_library")


def run_other_pythons() -> list[str]:
    """The other Pythons of this machine with which the shortest suite fails, newest libraries."""
    found = [(f"Python {one}", path) for one in PYTHONS if (path := _path_of(one))]
    with ThreadPoolExecutor() as pool:
        done = list(pool.map(lambda one: _shortest_suite(*one), found))
    for (name, _), (_, output) in zip(found, done, strict=True):
        print(f"{name}:", output.strip(), flush=True)
    return [name for (name, _), (code, _) in zip(found, done, strict=True) if code]


def _path_of(version: str) -> str | None:
    """Where this Python is, unless it is ours; pyenv's own command for it may only be an error."""
    if sys.version.startswith(f"{version}."):
        return None
    kept = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*[0-9]/bin/python"))
    paths = (shutil.which(f"python{version}"), *map(str, kept))
    return next((path for path in paths if path and _works(path, "-c", "import venv")), None)


def _works(*command: str) -> bool:
    try:
        return _output(command)[0] == 0
    except OSError:  # a link or a script that leads nowhere
        return False


def _shortest_suite(name: str, path: str) -> tuple[int, str]:
    """The exit code and what was said; installed once, so that it needs no network after that."""
    venv = ROOT / "build" / name.replace(" ", "-").lower()
    stamp, wanted = venv / STAMP.name, f"{_fingerprint()} {path}"
    pip, python = _installer(path, venv), str(_python_in(venv))
    if not stamp.exists() or stamp.read_text() != wanted:
        uv = shutil.which("uv")
        has_uv = uv is not None and _works(uv, "--version")
        install = (
            (uv, "pip", "install", "--python", python)
            if has_uv
            else (*pip, "install", "--no-compile")
        )
        code, said = _output((*install, "--quiet", "-e", str(ROOT), "pytest", "hypothesis"))
        if code:  # an index that is out of reach is no fault of the code; `ranges` insists
            return 0, f"not tried, its packages could not be installed: {said}"
        stamp.write_text(wanted)
    tests = (f"tests/{one}.py" for one in SHORTEST_SUITE)
    return _output((python, "-m", "pytest", "-m", "not slow", *tests))


# What leans most on the libraries; without a server or a browser.
SHORT_SUITE = tuple(
    f"tests/{name}.py"
    for name in (
        "profile/test_rfm", "profile/test_windows", "jobs/test_whole_way", "store/test_loading",
        "store/test_refunds", "imports/test_files", "cli/test_commands", "cli/test_settings",
        "cli/test_query", "destinations/test_places", "flows/test_flows", "docs/test_wheel",
    )
)  # fmt: skip


def ranges(rest: Sequence[str]) -> int:
    """The short suite under each Python and end of the declared ranges, such as `3.11-lowest`."""
    wanted = rest or [f"{python}-{end}" for end in ("lowest", "newest") for python in PYTHONS]
    failed = [name for name in wanted if not _holds(*name.split("-"))]
    print(f"{len(wanted) - len(failed)} passed, {len(failed)} failed {', '.join(failed)}")
    return 1 if failed else 0


def _holds(python: str, end: str) -> bool:
    venv = ROOT / "build" / f"{python}-{end}"
    install = ("uv", "pip", "install", "--quiet", "--python", str(venv))
    resolution = ("--resolution", "lowest-direct" if end == "lowest" else "highest")
    steps = (
        ("uv", "venv", "--quiet", "--clear", "--python", python, str(venv)),
        (*install, *resolution, "-e", ".[notebook,sftp,s3]"),
        (*install, "-e", ".[dev]"),  # the tools of the tests, which leave the others as they are
        (str(_python_in(venv)), "-m", "pytest", "-m", "not slow", *SHORT_SUITE),
    )
    print(f"{python}, {end} versions", flush=True)
    return not any(subprocess.call(step, cwd=ROOT) for step in steps)


def demo(rest: Sequence[str]) -> int:
    return _run(["enrich", "demo", *rest])


def tidy(rest: Sequence[str]) -> int:
    return _run(["ruff", "format", ".", *rest]) or _run(["ruff", "check", "--fix", "."])


class _Raw(argparse.RawDescriptionHelpFormatter):
    pass


TASKS: dict[str, Callable[[Sequence[str]], int]] = {
    "demo": demo,
    "test": test,
    "format": tidy,
    "lint": lambda rest: bool(run_checks((FORMAT, LINT))),
    "release": lambda rest: _run(["python", "-m", "tests.release", *rest]),
    "site": lambda rest: _run(["mkdocs", "build", "--strict", *rest]),
    "bench": lambda rest: _run(["python", "-m", "bench", *rest]),
    "ranges": ranges,
    "types": lambda rest: bool(run_checks((TYPES, IMPORTS))),
    "long": long,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
