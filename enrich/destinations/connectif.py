"""Connectif: contacts by PATCH for a few, by CSV import jobs for the daily push.

The account as a whole has 100 requests a minute. What an empty value does, and what the error
report of an import looks like, is not documented: both are settings, off by default.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from typing import Any, ClassVar, Literal
from urllib.parse import quote

from pydantic import Field

from enrich.client import Call, NotFound
from enrich.destinations.base import (
    Adapter,
    Addressee,
    Capabilities,
    RateLimit,
    Record,
    Row,
    SecretRef,
    is_safe_to_send_to,
)
from enrich.destinations.mapping import CORE, JSON_FORMATS, Format, join_list, named
from enrich.destinations.remote import Remote, RemoteSettings, Wire, opener
from enrich.destinations.sending import (
    LATER,
    QUEUE_FULL,
    REFUSED,
    Answer,
    Refusal,
    answer_of,
    answered,
    safe_code,
    same_outcome,
    send_each,
)
from enrich.errors import EnrichError
from enrich.model import Outcome, RecordResult

BOUNDARY = "enrich-7f1d3c9a5b2e"
QUEUE_IS_FULL = "E0401"
LINE_END = "\r\n"

CAPABILITIES = Capabilities(
    entities=("profile",),
    modes=("upsert",),
    record_key="email",
    transport="job",
    result_fidelity="counts_only",
    null_meaning="unknown",
    max_records=20_000,
    max_bytes=45_000_000,
    rate_limit=RateLimit(100, 60, is_shared=True),
    idempotency_key="_email",
    fields_created_first=True,
    sends_empty=False,
    removals=("delete",),
    max_open_jobs=10,
)

MAPPING = named(CORE, lambda source: source.replace("_", "-"))


class ConnectifSettings(RemoteSettings):
    """The keys of a destination of kind `connectif`."""

    SECRETS: ClassVar[tuple[str, ...]] = ("api_key", "api_secret")

    api_secret: SecretRef
    patch_limit: int = Field(500, ge=0, le=5_000)
    contact_path: str = Field("/contacts/email/{email}", pattern=r"^/.*\{email\}")
    delete_path: str | None = Field(None, pattern=r"^/.*\{email\}")
    list_separator: str = Field("|", min_length=1)
    clear_with: Literal["nothing", "null", "empty"] = "nothing"
    error_report_column: str | None = None


def _formats(settings: ConnectifSettings) -> dict[str, Format]:
    return {**JSON_FORMATS, "list": lambda values: join_list(values, settings.list_separator)}


def _shape(remote: Remote, row: Row, values: dict[str, Any]) -> dict[str, Any]:
    """Our own columns and the address: never a consent, never a contact's own data unasked."""
    return {"_email": row["email"], **values}


def _save(remote: Remote, records: Sequence[Record]) -> Answer:
    if len(records) <= remote.settings.patch_limit:
        return send_each(records, lambda one: _patch(remote, one), 1)
    call = remote.call(
        "POST",
        "/imports/",
        name="connectif /imports/",
        content=_import_form(records),
        headers={"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"},
        is_repeatable=False,
    )
    response = remote.http.send(call)
    if response.status_code in (400, 413, 422):
        code = safe_code(answer_of(response).get("code"))
        if code == QUEUE_IS_FULL:
            return same_outcome(records, Outcome.RETRYABLE, QUEUE_FULL, LATER)
        return Refusal(code or f"http_{response.status_code}")
    job_id = safe_code(answer_of(answered(call, response)).get("id"))
    if job_id is None:
        return same_outcome(records, Outcome.UNKNOWN, "no_job", "the answer names no import")
    return [RecordResult(one.record_id, Outcome.QUEUED, job_id=job_id) for one in records]


def _patch(remote: Remote, record: Record) -> RecordResult:
    path = _path(remote.settings.contact_path, str(record.payload["_email"]))
    body = {name: value for name, value in record.payload.items() if name != "_email"}
    call = remote.call("PATCH", path, body, name="connectif PATCH /contacts/email/{email}")
    response = remote.http.send(call)
    if response.status_code in (400, 404, 413, 422):
        code = safe_code(answer_of(response).get("code")) or f"http_{response.status_code}"
        return RecordResult(record.record_id, Outcome.REJECTED, code, REFUSED)
    answered(call, response)
    return RecordResult(record.record_id, Outcome.ACCEPTED)


def _path(template: str, email: str) -> str:
    return template.replace("{email}", quote(email, safe=""))


def _import_form(records: Sequence[Record]) -> bytes:
    """The multipart body: our columns replace what is there, and nothing else is named."""
    parts = {
        "type": "contacts",
        "overrideExisting": "true",
        "updateOnlyEmptyFields": "false",
        "delimiter": ",",
    }
    head = "".join(
        f'--{BOUNDARY}{LINE_END}Content-Disposition: form-data; name="{name}"'
        f"{LINE_END}{LINE_END}{value}{LINE_END}"
        for name, value in parts.items()
    )
    file = (
        f'--{BOUNDARY}{LINE_END}Content-Disposition: form-data; name="file"; '
        f'filename="contacts.csv"{LINE_END}Content-Type: text/csv; charset=utf-8'
        f"{LINE_END}{LINE_END}"
    )
    tail = f"{LINE_END}--{BOUNDARY}--{LINE_END}"
    return (head + file + as_csv(records) + tail).encode()


