"""Connectif's import jobs: a CSV goes up, the job is followed, a report may tell who failed.

How the report looks is not documented: its column with the key is a setting, unset by default.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping, Sequence
from typing import Any

from enrich.client import Call, NotFound, path_segment
from enrich.destinations.base import Addressee, Capabilities, Record, is_safe_to_send_to
from enrich.destinations.connectif.account import code_of
from enrich.destinations.mapping import join_list
from enrich.destinations.remote import Remote
from enrich.destinations.sending import (
    LATER,
    QUEUE_FULL,
    REFUSED,
    Answer,
    Refusal,
    all_of,
    answer_of,
    answered,
    queued_in,
    safe_code,
    same_outcome,
)
from enrich.errors import EnrichError
from enrich.model import Outcome, RecordResult

BOUNDARY = "enrich-7f1d3c9a5b2e"
QUEUE_IS_FULL = "E0401"
LINE_END = "\r\n"
# An import is one request, and one for each time of asking.
REQUESTS_PER_IMPORT = 4


def start_import(
    remote: Remote, kind: str, records: Sequence[Record], more: Mapping[str, str] | None = None
) -> Answer:
    """The records queued in one job of `kind`; `more` are further parts of the form.

    Our columns replace what is there, and nothing else is named.
    """
    parts = {
        "type": kind,
        "overrideExisting": "true",
        "updateOnlyEmptyFields": "false",
        "delimiter": ",",
        **(more or {}),
    }
    call = remote.call(
        "POST",
        "/imports/",
        name="connectif /imports/",
        content=_form(parts, as_csv(records), f"{kind}.csv"),
        headers={"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"},
        is_repeatable=False,
    )
    response = remote.http.send(call)
    if response.status_code not in (400, 413, 422):
        job_id = safe_code(answer_of(answered(call, response)).get("id"))
        return queued_in(records, job_id)
    if code_of(response) == QUEUE_IS_FULL:
        return same_outcome(records, Outcome.RETRYABLE, QUEUE_FULL, LATER)
    return Refusal(code_of(response))


def requests_for_few_or_imports(
    patch_limit: int, limits: Capabilities, record_count: int, byte_count: int
) -> int:
    """About how many requests it takes: a few records are patched one by one, more are imported."""
    if record_count <= patch_limit:
        return record_count
    return requests_for_imports(limits, record_count, byte_count)


def requests_for_imports(limits: Capabilities, record_count: int, byte_count: int) -> int:
    """About how many requests as many imports take as the limits ask for."""
    by_count = -(-record_count // (limits.max_records or record_count or 1))
    by_bytes = -(-byte_count // (limits.max_bytes or byte_count or 1))
    return REQUESTS_PER_IMPORT * max(by_count, by_bytes)


def as_csv(records: Sequence[Record]) -> str:
    """The records as CSV, columns in the order of the payloads; what one does not have is empty."""
    names = dict.fromkeys(name for record in records for name in record.payload)
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(names), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(
        {name: _cell(value) for name, value in record.payload.items()} for record in records
    )
    return out.getvalue()


def _cell(value: Any) -> Any:
    """Several texts in one cell are divided by a bar, which none of them may hold."""
    return join_list(value, "|") if isinstance(value, list) else value


def _form(parts: Mapping[str, str], content: str, name: str) -> bytes:
    """The multipart body: the parts, then the file."""
    head = "".join(
        f'--{BOUNDARY}{LINE_END}Content-Disposition: form-data; name="{part}"'
        f"{LINE_END}{LINE_END}{value}{LINE_END}"
        for part, value in parts.items()
    )
    file = (
        f'--{BOUNDARY}{LINE_END}Content-Disposition: form-data; name="file"; '
        f'filename="{name}"{LINE_END}Content-Type: text/csv; charset=utf-8'
        f"{LINE_END}{LINE_END}"
    )
    return (head + file + content + f"{LINE_END}--{BOUNDARY}--{LINE_END}").encode()


def poll(
    remote: Remote, job_id: str, records: Sequence[Addressee], column: str | None
) -> list[RecordResult] | None:
    """One outcome for every record of a job that is over; None while it is not.

    `column` of the error report has the key of a refused record; None where nobody knows it.
    """
    try:
        job = answer_of(
            remote.ask("GET", f"/imports/{path_segment(job_id)}", name="connectif /imports/{id}")
        )
    except NotFound:
        return all_of(records, Outcome.UNKNOWN, "job_gone")
    if job.get("cancelledAt"):
        return all_of(records, Outcome.RETRYABLE, "job_cancelled")
    if not (job.get("finishedAt") or job.get("status") in ("finished", "error")):
        return None
    if job.get("errors") == 0 and job.get("success") == len(records):
        return all_of(records, Outcome.ACCEPTED, None)
    return _with_errors(records, job, _report(remote, job_id, job), column)


def _with_errors(
    records: Sequence[Addressee], job: Mapping[str, Any], report: str | None, column: str | None
) -> list[RecordResult]:
    """Which rows failed stands in the report alone, whose layout is not documented."""
    if report is None or column is None:
        return all_of(records, Outcome.UNKNOWN, "import_errors")
    rows = csv.DictReader(io.StringIO(report))
    refused = {str(row.get(column, "")).strip().lower() for row in rows}
    if len(refused & {one.remote_key.lower() for one in records}) != job.get("errors"):
        return all_of(records, Outcome.UNKNOWN, "import_errors")
    return [
        RecordResult(one.record_id, Outcome.REJECTED, "import_row", REFUSED)
        if one.remote_key.lower() in refused
        else RecordResult(one.record_id, Outcome.ACCEPTED)
        for one in records
    ]


def _report(remote: Remote, job_id: str, job: Mapping[str, Any]) -> str | None:
    """The error report, kept as it came for a person to read; None when there is none."""
    url = job.get("errorReportFileUrl")
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
    with os.fdopen(os.open(folder / f"{path_segment(job_id)}.csv", flags, 0o600), "w") as out:
        out.write(text)
    return text
