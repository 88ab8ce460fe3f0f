"""What every command shares: the common options, the settings they lead to, the consoles."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from enrich.cli.console import PlainConsole
from enrich.errors import BadSettings, EnrichError, Stop, TryAgain
from enrich.settings import CONFIG_NAME, YEARS, Settings, StoreSettings, find_settings
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


@dataclass(frozen=True, slots=True)
class Entry:
    """What only the entry point may look at, and where to speak."""

    environ: Mapping[str, str] = field(repr=False)
    clock: Callable[[], datetime]
    out: PlainConsole
    err: PlainConsole


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
        """The stores to pull; the one asked for even without an account, so that it is said."""
        if wanted is not None:
            return self.store_names(wanted)
        if not self.wiring.vtex_stores:
            raise BadSettings(
                "no store has a VTEX account; `enrich init` writes settings to fill in,"
                " `enrich import` needs none"
            )
        return self.wiring.vtex_stores

    def say(self, line: str) -> None:
        """One plain line to the user."""
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
    for note in settings.former_names:
        entry.err.print(note, markup=False, soft_wrap=True)
    return Shell(entry, settings, path)


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


def with_shell(function: Callable[..., None]) -> Callable[..., None]:
    """`function(shell, ...)` as a command: the common options are added and become its shell."""

    def command(
        ctx: typer.Context,
        config: ConfigOption = None,
        data: DataOption = None,
        now: NowOption = None,
        debug: DebugOption = False,  # read by the entry point, which owns the traceback
        **own: Any,
    ) -> None:
        function(open_shell(ctx.obj, config, data, now), **own)

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
