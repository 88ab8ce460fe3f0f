"""Connectif's import jobs: a CSV goes up, the job is followed, a report may show who failed.

How the report looks is not documented: its column with the key is a setting, unset by default.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import httpx

from enrich.client import Call, path_segment, raise_for_refusal
from enrich.destinations.base import Addressee, Record, is_safe_to_send_to
from enrich.destinations.connectif.account import ConnectifAccount
from enrich.destinations.mapping import join_list
from enrich.destinations.sending import (
    LATER,
    QUEUE_FULL,
    Refusal,
    answer_of,
    ask,
    of_job,
    queued_in,
    safe_code,
    same_outcome,
)
from enrich.errors import EnrichError
from enrich.model import Outcome, RecordResult

BOUNDARY = "enrich-7f1d3c9a5b2e"
QUEUE_IS_FULL = "E0401"
# An import is one request, and one for each time of asking.
REQUESTS_PER_IMPORT = 4


class ConnectifImports(ConnectifAccount):
    """Records that Connectif takes as import jobs."""

    import_type: ClassVar[str]
    job_path = "/imports/{id}"
    transport = "job"
    max_records = 20_000
    max_bytes = 45_000_000
    max_open_jobs = 10
    result_fidelity = "counts_only"

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

    def save(self, records: Sequence[Record]) -> list[RecordResult]:
        """A few records are patched one by one, more are imported."""
        if len(records) > self.import_above:
            return self._import(records)
        return self.save_each(records, self.patch)

    def patch(self, record: Record) -> RecordResult:
        """The outcome of one record that is written by a call of its own."""
        raise NotImplementedError

    def requests_for(self, record_count: int, byte_count: int) -> int:
        if record_count <= self.import_above:
            return record_count
        return REQUESTS_PER_IMPORT * super().requests_for(record_count, byte_count)

    def _import(self, records: Sequence[Record]) -> list[RecordResult]:
        """The records queued in one job; our columns replace what is there."""
        parts = {
            "type": self.import_type,
            "overrideExisting": "true",
            "updateOnlyEmptyFields": "false",
            "delimiter": ",",
            **self.form,
        }
        file = (f"{self.import_type}.csv", as_csv(records), "text/csv; charset=utf-8")
        kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        form = httpx.Request("POST", self.host, data=parts, files={"file": file}, headers=kind)
        call = self.call(
            "POST", "/imports/", content=form.read(), headers=kind, is_repeatable=False
        )
        response = self.http.send(call)
        if response.status_code in self.wrong_record - {404}:
            refusal = self.refusal_of(response)
            if refusal.code == QUEUE_IS_FULL:
                return same_outcome(records, Outcome.RETRYABLE, QUEUE_FULL, LATER)
            raise refusal
        raise_for_refusal(call, response)
        return queued_in(records, safe_code(answer_of(response).get("id")))

    def end_of_job(
        self, job_id: str, job: Mapping[str, Any], records: Sequence[Addressee]
    ) -> list[RecordResult] | None:
        """Which rows failed is in the report alone, whose layout is not documented."""
        if job.get("cancelledAt"):
            return same_outcome(records, Outcome.RETRYABLE, "job_cancelled")
        if not (job.get("finishedAt") or job.get("status") in ("finished", "error")):
            return None
        if job.get("errors") == 0 and job.get("success") == len(records):
            return same_outcome(records, Outcome.ACCEPTED)
        report = self._report(job_id, job)
        if report is None or self.report_column is None:
            return same_outcome(records, Outcome.UNKNOWN, "import_errors")
        rows = csv.DictReader(io.StringIO(report))
        keys = (str(row.get(self.report_column, "")).strip().lower() for row in rows)
        return of_job(records, dict.fromkeys(keys, Refusal("import_row")), job.get("errors"))

    def _report(self, job_id: str, job: Mapping[str, Any]) -> str | None:
        """The error report, kept as it came for a person to read; None when there is none."""
        url = job.get("errorReportFileUrl")
        if not isinstance(url, str) or not is_safe_to_send_to(url):
            return None
        # Without our key: the file may lie on another host.
        call = Call("GET", url, "connectif error report")
        try:
            text = ask(self.http, call).content.decode("utf-8-sig", "replace")
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
    if isinstance(value, bool):
        return str(value).lower()
    return join_list(value, "|") if isinstance(value, list) else value
