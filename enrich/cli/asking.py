"""A question that a person answers at the terminal, before something is destroyed."""

from __future__ import annotations

import sys

from rich.console import Console

from enrich.errors import BadSettings, Stop

YES = frozenset({"y", "yes", "s", "si", "sí", "sim"})


def confirm(console: Console, question: str, *, yes: bool) -> None:
    """Go on when a person agrees, or `yes` was said already.

    Raises Stop when the person does not, BadSettings when nobody is there to be asked.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise BadSettings("there is no terminal to ask at: look with --dry-run, then add --yes")
    console.print(f"{question} [y/N] ", end="", markup=False)
    if sys.stdin.readline().strip().lower() not in YES:
        raise Stop("nothing was done")
