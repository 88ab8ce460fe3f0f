"""From the arguments to a command, from an error to one clear line and an exit code."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import typer
from rich.console import Console

from enrich.cli import compute, customer, dashboard, demo, keep, look, movements, pull, setup
from enrich.cli.console import make_console
from enrich.cli.shell import Entry, with_shell
from enrich.errors import EnrichError

FAILED, WRONG_USAGE, INTERRUPTED = 1, 2, 130

# The order is the one a new user meets them in; `enrich --help` and README show it.
COMMANDS: tuple[tuple[str, Callable[..., None]], ...] = (
    ("init", setup.init),
    ("verify", setup.verify),
    ("sync", pull.sync),
    ("import", pull.import_files),
    ("profiles", compute.profiles),
    ("push", compute.push),
    ("run", compute.run),
    ("serve", compute.serve),
    ("status", look.status),
    ("rejects", look.rejects),
    ("forget", keep.forget),
    ("backup", keep.backup),
    ("restore", keep.restore_file),
    ("customer", customer.customer),
    ("query", look.query),
    ("dashboard", dashboard.dashboard),
    ("movements", movements.movements),
    ("fields", look.fields),
    ("simulate", demo.simulate),
    ("demo", demo.demo),
)


def command_rows() -> list[tuple[str, str]]:
    """One row per command, as README shows them."""
    convert = ("convert online-retail", pull.convert_online_retail)
    return [
        (f"`enrich {name}`", (inspect.getdoc(function) or "").split("\n")[0])
        for name, function in (*COMMANDS, convert)
    ]


def build_app() -> typer.Typer:
    """The command line as typer knows it."""
    app = typer.Typer(
        help="Customer profiles for shops on VTEX: orders in, profiles out, changes pushed.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    for name, function in COMMANDS:
        app.command(name)(with_shell(function))
    convert = typer.Typer(help="Turn known data sets into import files.", no_args_is_help=True)
    convert.command("online-retail")(with_shell(pull.convert_online_retail))
    app.add_typer(convert, name="convert")
    return app


def run(
    arguments: Sequence[str],
    *,
    environ: Mapping[str, str],
    clock: Callable[[], datetime],
    out: Console | None = None,
    err: Console | None = None,
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
            entry.err.print(line, markup=False, soft_wrap=True)
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
            return f"error: {error.strerror or 'input/output error'}: {error.filename}", FAILED
        case SystemExit():
            return "", error.code if isinstance(error.code, int) else FAILED
    if (format_message := getattr(error, "format_message", None)) is not None:  # wrong usage
        said = format_message()  # nothing when the help was shown instead
        line = f"error: {said} (`enrich --help` lists what there is)" if said else ""
        return line, WRONG_USAGE
    # The text of an unforeseen error may quote data, so only its kind is shown.
    return f"error: unexpected {type(error).__name__}; --debug shows where", FAILED
