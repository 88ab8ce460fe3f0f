"""Profiles in batches of at most 1,000 and 1 MB, with Synerise's rules for names and values.

A batch is taken into a queue (202), or in part (207); what is refused is named by its value, not
by its place, so it is matched back where the value is unique and halved down where it is not.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from enrich.client import path_segment
from enrich.destinations.base import Addressee, Capabilities, Row
from enrich.destinations.mapping import COMPUTED, JSON_FORMATS, named
from enrich.destinations.remote import Remote, Wire
from enrich.destinations.sending import Refusal, answer_of, safe_code
from enrich.destinations.synerise.account import (
    MAX_BYTES,
    headers,
    host,
    logged_in,
    missing_permissions,
)
from enrich.destinations.synerise.batches import send_batch
from enrich.destinations.synerise.names import NATIVE, clean
from enrich.model import Outcome, RecordResult

PERMISSIONS = ("API_CLIENT_CREATE", "API_BATCH_CLIENT_CREATE")

CAPABILITIES = Capabilities(
    entities=("profile", "erase"),
    modes=("upsert",),
    record_key="email",
    transport="json_batch",
    result_fidelity="rejected_only",
    null_meaning="clears",
    max_records=1_000,
    max_bytes=MAX_BYTES,
    idempotency_key="email",
    removals=("clear", "delete"),
)

PHONE = re.compile(r"(^\+[0-9 \-/]{6,19}$)|(^[0-9 \-/]{6,20}$)")
EMAIL = re.compile(
    r'^(([^<>\[\]\\.,;:\s@"]+(\.[^<>\[\]\\.,;:\s@"]+)*)|(".+"))'
    r"@((\[[0-9]{1,3}(\.[0-9]{1,3}){3}\])|(([a-zA-Z\-0-9]+\.)+[a-zA-Z]{2,}))$"
)
SEXES = {"female": "FEMALE", "male": "MALE"}

MAPPING = named(COMPUTED, lambda source: source)


def _shape(remote: Remote, row: Row, values: dict[str, Any]) -> dict[str, Any]:
    """The address, their own fields, and our values as attributes; a bad phone stays at home."""
    native = {name: value for name, value in values.items() if name in NATIVE}
    if not PHONE.match(str(native.get("phone", "+0000000"))):
        del native["phone"]
    if "sex" in native:
        native["sex"] = SEXES.get(str(native["sex"]).lower(), "NOT_SPECIFIED")
    profile: dict[str, Any] = {"email": clean(row["email"], is_identifier=True)}
    if remote.settings.send_custom_id and row["customer_id"]:
        profile["customId"] = clean(row["customer_id"], is_identifier=True)
    attributes = {name: value for name, value in values.items() if name not in NATIVE}
    return {**profile, **clean(native), "attributes": clean(attributes)}


def _refuses(remote: Remote, row: Row) -> str | None:
    if not row["email"]:
        return "no real e-mail"
    return None if EMAIL.match(row["email"]) else "not an e-mail address by Synerise's rule"


def _erase(remote: Remote, one: Addressee) -> RecordResult:
    """Deletion goes by their own id, which is asked for by the address first."""
    email = quote(one.remote_key, safe="")
    found = logged_in(
        remote,
        "GET",
        f"/v4/clients/by-email/{email}",
        None,
        "synerise /v4/clients/by-email/{email}",
    )
    client_id = safe_code(answer_of(found).get("clientId"))
    if client_id is None:
        return RecordResult(one.record_id, Outcome.UNKNOWN, "no_client_id")
    gone = logged_in(
        remote,
        "DELETE",
        f"/v4/clients/{path_segment(client_id)}",
        None,
        "synerise DELETE /v4/clients/{id}",
    )
    outcome = Outcome.REJECTED if isinstance(gone, Refusal) else Outcome.ACCEPTED
    return RecordResult(one.record_id, outcome)


WIRE = Wire(
    version="synerise-1",
    host=host,
    headers=headers,
    shape=_shape,
    save=lambda remote, records: send_batch(remote, "/v4/clients/batch", records),
    check=lambda remote: missing_permissions(remote, PERMISSIONS),
    refuses=_refuses,
    formats=lambda settings: JSON_FORMATS,
    erase=_erase,
)
