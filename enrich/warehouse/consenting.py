"""What was said about consent, what we know and wrote, and which contacts a source deleted.

All of it are records of their own: no source tells them a second time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import duckdb
import polars as pl

from enrich.consent_rules import VTEX, Decisions, Facts
from enrich.warehouse.forgetting import make_salt
from enrich.warehouse.scripts import read, registered, run

MOMENT = pl.Datetime("us")
SAID = pl.Schema(
    {
        "email": pl.String(),
        "origin": pl.String(),
        "event": pl.String(),
        "changed_at": MOMENT,
        "is_dated": pl.Boolean(),
        "by_person": pl.Boolean(),
        "received_at": MOMENT,
    }
)
"""Statements as they come in; event is subscribed, unsubscribed or bounced, moments are UTC."""

SHOWN = pl.Schema({"email": pl.String(), "opted_in": pl.Boolean()})
"""What a platform shows of people who are looked at one by one; null: nothing."""

VERIFIED = pl.Schema({"contact_id": pl.String(), "opted_in": pl.Boolean()})
"""What a document of VTEX said when it was read by its id."""

WRITTEN = pl.Schema(
    {
        "contact_id": pl.String(),
        "person": pl.String(),
        "was": pl.Boolean(),
        "opted_in": pl.Boolean(),
        "changed_at": MOMENT,
        "origin": pl.String(),
        "outcome": pl.String(),
        "code": pl.String(),
    }
)
"""Writes to documents of VTEX: on whose word, and what became of them."""


def keep_statements(
    connection: duckdb.DuckDBPyConnection,
    store: str,
    said: pl.DataFrame,
    run_id: str,
    now: datetime,
    *,
    keeps_unknown: bool,
) -> dict[str, int]:
    """statement_count (new ones), bounce_count, unusable_count; `said` as SAID.

    `keeps_unknown`: addresses of people VTEX does not know are kept, to create them there.
    """
    make_salt(connection)
    with registered(connection, {"incoming": said.select(SAID.names()).cast(SAID)}):
        run(connection, "consent/keep_statements", store=store, run_id=run_id)
        if keeps_unknown:
            run(connection, "consent/keep_addresses", store=store, now=now)
        return read(connection, "consent/kept_counts").row(0, named=True)


def doubtful_deletions(
    connection: duckdb.DuckDBPyConnection, store: str, listed: pl.Series, run_id: str
) -> pl.DataFrame:
    """The contacts of VTEX that are known and not listed, or deleted and listed."""
    frame = pl.DataFrame({"contact_id": listed}, schema={"contact_id": pl.String})
    with registered(connection, {"listed": frame}):
        return read(connection, "deletions/doubtful", store=store, run_id=run_id)


def settle_deletions(
    connection: duckdb.DuckDBPyConnection,
    store: str,
    gone: Mapping[str, datetime],
    there: list[str],
    run_id: str,
) -> None:
    """Marks the contacts VTEX has no more (key -> UTC moment), unmarks those it has just shown."""
    frames = {
        "gone": pl.DataFrame(
            {
                "contact_id": list(gone),
                "deleted_at": [at.replace(tzinfo=None) for at in gone.values()],
            },
            schema={"contact_id": pl.String, "deleted_at": MOMENT},
        ),
        "alive": pl.DataFrame({"contact_id": there}, schema={"contact_id": pl.String}),
    }
    with registered(connection, frames):
        run(connection, "deletions/settle", store=store, run_id=run_id)


def observe_contacts(
    connection: duckdb.DuckDBPyConnection,
    store: str,
    asked: Sequence[str],
    verified: pl.DataFrame,
    *,
    looked_at: datetime,
    run_id: str,
    now: datetime,
) -> None:
    """Compare what VTEX's documents show with what is known; `verified` of those `asked` by id."""
    make_salt(connection)
    frames = {
        "asked": pl.DataFrame({"contact_id": asked}, schema={"contact_id": pl.String}),
        "verified": verified.cast(VERIFIED),
    }
    with registered(connection, frames):
        run(connection, "consent/look_at_contacts", store=store)
    run(
        connection,
        "consent/observe",
        store=store,
        party=VTEX,
        states_no=True,
        looked_at=looked_at,
        run_id=run_id,
        now=now,
    )


def observe_people(
    connection: duckdb.DuckDBPyConnection,
    store: str,
    party: str,
    shown: pl.DataFrame,
    *,
    states_no: bool,
    run_id: str,
    now: datetime,
) -> None:
    """Compare what a platform shows of some people, as SHOWN, with what is known of them.

    `states_no`: a no it shows of somebody never seen before was said.
    """
    make_salt(connection)
    with registered(connection, {"shown": shown.cast(SHOWN)}):
        run(connection, "consent/look_at_people", party=party, now=now)
    run(
        connection,
        "consent/observe",
        store=store,
        party=party,
        states_no=states_no,
        looked_at=None,
        run_id=run_id,
        now=now,
    )


def facts(connection: duckdb.DuckDBPyConnection, store: str, parties: Sequence[str]) -> Facts:
    """Everything a decision takes into account; `parties` are the platforms that are told."""
    make_salt(connection)
    return Facts(
        statements=read(connection, "consent/facts_statements", store=store),
        writes=read(connection, "consent/facts_writes", store=store),
        contacts=read(connection, "consent/facts_contacts", store=store),
        there=read(connection, "consent/facts_there", store=store, parties=list(parties)),
        parties=tuple(parties),
    )


def keep_decided(
    connection: duckdb.DuckDBPyConnection, store: str, decisions: Decisions, now: datetime
) -> None:
    """The tables consents and state.consent_wishes of the store, replaced."""
    unsettled = decisions.unsettled["person"].implode()
    decided = decisions.state.with_columns(is_settled=~pl.col("person").is_in(unsettled))
    with registered(
        connection, {"decided": decided, "desired_consents": decisions.desired_consents}
    ):
        run(connection, "consent/keep_decided", store=store, now=now)


def write_down(
    connection: duckdb.DuckDBPyConnection, script: str, frame: pl.DataFrame, **values: Any
) -> None:
    """One of the statements of sql/consent that take writes to VTEX, from a frame as WRITTEN."""
    with registered(connection, {"incoming": frame.cast(WRITTEN)}):
        run(connection, f"consent/{script}", **values)


def sample(connection: duckdb.DuckDBPyConnection, store: str, people: pl.Series) -> dict[str, str]:
    """The addresses of those among the people who have one in the warehouse."""
    asked = pl.DataFrame({"person": people}, schema={"person": pl.String})
    with registered(connection, {"asked": asked}):
        return dict(read(connection, "consent/sample", store=store).iter_rows())