def as_csv(records: Sequence[Record]) -> str:
    """The records as CSV with `_email` first; what a record does not have is an empty cell."""
    names = dict.fromkeys(name for record in records for name in record.payload)
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(names), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(record.payload for record in records)
    return out.getvalue()


def _poll(remote: Remote, job_id: str, records: Sequence[Addressee]) -> list[RecordResult] | None:
    try:
        job = answer_of(remote.ask("GET", f"/imports/{job_id}", name="connectif /imports/{id}"))
    except NotFound:
        return _all(records, Outcome.UNKNOWN, "job_gone")
    if job.get("cancelledAt"):
        return _all(records, Outcome.RETRYABLE, "job_cancelled")
    if not (job.get("finishedAt") or job.get("status") in ("finished", "error")):
        return None
    if job.get("errors") == 0 and job.get("success") == len(records):
        return _all(records, Outcome.ACCEPTED, None)
    return _with_errors(remote, job_id, job, records)


def _with_errors(
    remote: Remote, job_id: str, job: dict[str, Any], records: Sequence[Addressee]
) -> list[RecordResult]:
    """Which rows failed stands in the report alone, whose layout is not documented."""
    report = _report(remote, job_id, job.get("errorReportFileUrl"))
    column = remote.settings.error_report_column
    if report is None or column is None:
        return _all(records, Outcome.UNKNOWN, "import_errors")
    rows = csv.DictReader(io.StringIO(report))
    refused = {str(row.get(column, "")).strip().lower() for row in rows}
    if len(refused & {one.remote_key for one in records}) != job.get("errors"):
        return _all(records, Outcome.UNKNOWN, "import_errors")
    return [
        RecordResult(one.record_id, Outcome.REJECTED, "import_row", REFUSED)
        if one.remote_key in refused
        else RecordResult(one.record_id, Outcome.ACCEPTED)
        for one in records
    ]


def _report(remote: Remote, job_id: str, url: object) -> str | None:
    """The error report, kept as it came for a person to read; None when there is none."""
    if not isinstance(url, str) or not is_safe_to_send_to(url):
        return None
    # Without our key: the file may stand on another host.
    call = Call("GET", url, "connectif error report")
    try:
        text = answered(call, remote.http.send(call)).content.decode("utf-8-sig", "replace")
    except EnrichError:
        return None
    folder = remote.data_dir / "push-reports"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    with os.fdopen(os.open(folder / f"{job_id}.csv", flags, 0o600), "w") as out:
        out.write(text)
    return text


def _all(records: Sequence[Addressee], outcome: Outcome, code: str | None) -> list[RecordResult]:
    return [RecordResult(one.record_id, outcome, code) for one in records]


def _erase(remote: Remote, one: Addressee) -> RecordResult:
    template = remote.settings.delete_path
    if template is None:
        message = "the path of a deletion is not documented; set delete_path or delete there"
        return RecordResult(one.record_id, Outcome.INVALID, "by_hand", message)
    response = remote.ask(
        "DELETE", _path(template, one.remote_key), name="connectif DELETE contact"
    )
    if isinstance(response, Refusal):
        return RecordResult(one.record_id, Outcome.REJECTED, response.code, REFUSED)
    return RecordResult(one.record_id, Outcome.ACCEPTED)


def _check(remote: Remote) -> list[str]:
    """`GET /store/`: 404 means that the host was reached and the key not refused."""
    try:
        remote.ask("GET", "/store/", name="connectif /store/")
    except NotFound:
        return []
    return []


def _requests_for(remote: Remote, record_count: int, byte_count: int) -> int:
    """A few are patched one by one; an import is one request, and one for each time of asking."""
    if record_count <= remote.settings.patch_limit:
        return record_count
    by_count = -(-record_count // (CAPABILITIES.max_records or 1))
    by_bytes = -(-byte_count // (CAPABILITIES.max_bytes or 1))
    return 4 * max(by_count, by_bytes)


def _headers(remote: Remote) -> dict[str, str]:
    return {"Authorization": f"apiKey {remote.secret()}:{remote.secret('api_secret')}"}


WIRE = Wire(
    version="connectif-1",
    host=lambda settings: "https://api.connectif.cloud",
    headers=_headers,
    shape=_shape,
    save=_save,
    check=_check,
    formats=_formats,
    empty=lambda settings: "" if settings.clear_with == "empty" else None,
    poll=_poll,
    erase=_erase,
    requests_for=_requests_for,
)

ADAPTER = Adapter(
    settings=ConnectifSettings,
    capabilities=CAPABILITIES,
    mapping=MAPPING,
    open=opener(WIRE, CAPABILITIES, MAPPING),
    example={"api_key": {"env": "CONNECTIF_KEY_ID"}, "api_secret": {"env": "CONNECTIF_KEY_SECRET"}},
)
