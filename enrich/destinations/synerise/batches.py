"""A batch to Synerise and what its answer says: all queued, or some refused by their values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from enrich.client import parse_json
from enrich.destinations.base import Record
from enrich.destinations.remote import Remote
from enrich.destinations.sending import Answer, Refusal, accepted_but, safe_code
from enrich.destinations.synerise.account import logged_in
from enrich.model import Outcome


def send_batch(
    remote: Remote, path: str, records: Sequence[Record], name: str | None = None
) -> Answer:
    """All queued (202); of a 207 the refused ones, where they can be told from the others."""
    body = [record.payload for record in records]
    response = logged_in(remote, "POST", path, body, f"synerise {name or path}")
    if isinstance(response, Refusal):
        return response
    if response.status_code != httpx.codes.MULTI_STATUS:
        return accepted_but(records, {}, Outcome.QUEUED)
    refused = matched(records, parse_json(response.content))
    return Refusal("partial") if refused is None else accepted_but(records, refused, Outcome.QUEUED)


def matched(records: Sequence[Record], errors: Any) -> dict[str, str] | None:
    """Record id -> code of the refused; None when one cannot be told from the others."""
    if not isinstance(errors, list) or not errors:
        return None
    refused = {}
    for error in errors:
        if not isinstance(error, dict):
            return None
        found = [one for one in records if _has(one.payload, error)]
        if len(found) != 1:
            return None
        refused[found[0].record_id] = safe_code(error.get("code")) or "rejected"
    return refused


def _has(payload: Mapping[str, Any], error: Mapping[str, Any]) -> bool:
    field = str(error.get("field", "")).removeprefix("attributes.").removeprefix("value.")
    values = {**payload.get("attributes", {}), **payload.get("value", {}), **payload}
    return field in values and str(values[field]) == str(error.get("rejectedValue"))
