"""`enrich forget`: one person, wholly, or everybody without a sign of life for years."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Annotated

import polars as pl
import typer

from enrich import pipeline
from enrich.cli.console import confirm, show_table
from enrich.cli.options import KeyOption, StoreOption, YesOption
from enrich.cli.shell import Shell
from enrich.errors import BadSettings, EnrichError, Stop
from enrich.forget.cases import Preview, begin, damaged_notes, open_questions, preview
from enrich.forget.cases import forget as forget_people
from enrich.forget.journal import CERTIFICATES, Case, Journal
from enrich.warehouse import Named, Warehouse
from enrich.warehouse.person import masked_person, the_only_one

WhoArgument = Annotated[
    str | None,
    typer.Argument(help="E-mail, document, the source's customer id, an order id, or our key"),
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Show what is held and where, and change nothing")
]
ContinueOption = Annotated[
    bool, typer.Option("--continue", help="Only go on with what is unfinished")
]
InactiveOption = Annotated[
    bool,
    typer.Option("--inactive", help="Everybody without a sign of life: retention.inactive_years"),
]


def forget(
    shell: Shell,
    who: WhoArgument = None,
    store: StoreOption = None,
    key: KeyOption = None,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    go_on: ContinueOption = False,
    inactive: InactiveOption = False,
) -> None:
    """Remove one person from everything, keep them away, and write a certificate."""
    _check_choice(who, key, go_on=go_on, inactive=inactive)
    if go_on:
        finish(shell, forget_people(shell.wiring.places))
        return
    with shell.wiring.warehouse("forget") as warehouse:
        if inactive:
            people = _inactive(shell, warehouse, shell.store_names(store))
        else:
            people = _one_person(shell, warehouse, who, store, key)
            if not yes or dry_run:
                show_preview(shell, preview(shell.wiring.places, warehouse, people))
    if dry_run or not people:
        return
    confirm(shell.entry.err, "Forget for good? This cannot be undone.", yes=yes)
    finish(shell, forget_people(shell.wiring.places, begin(shell.wiring.places, people)))


def _check_choice(who: str | None, key: int | None, *, go_on: bool, inactive: bool) -> None:
    chosen = [bool(who and who.strip()), key is not None, go_on, inactive]
    if sum(chosen) != 1:
        raise BadSettings(
            "give an e-mail, document, customer id, order id or customer key; or --key,"
            " --inactive or --continue alone"
        )


def _one_person(
    shell: Shell, warehouse: Warehouse, who: str | None, store: str | None, key: int | None
) -> Mapping[str, Named]:
    """The one customer who is meant; of an e-mail that nobody has, the e-mail in every store."""
    stores = shell.store_names(store)
    found = warehouse.people.named(who, store, key).filter(pl.col("store").is_in(stores))
    if found.is_empty() and who is not None and "@" in who:
        shell.answer("no customer matches; the e-mail is blocked from future imports")
        identifier = ("email", who.strip().lower(), None)
        return {name: Named(identifiers=(identifier,)) for name in stores}
    name, customer_key = the_only_one(found)
    shell.answer(f"customer {customer_key} of {name}: {masked_person(found.row(0, named=True))}")
    return {name: Named((customer_key,))}


def _inactive(shell: Shell, warehouse: Warehouse, stores: Sequence[str]) -> Mapping[str, Named]:
    """The customers without a sign of life for as long as the settings say; shows how many."""
    years = shell.settings.retention.inactive_years
    if years is None:
        raise BadSettings(
            "set retention.inactive_years: after how many years without a sign of life?"
        )
    before = years_before(shell.now, years)
    found = {name: tuple(warehouse.people.inactive(name, before)) for name in stores}
    rows = [(name, len(keys)) for name, keys in found.items()]
    title = f"no sign of life since {before:%Y-%m-%d}"
    show_table(shell.out, title, ("store", "customers"), rows, name="inactive")
    return {name: Named(keys) for name, keys in found.items() if keys}


def years_before(now: datetime, years: int) -> datetime:
    """The same day so many years ago; of February 29 the 28th."""
    day = 28 if (now.month, now.day) == (2, 29) else now.day
    return now.replace(year=now.year - years, day=day)


def show_preview(shell: Shell, found: Preview) -> None:
    """What is held and where; nobody's values."""
    show_table(shell.out, "is going to be forgotten", ("store", "what", "count"), found.counts)
    if found.platforms:
        rows = found.platforms.items()
        show_table(shell.out, "platforms", ("platform", "records"), rows)
    for name in found.files:
        shell.answer(f"file: {name}")
    for name in found.copies:
        shell.answer(f"copy that stays until somebody deletes it: {name}")
    for name in found.unreachable:
        shell.answer(f"backup that is not reachable: {name}")


def finish(shell: Shell, cases: Sequence[Case]) -> None:
    """Show how the cases stand. Raises Stop when somebody has something to do."""
    show_cases(shell, cases)
    if not cases:
        shell.say("nothing is unfinished")
    damaged = list(damaged_notes(shell.settings.data_dir))
    for line in damaged:
        shell.answer(line)
    left = len(damaged) + sum(1 for case in cases for _ in open_questions(case))
    if left:
        raise Stop(f"{left} thing(s) are left to do, see above; then `enrich forget --continue`")


def show_cases(shell: Shell, cases: Sequence[Case]) -> None:
    """What was removed, asked and found; no personal value."""
    for case in cases:
        _show_case(shell, case)


def _show_case(shell: Shell, case: Case) -> None:
    rows = [
        (name, what, count)
        for name, counts in case.removed.items()
        for what, count in counts.items()
    ]
    show_table(shell.out, "forgotten", ("store", "what", "removed"), rows)
    if case.again:
        shell.answer(f"forgotten again, as the certificates say: {', '.join(case.again)}")
    if case.answers:
        answers = [(name, "; ".join(words)) for name, words in case.answers.items()]
        show_table(shell.out, None, ("platform", "what"), answers, name="answers")
    for name in case.rewritten:
        shell.answer(f"written again without the person: {name}")
    for line in open_questions(case):
        shell.answer(line)
    if case.is_certified:
        shell.answer(f"certificate: {CERTIFICATES}/{case.certificate}")


def unfinished(shell: Shell) -> Iterator[str]:
    """What is left of each unfinished case, a line each."""
    for case in Journal(shell.settings.data_dir).cases():
        for line in open_questions(case):
            yield f"forgetting of {case.begun_at:%Y-%m-%d}: {line}"
    yield from damaged_notes(shell.settings.data_dir)


def go_on_forgetting(shell: Shell) -> None:
    """Go on with what is unfinished; a fault is reported and stops nothing else."""
    places = shell.wiring.places
    try:
        pipeline.forget(places)
    except EnrichError as fault:
        shell.say(f"what is to be forgotten is unfinished: {fault}")
    for line in unfinished(shell):
        shell.say(line)
