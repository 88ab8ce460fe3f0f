"""Members of audiences as an attribute for each: what somebody's tags are is not to be asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from enrich.destinations.base import Addressee, Record
from enrich.destinations.lists import AttributeMembers
from enrich.destinations.sending import erase_one
from enrich.destinations.synerise.names import NATIVE, clean, is_reserved
from enrich.destinations.synerise.profiles import Synerise
from enrich.model import RecordResult


class SyneriseMembers(AttributeMembers, Synerise):
    """An attribute of the audience's name: true for its members, none for others."""

    version = "synerise-audiences-1"

    def can_be_named(self, name: str) -> bool:
        return not (is_reserved(name) or name in NATIVE) and super().can_be_named(name)

    def write(self, records: Sequence[Record]) -> list[RecordResult]:
        return Synerise.save(self, records)

    def withdraw(self, records: Sequence[Record]) -> list[RecordResult]:
        """By the profile's own id: a batch would begin somebody who is not there."""
        return self.save_each(records, lambda one: erase_one(_person(one), self._without(one)))

    def _without(self, record: Record) -> Callable[[Addressee], RecordResult]:
        body = {"attributes": {clean(record.payload["list"]): None}}
        return lambda one: self._by_id(one, "POST", body)

    def contact(self, email: str, name: str, *, is_member: bool) -> Mapping[str, Any]:
        attributes = {clean(name): True if is_member else None}
        return {"email": clean(email, is_identifier=True), "attributes": attributes}


def _person(record: Record) -> Addressee:
    return Addressee(record.record_id, str(record.payload["email"]))
