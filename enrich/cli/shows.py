"""What the commands print about what was done; never a customer's value."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from enrich.cli.console import PlainConsole, currency, show_table
from enrich.compute.profiles import ProfilesReport
from enrich.plain_text import json_text
from enrich.push.summary import MAX_REASONS, PushSummary, split_line
from enrich.sources.files.reading import FileFrames
from enrich.sync.import_files import ImportReport
from enrich.sync.pulling import ENTITY_COLUMNS
from enrich.sync.store import SyncReport
from enrich.verify import Finding


def show_sync(console: PlainConsole, done: SyncReport) -> None:
    """What was pulled per entity, then the findings of the resolve."""
    rows = [(*entity.row, entity.note) for entity in done.entities]
    of = {"name": "pulled", "store": done.store}
    show_table(console, f"{done.store}: pulled", (*ENTITY_COLUMNS, "note"), rows, **of)
    show_checks(console, done.store, done.checks)


def show_import(console: PlainConsole, done: ImportReport) -> None:
    """What became of the rows of each file, the notes, the findings of the resolve."""
    rows = [
        (entity, count.new_count, count.changed_count, count.unchanged_count)
        for entity, count in done.loaded.items()
    ]
    columns = ("rows", "new", "changed", "unchanged")
    show_table(console, f"{done.store}: imported", columns, rows, name="imported", store=done.store)
    for note in done.notes:
        console.print(f"note: {note}")
    if done.reject_count:
        console.print(f"{done.reject_count:,} rows were rejected; `enrich rejects` shows why")
    show_checks(console, done.store, done.checks)


def show_seen(console: PlainConsole, frames: FileFrames) -> None:
    """How each file was understood: its columns, its first rows, what would be rejected.

    Personal values are shown on a terminal only, to the person who looks.
    """
    for seen in frames.seen:
        console.print(f"{seen.name}: {seen.kind}; {seen.understood or 'columns by name'}")
        rows = [
            (one.name, one.theirs, one.read_as, one.filled_count, one.dropped_count)
            for one in seen.columns
        ]
        show_table(console, None, SEEN_COLUMNS, rows, name="columns", file=seen.name)
        hidden = [] if console.is_terminal else seen.personal.intersection(seen.sample.columns)
        sample = seen.sample.with_columns(pl.lit("(personal)").alias(name) for name in hidden)
        title = f"{seen.name}: the first rows"
        shown = sample.iter_rows()
        show_table(console, title, sample.columns, shown, name="first rows", file=seen.name)
    for file in frames.counts:
        console.print(f"{file.name}: {file.row_count:,} rows, {len(file.rejects):,} rejected")
        for reason, (count, line) in file.reasons.items():
            console.print(f"{file.name}: {reason} ({count:,} rows, the first is line {line})")
    for note in frames.notes:
        console.print(f"note: {note}")


SEEN_COLUMNS = ("column", "called there", "read as", "with a value", "left out")


def show_checks(console: PlainConsole, store: str, checks: pl.DataFrame) -> None:
    """What the resolve found, a line each; amounts in currency units."""
    rows = [
        (finding, detail, count, currency(cents))
        for finding, detail, count, cents in checks.select(
            "finding", "detail", "row_count", "amount_cents"
        ).iter_rows()
    ]
    if rows:
        columns = ("finding", "detail", "rows", "amount")
        show_table(console, f"{store}: resolved", columns, rows, name="resolved", store=store)


def show_profiles(console: PlainConsole, done: ProfilesReport) -> None:
    """How many customers in which segment, and what to know about the classes."""
    title = f"{done.store}: {done.customer_count:,} profiles as of {done.as_of}"
    of = {"store": done.store, "as_of": done.as_of}
    show_table(console, title, ("segment", "customers"), done.segments, name="segments", **of)
    for line in done.predictions:
        console.print(line)
    for note in done.notes:
        console.print(f"note: {note}")
    if done.output is not None:
        console.print(f"written: {done.output}")


def push_row(done: PushSummary) -> tuple[object, ...]:
    """One push as a row of PUSH_COLUMNS."""
    failed = done.rejected + done.retryable + done.unknown
    return (
        done.destination,
        done.store,
        done.entity,
        done.adds,
        done.changes,
        done.unchanged,
        done.invalid_count,
        None if done.is_dry_run else done.accepted,
        None if done.is_dry_run else failed,
        str(done.fault) if done.fault else None,
    )


_NOTHING: tuple[object, ...] = (None, 0, "", [])
PUSH_COLUMNS = (
    "destination",
    "store",
    "entity",
    "new",
    "changed",
    "unchanged",
    "not sendable",
    "accepted",
    "failed",
    "note",
)


def show_pushes(console: PlainConsole, pushes: Sequence[PushSummary]) -> None:
    """One row per destination and store, why records were held back, a masked sample."""
    if not pushes:
        console.print("no enabled destination serves this; nothing is pushed ([destinations.NAME])")
        return
    dry = any(done.is_dry_run for done in pushes)
    title = "would be pushed" if dry else "pushed"
    show_table(console, title, PUSH_COLUMNS, [push_row(done) for done in pushes])
    for done in pushes:
        for reason, count in done.invalid.items():
            console.print(f"{done.what}: {count:,} not sent: {reason}")
        for reason, count in done.refused.most_common(MAX_REASONS):
            console.print(f"{done.what}: {count:,} refused: {reason}")
        for line in _push_lines(done):
            console.print(f"{done.what}: {line}")
        for what, payload in done.sample.items():
            filled = {name: value for name, value in payload.items() if value not in _NOTHING}
            console.print(
                f"{done.what} ({done.store}), {what}, masked, without empty values and zeros:"
                f" {json_text(filled)}"
            )


EXPORT_COLUMNS = (
    "destination", "store", "entity", "days", "by", "status", "records", "answered", "refused",
    "began (UTC)", "last worked on (UTC)",
)  # fmt: skip


def show_exports(console: PlainConsole, exports: pl.DataFrame) -> None:
    """How far each export came; one that is not completed goes on with the same command."""
    if exports.is_empty():
        console.print(
            "no exports yet; `enrich push --destination NAME --entity customers --from DAY`"
        )
        return
    rows = exports.select(
        "destination", "store", "entity", pl.format("{} to {}", "from_on", "to_on"), "dated_by",
        "status", "record_count", "done_count", "refused_count", "started_at", "updated_at",
    )  # fmt: skip
    show_table(console, "exports", EXPORT_COLUMNS, rows.iter_rows())


def _push_lines(done: PushSummary) -> list[str]:
    """What else there is to know about a push, in words."""
    minutes = (done.estimated_seconds or 0.0) / 60
    lines = {
        f"about {done.requests or 0:,} requests, {minutes:,.1f} minutes": done.is_dry_run,
        f"{done.removals:,} records are there and no longer here": done.removals > 0,
        f"{done.removed:,} of them were removed": done.removed > 0,
        f"{done.moved:,} contacts follow a changed address": done.moved > 0,
        f"{done.queued:,} are in jobs the platform has not finished": done.queued > 0,
        f"{done.resent:,} were sent again, nobody knows what became of them": done.resent > 0,
        f"{done.left:,} are left for the next run": done.left > 0,
        f"{done.frozen:,} changed since, and the platform takes no change": done.frozen > 0,
        f"{done.ends:,} of the changes say that a record is over": done.ends > 0,
        split_line(done.splits): bool(done.splits),
    }
    return [line for line, is_so in lines.items() if is_so]


def _state_of(finding: Finding) -> str:
    if finding.is_note:
        return "note"
    return "works" if finding.works else "MISSING" if finding.needed else "missing"


def show_findings(console: PlainConsole, findings: Sequence[Finding]) -> None:
    """What works and what to do about what does not."""
    rows = [(f.where, f.what, _state_of(f), f.advice) for f in findings]
    show_table(console, None, ("where", "what", "state", "what to do"), rows)
