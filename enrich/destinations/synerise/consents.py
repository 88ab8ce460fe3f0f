"""Consents to and from Synerise: `agreements.email` of a profile.

Written in batches as every profile; in workspaces with non-unique e-mails it has no effect there.
Read of one profile at a time. That the answer of a profile shows its agreements under the name
they are written by is inferred, and there is no moment in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import polars as pl

from enrich.client import NotFound
from enrich.destinations.base import Capabilities, MappedField, Row
from enrich.destinations.consents import SHOWN
from enrich.destinations.records import RecordWire
from enrich.destinations.remote import Remote
from enrich.destinations.sending import answer_of
from enrich.destinations.synerise.account import (
    MAX_BYTES,
    headers,
    host,
    logged_in,
    missing_permissions,
)
from enrich.destinations.synerise.batches import send_batch
from enrich.destinations.synerise.names import clean
from enrich.destinations.synerise.profiles import EMAIL, PERMISSIONS

AGREEMENT = "agreements.email"
_WORDS = {"true": True, "1": True, "enabled": True, "false": False, "0": False, "disabled": False}

CAPABILITIES = Capabilities(
    entities=("consents",),
    modes=("upsert",),
    record_key="email",
    transport="json_batch",
    result_fidelity="rejected_only",
    null_meaning="clears",
    max_records=1_000,
    max_bytes=MAX_BYTES,
    idempotency_key="email",
    tells_end=False,
)

MAPPING = (
    MappedField("email", "email", "text"),
    MappedField("opted_in", AGREEMENT, "boolean"),
)


def _shape(remote: Remote, row: Row, values: dict[str, Any]) -> Mapping[str, Any]:
    return {**values, "email": clean(values["email"], is_identifier=True)}


def _refuses(remote: Remote, row: Row) -> str | None:
    if not row["email"]:
        return "no real e-mail"
    return None if EMAIL.match(row["email"]) else "not an e-mail address by Synerise's rule"


WIRE = RecordWire(
    version="synerise-consents-1",
    host=host,
    headers=headers,
    shape=_shape,
    save=lambda remote, records: send_batch(remote, "/v4/clients/batch", records),
    check=lambda remote: missing_permissions(remote, PERMISSIONS),
    refuses=_refuses,
)


def look_at(remote: Remote, emails: Sequence[str]) -> pl.DataFrame:
    """What the profiles of these people show, as SHOWN; one that is not there shows nothing."""
    rows = [(email, _agreement(remote, email)) for email in emails]
    return pl.DataFrame(rows, schema=SHOWN, orient="row")


def _agreement(remote: Remote, email: str) -> bool | None:
    path, name = "/v4/clients/by-email/", "synerise /v4/clients/by-email/{email}"
    try:
        found = answer_of(logged_in(remote, "GET", path + quote(email, safe=""), None, name))
    except NotFound:
        return None
    agreements = found.get("agreements")
    said = agreements.get("email") if isinstance(agreements, dict) else None
    return _WORDS.get(str(said).lower())
