"""Platforms of other packages, by the entry point group `enrich.destinations`: kind = class.

A package is loaded when the settings name its kind, never before. Whatever goes wrong in it is one
line that names it, and stops the destinations of its kind alone.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from functools import cache, wraps
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, NoReturn

from pydantic import model_validator

from enrich.destinations.base import DestinationSettings
from enrich.destinations.entity import DestinationEntity
from enrich.errors import EnrichError, Stop

GROUP = "enrich.destinations"
# What the program asks of a destination: a fault in one of them is the package's.
ASKED = (
    *("problems", "notes", "unmet", "validate", "render", "remember", "requests_for"),
    *("push", "poll", "erase", "move", "leave", "drop_files", "mapping_version"),
)


@cache
def plugged_in(kind: str) -> type[DestinationEntity] | None:
    """The platform of another package; None when no package has this kind.

    Of a package that cannot be used, a platform whose every use says why.
    """
    found = list(entry_points(group=GROUP, name=kind))
    if not found:
        return None
    packages = " and ".join(sorted(_package_of(one) for one in found))
    if len(found) > 1:
        return broken(kind, f"kind {kind}: {packages} both have it; remove one")
    return _loaded(found[0], f"kind {kind}: the package {packages} does not work")


def kinds_of_others() -> list[str]:
    """The kinds that other packages have; none of them is loaded."""
    return sorted({one.name for one in entry_points(group=GROUP)})


def _package_of(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist else point.value


def _loaded(point: EntryPoint, blame: str) -> type[DestinationEntity]:
    try:
        platform = point.load()
        problem = fault_of(platform, point.name)
    except Exception as error:
        problem = " ".join(f"{type(error).__name__}: {error}".split())
    return broken(point.name, f"{blame}: {problem}") if problem else guarded(platform, blame)


def fault_of(platform: object, kind: str) -> str | None:
    """Why this is no destination of that kind; None when it is one."""
    if not isinstance(platform, type) or not issubclass(platform, DestinationEntity):
        return "it names no DestinationEntity"
    if getattr(platform, "kind", None) != kind:
        return f"the kind of its class is {getattr(platform, 'kind', None)!r}"
    wanted = [name for name in ("version", "Settings") if not hasattr(platform, name)]
    missing = [*wanted, *sorted(getattr(platform, "__abstractmethods__", ()))]
    return f"its class does not have {', '.join(missing)}" if missing else None


def guarded(platform: type[DestinationEntity], blame: str) -> type[DestinationEntity]:
    """The platform with its own faults as Stop, which names the package."""

    class Guarded(platform):  # type: ignore[misc, valid-type]
        @classmethod
        def open(cls, settings: Any, tools: Any) -> DestinationEntity:
            try:
                return super().open(settings, tools)  # type: ignore[no-any-return]
            except EnrichError:
                raise
            except Exception as error:
                return broken(platform.kind, f"{blame}: {place_of(error)}").open(settings, tools)

    for name in ASKED:
        asked = getattr(platform, name)
        is_property = isinstance(asked, property)
        done = _guarded(asked.fget if is_property else asked, blame)
        setattr(Guarded, name, property(done) if is_property else done)
    Guarded.others = tuple(guarded(one, blame) for one in platform.others)
    return Guarded


def _guarded(do: Callable[..., Any], blame: str) -> Callable[..., Any]:
    @wraps(do)
    def done(*given: Any, **named: Any) -> Any:
        try:
            return do(*given, **named)
        except EnrichError:
            raise
        except Exception as error:
            raise Stop(f"{blame}: {place_of(error)}") from None

    return done


def place_of(error: Exception) -> str:
    """What happened where; not its words, which may quote a customer."""
    *_, last = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} in {Path(last.filename).name}, line {last.lineno}"


def broken(named: str, why: str) -> type[DestinationEntity]:
    """A platform of which every use raises Stop with the reason."""

    def stop(*_: Any) -> NoReturn:
        raise Stop(why)

    refuse: Any = stop

    class Broken(DestinationEntity):
        kind = named
        version = "broken"
        Settings = _Anything
        mapping_version = property(refuse)
        problems = validate = push = erase = refuse

    return Broken


class _Anything(DestinationSettings):
    """Whatever the settings say: what they may say is not known."""

    @model_validator(mode="before")
    @classmethod
    def _nothing(cls, _: Any) -> dict[str, Any]:
        return {}
