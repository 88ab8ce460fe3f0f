"""Profiles as Connectif's contacts: by PATCH for a few, by CSV import jobs for the daily push.

What an empty value does there is not documented: it is a setting, off by default.
"""

from __future__ import annotations

from typing import Any

from enrich.destinations.base import Addressee, Capabilities, Record, Row
from enrich.destinations.connectif.account import RATE_LIMIT, path_of
from enrich.destinations.connectif.imports import ConnectifImports
from enrich.destinations.mapping import CORE, JSON_FORMATS, Format, join_list, named
from enrich.destinations.sending import removed
from enrich.model import Outcome, RecordResult


class Connectif(ConnectifImports):
    """Contacts: never a consent, never a contact's own data unasked."""

    version = "connectif-1"
    example = {
        "api_key": {"env": "CONNECTIF_KEY_ID"},
        "api_secret": {"env": "CONNECTIF_KEY_SECRET"},
    }
    import_type = "contacts"
    capabilities = Capabilities(
        record_key="email",
        transport="job",
        result_fidelity="counts_only",
        null_meaning="unknown",
        max_records=20_000,
        max_bytes=45_000_000,
        rate_limit=RATE_LIMIT,
        idempotency_key="_email",
        fields_created_first=True,
        sends_empty=False,
        removals=("delete",),
        max_open_jobs=10,
    )
    mapping = named(CORE, lambda source: source.replace("_", "-"))

    @property
    def report_column(self) -> str | None:
        return self.settings.error_report_column

    @property
    def empty(self) -> str | None:
        return "" if self.settings.clear_with == "empty" else None

    @property
    def formats(self) -> dict[str, Format]:
        return {
            **JSON_FORMATS,
            "list": lambda values: join_list(values, self.settings.list_separator),
        }

    def shape(self, row: Row, values: dict[str, Any]) -> dict[str, Any]:
        """Our own columns and the address: never a consent, never a contact's own data unasked."""
        return {"_email": row["email"], **values}

    def patch(self, record: Record) -> RecordResult:
        body = {name: value for name, value in record.payload.items() if name != "_email"}
        return self.save_one(record, self.contact_call(str(record.payload["_email"]), body))

    def delete(self, one: Addressee) -> RecordResult:
        """Where no path of a deletion is set, somebody must do it there."""
        template = self.settings.delete_path
        if template is None:
            message = "the path of a deletion is not documented; set delete_path or delete there"
            return RecordResult(one.record_id, Outcome.INVALID, "by_hand", message)
        path = path_of(template, one.remote_key)
        return removed(self.ask("DELETE", path, name="connectif DELETE contact"), one)
