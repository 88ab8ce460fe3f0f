"""What a receiver's answer says about each record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from enrich.client import BadBody, Response, parse_json
from enrich.destinations.base import Record
from enrich.destinations.sending import safe_code
from enrich.model import Outcome, RecordResult

OUTCOMES = {
    "accepted": Outcome.ACCEPTED,
    "rejected": Outcome.REJECTED,
    "retry": Outcome.RETRYABLE,
}


def read_answer(records: Sequence[Record], response: Response) -> list[RecordResult]:
    """One outcome per record of a 2xx answer.

    `{"results": [{"id", "status", "code"}]}` is believed record by record, and a record missing
    in it is unknown. `{"rejected": [{"id", "code"}]}` names only the refused. Any other body means
    that all were accepted.
    """
    try:
        answer = parse_json(response.content) if response.content.strip() else None
    except BadBody:
        answer = None
    listed = answer.get("results") if isinstance(answer, dict) else None
    refused = answer.get("rejected") if isinstance(answer, dict) else None
    if isinstance(listed, list):
        by_id = _by_id(listed)
        return [_of_listed(record, by_id.get(record.record_id)) for record in records]
    by_id = _by_id(refused if isinstance(refused, list) else [])
    return [
        _rejected(record, by_id[record.record_id])
        if record.record_id in by_id
        else RecordResult(record.record_id, Outcome.ACCEPTED)
        for record in records
    ]


def _by_id(items: Sequence[object]) -> dict[str, Mapping[str, Any]]:
    return {str(item["id"]): item for item in items if isinstance(item, dict) and "id" in item}


def _of_listed(record: Record, item: Mapping[str, Any] | None) -> RecordResult:
    outcome = OUTCOMES.get(str(item.get("status"))) if item else None
    if item is None or outcome is None:
        return RecordResult(
            record.record_id, Outcome.UNKNOWN, "no_status", "the answer does not say"
        )
    if outcome is Outcome.REJECTED:
        return _rejected(record, item)
    return RecordResult(record.record_id, outcome, safe_code(item.get("code")))


def _rejected(record: Record, item: Mapping[str, Any]) -> RecordResult:
    code = safe_code(item.get("code")) or "rejected"
    return RecordResult(record.record_id, Outcome.REJECTED, code, "refused by the receiver")
