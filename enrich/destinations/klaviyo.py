"""Klaviyo: profiles by bulk import jobs of at most 10,000; consent, another API, is not touched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import urlsplit

from pydantic import Field

from enrich.client import NotFound, Response
from enrich.destinations.base import Adapter, Addressee, Capabilities, RateLimit, Record, Row
from enrich.destinations.mapping import COMPUTED, named
from enrich.destinations.remote import Remote, RemoteSettings, Wire, in_one_call, opener
from enrich.destinations.sending import (
    Answer,
    all_of,
    answer_of,
    of_job,
    queued_in,
    removed,
    safe_code,
)
from enrich.model import Outcome, RecordResult

JOBS = "/api/profile-bulk-import-jobs"
ENVELOPE_BYTES = 1_000

CAPABILITIES = Capabilities(
    entities=("profile", "erase"),
    modes=("upsert",),
    record_key="email",
    transport="job",
    result_fidelity="per_record",
    null_meaning="clears",
    max_records=10_000,
    max_bytes=5_000_000 - ENVELOPE_BYTES,
    max_record_bytes=100_000,
    rate_limit=RateLimit(150, 60),
    idempotency_key="email",
    removals=("clear", "delete"),
    max_open_jobs=10,
)

NATIVE = frozenset({"first_name", "last_name", "phone_number", "external_id", "locale"})
MAPPING = named(COMPUTED, lambda source: source)


class KlaviyoSettings(RemoteSettings):
    """The keys of a destination of kind `klaviyo`."""

    NAME: ClassVar[str] = r"[^$].*"  # what begins with a $ is Klaviyo's own, such as $consent
    OFF_LIMITS: ClassVar[frozenset[str]] = frozenset(["email"])

    revision: str = Field("2026-07-15", pattern=r"^\d{4}-\d{2}-\d{2}$")
    batch_size: int = Field(10_000, ge=1, le=10_000)


def _shape(remote: Remote, row: Row, values: dict[str, Any]) -> Mapping[str, Any]:
    native = {name: value for name, value in values.items() if name in NATIVE}
    free = {name: value for name, value in values.items() if name not in NATIVE}
    attributes = {"email": row["email"], **native, "properties": free}
    return {"type": "profile", "attributes": attributes}


def _body(remote: Remote, payloads: list[Mapping[str, Any]]) -> dict[str, Any]:
    attributes = {"profiles": {"data": payloads}}
    return {"data": {"type": "profile-bulk-import-job", "attributes": attributes}}


def _read(records: Sequence[Record], response: Response) -> Answer:
    return queued_in(records, safe_code((answer_of(response).get("data") or {}).get("id")))


def _poll(remote: Remote, job_id: str, records: Sequence[Addressee]) -> list[RecordResult] | None:
    path = f"{JOBS}/{job_id}"
    try:
        answer = answer_of(remote.ask("GET", path, name=f"klaviyo {JOBS}/{{id}}"))
    except NotFound:
        return all_of(records, Outcome.UNKNOWN, "job_gone")
    job = (answer.get("data") or {}).get("attributes") or {}
    if job.get("status") == "cancelled":
        return all_of(records, Outcome.RETRYABLE, "job_cancelled")
    if job.get("status") != "complete":
        return None
    refused = _errors(remote, f"{path}/import-errors") if job.get("failed_count") else {}
    return of_job(records, refused, int(job.get("failed_count") or 0))


def _errors(remote: Remote, path: str | None) -> dict[str, str]:
    """Address -> code of every refused profile, over all pages."""
    refused = {}
    while path:
        answer = answer_of(remote.ask("GET", path, name="klaviyo import-errors"))
        for item in answer.get("data") or []:
            error = item.get("attributes") or {}
            email = _email_in(error.get("original_payload"))
            refused[email] = safe_code(error.get("code")) or "rejected"
        following = urlsplit((answer.get("links") or {}).get("next") or "")
        path = f"{following.path}?{following.query}" if following.path else None
    return refused


def _email_in(payload: object) -> str:
    """The address of the profile as it was sent, however deep it stands."""
    if not isinstance(payload, dict):
        return ""
    found = payload.get("email") or payload.get("attributes") or payload.get("data")
    return found.lower() if isinstance(found, str) else _email_in(found)


def _erase(remote: Remote, one: Addressee) -> RecordResult:
    """Queued there; Klaviyo deletes the person and all that belongs to the profile."""
    profile = {"data": {"type": "profile", "attributes": {"email": one.remote_key}}}
    body = {"data": {"type": "data-privacy-deletion-job", "attributes": {"profile": profile}}}
    path = "/api/data-privacy-deletion-jobs"
    return removed(remote.ask("POST", path, body, name=f"klaviyo {path}"), one)


def _check(remote: Remote) -> list[str]:
    """Asks for the account; nothing is written."""
    remote.ask("GET", "/api/accounts", name="klaviyo /api/accounts")
    return []


def _headers(remote: Remote) -> dict[str, str]:
    return {
        "Authorization": f"Klaviyo-API-Key {remote.secret()}",
        "revision": remote.settings.revision,
        "Content-Type": "application/vnd.api+json",
        "Accept": "application/vnd.api+json",
    }


WIRE = Wire(
    version="klaviyo-1",
    host=lambda settings: "https://a.klaviyo.com",
    headers=_headers,
    shape=_shape,
    save=in_one_call(JOBS, _body, _read),
    check=_check,
    poll=_poll,
    erase=_erase,
)

ADAPTER = Adapter(
    settings=KlaviyoSettings,
    capabilities=CAPABILITIES,
    mapping=MAPPING,
    open=opener(WIRE, CAPABILITIES, MAPPING),
    example={"api_key": {"env": "KLAVIYO_API_KEY"}},
)
