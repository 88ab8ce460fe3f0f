"""The platforms profiles are pushed to. A new one is a file beside this one and a line below."""

from __future__ import annotations

from collections.abc import Mapping
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
from enrich.destinations.base import Adapter, Capabilities, Destination, KeepsFiles, Tools
from enrich.errors import BadSettings

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
    "REGISTRY",
    "Adapter",
    "Capabilities",
    "Destination",
    "KeepsFiles",
    "Tools",
    "open_destination",
    "requests_per_second",
    "written_back",
]

# The part of a limit we take where others of the account need it too.
SHARE_OF_A_SHARED_LIMIT = 0.8


def open_destination(name: str, kind: str, options: Mapping[str, Any], tools: Tools) -> Destination:
    """The destination `name` of the configuration, ready to push.

    `options` are its keys without kind, enabled and stores. Raises BadSettings naming every
    wrong key, an unknown kind, or a secret that cannot be read.
    """
    if kind not in REGISTRY:
        known = ", ".join(sorted(REGISTRY))
        raise BadSettings(f"destination {name}: kind {kind!r} is unknown; known are {known}")
    adapter = REGISTRY[kind]
    try:
        settings = adapter.settings.model_validate(dict(options))
    except ValidationError as error:
        raise BadSettings(f"destination {name}: {_problems(error)}") from None
    can = ("nothing", *adapter.capabilities.removals)
    if settings.removals not in can:
        raise BadSettings(f"destination {name}: removals can be {', '.join(can)} on {kind}")
    return _less_diffed(adapter.open(settings, tools), frozenset(settings.ignore_changes_of))


def _less_diffed(destination: Destination, ignored: frozenset[str]) -> Destination:
    """The destination, where a change of an ignored field alone sends nothing."""
    if not ignored:
        return destination
    fields = tuple(
        replace(field, is_diffed=field.is_diffed and field.source not in ignored)
        for field in destination.fields
    )
    changed: Any = destination  # every adapter is a frozen dataclass
    same: Destination = replace(changed, fields=fields)
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
