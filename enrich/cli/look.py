"""Commands that only look: status, rejects, the field table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from enrich.cli.console import currency, show_table
from enrich.cli.forget import unfinished
from enrich.cli.options import StoreOption
from enrich.cli.retry import retry as retry_all
from enrich.cli.shell import Shell
from enrich.cli.shows import show_exports
from enrich.cli.tables import FIELD_COLUMNS, field_rows, markdown_table
from enrich.durable import whole_file
from enrich.errors import BadSettings, Locked
from enrich.profile.own import declared
from enrich.status import (
    NOTHING_YET,
    Pushed,
    Status,
    known_of_copy,
    known_of_warehouse,
    read_status,
    status_document,
    waiting_in,
)
from enrich.sync.reconciliation import Proof

LimitOption = Annotated[int, typer.Option("--limit", min=1, help="At most so many rows")]


TablesOption = Annotated[bool, typer.Option("--tables", help="Also count the rows of every table")]


def status(shell: Shell, tables: TablesOption = False) -> None:
    """Show the last runs, how far each store is pulled, what to look at; by exit code too."""
    found = known_status(shell)
    waiting = waiting_in(shell.settings.data_dir, shell.now)
    if shell.as_json:
        document = status_document(found, waiting) if found else {"exit_code": 0, "advice": []}
        shell.out.write(json.dumps(document, default=str, ensure_ascii=False, indent=2) + "\n")
    else:
        if found is not None:
            show_status(shell, found, with_tables=tables)
        if waiting:
            show_table(shell.out, "received, for the next sync", WAITING, waiting)
        for line in unfinished(shell):
            shell.answer(f"{line}; `enrich forget --continue`")
    if found is not None and found.exit_code:
        raise typer.Exit(found.exit_code)


ToFileOption = Annotated[
    Path | None, typer.Option("--to", help="Write this file instead, whole at once")
]


def metrics(shell: Shell, to: ToFileOption = None) -> None:
    """Show the figures of `status` for Prometheus, or write them for its textfile collector."""
    from enrich.metrics import metrics_text  # with Prometheus' library

    text = metrics_text(known_status(shell), waiting_in(shell.settings.data_dir, shell.now))
    if to is None:
        shell.out.write(text)
        return
    with whole_file(to) as unfinished:
        unfinished.write_text(text, encoding="utf-8")
        unfinished.chmod(0o644)  # the collector is another account; no figure is about a person


def known_status(shell: Shell) -> Status | None:
    """What the warehouse knows; while a run is at work, what it knew at the last publish."""
    stores, destinations = tuple(shell.settings.stores), tuple(shell.settings.destinations)
    if not shell.wiring.has_warehouse:
        shell.say(NOTHING_YET)
        return None
    try:
        with shell.wiring.warehouse("status") as warehouse:
            known = known_of_warehouse(warehouse, stores)
            return read_status(known, shell.now, destinations=destinations)
    except Locked as error:
        shell.say(f"a run is at work: {error}")
    try:
        with shell.wiring.read_copy() as copy:
            shell.say("as of the last publish:")
            known = known_of_copy(copy, stores)
            return read_status(known, shell.now, destinations=destinations, is_at_work=True)
    except BadSettings:
        shell.say("no read copy yet; the run at work makes it")
        return None


MAX_SHOWN_SPLITS = 20

WATERMARKS = ("store", "entity", "moment (UTC)", "hours behind")
PROOFS = (
    "store", "listed", "stored", "rejected", "not stored", "no longer listed", "other cents",
    "found by id", "unexplained", "unexplained amount", "push", "as of (UTC)",
)  # fmt: skip
KNOWN = ("store", "history since")
REFUNDS = ("store", "refunds", "rows", "amount")
SPLITS = ("store", "customer", "new customer", "since (UTC)")
WAITING = ("store", "topic", "files", "hours waiting")
HELD_THERE = (
    "destination", "store", "entity", "there", "refused", "unanswered", "last sent (UTC)",
    "why most are refused",
)  # fmt: skip
CONSENTS = ("store", "started (UTC)", "ended", "what", "count")
PUSHES = ("destination", "store", "entity", "last run (UTC)", "state", "accepted")
REJECT_COLUMNS = ("store", "entity", "reason", "records")


def proof_row(proof: Proof) -> tuple[object, ...]:
    """One store as a row of PROOFS; all counts are orders."""
    names = (
        "listed", "stored", "set_aside", "missing", "unlisted", "differing", "found_by_id",
        "unexplained",
    )  # fmt: skip
    return (
        proof.store,
        *(proof.counts[f"{name}_count"] for name in names),
        currency(proof.counts["unexplained_cents"]),
        "held" if proof.is_held else "free",
        proof.reconciled_at,
    )


def refund_row(row: tuple[str, str, int | None, int]) -> tuple[object, ...]:
    """What became of some refunds as a row of REFUNDS; the amount in currency units."""
    *what, cents = row
    return (*what, currency(cents))


def push_row(push: Pushed) -> tuple[object, ...]:
    """One push as a row of PUSHES; what held it stands in the advice."""
    moment = f"{push.started_at:%Y-%m-%d %H:%M:%S}"
    return push.destination, push.store, push.entity, moment, push.state, push.accepted_count


def show_status(shell: Shell, found: Status, *, with_tables: bool) -> None:
    show_table(shell.out, "last runs", found.runs.columns, found.runs.iter_rows())
    show_table(shell.out, "pulled up to", WATERMARKS, found.watermarks)
    show_table(shell.out, "purchases are known since", KNOWN, found.known_since)
    if found.refunds:
        show_table(shell.out, "every refunded cent", REFUNDS, map(refund_row, found.refunds))
    if found.splits:
        shown = found.splits[:MAX_SHOWN_SPLITS]
        show_table(
            shell.out, "customers with a key of their own since the last push", SPLITS, shown
        )
    if found.pushed.height:
        show_table(shell.out, "pushed", HELD_THERE, found.pushed.iter_rows())
    if found.exports.height:
        show_exports(shell.out, found.exports)
    if found.proofs:
        show_table(shell.out, "compared with VTEX", PROOFS, map(proof_row, found.proofs))
    if found.consents:
        show_table(shell.out, "last word on consents", CONSENTS, found.consents)
    if found.pushes:
        show_table(shell.out, "last pushes", PUSHES, map(push_row, found.pushes))
    if found.rejects:
        show_table(shell.out, "rejected", REJECT_COLUMNS, found.rejects)
    if with_tables:
        show_table(shell.out, "tables", ("table", "rows"), found.counts)
    for line in found.advice:
        shell.answer(line)


RetryOption = Annotated[bool, typer.Option("--retry", help="First try each of them once more")]


def rejects(
    shell: Shell, store: StoreOption = None, limit: LimitOption = 50, retry: RetryOption = False
) -> None:
    """Show the records that were rejected and why, or try them again."""
    if store is not None:
        shell.stores(store)
    if not shell.wiring.has_warehouse:
        shell.say("no rejects: no sync or import has run yet")
        return
    if retry:
        retry_all(shell, store)
    with shell.wiring.warehouse("rejects") as warehouse:
        found = warehouse.records.rejects(store)
    # The payload is a customer's document: it stays in the warehouse.
    shown = found.head(limit).drop("payload", "run_id")
    show_table(
        shell.out, f"{found.height:,} rejected", shown.columns, shown.iter_rows(), name="rejected"
    )


MarkdownOption = Annotated[bool, typer.Option("--markdown", help="As the table in docs/fields.md")]


def fields(shell: Shell, markdown: MarkdownOption = False) -> None:
    """Show every profile field: type, unit, empty value, definition."""
    rows = field_rows(declared(shell.wiring.own_fields))
    if markdown:
        shell.out.write(markdown_table(FIELD_COLUMNS, rows) + "\n")
        return
    show_table(shell.out, None, FIELD_COLUMNS, rows)
