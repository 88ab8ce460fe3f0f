"""Commands about the settings themselves: check them, and what an editor needs to help."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial

from enrich.cli.console import show_table
from enrich.cli.shell import Shell
from enrich.errors import BadSettings
from enrich.plain_text import json_text
from enrich.settings import Settings, overrides_in
from enrich.wrong_settings import WrongSettings


def schema_text() -> str:
    """The JSON schema of the settings, for editors."""
    return json_text(Settings.model_json_schema(), indent=2) + "\n"


def schema(shell: Shell) -> None:
    """Print the JSON schema of the settings, for editors."""
    shell.out.write(schema_text())


def check(shell: Shell) -> None:
    """Check every setting as a run would, secrets included; nothing is asked or sent."""
    rows = [(part, _problem(shell, do)) for part, do in _parts(shell)]
    title = f"{shell.config or 'no settings file'}; environment: {_overrides(shell)}"
    columns = ("part", "state", "problem")
    shown = [(part, "wrong" if problem else "good", problem) for part, problem in rows]
    show_table(shell.out, title, columns, shown, name="settings")
    if wrong := sum(problem is not None for _, problem in rows):
        raise BadSettings(f"{wrong} part(s) of the settings are wrong; the table says why")


def _overrides(shell: Shell) -> str:
    return ", ".join(overrides_in(shell.entry.environ)) or "no setting"


def _parts(shell: Shell) -> Iterator[tuple[str, Callable[[], object]]]:
    """What is opened for the check, by the table of the settings it comes from."""
    wiring, settings = shell.wiring, shell.settings
    yield "segments", lambda: wiring.segments
    yield "read_copy", lambda: wiring.sharing
    for name in settings.stores:
        yield f"stores.{name}", partial(_open, wiring.shop(name))
    for name in settings.destinations:
        yield f"destinations.{name}", partial(_open, wiring.destinations(name))
    yield "receive.callers", wiring.registered_callers


def _open(part: AbstractContextManager[object]) -> None:
    with part:
        pass


def _problem(shell: Shell, do: Callable[[], object]) -> str | None:
    """What is wrong, with the line where it is written; None when it opens."""
    try:
        do()
    except WrongSettings as fault:
        where = shell.settings.where
        found = (replace(one, where=where(one.place.split("."))) for one in fault.problems)
        return "; ".join(map(str, found))
    except BadSettings as fault:
        return str(fault)
    return None
