"""Profiles in batches of at most 1,000 and 1 MB, with Synerise's rules for names and values.

A batch is taken into a queue (202), or in part (207); what is refused is named by its value, not
by its place, so it is matched back where the value is unique and halved down where it is not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, ClassVar

from enrich.destinations.base import (
    Addressee,
    MappedField,
    MovesAddress,
    Payload,
    Record,
    Removable,
    Row,
)
from enrich.destinations.mapping import COMPUTED, named
from enrich.destinations.sending import safe_code
from enrich.destinations.synerise.account import SyneriseAccount
from enrich.destinations.synerise.names import NATIVE, clean
from enrich.model import Outcome, RecordResult

BY_EMAIL = "/v4/clients/by-email/{email}"
PERMISSIONS = ("API_CLIENT_CREATE", "API_BATCH_CLIENT_CREATE")
PHONE = re.compile(r"(^\+[0-9 \-/]{6,19}$)|(^[0-9 \-/]{6,20}$)")
EMAIL = re.compile(
    r'^(([^<>\[\]\\.,;:\s@"]+(\.[^<>\[\]\\.,;:\s@"]+)*)|(".+"))'
    r"@((\[[0-9]{1,3}(\.[0-9]{1,3}){3}\])|(([a-zA-Z\-0-9]+\.)+[a-zA-Z]{2,}))$"
)
SEXES = {"female": "FEMALE", "male": "MALE"}


class Synerise(SyneriseAccount):
    """Profiles, keyed by e-mail, with our values as attributes."""

    kind = "synerise"
    version = "synerise-1"
    example = {"api_key": {"env": "SYNERISE_API_KEY"}}
    mapping: ClassVar[tuple[MappedField, ...]] = named(COMPUTED)
    idempotency_key = "email"
    null_meaning = "clears"
    removals: Removable = ("clear", "delete")
    moves_address: MovesAddress = "update"
    gone_codes = frozenset({"http_404"})  # it has no code of its own

    def save(self, records: Sequence[Record]) -> list[RecordResult]:
        return self.send_batch("/v4/clients/batch", records)

    def problems(self) -> list[str]:
        return self.missing_permissions(PERMISSIONS)

    def validate(self, row: Row) -> str | None:
        return email_problem(row)

    def shape(self, row: Row, values: dict[str, Any]) -> Payload:
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
        return self._by_id(one, "DELETE")

    def move(self, old: Addressee, address: str) -> RecordResult:
        return self._by_id(old, "POST", {"email": clean(address, is_identifier=True)})

    def clear(self, one: Addressee) -> RecordResult:
        values, row = self.emptied(one)
        return self._by_id(one, "POST", {"attributes": self.shape(row, values)["attributes"]})

    def _by_id(self, one: Addressee, method: str, body: Any = None) -> RecordResult:
        found = self.fetch("GET", BY_EMAIL, at={"email": one.remote_key}, gone=self.gone_codes)
        client_id = safe_code(found.get("clientId"))
        if client_id is None:
            return RecordResult(one.record_id, Outcome.UNKNOWN, "no_client_id")
        return self.done_to(one, method, "/v4/clients/{id}", body, at={"id": client_id})


def email_problem(row: Row) -> str | None:
    """Why Synerise does not take the address of the row; None when it does."""
    if not row["email"]:
        return "no real e-mail"
    return None if EMAIL.match(row["email"]) else "not an e-mail address by Synerise's rule"
