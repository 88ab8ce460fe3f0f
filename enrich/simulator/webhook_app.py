"""A stand-in for a receiver of our own webhook: it remembers batches and can refuse records."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from enrich.simulator.http import Reply, Request, RequestError, json_reply


@dataclass(slots=True)
class Webhook:
    """The batches by idempotency key, and how to answer.

    `statuses` are used up call by call (400, 413, 503 ...) before anything is read. Records whose
    id is in `refused_ids` are refused, one by one or, with `refuses_whole`, with the whole batch.
    """

    batches: dict[str, Any] = field(default_factory=dict)
    records: dict[str, Any] = field(default_factory=dict)
    repeats: dict[str, int] = field(default_factory=dict)
    signatures: dict[str, str] = field(default_factory=dict)
    statuses: list[int] = field(default_factory=list)
    refused_ids: list[str] = field(default_factory=list)
    refuses_whole: bool = False
    lists_results: bool = True
    call_count: int = 0


def answer(webhook: Webhook, request: Request) -> Reply:
    """The reply to one request; a batch that was taken before is not taken twice."""
    webhook.call_count += 1
    if webhook.statuses:
        return json_reply({"message": "simulated"}, webhook.statuses.pop(0))
    if request.method != "POST":
        return Reply(204)
    try:
        body = request.json()
    except RequestError:
        return json_reply({"message": "not JSON"}, 400)
    records = _records(body)
    refused = [record for record in records if str(record.get("id")) in webhook.refused_ids]
    if refused and webhook.refuses_whole:
        return json_reply({"message": "a record is not valid"}, 422)
    _take(webhook, request, body, [record for record in records if record not in refused])
    if not webhook.lists_results:
        return json_reply({"rejected": [{"id": record["id"], "code": "no"} for record in refused]})
    return json_reply({"results": [_result(record, record in refused) for record in records]})


def report(webhook: Webhook) -> dict[str, Any]:
    """What the stand-in holds, for tests and the demo."""
    return {
        "batches": webhook.batches,
        "batch_count": len(webhook.batches),
        "records": webhook.records,
        "record_count": len(webhook.records),
        "repeats": webhook.repeats,
        "signatures": webhook.signatures,
        "call_count": webhook.call_count,
    }


def _take(webhook: Webhook, request: Request, body: Any, records: list[dict[str, Any]]) -> None:
    key = request.headers.get("idempotency-key") or f"call-{webhook.call_count}"
    if key in webhook.batches:
        webhook.repeats[key] = webhook.repeats.get(key, 0) + 1
        return
    webhook.batches[key] = body
    webhook.signatures[key] = request.headers.get("x-enrich-signature", "")
    webhook.records.update((str(record.get("id")), record) for record in records)


def _records(body: Any) -> list[dict[str, Any]]:
    """The list of objects with an id, wherever in the body it stands."""
    if isinstance(body, list):
        return [record for record in body if isinstance(record, dict)]
    if isinstance(body, dict):
        lists = [value for value in body.values() if isinstance(value, list)]
        return _records(max(lists, key=len)) if lists else [body]
    return []


def _result(record: dict[str, Any], refused: bool) -> dict[str, Any]:
    if refused:
        return {"id": record.get("id"), "status": "rejected", "code": "no"}
    return {"id": record.get("id"), "status": "accepted"}
