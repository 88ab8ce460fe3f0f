"""What every command shares: the common options, the settings they lead to, the consoles."""

from __future__ import annotations

import inspect
import io
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from enrich import __version__
from enrich.cli.console import Document, PlainConsole, Stamped
from enrich.errors import BadSettings, EnrichError, Stop, TryAgain
from enrich.settings import CONFIG_NAME, YEARS, Settings, StoreSettings, find_settings, overrides_in
from enrich.wiring import Wiring

DEFAULT_CONFIG = Path(CONFIG_NAME)

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", help="Settings file (default: ENRICH_CONFIG, else enrich.toml here)"),
]
DataOption = Annotated[
    Path | None,
    typer.Option("--data", help="Folder of the warehouse (default: ENRICH_DATA, or data_dir)"),
]
NowOption = Annotated[
    str | None, typer.Option("--now", help="Take this moment as now, such as 2011-12-10T03:00:00Z")
]
DebugOption = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the results as one JSON object")]
QuietOption = Annotated[
    bool, typer.Option("--quiet", "-q", help="Only results and errors: no message, no progress")
]
VerboseOption = Annotated[
    bool, typer.Option("--verbose", "-v", help="Also which settings count, and when what was done")
]


@dataclass(frozen=True, slots=True)
class Entry:
    """What only the entry point may look at, and where to speak."""

    environ: Mapping[str, str] = field(repr=False)
    clock: Callable[[], datetime]
    out: PlainConsole
    err: PlainConsole

    def spoken(self, *, quiet: bool, verbose: bool) -> Entry:
        """The same with no messages, or with the moment of each."""
        if quiet:
            return replace(self, err=PlainConsole(file=io.StringIO()))
        return replace(self, err=Stamped(self.clock, self.err)) if verbose else self


@dataclass(frozen=True, slots=True)
class Shell:
    """One command being run: its settings, its moment, its consoles."""

    entry: Entry
    settings: Settings
    config: Path | None

    @property
    def out(self) -> PlainConsole:
        return self.entry.out

    @property
    def err(self) -> PlainConsole:
        """Where messages and progress go."""
        return self.entry.err

    @property
    def now(self) -> datetime:
        return self.settings.moment(self.entry.clock)

    @property
    def wiring(self) -> Wiring:
        return Wiring(self.settings, self.entry.environ, self.entry.clock)

    def stores(self, wanted: str | None) -> dict[str, StoreSettings]:
        """The stores a command is about: the one asked for, else all of them."""
        if wanted is None:
            return dict(self.settings.stores)
        if wanted not in self.settings.stores:
            known = ", ".join(self.settings.stores)
            raise BadSettings(f"there is no store {wanted!r} in the settings; known: {known}")
        return {wanted: self.settings.stores[wanted]}

    def store_names(self, wanted: str | None) -> tuple[str, ...]:
        return tuple(self.stores(wanted))

    def vtex_stores(self, wanted: str | None) -> tuple[str, ...]:
        """The stores to pull; the one asked for even without an account, so that it is reported."""
        if wanted is not None:
            return self.store_names(wanted)
        if not self.wiring.vtex_stores:
            raise BadSettings(
                "no store has a VTEX account; `enrich init` writes settings to fill in,"
                " `enrich import` needs none"
            )
        return self.wiring.vtex_stores

    @property
    def as_json(self) -> bool:
        """Whether the results are one JSON object."""
        return isinstance(self.out, Document)

    def say(self, line: str) -> None:
        """One message to the user."""
        self.err.print(line)

    def answer(self, line: str) -> None:
        """One line that is a result."""
        self.out.print(line)

    def each(self, names: Sequence[str], do: Callable[[str], None]) -> None:
        """Do it for every store; one store's fault is raised after the others had their turn."""
        faults: list[EnrichError] = []
        for name in names:
            try:
                do(name)
            except (Stop, TryAgain) as fault:
                faults.append(fault)
        if faults:
            raise faults[0]

    def only_store(self, wanted: str | None) -> str:
        """The one store a command is about; raises BadSettings when it has to be named."""
        stores = self.stores(wanted)
        if len(stores) > 1:
            raise BadSettings(
                f"several stores are configured; say --store, one of {', '.join(stores)}"
            )
        return next(iter(stores))


def open_shell(entry: Entry, config: Path | None, data: Path | None, now: str | None) -> Shell:
    """The shell of one command; an import-only shop needs no settings file."""
    settings, path = find_settings(config, data, entry.environ)
    if now is not None:
        settings = settings.model_copy(update={"now": parse_now(now)})
    shell = Shell(entry, settings, path)
    for note in settings.former_names:
        shell.say(note)
    if isinstance(entry.err, Stamped):
        variables = ", ".join(overrides_in(entry.environ)) or "no setting"
        shell.say(f"settings: {path or 'none'}; environment: {variables}")
        shell.say(f"data: {settings.data_dir}; enrich {__version__}, {sys.executable}")
    return shell


def _without_settings(entry: Entry, *_: object) -> Shell:
    return Shell(entry, Settings(), None)


def parse_now(text: str) -> datetime:
    """The moment to be taken as now; raises BadSettings on one with no calendar around it."""
    moment = parse_moment(text)
    if not YEARS[0] <= moment.year <= YEARS[1]:
        raise BadSettings(f"--now {text} is not between the years {YEARS[0]} and {YEARS[1]}")
    return moment


def parse_moment(text: str) -> datetime:
    """A UTC moment from ISO 8601 text; without a zone it is taken as UTC."""
    try:
        moment = datetime.fromisoformat(text)
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadSettings(f"{text!r} is not a date or moment such as 2026-03-01") from None
    return moment


def with_shell(
    function: Callable[..., None], *, reads_settings: bool = True
) -> Callable[..., None]:
    """`function(shell, ...)` as a command: the common options are added and become its shell."""
    opened = open_shell if reads_settings else _without_settings

    def command(
        ctx: typer.Context,
        config: ConfigOption = None,
        data: DataOption = None,
        now: NowOption = None,
        debug: DebugOption = False,  # read by the entry point, which owns the traceback
        quiet: QuietOption = False,
        verbose: VerboseOption = False,
        json: JsonOption = False,
        **own: Any,
    ) -> None:
        entry = ctx.obj.spoken(quiet=quiet, verbose=verbose)
        if not json:
            function(opened(entry, config, data, now), **own)
            return
        with Document(entry.out) as document:
            function(opened(replace(entry, out=document), config, data, now), **own)

    parameters = _joined(
        inspect.signature(command, eval_str=True), inspect.signature(function, eval_str=True)
    )
    command.__name__, command.__doc__ = function.__name__, function.__doc__
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {p.name: p.annotation for p in parameters}
    return command


def _joined(shared: inspect.Signature, own: inspect.Signature) -> list[inspect.Parameter]:
    """The context, then the command's own parameters (without its shell), then the common ones."""
    context, *common = [p for p in shared.parameters.values() if p.kind is not p.VAR_KEYWORD]
    return [
        p.replace(kind=p.KEYWORD_ONLY)
        for p in (context, *list(own.parameters.values())[1:], *common)
    ]
