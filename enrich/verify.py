"""What the credentials of a store may do, and what is wrong with a destination."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from datetime import date

from enrich.destinations import DestinationEntity
from enrich.errors import BadSettings
from enrich.push.destination import Destination
from enrich.shop import Shop


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: where, what, whether it works, whether it must, what to do.

    `is_answered` is False when nobody answered: no word on the credentials then. A note asks for no
    more than to be read.
    """

    where: str
    what: str
    works: bool
    needed: bool
    advice: str
    is_answered: bool = True
    is_note: bool = False


def verify_store(shop: Shop) -> list[Finding]:
    """One finding per VTEX permission; raises BadSettings when the store has no account."""
    if shop.source is None:
        raise BadSettings(f"store {shop.name} has no VTEX account to verify")
    return [Finding(shop.name, *astuple(probe)) for probe in shop.source.verify()]


def verify_destination(destination: Destination, today: date) -> list[Finding]:
    """One finding or more for each entity that is pushed to a destination; nothing is written.

    Notes come last: what the platform never says, and facts that were checked long before `today`.
    """
    found = [
        finding
        for entity in destination.entities
        for finding in _of_entity(destination.name, entity)
    ]
    notes = [*destination.profiles.notes(), destination.profiles.doubt(today)]
    return found + [
        Finding(destination.name, "note", True, False, note, is_note=True) for note in notes if note
    ]


def _of_entity(destination: str, entity: DestinationEntity) -> list[Finding]:
    """What is wrong with the mapping or the rights of one entity, or that it works."""
    problems = entity.check()
    if not problems:
        return [Finding(destination, entity.name, True, True, "")]
    return [Finding(destination, entity.name, False, True, problem) for problem in problems]
