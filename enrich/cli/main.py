"""From the arguments to a command, from an error to one clear line and an exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from importlib import metadata
from typing import Annotated

import typer

from enrich import __version__
from enrich.cli import (
    audiences,
    compute,
    consent,
    customer,
    dashboard,
    demo,
    forget,
    import_files,
    keep,
    look,
    movements,
    pull,
    pushes,
    query,
    receive,
    setup,
)
from enrich.cli.console import PlainConsole, make_console
from enrich.cli.shell import Entry, with_shell
from enrich.errors import EnrichError, unforeseen

FAILED, WRONG_USAGE, INTERRUPTED = 1, 2, 130

# The order is the one a new user meets them in; `enrich --help` and docs/commands.md show it.
COMMANDS: tuple[tuple[str, Callable[..., None]], ...] = (
    ("init", setup.init),
    ("verify", setup.verify),
    ("sync", pull.sync),
    ("import", import_files.import_files),
    ("profiles", compute.profiles),
    ("push", pushes.push),
    ("consent", consent.consent),
    ("run", compute.run),
    ("serve", compute.serve),
    ("register", compute.register),
    ("receive", receive.receive),
    ("status", look.status),
    ("metrics", look.metrics),
    ("rejects", look.rejects),
    ("forget", forget.forget),
    ("backup", keep.backup),
    ("restore", keep.restore_file),
    ("customer", customer.customer),
    ("query", query.query),
    ("dashboard", dashboard.dashboard),
    ("movements", movements.movements),
    ("audience list", audiences.audience_list),
    ("audience show", audiences.audience_show),
    ("audience export", audiences.audience_export),
    ("lift", audiences.lift),
    ("fields", look.fields),
    ("simulate", demo.simulate),
    ("demo", demo.demo),
    ("convert online-retail", pull.convert_online_retail),
)
GROUPS = {
    "audience": "Whom to reach for what: members, why others are not, the list as a file.",
    "convert": "Turn known data sets into import files.",
}
"""What each first word of two is about."""


def build_app() -> typer.Typer:
    """The command line as typer knows it."""
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    groups = {name: typer.Typer(help=text, no_args_is_help=True) for name, text in GROUPS.items()}
    for name, function in COMMANDS:
        group, _, own_name = name.rpartition(" ")
        (groups[group] if group else app).command(own_name)(with_shell(function))
    app.callback()(_about)
    for name, commands in groups.items():
        app.add_typer(commands, name=name)
    return app


def version_line() -> str:
    """The versions that a report of a fault needs."""
    under = ", ".join(
        f"{name} {metadata.version(name)}" for name in ("duckdb", "polars", "prefect")
    )
    return f"enrich {__version__} (Python {sys.version.split()[0]}, {under})"


def _show_version(ctx: typer.Context, wanted: bool) -> None:
    if wanted:
        ctx.obj.out.print(version_line())
        raise typer.Exit


def _about(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and end"
        ),
    ] = False,
) -> None:
    """Customer profiles for shops on VTEX: orders in, profiles out, changes pushed."""


def run(
    arguments: Sequence[str],
    *,
    environ: Mapping[str, str],
    clock: Callable[[], datetime],
    out: PlainConsole | None = None,
    err: PlainConsole | None = None,
) -> int:
    """The exit code of one command: 0 done, else what its error says; the error is one line."""
    entry = Entry(environ, clock, out or make_console(sys.stdout), err or make_console(sys.stderr))
    command = typer.main.get_command(build_app())
    try:
        result = command.main(list(arguments), "enrich", standalone_mode=False, obj=entry)
        if result == INTERRUPTED:  # some versions of typer turn Ctrl-C into this
            raise KeyboardInterrupt
        return result if isinstance(result, int) else 0
    except BaseException as error:
        if "--debug" in arguments:
            entry.err.print_exception()
        line, code = explain(error)
        if line:
            entry.err.print(line)
        return code


def explain(error: BaseException) -> tuple[str, int]:
    """What to tell the user about an error, and the exit code; no customer's value is in it."""
    match error:
        case EnrichError():
            return f"error: {error}", error.exit_code
        case KeyboardInterrupt() | typer.Abort():
            return "interrupted; nothing is half-written, the next run completes it", INTERRUPTED
        case BrokenPipeError():
            return "", FAILED
        case OSError():
            where = f": {error.filename}" if error.filename else ""
            return f"error: {error.strerror or 'input/output error'}{where}", FAILED
        case MemoryError():
            return "error: the memory does not suffice; end other programs and try again", FAILED
        case SystemExit():
            return "", error.code if isinstance(error.code, int) else FAILED
    if (format_message := getattr(error, "format_message", None)) is not None:  # wrong usage
        said = format_message()  # nothing when the help was shown instead
        line = f"error: {said} (`enrich --help` lists what there is)" if said else ""
        return line, WRONG_USAGE
    return f"error: {unforeseen(error)}", FAILED
