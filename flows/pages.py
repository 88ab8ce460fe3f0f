"""The artifacts of a run page, as Markdown a person can read. Pure; never a customer's value.

Each page says first what to do next and for whom: the data engineer who runs the pipeline, or the
analyst who uses what it makes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from enrich.audiences.run import AudiencesReport
from enrich.audiences.showing import AUDIENCE_COLUMNS, RUNNING_COLUMNS, row_of, rows_of_lift
from enrich.compute.profiles import ProfilesReport
from enrich.consent.summary import ConsentSummary, lines_of
from enrich.dashboard.file import DASHBOARD_NAME
from enrich.errors import EnrichError, HeldBack
from enrich.plain_text import one_line
from enrich.profile.movements import Movements
from enrich.push.summary import MAX_REASONS, PushSummary
from enrich.sync.pulling import ENTITY_COLUMNS
from enrich.sync.reconciliation import Proof
from enrich.sync.store import SyncReport

Faults = Mapping[str, EnrichError]
Action = tuple[str, str]
"""Who, and what; the second may be Markdown."""

ENGINEER, ANALYST = "data engineer", "analyst"
FEWEST_PEOPLE, MAX_PAIRS = 5, 20


class Markdown(str):
    """Text that is Markdown already; every other text is a value and is shown as it is."""

    __slots__ = ()


def markdown(template: str, *values: object) -> Markdown:
    """The template, which is Markdown, with the values in its `{}` as plain text."""
    return Markdown(template.format(*map(plain, values)))


# What begins emphasis, code, a link, an image, HTML, a cell or an entity, anywhere.
_SIGNS = re.compile(
    r"[\\`*\[\]<>|~&@$]|(?<![^\W_])_|_(?![^\W_])|:(?=/)|/(?=/)|(?:(?<=www)|(?<=WWW))\."
)
# What begins a heading, a list or a line where a block begins.
_BLOCK = re.compile(r"^([#+=-])(?=[#+=\s-]|$)|^(\d+)([.)])(?=\s|$)")


def plain(value: object) -> str:
    """One value as Markdown that shows it letter by letter; None is empty, numbers have commas."""
    if value is None:
        return ""
    if isinstance(value, Markdown):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    signs = _SIGNS.sub(r"\\\g<0>", one_line(str(value)).strip())
    return _BLOCK.sub(lambda at: rf"{at[2]}\{at[3]}" if at[2] else rf"\{at[1]}", signs)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Markdown:
    """A Markdown table; numbers with thousands separators, None as an empty cell."""
    lines = [_row(columns), _row([Markdown("---") for _ in columns]), *map(_row, rows)]
    return Markdown("\n".join(lines))


def _row(cells: Iterable[object]) -> str:
    return f"| {' | '.join(map(plain, cells))} |"


def _page(parts: Iterable[Markdown]) -> str:
    return "\n\n".join(parts)


def _next(actions: Sequence[Action]) -> list[Markdown]:
    rows = table(("who", "what"), actions) if actions else Markdown("Nothing to do.")
    return [Markdown("**Next**"), rows]


def _faults(faults: Faults) -> list[Markdown]:
    return [markdown("**{} failed:** {}", store, fault) for store, fault in faults.items()]


# -- what was pulled


def sync_line(reports: Sequence[SyncReport]) -> str:
    """One line for the list of runs."""
    loaded = [entity.loaded for report in reports for entity in report.entities]
    changed = sum(one.new_count + one.changed_count for one in loaded)
    rejected = sum(one.reject_count for one in loaded)
    return f"{changed:,} new or changed, {rejected:,} rejected in {len(reports)} store(s)"


def sync_page(
    reports: Sequence[SyncReport],
    faults: Faults,
    copy_path: str,
    dashboard_error: str | None = None,
) -> str:
    """What was pulled and rejected per store and entity, whether it equals VTEX, what to do next.

    `dashboard_error` says why there is no new dashboard.
    """
    parts = [Markdown("# Sync"), *_faults(faults)]
    for report in reports:
        parts += [markdown("## {}", report.store), *_next(next_actions(report))]
        parts += [Markdown("**Pulled**"), _entities(report)]
        parts += [Markdown("**Compared with VTEX**"), proof_table(report.proof)]
        parts += [Markdown("**Resolved**"), _checks(report)]
    return _page([*parts, _files(copy_path, dashboard_error)])


def _files(copy_path: str, dashboard_error: str | None) -> Markdown:
    files = markdown("Read copy for analysts: {}", copy_path)
    if dashboard_error is None:
        return markdown("{}; the dashboard is beside it, {}", files, DASHBOARD_NAME)
    return markdown("{}. **The dashboard stays as it was:** {}", files, dashboard_error)


def _entities(report: SyncReport) -> Markdown:
    return table(ENTITY_COLUMNS, [entity.row for entity in report.entities])


PROOF = (
    ("listed by VTEX", "listed_count"),
    ("stored", "stored_count"),
    ("rejected", "set_aside_count"),
    ("listed, not stored", "missing_count"),
    ("stored, no longer listed", "unlisted_count"),
    ("stored with other cents", "differing_count"),
    ("not listed, found by id", "found_by_id_count"),
    ("unexplained", "unexplained_count"),
)


def proof_table(proof: Proof | None) -> Markdown:
    """Orders and cents as VTEX lists them beside what is stored, and what follows for pushes."""
    if proof is None:
        return Markdown("Nothing was listed yet.")
    rows: list[tuple[str, object]] = [(says, proof.counts[name]) for says, name in PROOF]
    rows.append(("unexplained amount", f"{proof.counts['unexplained_cents'] / 100:,.2f}"))
    rows.append(("pushes are", "held" if proof.is_held else "free"))
    return table(("orders", ""), rows)


def _checks(report: SyncReport) -> Markdown:
    found = report.checks.select("finding", "detail", "row_count", "amount_cents").iter_rows()
    rows = [(*what, f"{cents / 100:,.2f}" if cents else None) for *what, cents in found]
    return table(("finding", "detail", "rows", "amount"), rows)


def next_actions(report: SyncReport) -> list[Action]:
    """What somebody should do after this run; empty when nothing."""
    rejected = sum(entity.loaded.reject_count for entity in report.entities)
    actions = [
        (ENGINEER, f"{entity.entity}: {entity.note}")
        for entity in report.entities
        if entity.is_degraded
    ]
    if rejected:
        actions.append(
            (ENGINEER, markdown("{} records were rejected: `enrich rejects` shows why", rejected))
        )
    if report.proof is not None and report.proof.is_held:
        actions.append((ENGINEER, report.proof.reason))
    return actions


# -- what was computed


def profiles_line(reports: Sequence[ProfilesReport], pushes: Sequence[PushSummary]) -> str:
    """One line for the list of runs."""
    customers = sum(report.customer_count for report in reports)
    accepted = sum(done.accepted for done in pushes)
    return f"{customers:,} profiles, {accepted:,} records accepted in {len(pushes)} push(es)"


def profiles_page(reports: Sequence[ProfilesReport], faults: Faults) -> str:
    """How many customers stand where, where the classes were cut, what to know of them."""
    parts = [Markdown("# Profiles"), *_faults(faults)]
    for report in reports:
        about = (report.store, report.customer_count, report.as_of)
        parts.append(markdown("## {}: {} customers as of {}", *about))
        parts += [Markdown("**Segments**"), segment_table(report.segment_counts)]
        parts.append(Markdown("**RFM grid**, customers and what they bought in all"))
        parts.append(grid(report.segment_counts))
        parts += [markdown("* {}", note) for note in report.notes]
        parts += _prediction(report)
        parts.append(Markdown("**Cut points**, lowest to highest of each score"))
        parts.append(cut_table(report.cut_points))
    return _page(parts)


def _prediction(report: ProfilesReport) -> list[Markdown]:
    """What comes next, how well that held before, and beside which naive rules."""
    if report.prediction is None:
        return []
    found = report.prediction
    parts = [Markdown("**What comes next**"), *(markdown("* {}", line) for line in found.lines)]
    if not found.measured.is_empty():
        columns = ("metric", "value", "baseline", "baseline_value")
        rows = found.measured.select(columns).with_columns(pl.col(pl.Float64).round(3)).rows()
        parts.append(table(("back-test", "model", "naive rule", "reached"), rows))
    if not found.tenths.is_empty():
        whole = found.tenths.with_columns(pl.col(pl.Float64).round(0).cast(pl.Int64))
        columns = ("tenth", "customers", "predicted_orders", "actual_orders")
        parts.append(
            table(("tenth", "customers", "predicted orders", "came"), whole.select(columns).rows())
        )
    return parts


def segment_table(segment_counts: pl.DataFrame) -> Markdown:
    """Customers and amount per segment, the largest first."""
    sums = pl.col("customers", "amount").sum()
    rows = (
        segment_counts.group_by("rfm_segment").agg(sums).sort(-pl.col("customers"), "rfm_segment")
    )
    columns = ("segment", "customers", "amount of all time")
    return table(
        columns, [(name, count, _amount(count, sum_)) for name, count, sum_ in rows.rows()]
    )


def grid(segment_counts: pl.DataFrame) -> Markdown:
    """Recency down, frequency across; a cell about one to four people shows no amount."""
    sums = pl.col("customers", "amount").sum()
    cells = segment_counts.drop_nulls("r_score").group_by("r_score", "f_score").agg(sums)
    found = {(r, f): (count, amount) for r, f, count, amount in cells.iter_rows()}
    scores = range(1, 6)
    rows = [
        (Markdown(f"**R {r}**"), *(_grid_cell(*found.get((r, f), (0, 0))) for f in scores))
        for r in reversed(scores)
    ]
    return table(("", *(f"F {f}" for f in scores)), rows)


def _grid_cell(count: int, amount: object) -> str:
    if count == 0:
        return "·"
    return "<5" if count < FEWEST_PEOPLE else f"{count:,} ({amount:,.0f})"


def _amount(count: int, amount: object) -> str:
    return "" if 0 < count < FEWEST_PEOPLE else f"{amount:,.2f}"


def cut_table(cut_points: pl.DataFrame) -> Markdown:
    """A row per window and axis; amounts in currency units, classes of one to four unseen."""
    rows = []
    for key, classes in cut_points.group_by("window", "axis", "unit", maintain_order=True):
        window, axis, unit = map(str, key)
        scale = 100 if unit == "cents" else 1
        ranges = [
            _range(low, high, count, scale)
            for low, high, count in classes.sort("score")
            .select("lowest", "highest", "customer_count")
            .iter_rows()
        ]
        says = "currency" if unit == "cents" else unit
        rows.append((window, axis, says, *ranges, classes["population"].max()))
    return table(("window", "axis", "in", "1", "2", "3", "4", "5", "customers"), rows)


def _range(low: int | None, high: int | None, count: int, scale: int) -> str:
    if low is None or high is None:
        return "·"
    return "<5" if count < FEWEST_PEOPLE else f"{low / scale:,.0f} to {high / scale:,.0f}"


# -- who moved


def movements_page(found: Mapping[str, Movements | None]) -> str:
    """Who moved since the profiles before, by cause and by pair of segments, per store."""
    parts = [Markdown("# Movements between segments")]
    for store, moved in found.items():
        if moved is None:
            parts.append(markdown("## {}", store))
            parts.append(Markdown("There is nothing to compare with before a second day."))
            continue
        about = (moved.moves.height, moved.first_on, moved.second_on, moved.stayed_count)
        parts.append(markdown("## {}: {} moved from {} to {}, {} stayed", store, *about))
        parts += [table(("cause", "customers"), moved.by_cause().iter_rows()), pair_table(moved)]
    return _page([*parts, *_next([(ANALYST, f"the whole picture: {DASHBOARD_NAME}")])])


def pair_table(moved: Movements) -> Markdown:
    """The most frequent pairs; those of one to four customers are one row."""
    pairs = moved.by_pair()
    rows: list[tuple[object, ...]] = [
        pair for pair in pairs.head(MAX_PAIRS).iter_rows() if pair[-1] >= FEWEST_PEOPLE
    ]
    others = moved.moves.height - sum(int(str(row[-1])) for row in rows)
    if others:
        rows.append(("others", "", "", others))
    return table(("then", "now", "cause", "customers"), rows)


# -- audiences


def audiences_page(reports: Sequence[AudiencesReport], faults: Faults) -> str:
    """How many are in each audience and how many are not, why, who joined and left, and lift."""
    parts = [Markdown("# Audiences"), *_faults(faults)]
    for report in reports:
        parts.append(markdown("## {} as of {}", report.store, report.as_of))
        parts += _next([(ANALYST, str(one.fault)) for one in report.looks if one.fault])
        rows = [row_of(look, FEWEST_PEOPLE) for look in report.looks]
        parts.append(table(AUDIENCE_COLUMNS, rows))
        if report.lifts:
            found = [row for one in report.lifts for row in rows_of_lift(one)]
            parts += [Markdown("**Lift** of what is held out"), table(RUNNING_COLUMNS, found)]
    return _page(parts)


# -- consents


def consent_page(summaries: Sequence[ConsentSummary]) -> str:
    """Statements about consent, the decisions, and who received them."""
    parts = [Markdown("# Consents")]
    for done in summaries:
        parts.append(markdown("## {}", done.store))
        if done.fault is not None:
            parts.append(markdown("**Stopped:** {}", done.fault))
        parts.append(table(("what", "count"), lines_of(done.as_json())))
        parts += [markdown("* {}", note) for note in done.notes]
    return _page(parts)


# -- what was pushed


def push_page(pushes: Sequence[PushSummary]) -> str:
    """What each platform was sent and what became of it, why records were held back, what next."""
    columns = ("destination", "store", "entity", "new", "changed", "unchanged", "accepted",
               "queued", "rejected", "try again", "unknown", "left for later")  # fmt: skip
    rows = [
        (p.destination, p.store, p.entity, p.adds, p.changes, p.unchanged, p.accepted, p.queued,
         p.rejected, p.retryable, p.unknown, p.left)
        for p in pushes
    ]  # fmt: skip
    parts = [Markdown("# Pushed"), *_next(push_actions(pushes))]
    parts.append(table(columns, rows) if rows else Markdown("No destination is enabled."))
    for done in pushes:
        if done.fault is not None:
            parts.append(markdown("**{} ({}) stopped:** {}", done.what, done.store, done.fault))
        if done.moved:
            line = "* {}: {} contacts follow a changed address"
            parts.append(markdown(line, done.what, done.moved))
        parts += [
            markdown("* {}: {} not sent, {}", done.what, count, reason)
            for reason, count in done.invalid.items()
        ]
        parts += [
            markdown("* {}: {} refused, {}", done.what, count, reason)
            for reason, count in done.refused.most_common(MAX_REASONS)
        ]
    return _page(parts)


def push_actions(pushes: Sequence[PushSummary]) -> list[Action]:
    """What somebody should do about the platforms; empty when nothing."""
    actions: list[Action] = []
    for done in pushes:
        where = f"{done.what} ({done.store})"
        if done.fault is not None:
            who = ANALYST if isinstance(done.fault, HeldBack) else ENGINEER
            actions.append((who, f"{where}: {done.fault}"))
        if done.rejected:
            reasons = "`enrich query \"from push_records where outcome = 'rejected'\"`"
            refused = markdown("{}: {} refused, reasons in ", where, done.rejected)
            actions.append((ANALYST, Markdown(refused + reasons)))
        if done.left:
            actions.append((ENGINEER, f"{where}: {done.left:,} wait for the next run's budget"))
    return actions
