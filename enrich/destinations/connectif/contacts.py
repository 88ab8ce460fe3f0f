"""Profiles as Connectif's contacts: by PATCH for a few, by CSV import jobs for the daily push.

What an empty value does there is not documented: it is a setting, off by default.
"""

from __future__ import annotations

from typing import Any, ClassVar

from enrich.client import NotFound
from enrich.destinations.base import Addressee, MappedField, Payload, Record, Removable, Row
from enrich.destinations.connectif.imports import ConnectifImports
from enrich.destinations.mapping import CORE, named
from enrich.destinations.sending import by_hand
from enrich.errors import Stop
from enrich.model import RecordResult


class Connectif(ConnectifImports):
    """Contacts: never a consent, never a contact's own data unasked."""

    kind = "connectif"
    version = "connectif-1"
    example = {
        "api_key": {"env": "CONNECTIF_KEY_ID"},
        "api_secret": {"env": "CONNECTIF_KEY_SECRET"},
    }
    import_type = "contacts"
    mapping: ClassVar[tuple[MappedField, ...]] = named(
        CORE, lambda source: source.replace("_", "-")
    )
    fields_created_first = True
    idempotency_key = "_email"
    sends_empty = False
    removals: Removable = ("delete",)
    erases_with = {"delete_path": "/contacts/email/{email}"}

    @property
    def report_column(self) -> str | None:
        return self.settings.error_report_column

    def shape(self, row: Row, values: dict[str, Any]) -> Payload:
        return {"_email": row["email"], **values}

    def patch(self, record: Record) -> RecordResult:
        body = {name: value for name, value in record.payload.items() if name != "_email"}
        return self.save_one(record, self.contact_call(str(record.payload["_email"]), body))

    def clear(self, one: Addressee) -> RecordResult:
        """By a call of its own, however many are imported."""
        values, row = self.emptied(one)
        return self.patch(Record(one.record_id, "", self.shape(row, values)))

    def delete(self, one: Addressee) -> RecordResult:
        """Where no path of a deletion is set, somebody must do it there."""
        template = self.settings.delete_path
        if template is None:
            message = "the path of a deletion is not documented; set delete_path or delete there"
            return by_hand(one, message)
        at = {"email": one.remote_key}
        try:
            return self.done_to(one, "DELETE", template, at=at)
        except NotFound:  # of the contact, or of a path that nobody documented
            self.ask("GET", self.settings.contact_path, at=at, gone={"http_404"})
        raise Stop("connectif: delete_path is not found though the contact is there; check it")
