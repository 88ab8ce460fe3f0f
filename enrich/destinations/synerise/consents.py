"""Consents to and from Synerise: `agreements.email` of a profile.

Written in batches as every profile; in workspaces with non-unique e-mails it has no effect there.
Read of one profile at a time. That the answer of a profile shows its agreements under the name
they are written by is inferred, and there is no moment in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from enrich.client import NotFound
from enrich.destinations.base import MappedField, Record, Row
from enrich.destinations.consents import SHOWN, ShowsConsents
from enrich.destinations.kinds import CONSENTS
from enrich.destinations.records import HttpRecords
from enrich.destinations.synerise.account import SyneriseAccount
from enrich.destinations.synerise.names import clean
from enrich.destinations.synerise.profiles import BY_EMAIL, PERMISSIONS, email_problem
from enrich.model import RecordResult

AGREEMENT = "agreements.email"
_WORDS = {"true": True, "1": True, "enabled": True, "false": False, "0": False, "disabled": False}


class SyneriseConsents(HttpRecords, SyneriseAccount, ShowsConsents):
    """The e-mail agreement of profiles, read of one profile at a time."""

    name = CONSENTS
    version = "synerise-consents-1"
    states_no = False
    idempotency_key = "email"
    null_meaning = "clears"
    tells_end = False
    mapping = (
        MappedField("email", "email", "text"),
        MappedField("opted_in", AGREEMENT, "boolean"),
    )

    def save(self, records: Sequence[Record]) -> list[RecordResult]:
        return self.send_batch("/v4/clients/batch", records)

    def validate(self, row: Row) -> str | None:
        return email_problem(row)

    def problems(self) -> list[str]:
        return self.missing_permissions(PERMISSIONS)

    def shape(self, row: Row, values: dict[str, Any]) -> Mapping[str, Any]:
        return {**values, "email": clean(values["email"], is_identifier=True)}

    def look_at(self, emails: Sequence[str]) -> pl.DataFrame:
        """What the profiles of these people show, as SHOWN; one that is not there shows nothing."""
        rows = [(email, self._agreement(email)) for email in emails]
        return pl.DataFrame(rows, schema=SHOWN, orient="row")

    def _agreement(self, email: str) -> bool | None:
        try:
            found = self.fetch("GET", BY_EMAIL, at={"email": email})
        except NotFound:
            return None
        agreements = found.get("agreements")
        shown = agreements.get("email") if isinstance(agreements, dict) else None
        return _WORDS.get(str(shown).lower())
