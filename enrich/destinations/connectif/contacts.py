"""Profiles as Connectif's contacts: by PATCH for a few, by CSV import jobs for the daily push.

What an empty value does there is not documented: it is a setting, off by default.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from enrich.client import Call
from enrich.destinations.base import Addressee, Capabilities, Record, Row
from enrich.destinations.connectif.account import (
    RATE_LIMIT,
    ConnectifSettings,
    check_reach,
    headers,
    host,
    save_one,
)
from enrich.destinations.connectif.imports import poll, requests_for_few_or_imports, start_import
from enrich.destinations.mapping import CORE, JSON_FORMATS, Format, join_list, named
from enrich.destinations.remote import Remote, Wire
from enrich.destinations.sending import Answer, removed, send_each
from enrich.model import Outcome, RecordResult

CAPABILITIES = Capabilities(
    entities=("profile",),
    modes=("upsert",),
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

MAPPING = named(CORE, lambda source: source.replace("_", "-"))


def _formats(settings: ConnectifSettings) -> dict[str, Format]:
    return {**JSON_FORMATS, "list": lambda values: join_list(values, settings.list_separator)}


def _shape(remote: Remote, row: Row, values: dict[str, Any]) -> dict[str, Any]:
    """Our own columns and the address: never a consent, never a contact's own data unasked."""
    return {"_email": row["email"], **values}


def _save(remote: Remote, records: Sequence[Record]) -> Answer:
    if len(records) > remote.settings.patch_limit:
        return start_import(remote, "contacts", records)
    return send_each(records, lambda one: _patch(remote, one), 1)


def _patch(remote: Remote, record: Record) -> RecordResult:
    body = {name: value for name, value in record.payload.items() if name != "_email"}
    return save_one(remote, record, contact_call(remote, str(record.payload["_email"]), body))


def contact_call(remote: Remote, email: str, body: dict[str, Any]) -> Call:
    """The call that creates or updates one contact."""
    path = _path(remote.settings.contact_path, email)
    return remote.call("PATCH", path, body, name="connectif PATCH /contacts/email/{email}")


def _path(template: str, email: str) -> str:
    return template.replace("{email}", quote(email, safe=""))


def _erase(remote: Remote, one: Addressee) -> RecordResult:
    """Where no path of a deletion is set, somebody must do it there."""
    template = remote.settings.delete_path
    if template is None:
        message = "the path of a deletion is not documented; set delete_path or delete there"
        return RecordResult(one.record_id, Outcome.INVALID, "by_hand", message)
    path = _path(template, one.remote_key)
    return removed(remote.ask("DELETE", path, name="connectif DELETE contact"), one)


WIRE = Wire(
    version="connectif-1",
    host=host,
    headers=headers,
    shape=_shape,
    save=_save,
    check=check_reach,
    formats=_formats,
    empty=lambda settings: "" if settings.clear_with == "empty" else None,
    poll=lambda remote, job_id, records: poll(
        remote, job_id, records, remote.settings.error_report_column
    ),
    erase=_erase,
    requests_for=lambda remote, count, size: requests_for_few_or_imports(
        remote.settings.patch_limit, CAPABILITIES, count, size
    ),
)
