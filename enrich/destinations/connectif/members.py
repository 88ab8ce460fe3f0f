"""Members of audiences as a custom field for each: Connectif has no call for its segments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from enrich.client import NotFound
from enrich.destinations.base import Record
from enrich.destinations.connectif.contacts import Connectif
from enrich.destinations.lists import AttributeMembers
from enrich.destinations.sending import GONE
from enrich.model import Outcome, RecordResult


class ConnectifMembers(AttributeMembers, Connectif):
    """A boolean custom field by the audience's name, which is the field's id."""

    version = "connectif-audiences-1"
    fields_created_first = True

    def write(self, records: Sequence[Record]) -> list[RecordResult]:
        """An audience at a time: what an empty cell of another one does is not documented."""
        columns: dict[tuple[str, ...], list[Record]] = defaultdict(list)
        for record in records:
            columns[tuple(record.payload)].append(record)
        return [one for some in columns.values() for one in Connectif.save(self, some)]

    def withdraw(self, records: Sequence[Record]) -> list[RecordResult]:
        """Only of a contact that is there: a write would begin one."""
        return self.save_each(records, self._without)

    def _without(self, record: Record) -> RecordResult:
        try:
            self.ask("GET", self.settings.contact_path, at={"email": record.payload["email"]})
        except NotFound:
            return RecordResult(record.record_id, Outcome.ACCEPTED, GONE)
        return self.change([record])[0]

    def contact(self, email: str, name: str, *, is_member: bool) -> Mapping[str, Any]:
        return {"_email": email, name: is_member}
