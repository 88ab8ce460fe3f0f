"""Profiles in batches of at most 1,000 and 1 MB, with Synerise's rules for names and values.

A batch is taken into a queue (202), or in part (207); what is refused is named by its value, not
by its place, so it is matched back where the value is unique and halved down where it is not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from enrich.client import path_segment
from enrich.destinations.base import Addressee, Capabilities, Record, Row
from enrich.destinations.mapping import COMPUTED, named
from enrich.destinations.sending import Answer, Refusal, answer_of, safe_code
from enrich.destinations.synerise.account import MAX_BYTES, SyneriseAccount
from enrich.destinations.synerise.names import NATIVE, clean
from enrich.model import Outcome, RecordResult

PERMISSIONS = ("API_CLIENT_CREATE", "API_BATCH_CLIENT_CREATE")
PHONE = re.compile(r"(^\+[0-9 \-/]{6,19}$)|(^[0-9 \-/]{6,20}$)")
EMAIL = re.compile(
    r'^(([^<>\[\]\\.,;:\s@"]+(\.[^<>\[\]\\.,;:\s@"]+)*)|(".+"))'
    r"@((\[[0-9]{1,3}(\.[0-9]{1,3}){3}\])|(([a-zA-Z\-0-9]+\.)+[a-zA-Z]{2,}))$"
)
SEXES = {"female": "FEMALE", "male": "MALE"}


class Synerise(SyneriseAccount):
    """Profiles, keyed by e-mail, with our values as attributes."""

    version = "synerise-1"
    example = {"api_key": {"env": "SYNERISE_API_KEY"}}
    capabilities = Capabilities(
        record_key="email",
        transport="json_batch",
        result_fidelity="rejected_only",
        null_meaning="clears",
        max_records=1_000,
        max_bytes=MAX_BYTES,
        idempotency_key="email",
        removals=("clear", "delete"),
    )
    mapping = named(COMPUTED, lambda source: source)

    def save(self, records: Sequence[Record]) -> Answer:
        return self.send_batch("/v4/clients/batch", records)

    def problems(self) -> list[str]:
        return self.missing_permissions(PERMISSIONS)

    def validate(self, row: Row) -> str | None:
        return email_problem(row)

    def shape(self, row: Row, values: dict[str, Any]) -> dict[str, Any]:
        """The address, their own fields, our values as attributes; a bad phone is not sent."""
        native = {name: value for name, value in values.items() if name in NATIVE}
        if not PHONE.match(str(native.get("phone", "+0000000"))):
            del native["phone"]
        if "sex" in native:
            native["sex"] = SEXES.get(str(native["sex"]).lower(), "NOT_SPECIFIED")
        profile: dict[str, Any] = {"email": clean(row["email"], is_identifier=True)}
        if self.settings.send_custom_id and row["customer_id"]:
            profile["customId"] = clean(row["customer_id"], is_identifier=True)
        attributes = {name: value for name, value in values.items() if name not in NATIVE}
        return {**profile, **clean(native), "attributes": clean(attributes)}

    def delete(self, one: Addressee) -> RecordResult:
        """Deletion goes by their own id, which is asked for by the address first."""
        email = quote(one.remote_key, safe="")
        found = self.logged_in(
            "GET",
            f"/v4/clients/by-email/{email}",
            None,
            "synerise /v4/clients/by-email/{email}",
        )
        client_id = safe_code(answer_of(found).get("clientId"))
        if client_id is None:
            return RecordResult(one.record_id, Outcome.UNKNOWN, "no_client_id")
        gone = self.logged_in(
            "DELETE",
            f"/v4/clients/{path_segment(client_id)}",
            None,
            "synerise DELETE /v4/clients/{id}",
        )
        outcome = Outcome.REJECTED if isinstance(gone, Refusal) else Outcome.ACCEPTED
        return RecordResult(one.record_id, outcome)


def email_problem(row: Row) -> str | None:
    """Why Synerise does not take the address of the row; None when it does."""
    if not row["email"]:
        return "no real e-mail"
    return None if EMAIL.match(row["email"]) else "not an e-mail address by Synerise's rule"
