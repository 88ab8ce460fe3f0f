"""For authors of a destination: the contract of all destinations, tried on theirs."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer

from enrich.cli.console import show_table
from enrich.cli.shell import Shell
from enrich.contract.rule import Broken, Rule
from enrich.contract.rules import RULES
from enrich.contract.trial import Case, World
from enrich.destinations import DestinationEntity, platform_of
from enrich.destinations.plugins import fault_of, place_of
from enrich.errors import BadSettings, Stop
from enrich.simulator.platforms import PLATFORMS, Platform

FAKES = "enrich.simulator"
COLUMNS = ("rule", "state", "what")

DestinationArgument = Annotated[str, typer.Argument(help="Its kind, or MODULE:CLASS")]
FakeOption = Annotated[
    str | None, typer.Option("--fake", help="Its stand-in: MODULE:NAME of a Platform")
]


def check_destination(
    shell: Shell, destination: DestinationArgument, fake: FakeOption = None
) -> None:
    """Try the contract of all destinations on one, against its stand-in; nothing leaves."""
    platform = _platform(destination)
    stand_in = _stand_in(platform.kind, fake)
    rows = [(name, *_tried(rule, platform, stand_in)) for name, rule in RULES.items()]
    title = f"{platform.kind} ({platform.version})"
    show_table(shell.out, title, COLUMNS, rows, name="rules")
    broken = sum(state == "BROKEN" for _, state, _ in rows)
    if broken:
        raise Stop(f"{broken} of {len(rows)} rules do not hold; the table says what was found")


def _platform(named: str) -> type[DestinationEntity]:
    """The class of a kind, or the one at MODULE:CLASS; BadSettings when it is no destination."""
    if ":" not in named:
        found = platform_of(named)
        if found is None:
            raise BadSettings(f"no package has a destination of kind {named}; or give MODULE:CLASS")
        return found
    platform = _at(named)
    problem = fault_of(platform, getattr(platform, "kind", ""))
    if problem:
        raise BadSettings(f"{named}: {problem}")
    found_there: type[DestinationEntity] = platform
    return found_there


def _stand_in(kind: str, named: str | None) -> Platform:
    points = entry_points(group=FAKES, name=kind)
    found = _at(named) if named else PLATFORMS.get(kind)
    for point in points if found is None else ():
        found = _at(point.value)
    if not isinstance(found, Platform):
        raise BadSettings(
            f"{named or kind}: no stand-in; give --fake MODULE:NAME of a Platform, or name it in"
            f' the entry point group "{FAKES}"'
        )
    return found


def _at(place: str) -> Any:
    """What stands at MODULE:NAME; BadSettings when it cannot be had."""
    module, _, name = place.partition(":")
    try:
        return getattr(import_module(module), name)
    except Exception as error:
        raise BadSettings(f"{place}: {type(error).__name__}: {error}") from None


def _tried(rule: Rule, platform: type[DestinationEntity], fake: Platform) -> tuple[str, str]:
    """Whether a rule holds, and what was found instead, in a world of its own."""
    kind = platform.kind
    with TemporaryDirectory() as folder:
        world = World(Path(folder), classes={kind: platform}, fakes={kind: fake})
        case = Case(world, kind)
        try:
            if reason := rule.not_for(case):
                return "not for it", reason
            rule.holds(case)
        except (Broken, BadSettings, Stop) as fault:
            return "BROKEN", str(fault)
        except Exception as error:
            return "BROKEN", place_of(error)
    return "holds", ""
