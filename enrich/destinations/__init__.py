"""The platforms we push to. A new one is a file or folder beside this one and a line below.

What a platform takes beside profiles stands in its own folder, as further entities of its adapter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from enrich.destinations import (
    braze,
    brevo,
    connectif,
    customerio,
    file,
    hubspot,
    icomm,
    klaviyo,
    mailchimp,
    masterdata,
    rdstation,
    segment,
    synerise,
    webhook,
    write_back,
)
from enrich.destinations.base import (
    PROFILES,
    Adapter,
    Capabilities,
    Destination,
    DestinationSettings,
    Entity,
    KeepsFiles,
    Opened,
    Tools,
)
from enrich.errors import BadSettings
from enrich.model import Rules
from enrich.profile import fields

REGISTRY: dict[str, Adapter] = {
    "braze": braze.ADAPTER,
    "brevo": brevo.ADAPTER,
    "connectif": connectif.ADAPTER,
    "customerio": customerio.ADAPTER,
    "file": file.ADAPTER,
    "hubspot": hubspot.ADAPTER,
    "icomm": icomm.ADAPTER,
    "klaviyo": klaviyo.ADAPTER,
    "mailchimp": mailchimp.ADAPTER,
    "masterdata": masterdata.ADAPTER,
    "rdstation": rdstation.ADAPTER,
    "segment": segment.ADAPTER,
    "synerise": synerise.ADAPTER,
    "webhook": webhook.ADAPTER,
}

__all__ = [
    "PROFILES",
    "REGISTRY",
    "Adapter",
    "Capabilities",
    "Destination",
    "Entity",
    "KeepsFiles",
    "Opened",
    "Tools",
    "open_destination",
    "open_entities",
    "requests_per_second",
    "switched_on",
    "written_back",
]

# The part of a limit we take where others of the account need it too.
SHARE_OF_A_SHARED_LIMIT = 0.8


def open_destination(
    name: str, kind: str, options: Mapping[str, Any], tools: Tools, entity: str = PROFILES
) -> Destination:
    """The destination `name` of the configuration, ready to push one entity, switched on or not.

    `options` are its keys without kind, enabled and stores. Raises BadSettings naming every
    wrong key, an unknown kind, or a secret that cannot be read.
    """
    adapter, settings = _read(name, kind, options)
    return _open(adapter.entity(entity), settings, tools)


def open_entities(
    name: str, kind: str, options: Mapping[str, Any], tools: Tools
) -> tuple[Opened, ...]:
    """Every entity that the settings switch on, ready to push, in the order in which they go."""
    adapter, settings = _read(name, kind, options)
    return tuple(
        Opened(
            entity.name,
            _open(entity, settings, tools),
            entity.after,
            {name: getattr(settings, name) for name in entity.wishes},
        )
        for entity in adapter.entities
        if entity.name in settings.entities
    )


def switched_on(options: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the entities that a destination's keys switch on, without opening anything."""
    return tuple(options.get("entities", DestinationSettings.model_fields["entities"].default))


def _read(name: str, kind: str, options: Mapping[str, Any]) -> tuple[Adapter, DestinationSettings]:
    """The adapter and its settings; raises BadSettings for what the platform cannot do."""
    if kind not in REGISTRY:
        known = ", ".join(sorted(REGISTRY))
        raise BadSettings(f"destination {name}: kind {kind!r} is unknown; known are {known}")
    adapter = REGISTRY[kind]
    try:
        settings = adapter.settings.model_validate(dict(options))
    except ValidationError as error:
        raise BadSettings(f"destination {name}: {_problems(error)}") from None
    for problem in _impossible(adapter, settings):
        raise BadSettings(f"destination {name}: {problem} on {kind}")
    return adapter, settings


def _impossible(adapter: Adapter, settings: DestinationSettings) -> Iterator[str]:
    """What the settings ask of a platform that it cannot do, or lack for what they ask."""
    can = ("nothing", *adapter.capabilities.removals)
    if settings.removals not in can:
        yield f"removals can be {', '.join(can)}"
    taken = {entity.name: entity for entity in adapter.entities}
    if not set(settings.entities) <= set(taken):
        yield f"entities can be {', '.join(taken)}"
    for name in settings.entities:
        for key in taken[name].needs:
            if getattr(settings, key) is None:
                yield f"the entity {name} needs {key}"


def _open(entity: Entity, settings: DestinationSettings, tools: Tools) -> Destination:
    if entity.name != PROFILES:  # the fields of the settings are those of profiles
        return entity.open(settings, tools)
    known = frozenset(field.name for field in fields(Rules(windows=tools.windows)))
    _require_known(settings, known)
    return _fitted(entity.open(settings, tools), known, frozenset(settings.ignore_changes_of))


def _require_known(settings: DestinationSettings, known: frozenset[str]) -> None:
    """Raise BadSettings when the settings name a field of a window that there is not."""
    named = (*settings.names, *settings.ignore_changes_of, *getattr(settings, "fields", ()))
    unknown = sorted(set(named) - known)
    if unknown:
        raise BadSettings(f"no profile has {', '.join(unknown)}: see `windows` in the settings")


def _fitted(
    destination: Destination, known: frozenset[str], ignored: frozenset[str]
) -> Destination:
    """The destination with the fields profiles have; an ignored one's change sends nothing."""
    mapped = tuple(
        replace(field, is_diffed=field.is_diffed and field.source not in ignored)
        for field in destination.fields
        if field.source in known
    )
    if mapped == tuple(destination.fields):
        return destination
    changed: Any = destination  # every adapter is a frozen dataclass
    same: Destination = replace(changed, fields=mapped)
    return same


def requests_per_second(kind: str, options: Mapping[str, Any]) -> float | None:
    """How fast a destination may be asked; None where no limit is known.

    The settings' own `requests_per_minute` wins; of a shared limit others keep a fifth.
    """
    wanted = options.get("requests_per_minute")
    if isinstance(wanted, int | float) and wanted > 0:
        return wanted / 60
    limit = REGISTRY[kind].capabilities.rate_limit if kind in REGISTRY else None
    if limit is None:
        return None
    share = SHARE_OF_A_SHARED_LIMIT if limit.is_shared else 1.0
    return share * limit.requests / limit.seconds


def written_back(kind: str, options: Mapping[str, Any]) -> frozenset[str]:
    """The fields of VTEX's own customer documents that a destination writes."""
    if kind != "masterdata" or options.get("entity") != write_back.ENTITY:
        return frozenset()
    return frozenset(dict(options.get("names", {})).values())


def _problems(error: ValidationError) -> str:
    """Each wrong key and what is wrong; never its value, which may be a secret."""
    return "; ".join(
        f"{'.'.join(str(part) for part in item['loc']) or 'settings'}: {item['msg']}"
        for item in error.errors(include_input=False, include_url=False)
    )
