"""Consents to and from Connectif: the newsletter status by PATCH or import, an export v5 back.

Connectif takes no moment with a status; when a person decided stays in our own record. Version 5
of its contact export shows when, from which IP and from what origin somebody (un)subscribed. The
titles of its columns are documented, that they are the header of the file is inferred: they are a
setting.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from enrich.client import Call, NotFound, raise_for_refusal
from enrich.destinations.base import MappedField, Record, Row, is_safe_to_send_to
from enrich.destinations.connectif.imports import ConnectifImports
from enrich.destinations.consents import (
    MAX_EXPORT_BYTES,
    ConsentReport,
    Downloads,
    ExportsConsents,
    NotOverYet,
    no_consents,
)
from enrich.destinations.http import HttpDestination
from enrich.destinations.kinds import CONSENTS
from enrich.destinations.mapping import Write
from enrich.destinations.records import RECORD_FORMATS, HttpRecords
from enrich.destinations.sending import answer_of, safe_code
from enrich.errors import BadSettings, Stop, TryAgain
from enrich.model import RecordResult

QUEUE_IS_FULL = "E0301"
STATUS = "_newsletterSubscriptionStatus"
STATUSES = {True: "subscribed", False: "unsubscribed"}
EXPORT_COLUMNS: Mapping[str, str] = {
    "email": "Email",
    "status": "Newsletter subscription status",
    "subscribed_at": "Date of last newsletter subscription",
    "subscribed_ip": "IP of the last newsletter subscription",
    "unsubscribed_at": "Date of last newsletter unsubscription",
    "unsubscribed_ip": "IP of the last newsletter unsubscription",
}
"""What the columns of an export v5 are called, by what they hold."""


class ConnectifConsents(HttpRecords, ConnectifImports, ExportsConsents):
    """The newsletter status of contacts, and the export that shows when it changed."""

    name = CONSENTS
    version = "connectif-consents-1"
    import_type = (
        "contacts"  # no report_column: it names a row by an address that the ledger does not have
    )
    idempotency_key = "_email"
    tells_end = False
    mapping = (
        MappedField("email", "_email", "text"),
        MappedField("opted_in", STATUS, "status"),
    )

    @property
    def formats(self) -> Mapping[str, Write]:
        return {**RECORD_FORMATS, "status": STATUSES.__getitem__}

    def validate(self, row: Row) -> str | None:
        return HttpDestination.validate(self, row)

    def patch(self, record: Record) -> RecordResult:
        body = {STATUS: record.payload[STATUS]}
        return self.save_one(record, self.contact_call(str(record.payload["_email"]), body))

    def start_export(self) -> str:
        """The id of an export of the contacts; TryAgain while five of the account wait already."""
        segment = self.settings.export_segment_id
        body = {
            "exportType": "contacts",
            "version": "v5",
            "delimiter": ",",
            "dateFormat": "ISO",
            "filters": {"segmentId": segment} if segment else {},
        }
        call = self.call("POST", "/exports/", body, is_repeatable=False)
        response = self.http.send(call)
        if response.status_code == 400 and self.refusal_of(response).code == QUEUE_IS_FULL:
            raise TryAgain("connectif: five exports wait already; the next run asks again")
        raise_for_refusal(call, response)
        export_id = safe_code(answer_of(response).get("id"))
        if export_id is None:
            raise Stop("connectif POST /exports/: the answer names no export")
        return export_id

    def read_export(self, http: Downloads, export_id: str, target: Path) -> ConsentReport:
        """What an export that is over reports; raises NotOverYet, and NotFound when it is gone.

        `target` is a file for the while. Each request renews the address of the export, which
        holds for 100 minutes.
        """
        export = self.fetch("GET", "/exports/{id}", at={"id": export_id})
        url = export.get("fileUrl")
        if not url:
            if export.get("status") in ("error", "cancelled") or export.get("cancelledAt"):
                raise NotFound("connectif: the export was given up there")
            raise NotOverYet
        if not isinstance(url, str) or not is_safe_to_send_to(url):
            raise Stop("connectif: the file of the export is not on an https address")
        # Without our key: the file may lie on another host.
        http.download(Call("GET", url, "connectif export file"), target, MAX_EXPORT_BYTES)
        given: Mapping[Any, str] = self.settings.export_columns
        return statements_in(target, {**EXPORT_COLUMNS, **given})


def statements_in(path: Path, columns: Mapping[str, str]) -> ConsentReport:
    """The statements of an export file, and the statuses it shows without a date."""
    table = pl.scan_csv(path, infer_schema=False, truncate_ragged_lines=True)
    names = table.collect_schema().names()
    found = {part: _column(names, title) for part, title in columns.items()}
    missing = [part for part in ("email", "subscribed_at", "unsubscribed_at") if not found[part]]
    if missing:
        raise BadSettings(
            f"connectif: the export has no column for {', '.join(missing)}; name them in"
            f" export_columns (there are {', '.join(sorted(names)[:40])})"
        )
    rows = table.select(
        *(
            (pl.col(name).str.strip_chars() if name else pl.lit(None, dtype=pl.String)).alias(part)
            for part, name in found.items()
        )
    ).collect()
    return _report(rows)


def _column(names: Sequence[str], title: str) -> str | None:
    """The column of a title, whatever its letter case and signs."""
    return next((name for name in names if _plain(name) == _plain(title)), None)


def _plain(title: str) -> str:
    return re.sub(r"[^a-z0-9]", "", title.lower())


def _report(rows: pl.DataFrame) -> ConsentReport:
    statements = [no_consents().statements]
    for event in ("subscribed", "unsubscribed"):
        moment = pl.col(f"{event}_at").str.to_datetime(time_zone="UTC", strict=False)
        dated = rows.with_columns(changed_at=moment.dt.replace_time_zone(None).cast(_MOMENT))
        statements.append(
            dated.drop_nulls(["email", "changed_at"]).select(
                "email",
                event=pl.lit(event),
                changed_at="changed_at",
                by_person=(pl.col(f"{event}_ip").fill_null("") != ""),
            )
        )
    status = pl.col("status").str.to_lowercase()
    shown = rows.filter(
        ((status == "subscribed") & pl.col("subscribed_at").fill_null("").eq(""))
        | ((status == "unsubscribed") & pl.col("unsubscribed_at").fill_null("").eq(""))
    ).select("email", opted_in=status == "subscribed")
    return ConsentReport(pl.concat(statements), shown)


_MOMENT = pl.Datetime("us")
