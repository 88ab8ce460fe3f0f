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
    check_destination,
    compare,
    compute,
    config,
    consent,
    customer,
    dashboard,
    demo,
    doctor,
    forget,
    import_files,
    keep,
    lake,
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
from enrich.installed import page
from enrich.wrong_settings import WrongSettings

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
    ("doctor", doctor.doctor),
    ("status", look.status),
    ("metrics", look.metrics),
    ("rejects", look.rejects),
    ("forget", forget.forget),
    ("backup", keep.backup),
    ("restore", keep.restore_file),
    ("customer", customer.customer),
    ("query", query.query),
    ("export", query.export),
    ("dashboard", dashboard.dashboard),
    ("movements", movements.movements),
    ("lift", audiences.lift),
    ("compare", compare.compare_file),
    ("fields", look.fields),
    ("check-destination", check_destination.check_destination),
    ("simulate", demo.simulate),
    ("demo", demo.demo),
)


GROUPS: dict[str, tuple[str, dict[str, Callable[..., None]]]] = {
    "audience": (
        "Whom to reach for what: members, why others are not, the list as a file or at a platform.",
        {
            "list": audiences.audience_list,
            "show": audiences.audience_show,
            "export": audiences.audience_export,
            "push": audiences.audience_push,
        },
    ),
    "config": (
        "Check the settings, help an editor.",
        {"check": config.check, "schema": config.schema},
    ),
    "lake": (
        "The same profiles beyond one machine: Parquet in buckets, by processes, Dask or Spark.",
        {
            "build": lake.lake_build,
            "profiles": lake.lake_make_profiles,
            "status": lake.lake_status,
            "export": lake.lake_export,
            "load": lake.lake_load,
            "demo": lake.lake_demo,
        },
    ),
    "convert": (
        "Turn known data sets into import files.",
        {"online-retail": pull.convert_online_retail},
    ),
}
"""Commands of two words: the first one's help, and the function by the second."""
# These help where the settings are wrong, or not there yet.
WITHOUT_SETTINGS = (setup.init, config.schema)


def build_app() -> typer.Typer:
    """The command line as typer knows it."""
    app = typer.Typer(
        no_args_is_help=True,
        pretty_exceptions_enable=False,
    )
    for name, function in COMMANDS:
        app.command(name)(with_shell(function, reads_settings=function not in WITHOUT_SETTINGS))
    app.callback()(_about)
    for name, (about, functions) in GROUPS.items():
        group = typer.Typer(help=about, no_args_is_help=True)
        for second, function in functions.items():
            reads = function not in WITHOUT_SETTINGS
            group.command(second)(with_shell(function, reads_settings=reads))
        app.add_typer(group, name=name)
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
        if isinstance(error, WrongSettings) and len(error.problems) > 1:
            for problem in error.problems:
                entry.err.print(f"  {problem}")
        return code


def explain(error: BaseException) -> tuple[str, int]:
    """What to tell the user about an error, and the exit code; no customer's value is in it."""
    match error:
        case WrongSettings(problems=[_, _, *_] as problems):
            what = f"{len(problems)} wrong settings ({page('settings.md')} lists every setting):"
            return f"error: {what}", error.exit_code
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
        text = format_message()  # nothing when the help was shown instead
        line = f"error: {text} (`enrich --help` lists what there is)" if text else ""
        return line, WRONG_USAGE
    return f"error: {unforeseen(error)}", FAILED
