"""Who moved between segments, and why."""

from __future__ import annotations

from typing import Annotated

import typer

from enrich.cli.console import show_table
from enrich.cli.options import StoreOption, parse_day
from enrich.cli.shell import Shell
from enrich.compute.movements import store_movements
from enrich.profile.movements import Movements

FromOption = Annotated[
    str | None, typer.Option("--from", help="First day (default: 30 days before --to)")
]
ToOption = Annotated[
    str | None, typer.Option("--to", help="Second day (default: that of the newest profiles)")
]
FrozenOption = Annotated[
    bool, typer.Option("--frozen", help="Keep the cut points of the first day: only customers move")
]


def movements(
    shell: Shell,
    first: FromOption = None,
    second: ToOption = None,
    frozen: FrozenOption = False,
    store: StoreOption = None,
) -> None:
    """Show who moved between segments from one day to another, counted by cause."""
    first_on, second_on = parse_day(first), parse_day(second)
    with shell.wiring.read_copy() as copy:
        for name, rules in ((name, shell.wiring.rules[name]) for name in shell.store_names(store)):
            found = store_movements(
                copy,
                name,
                rules,
                first_on,
                second_on,
                is_frozen=frozen,
                segments=shell.wiring.segments,
            )
            show_movements(shell, name, found)


def show_movements(shell: Shell, store: str, found: Movements) -> None:
    title = f"{store}: {found.moves.height:,} moved from {found.first_on} to {found.second_on}"
    causes = found.by_cause()
    title += f", {found.stayed_count:,} stayed"
    of = {"store": store, "from": found.first_on, "to": found.second_on}
    show_table(shell.out, title, causes.columns, causes.iter_rows(), name="causes", **of)
    pairs = found.by_pair().iter_rows()
    show_table(shell.out, None, ("then", "now", "cause", "customers"), pairs, name="pairs", **of)
    if not found.has_kept:
        shell.say(
            f"no profiles were kept on {found.first_on}: it is computed from what is known today,"
            " so nothing shows as corrected"
        )
