"""Connectif's import jobs: a CSV goes up, the job is followed, a report may tell who failed.

How the report looks is not documented: its column with the key is a setting, unset by default.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from enrich.client import Call, NotFound, path_segment
from enrich.destinations.base import Addressee, Record, is_safe_to_send_to
from enrich.destinations.connectif.account import ConnectifAccount, code_of
from enrich.destinations.mapping import join_list
from enrich.destinations.sending import (
    LATER,
    QUEUE_FULL,
    REFUSED,
    Answer,
    Refusal,
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


class ConnectifImports(ConnectifAccount):
    """Records that Connectif takes as import jobs."""

    import_type: ClassVar[str]

    @property
    def form(self) -> dict[str, str]:
        """Further parts of the form."""
        return {}

    @property
    def import_above(self) -> int:
        """The most records that are patched one by one."""
        return int(self.settings.patch_limit)

    @property
    def report_column(self) -> str | None:
        """The column of the error report with the key of a refused record, where it is known."""
        return None

    def save(self, records: Sequence[Record]) -> Answer:
        """A few records are patched one by one, more are imported."""
        if len(records) > self.import_above:
            return self.start_import(records)
        return self.save_each(records, self.patch)

    def patch(self, record: Record) -> RecordResult:
        """The outcome of one record that is written by a call of its own."""
        raise NotImplementedError

    def requests_for(self, record_count: int, byte_count: int) -> int:
        if record_count <= self.import_above:
            return record_count
        return REQUESTS_PER_IMPORT * self.capabilities.requests_for(record_count, byte_count)

    def start_import(self, records: Sequence[Record]) -> Answer:
        """The records queued in one job; our columns replace what is there."""
        parts = {
            "type": self.import_type,
            "overrideExisting": "true",
            "updateOnlyEmptyFields": "false",
            "delimiter": ",",
            **self.form,
        }
        call = self.call(
            "POST",
            "/imports/",
            name="connectif /imports/",
            content=_form(parts, as_csv(records), f"{self.import_type}.csv"),
            headers={"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"},
            is_repeatable=False,
        )
        response = self.http.send(call)
        if response.status_code not in (400, 413, 422):
            job_id = safe_code(answer_of(answered(call, response)).get("id"))
            return queued_in(records, job_id)
        if code_of(response) == QUEUE_IS_FULL:
            return same_outcome(records, Outcome.RETRYABLE, QUEUE_FULL, LATER)
        return Refusal(code_of(response))

    def poll(self, job_id: str, records: Sequence[Addressee]) -> list[RecordResult] | None:
        """One outcome for every record of a job that is over; None while it is not."""
        try:
            job = answer_of(
                self.ask("GET", f"/imports/{path_segment(job_id)}", name="connectif /imports/{id}")
            )
        except NotFound:
            return same_outcome(records, Outcome.UNKNOWN, "job_gone")
        if job.get("cancelledAt"):
            return same_outcome(records, Outcome.RETRYABLE, "job_cancelled")
        if not (job.get("finishedAt") or job.get("status") in ("finished", "error")):
            return None
        if job.get("errors") == 0 and job.get("success") == len(records):
            return same_outcome(records, Outcome.ACCEPTED)
        return _with_errors(records, job, self._report(job_id, job), self.report_column)

    def _report(self, job_id: str, job: Mapping[str, Any]) -> str | None:
        """The error report, kept as it came for a person to read; None when there is none."""
        url = job.get("errorReportFileUrl")
        if not isinstance(url, str) or not is_safe_to_send_to(url):
            return None
        # Without our key: the file may stand on another host.
        call = Call("GET", url, "connectif error report")
        try:
            text = answered(call, self.http.send(call)).content.decode("utf-8-sig", "replace")
        except EnrichError:
            return None
        folder = self.data_dir / "push-reports"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        with os.fdopen(os.open(folder / f"{path_segment(job_id)}.csv", flags, 0o600), "w") as out:
            out.write(text)
        return text


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


def _with_errors(
    records: Sequence[Addressee], job: Mapping[str, Any], report: str | None, column: str | None
) -> list[RecordResult]:
    """Which rows failed stands in the report alone, whose layout is not documented."""
    if report is None or column is None:
        return same_outcome(records, Outcome.UNKNOWN, "import_errors")
    rows = csv.DictReader(io.StringIO(report))
    refused = {str(row.get(column, "")).strip().lower() for row in rows}
    if len(refused & {one.remote_key.lower() for one in records}) != job.get("errors"):
        return same_outcome(records, Outcome.UNKNOWN, "import_errors")
    return [
        RecordResult(one.record_id, Outcome.REJECTED, "import_row", REFUSED)
        if one.remote_key.lower() in refused
        else RecordResult(one.record_id, Outcome.ACCEPTED)
        for one in records
    ]
