"""The platforms we push to: each a module or folder beside this one, with a class that names its
`kind`. Nothing lists them; settings, commands, docs and tests follow from the class. Other packages
have more of them, see `plugins`.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any

from pydantic import ValidationError

from enrich.destinations.base import DestinationSettings, NamedAudience, Tools
from enrich.destinations.consents import ExportsConsents, ShowsConsents
from enrich.destinations.entity import DestinationEntity
from enrich.destinations.kinds import AUDIENCES, CONSENTS, PROFILES
from enrich.destinations.lists import MemberRecords
from enrich.destinations.plugins import kinds_of_others, plugged_in
from enrich.errors import BadSettings
from enrich.wrong_settings import WrongSettings, problems_of

__all__ = [
    "AUDIENCES",
    "PROFILES",
    "REGISTRY",
    "DestinationEntity",
    "NamedAudience",
    "Tools",
    "open_consent_reader",
    "open_entities",
    "open_entity",
    "open_members",
    "open_platform",
    "platform_of",
    "requests_per_second",
    "switched_on",
    "written_back",
]


class _Platforms(Mapping[str, type[DestinationEntity]]):
    """The classes of this folder by the kind that they name.

    A module has the name of its kind, and is imported when that is asked for: all of them together
    would be a tenth of the start of every command.
    """

    def __getitem__(self, kind: str) -> type[DestinationEntity]:
        if kind not in _modules() or (found := _platform_in(kind)) is None:
            raise KeyError(kind)
        return found

    def __iter__(self) -> Iterator[str]:
        return (name for name in _modules() if _platform_in(name))

    def __len__(self) -> int:
        return sum(1 for _ in self)


@cache
def _modules() -> tuple[str, ...]:
    return tuple(module.name for module in pkgutil.iter_modules(__path__))


@cache
def _platform_in(module: str) -> type[DestinationEntity] | None:
    names = vars(import_module(f"{__name__}.{module}")).values()
    entities = (
        one for one in names if isinstance(one, type) and issubclass(one, DestinationEntity)
    )
    return next((one for one in entities if vars(one).get("kind") == module), None)


REGISTRY: Mapping[str, type[DestinationEntity]] = _Platforms()


def platform_of(kind: str) -> type[DestinationEntity] | None:
    """The platform of a kind, ours or of another package; None when there is none."""
    return REGISTRY.get(kind) or plugged_in(kind)


def open_entity(
    name: str, kind: str, options: Mapping[str, Any], tools: Tools, entity: str | None = None
) -> DestinationEntity:
    """One entity of the destination `name` of the configuration, switched on or not; by default
    the first that the platform takes: profiles, or audiences where it takes these alone.

    `options` are its keys without kind, enabled and stores. Raises BadSettings naming every
    wrong key, an unknown kind, or a secret that cannot be read.
    """
    return open_platform(_named(name, kind), name, options, tools, entity)


def open_members(
    name: str, kind: str, options: Mapping[str, Any], tools: Tools
) -> DestinationEntity | None:
    """What takes members of audiences in and out, switched on or not; None where nothing does."""
    platform = _named(name, kind)
    entity = next((one for one in platform.entities() if issubclass(one, MemberRecords)), None)
    return None if entity is None else entity.open(_read(name, platform, options, tools), tools)


def open_platform(
    platform: type[DestinationEntity],
    name: str,
    options: Mapping[str, Any],
    tools: Tools,
    entity: str | None = None,
) -> DestinationEntity:
    """The same for a platform that need not be in the registry."""
    opened = _read(name, platform, options, tools)
    return platform.entity(entity or platform.name).open(opened, tools)


def open_entities(
    name: str, kind: str, options: Mapping[str, Any], tools: Tools
) -> tuple[DestinationEntity, ...]:
    """Every entity that the settings switch on, in the order in which they are pushed."""
    platform = _named(name, kind)
    settings = _read(name, platform, options, tools)
    chosen = (one for one in platform.entities() if one.name in settings.entities)
    return tuple(one.open(settings, tools) for one in chosen)


def open_consent_reader(
    name: str, kind: str, options: Mapping[str, Any], tools: Tools
) -> ExportsConsents | ShowsConsents:
    """The consents of a platform that can be asked for them; BadSettings for any other."""
    platform = platform_of(kind)
    if platform is None or not _reads_consents(platform):
        known = [one for one, platform in REGISTRY.items() if _reads_consents(platform)]
        raise BadSettings(
            f"consent.read_from: {name} ({kind}) cannot be asked; those that can:"
            f" {', '.join(known)}"
        )
    reader: Any = open_entity(name, kind, options, tools, CONSENTS)
    found: ExportsConsents | ShowsConsents = reader
    return found


def _reads_consents(platform: type[DestinationEntity]) -> bool:
    readers = (ExportsConsents, ShowsConsents)
    return any(issubclass(one, readers) for one in platform.entities())


def switched_on(kind: str, options: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the entities that a destination's keys switch on, without opening anything."""
    platform = platform_of(kind)
    settings = DestinationSettings if platform is None else platform.Settings
    return tuple(options.get("entities", settings.model_fields["entities"].default))


def _named(name: str, kind: str) -> type[DestinationEntity]:
    platform = platform_of(kind)
    if platform is None:
        known = ", ".join(sorted({*REGISTRY, *kinds_of_others()}))
        raise BadSettings(f"destination {name}: kind {kind!r} is unknown; known are {known}")
    return platform


def _read(
    name: str, platform: type[DestinationEntity], options: Mapping[str, Any], tools: Tools
) -> DestinationSettings:
    """The settings of a platform; raises BadSettings for what the platform cannot do."""
    own = [field.name for field in tools.own_fields]
    try:
        settings = platform.Settings.model_validate(dict(options), context={"own_fields": own})
    except ValidationError as error:
        under = ("destinations", name)
        raise WrongSettings(problems_of(error, platform.Settings, under=under)) from None
    for problem in _impossible(platform, settings):
        raise BadSettings(f"destination {name}: {problem} on {platform.kind}")
    return settings


def _impossible(platform: type[DestinationEntity], settings: DestinationSettings) -> Iterator[str]:
    """What the settings ask of a platform that it cannot do, or lack for what they ask."""
    can = ("nothing", *platform.removals)
    if settings.removals not in can:
        yield f"removals can be {', '.join(can)}"
    is_left = getattr(settings, "clear_with", "") == "nothing" and not platform.sends_empty
    if settings.removals == "clear" and is_left:
        yield 'removals = "clear" needs clear_with'
    taken = {entity.name: entity for entity in platform.entities()}
    if not set(settings.entities) <= set(taken):
        yield f"entities can be {', '.join(taken)}"
    for name in settings.entities:
        for key in taken[name].needs:
            if getattr(settings, key) is None:
                yield f"the entity {name} needs {key}"


def requests_per_second(kind: str, options: Mapping[str, Any]) -> float | None:
    """How fast a destination may be asked; None where no limit is known.

    The settings' own `requests_per_minute` wins; of a shared limit others keep a fifth.
    """
    wanted = options.get("requests_per_minute")
    if isinstance(wanted, int | float) and wanted > 0:
        return wanted / 60
    platform = platform_of(kind)
    limit = platform.rate_limit if platform else None
    return None if limit is None else limit.per_second


def written_back(kind: str, options: Mapping[str, Any]) -> frozenset[str]:
    """The fields of VTEX's own customer documents that a destination writes."""
    platform = platform_of(kind)
    return platform.written_back(options) if platform else frozenset()
