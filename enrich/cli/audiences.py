"""Audiences: how many are in each, why the others are not, and the list as a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from enrich import pipeline
from enrich.audiences.audience import Audience
from enrich.audiences.lift import CONFIDENCE, DRAWS, POWER
from enrich.audiences.measuring import MeasuredLift, PossibleTest, measure, plan
from enrich.audiences.run import AudiencesReport, Look, looks_at, newest_day
from enrich.audiences.showing import (
    AUDIENCE_COLUMNS,
    BECAUSE,
    CONSENT_COLUMNS,
    as_json,
    consents_of,
    interval_of,
    note_of,
    row_of,
)
from enrich.cli.console import reporter, show_table
from enrich.cli.options import CsvForOption, StoreOption, parse_day
from enrich.cli.pushes import DryRunOption
from enrich.cli.shell import Shell
from enrich.cli.shows import show_pushes
from enrich.compute.files import FORMATS, written
from enrich.destinations.kinds import AUDIENCES
from enrich.destinations.member_templates import template
from enrich.errors import BadSettings, Stop
from enrich.plain_text import json_text
from enrich.runs.publish import publish
from enrich.spreadsheet import csv_options
from enrich.warehouse import ReadCopy

LIFT_COLUMNS = (
    "metric",
    "treated",
    "control",
    "difference",
    "interval",
    "smallest found",
    "conclusion",
)
NameArgument = Annotated[
    str, typer.Argument(help="Audience of the settings, or one that is shipped")
]
FromOption = Annotated[
    str | None, typer.Option("--from", help="First day (default: that of the first assignment)")
]
ToOption = Annotated[
    str | None, typer.Option("--to", help="Last day (default: that of the newest profiles)")
]
OneArgument = Annotated[
    str | None, typer.Argument(help="Only this audience (default: all that go anywhere)")
]
PlaceOption = Annotated[str | None, typer.Option("--to", help="Only this destination")]
FirstOption = Annotated[
    bool, typer.Option("--yes", help="You looked at --dry-run: make the first push there")
]
ForOption = Annotated[
    str | None, typer.Option("--for", help="Columns for omnichat, blip or zenvia")
]
FileOption = Annotated[Path, typer.Option("--to", help="File to write: .xlsx, .csv or .parquet")]


def audience_list(shell: Shell, store: StoreOption = None) -> None:
    """Show every audience: members, amount, who joined and left, why others are not in it."""
    found = {}
    with shell.wiring.read_copy() as copy:
        for name in shell.store_names(store):
            found[name] = looks(shell, copy, name, shell.wiring.audiences(name))
    if shell.as_json:
        rows = [{"store": name, **as_json(look)} for name, some in found.items() for look in some]
        shell.out.write(json_text({"audiences": rows}, indent=2) + "\n")
        return
    for name, some in found.items():
        show_looks(shell, name, some)


def audience_show(shell: Shell, audience: NameArgument, store: StoreOption = None) -> None:
    """Show one audience: its rule, who is in it and who is not, consents, changes, arms."""
    name = shell.only_store(store)
    with shell.wiring.read_copy() as copy:
        (look,) = looks(shell, copy, name, [named(shell, name, audience)])
        arms = copy.audiences.arms(name, audience)
        test = plan(copy.audiences, name, look)
    if shell.as_json:
        document = {"store": name, **as_json(look), "arms": arms.to_dicts(), "test": asdict(test)}
        shell.out.write(json_text(document, indent=2) + "\n")
        return
    show_look(shell, look)
    if look.is_computed:
        show_plan(shell, test)
    if arms.height:
        show_table(shell.out, "assigned", ("arm", "people", "since"), arms.iter_rows())


def audience_export(
    shell: Shell,
    audience: NameArgument,
    to: FileOption,
    csv_for: CsvForOption = None,
    wanted: ForOption = None,
    store: StoreOption = None,
) -> None:
    """Write the members with the address of the channel and what made them members."""
    csv_options(csv_for)
    if to.suffix.lower() not in FORMATS:
        raise BadSettings(f"--to must end in {', '.join(FORMATS)}, not {to.suffix or 'nothing'}")
    laid_out = None if wanted is None else template(wanted, "export")
    name = shell.only_store(store)
    with shell.wiring.read_copy() as copy:
        (look,) = looks(shell, copy, name, [named(shell, name, audience)])
        if note := note_of(look):
            raise look.fault or Stop(f"audience {audience} {note}")
        rows = copy.audiences.rows(look.members, look.audience.channel, look.named_fields)
        if laid_out is not None:
            laid_out.require(look.audience.channel)
            rows = laid_out.of_frame(rows.rename({"phone_e164": "phone"}, strict=False))
        with written([rows], to, csv_for):
            pass
    shell.say(f"written: {to}, {rows.height:,} people as of {look.as_of}; it holds personal data")
    for line in left_out(look):
        shell.say(line)


def audience_push(
    shell: Shell,
    audience: OneArgument = None,
    to: PlaceOption = None,
    dry_run: DryRunOption = False,
    yes: FirstOption = False,
    store: StoreOption = None,
) -> None:
    """Send who joined and who left since the last push, of one audience or of all."""
    names = shell.store_names(store)
    takers = shell.wiring.takers_of(audience)
    if audience is not None:
        for name in names:
            named(shell, name, audience)
    if (to is not None and to not in takers) or not takers:
        what = f"audience {audience}" if audience else "no audience"
        raise BadSettings(
            f"{what} goes to {to or 'no destination'}: name it in `destinations` of"
            f" [audiences.{audience or 'NAME'}]; it goes to {', '.join(takers) or 'none'}"
        )
    with shell.wiring.warehouse("push") as warehouse, reporter(shell.err) as report:
        pushes = [
            done
            for taker in takers
            if to in (None, taker)
            for done in pipeline.push(
                shell.wiring,
                warehouse,
                names,
                report,
                destination=taker,
                entity=AUDIENCES,
                audience=audience,
                dry_run=dry_run,
                confirmed=yes,
            )
        ]
        if not dry_run:
            publish(warehouse)
    show_pushes(shell.out, pushes)
    pipeline.raise_first(done.fault for done in pushes)


def lift(
    shell: Shell,
    audience: NameArgument,
    first: FromOption = None,
    last: ToOption = None,
    store: StoreOption = None,
) -> None:
    """Compare what those reached and the control group of an audience bought."""
    from_on, to_on = parse_day(first), parse_day(last)
    name = shell.only_store(store)
    with shell.wiring.read_copy() as copy:
        until = newest_day(copy, name)
        one = named(shell, name, audience)
        done = measure(copy.audiences, name, one.name, from_on, to_on, until)
    if shell.as_json:
        shell.out.write(json_text({"store": name, **done.as_json()}, indent=2) + "\n")
    else:
        show_lift(shell, done)


def looks(shell: Shell, copy: ReadCopy, store: str, audiences: Sequence[Audience]) -> list[Look]:
    """The audiences by the newest profiles of a store."""
    zone = shell.wiring.rules[store].time_zone
    return looks_at(copy.audiences, store, audiences, newest_day(copy, store), zone)


def named(shell: Shell, store: str, name: str) -> Audience:
    """The audience of this name; raises BadSettings that lists those there are."""
    known = {one.name: one for one in shell.wiring.audiences(store)}
    if name not in known:
        raise BadSettings(f"there is no audience {name!r} of {store}; known: {', '.join(known)}")
    return known[name]


def show_audiences(shell: Shell, done: AudiencesReport) -> None:
    """What a run kept."""
    show_looks(shell, done.store, done.looks)


def show_looks(shell: Shell, store: str, some: Sequence[Look]) -> None:
    title = f"{store}: audiences as of {some[0].as_of}" if some else f"{store}: no audiences"
    rows = map(row_of, some)
    show_table(shell.out, title, AUDIENCE_COLUMNS, rows, name="audiences", store=store)


def show_look(shell: Shell, look: Look) -> None:
    audience = look.audience
    shell.answer(f"{audience.name} as of {look.as_of}: {' '.join(audience.rule.split())}")
    shell.answer(f"by {audience.channel}, in order of {audience.order_by}")
    if note := note_of(look):
        shell.answer(note)
        return
    rows = [
        (BECAUSE[one], people, f"{amount:,.2f}") for one, (people, amount) in look.counts.items()
    ]
    show_table(shell.out, "whom the rule fits", ("outcome", "people", "amount of all time"), rows)
    show_table(shell.out, "what they agreed to", CONSENT_COLUMNS, consents_of(look))
    changes = [
        (change, because and BECAUSE[because], people)
        for change, because, people in look.changes.iter_rows()
    ]
    show_table(shell.out, "since the day kept before", ("change", "because", "people"), changes)


def show_lift(shell: Shell, done: MeasuredLift) -> None:
    """Both arms, the difference with its interval, and what may be concluded."""
    found = done.found
    title = (
        f"{done.audience} from {done.from_on} to {done.to_on}: {found.treated_count:,} treated,"
        f" {found.control_count:,} control"
    )
    rows = [
        (one.metric, one.treated, one.control, one.difference, interval_of(one),
         one.smallest_found, one.conclusion or "nothing")
        for one in found.differences
    ]  # fmt: skip
    show_table(shell.out, title, LIFT_COLUMNS, rows)
    shell.answer(
        f"a head of everybody assigned, reached or not; the interval of {CONFIDENCE:.0%} is that of"
        f" {DRAWS:,} redrawn arms; the last difference is found with a chance of {POWER:.0%}"
    )
    if done.mixed_count:
        shell.answer(f"{done.mixed_count:,} people were of both arms and are in neither")
    if found.too_small:
        shell.answer(f"too small to conclude: {found.too_small}")


def show_plan(shell: Shell, test: PossibleTest) -> None:
    """What a control group could find, before there is one."""
    title = (
        f"a test with {test.treated_count:,} treated and {test.control_count:,} control over"
        f" {test.days} days"
    )
    if not test.metrics:
        shell.answer(f"{title}: what it finds is not known yet ({test.days} days of members)")
        return
    columns = ("metric", "a head before", f"difference found ({POWER:.0%})")
    show_table(shell.out, title, columns, test.metrics)


def left_out(look: Look) -> Iterator[str]:
    for outcome, (people, _) in look.counts.items():
        if outcome != "member":
            yield f"not in it: {people:,} {BECAUSE[outcome]}"
