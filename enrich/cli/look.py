"""Commands that only look: status, rejects, the field table."""

from __future__ import annotations

from typing import Annotated

import typer

from enrich.cli.console import show_table
from enrich.cli.options import StoreOption
from enrich.cli.retry import retry as retry_all
from enrich.cli.shell import Shell
from enrich.cli.shows import show_exports
from enrich.cli.tables import FIELD_COLUMNS, field_rows, markdown_table
from enrich.errors import BadSettings, Locked
from enrich.jobs.reconciling import Proof
from enrich.jobs.status import Status, read_status, waiting_in

LimitOption = Annotated[int, typer.Option("--limit", min=1, help="At most so many rows")]


def status(shell: Shell) -> None:
    """Show the last runs, how far each store is pulled, and what to look at."""
    try:
        with shell.wiring.warehouse("status") as warehouse:
            show_status(shell, read_status(warehouse, tuple(shell.settings.stores), shell.now))
    except Locked as error:
        shell.say(f"a run is at work: {error}")
        show_read_copy(shell)
    if waiting := waiting_in(shell.settings.data_dir, shell.now):
        show_table(shell.out, "received, for the next sync", WAITING, waiting)


def show_read_copy(shell: Shell) -> None:
    """What the analysts' copy holds while the warehouse is being written."""
    try:
        with shell.wiring.read_copy() as copy:
            show_table(shell.out, "read copy", ("table", "rows"), copy.table_counts().iter_rows())
    except BadSettings:
        shell.say("no read copy yet; the run at work makes it")


WATERMARKS = ("store", "entity", "moment (UTC)", "hours behind")
PROOFS = (
    "store", "listed", "stored", "set aside", "not stored", "no longer listed", "other cents",
    "unexplained", "unexplained amount", "push", "as of (UTC)",
)  # fmt: skip
WAITING = ("store", "topic", "files", "hours waiting")
PUSHED = ("destination", "store", "entity", "there", "refused", "unanswered", "last sent (UTC)")
CONSENTS = ("store", "started (UTC)", "ended", "what", "count")
SET_ASIDE = ("store", "entity", "reason", "records")


def proof_row(proof: Proof) -> tuple[object, ...]:
    """One store as a row of PROOFS; all counts are orders."""
    names = ("listed", "stored", "set_aside", "missing", "unlisted", "differing", "unexplained")
    return (
        proof.store,
        *(proof.counts[f"{name}_count"] for name in names),
        f"{proof.counts['unexplained_cents'] / 100:,.2f}",
        "held" if proof.is_held else "free",
        proof.reconciled_at,
    )


def show_status(shell: Shell, found: Status) -> None:
    show_table(shell.out, "last runs", found.runs.columns, found.runs.iter_rows())
    show_table(shell.out, "pulled up to", WATERMARKS, found.watermarks)
    if found.pushed.height:
        show_table(shell.out, "pushed", PUSHED, found.pushed.iter_rows())
    if found.exports.height:
        show_exports(shell.out, found.exports)
    if found.proofs:
        show_table(shell.out, "compared with VTEX", PROOFS, map(proof_row, found.proofs))
    if found.consents:
        show_table(shell.out, "last word on consents", CONSENTS, found.consents)
    if found.set_aside:
        show_table(shell.out, "set aside", SET_ASIDE, found.set_aside)
    show_table(shell.out, "tables", ("table", "rows"), found.counts)
    for line in found.advice:
        shell.say(line)


RetryOption = Annotated[bool, typer.Option("--retry", help="First try each of them once more")]


def rejects(
    shell: Shell, store: StoreOption = None, limit: LimitOption = 50, retry: RetryOption = False
) -> None:
    """Show the records that were set aside and why, or try them again."""
    if store is not None:
        shell.stores(store)
    if retry:
        retry_all(shell, store)
    with shell.wiring.warehouse("rejects") as warehouse:
        found = warehouse.rejects(store)
    # The payload is a customer's document: it stays in the warehouse.
    shown = found.head(limit).drop("payload", "run_id")
    show_table(shell.out, f"{found.height:,} set aside", shown.columns, shown.iter_rows())


MarkdownOption = Annotated[bool, typer.Option("--markdown", help="As the table in docs/fields.md")]


def fields(shell: Shell, markdown: MarkdownOption = False) -> None:
    """Show every profile field: type, unit, empty value, definition."""
    if markdown:
        shell.out.file.write(markdown_table(FIELD_COLUMNS, field_rows()) + "\n")
        return
    show_table(shell.out, None, FIELD_COLUMNS, field_rows())
