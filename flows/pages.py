"""The artifacts of a run page, as Markdown a person can read. Pure; never a customer's value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from enrich.errors import EnrichError
from enrich.jobs.dashboard import DASHBOARD_NAME
from enrich.jobs.profiles import ProfilesReport
from enrich.jobs.pulling import ENTITY_COLUMNS
from enrich.jobs.push import PushSummary
from enrich.jobs.sync import SyncReport

Faults = Mapping[str, EnrichError]


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; numbers with thousands separators, None as an empty cell."""
    lines = [f"| {' | '.join(columns)} |", f"| {' | '.join('---' for _ in columns)} |"]
    lines += [f"| {' | '.join(_cell(value) for value in row)} |" for row in rows]
    return "\n".join(lines)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return str(value).replace("|", "\\|").replace("\n", " ")


def sync_line(reports: Sequence[SyncReport]) -> str:
    """One line for the list of runs."""
    loaded = [entity.loaded for report in reports for entity in report.entities]
    changed = sum(one.new_count + one.changed_count for one in loaded)
    rejected = sum(one.reject_count for one in loaded)
    return f"{changed:,} new or changed, {rejected:,} set aside in {len(reports)} store(s)"


def sync_page(reports: Sequence[SyncReport], faults: Faults, copy_path: str) -> str:
    """What was pulled and set aside per store and entity, what was resolved, what to do next."""
    parts = ["# Pulled", *_faults(faults)]
    for report in reports:
        parts += [f"## {report.store}", _entities(report), "**Resolved**", _checks(report)]
        parts += ["**Next**", "\n".join(next_actions(report)) or "Nothing to do."]
    files = f"Read copy for analysts: `{copy_path}`; the dashboard is beside it, `{DASHBOARD_NAME}`"
    return "\n\n".join([*parts, files])


def _faults(faults: Faults) -> list[str]:
    return [f"**{store} failed:** {_cell(fault)}" for store, fault in faults.items()]


def _entities(report: SyncReport) -> str:
    return table(ENTITY_COLUMNS, [entity.row for entity in report.entities])


def _checks(report: SyncReport) -> str:
    rows = report.checks.select("finding", "detail", "row_count").iter_rows()
    return table(("finding", "detail", "rows"), rows)


def next_actions(report: SyncReport) -> list[str]:
    """What a person should do after this run; empty when nothing."""
    rejected = sum(entity.loaded.reject_count for entity in report.entities)
    actions = [
        f"* {entity.entity}: {entity.note}" for entity in report.entities if entity.is_degraded
    ]
    if rejected:
        actions.append(f"* {rejected:,} records were set aside: `enrich rejects` shows why")
    return actions


def profiles_line(reports: Sequence[ProfilesReport], pushes: Sequence[PushSummary]) -> str:
    """One line for the list of runs."""
    customers = sum(report.customer_count for report in reports)
    accepted = sum(done.accepted for done in pushes)
    return f"{customers:,} profiles, {accepted:,} records accepted in {len(pushes)} push(es)"


def profiles_page(reports: Sequence[ProfilesReport], faults: Faults) -> str:
    """How many customers in which segment, where the classes were cut, what to know of them."""
    parts = ["# Profiles", *_faults(faults)]
    for report in reports:
        parts.append(f"## {report.store}: {report.customer_count:,} customers as of {report.as_of}")
        parts.append(table(("segment", "customers"), report.segments))
        parts += [f"* {note}" for note in report.notes]
        parts.append("`enrich movements` shows who moved between segments, and why.")
        parts += ["**Cut points**", table(report.cut_points.columns, report.cut_points.iter_rows())]
    return "\n\n".join(parts)


def push_page(pushes: Sequence[PushSummary]) -> str:
    """What each platform was sent and what became of it, why records were held back."""
    columns = ("destination", "store", "new", "changed", "unchanged", "accepted", "rejected",
               "try again", "unknown")  # fmt: skip
    rows = [
        (
            p.destination,
            p.store,
            p.adds,
            p.changes,
            p.unchanged,
            p.accepted,
            p.rejected,
            p.retryable,
            p.unknown,
        )
        for p in pushes
    ]
    parts = ["# Pushed", table(columns, rows) if rows else "No destination is enabled."]
    for done in pushes:
        if done.fault is not None:
            parts.append(f"**{done.destination} ({done.store}) stopped:** {_cell(done.fault)}")
        parts += [
            f"* {done.destination}: {count:,} not sent, {reason}"
            for reason, count in done.invalid.items()
        ]
    return "\n\n".join(parts)
