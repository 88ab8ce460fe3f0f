"""The warehouse: one DuckDB file, every write in a transaction, the connection never handed out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import polars as pl

from enrich.model import Loaded, RawRecord, Reject, Rules
from enrich.profile import ProfileInputs
from enrich.warehouse import (
    consenting,
    forgetting,
    held,
    history,
    importing,
    loading,
    person,
    publishing,
    reconciling,
    resolving,
)
from enrich.warehouse.connection import transaction
from enrich.warehouse.consents import Consents
from enrich.warehouse.damage import memory_explained
from enrich.warehouse.parts import EVERYBODY, StoreParts, store_parts
from enrich.warehouse.pushes import Pushes
from enrich.warehouse.scripts import read, registered, run, table_counts
from enrich.warehouse.sharing import Sharing


@dataclass(frozen=True, slots=True)
class Warehouse:
    """An open warehouse, owned by this process while it is open.

    What is read through `_reader` may be read in another thread while `_connection` writes.
    """

    path: Path
    _connection: duckdb.DuckDBPyConnection = field(repr=False)
    _reader: duckdb.DuckDBPyConnection = field(repr=False)
    _sharing: Sharing = field(default_factory=Sharing)
    memory_limit: str = "4 GB"

    # -- load ---------------------------------------------------------------------------------

    def load_records(
        self,
        store: str,
        entity: str,
        records: Sequence[RawRecord],
        rejects: Sequence[Reject] = (),
        *,
        run_id: str,
        now: datetime,
        extra_fields: Sequence[str] = (),
        watermark_at: datetime | None = None,
    ) -> Loaded:
        """What became of the documents of one entity: raw, typed, rejects and watermark together.

        Repeats change nothing; a document older than the stored one is left alone.
        """
        with transaction(self._connection):
            loaded = loading.load_documents(
                self._connection,
                store,
                entity,
                records,
                run_id=run_id,
                now=now,
                extra_fields=extra_fields,
            )
            loaded += self._reject(store, entity, rejects, run_id, now)
            if watermark_at is not None:
                self._set_watermark(store, entity, watermark_at, run_id, now)
        return loaded

    def load_import(
        self,
        store: str,
        orders: pl.DataFrame | None,
        items: pl.DataFrame | None,
        customers: pl.DataFrame | None,
        rejects: Sequence[Reject] = (),
        *,
        run_id: str,
        now: datetime,
    ) -> dict[str, Loaded]:
        """What became of the rows of each imported frame, by orders, items, customers, rejects.

        The columns are those of `importing.FRAMES`; all lines of an order come in one call.
        """
        frames = {"orders": orders, "items": items, "customers": customers}
        with transaction(self._connection):
            loaded = {
                entity: importing.load_frame(
                    self._connection, store, entity, frame, run_id=run_id, now=now
                )
                for entity, frame in frames.items()
                if frame is not None
            }
            loaded["rejects"] = self._reject(store, "import", rejects, run_id, now)
        return loaded

    def import_doubts(
        self, store: str, frames: Mapping[str, pl.DataFrame | None]
    ) -> dict[str, pl.DataFrame]:
        """What frames that are not loaded yet look like beside the store's orders: see
        `importing.doubts`."""
        return importing.doubts(self._connection, store, frames)

    def load_listing(self, store: str, rows: pl.DataFrame, *, run_id: str, now: datetime) -> None:
        """Remember what the order list said of these orders, once their details are stored."""
        del run_id, now
        with transaction(self._connection), registered(self._connection, {"incoming": rows}):
            run(self._connection, "state/load_listing", store=store)

    def rebuild_typed(self, store: str, extra_fields: Sequence[str] = ()) -> None:
        """Fill the typed tables of a store again from raw, after a rule of cleaning has changed."""
        with transaction(self._connection):
            loading.rebuild_typed(self._connection, store, extra_fields)

    def settle_deletions(
        self, store: str, gone: Mapping[str, datetime], there: Sequence[str], *, run_id: str
    ) -> None:
        """Mark the contacts VTEX has no more, each with the UTC moment it went, and lift the mark
        of those it has just shown; a customer without any other contact has no profile then."""
        with transaction(self._connection):
            consenting.settle_deletions(self._connection, store, gone, list(there), run_id)

    def doubtful_deletions(self, store: str, listed: pl.Series, *, run_id: str) -> pl.DataFrame:
        """The contacts of VTEX whose deletion is in doubt, where `listed` are all it lists.

        `contact_id`, and `is_unlisted`: known and not listed; else taken as deleted and listed.
        """
        return consenting.doubtful_deletions(self._connection, store, listed, run_id)

    def keep_statements(
        self,
        store: str,
        said: pl.DataFrame,
        *,
        run_id: str,
        now: datetime,
        keeps_unknown: bool = False,
    ) -> dict[str, int]:
        """What became of statements about consent, as `consenting.SAID`; repeats change nothing.

        statement_count (new ones), bounce_count, unusable_count. `keeps_unknown`: addresses of
        people VTEX does not know are kept, to create them there.
        """
        with transaction(self._connection):
            return consenting.keep_statements(
                self._connection, store, said, run_id, now, keeps_unknown=keeps_unknown
            )

    def consents(self, store: str) -> Consents:
        """The consent of a store: see there."""
        return Consents(self._connection, store)

    # -- ask ----------------------------------------------------------------------------------

    def listing(self, store: str, order_ids: Sequence[str]) -> pl.DataFrame:
        """What the order list last said of these orders: one row per order known."""
        asked = pl.DataFrame({"order_id": order_ids}, schema={"order_id": pl.String})
        with registered(self._connection, {"asked": asked}):
            return read(self._connection, "state/listing", store=store)

    def watermark(self, store: str, entity: str) -> datetime | None:
        """The UTC moment up to which the entity is stored; None before the first pull."""
        rows = read(self._connection, "state/watermark", store=store, entity=entity)
        return None if rows.is_empty() else rows.item().replace(tzinfo=UTC)

    def set_watermark(
        self, store: str, entity: str, at: datetime, *, run_id: str, now: datetime
    ) -> None:
        """Everything of the entity changed up to `at` is stored."""
        with transaction(self._connection):
            self._set_watermark(store, entity, at, run_id, now)

    def unknown_skus(self, store: str) -> list[str]:
        """The SKUs sold through VTEX that the catalogue was not asked about yet, sorted."""
        return read(self._connection, "state/unknown_skus", store=store)["sku"].to_list()

    def table_counts(self) -> pl.DataFrame:
        """table_name, row_count: one row per table."""
        return table_counts(self._connection)

    def rejects(self, store: str | None = None) -> pl.DataFrame:
        """The rejected records, newest first: store, entity, key, reason, source, line, ..."""
        return read(self._connection, "state/rejects", store=store)

    def reject_counts(self) -> pl.DataFrame:
        """store, entity, reason, reject_count of the rejected records, most frequent first."""
        return read(self._connection, "state/reject_counts")

    def drop_rejects(self, *, before: datetime) -> None:
        """Forget the records that were rejected before the UTC moment."""
        run(self._connection, "state/drop_old_rejects", before=before)

    # -- prove --------------------------------------------------------------------------------

    def reconcile(
        self,
        store: str,
        listed: pl.DataFrame,
        whole_days: Sequence[date],
        *,
        time_zone: str,
        sales_channels: Sequence[str] = (),
        limit_share: float,
        run_id: str,
        now: datetime,
    ) -> pl.DataFrame:
        """The table reconciliation of the store, the listed days compared again.

        `listed` is what the order list said (order_id, created_at, total_value, last_change_at);
        in `whole_days` an order that is stored and no longer listed is a difference too.
        """
        with transaction(self._connection):
            return reconciling.reconcile(
                self._connection,
                store,
                listed,
                whole_days,
                time_zone=time_zone,
                sales_channels=sales_channels,
                limit_share=limit_share,
                run_id=run_id,
                now=now,
            )

    def unexplained_orders(self, store: str) -> pl.DataFrame:
        """order_id, day_on, kind (missing, unlisted, differing) of each, newest day first."""
        return read(self._connection, "reconcile/unexplained", store=store)

    def explain_orders(
        self, store: str, found: pl.DataFrame, *, limit_share: float
    ) -> pl.DataFrame:
        """The table reconciliation of the store, once unlisted orders were asked for by id.

        `found` (order_id, cents) is what the source showed; those stored with these cents are no
        difference any more.
        """
        with transaction(self._connection):
            return reconciling.explain(self._connection, store, found, limit_share=limit_share)

    def reconciliation(self, store: str) -> pl.DataFrame:
        """What the last sync that listed each day found: one row per day, newest first."""
        return read(self._connection, "reconcile/read", store=store)

    # -- resolve, profile, publish ------------------------------------------------------------

    def resolve(self, store: str, rules: Rules, *, run_id: str, now: datetime) -> pl.DataFrame:
        """The findings of a resolve: finding, detail, row_count, amount_cents.

        Customers, purchases and their lines are built again from the typed tables, in one
        transaction, unless nothing was loaded since the last time. Raises HeldBack, leaving
        yesterday's, when a check finds rows.
        """
        with (
            memory_explained("resolving", self.memory_limit),
            transaction(self._connection),
        ):
            return resolving.resolve(self._connection, store, rules, run_id=run_id, now=now)

    def profile_inputs(self, store: str) -> ProfileInputs:
        """The four frames the profile core reads, of all customers; identified purchases only."""
        parts = self.profile_parts(store, EVERYBODY)
        details = parts.details(0)
        whole = parts.customers(0), parts.purchases(0)
        return ProfileInputs(*whole, details.lines, details.promo_codes)

    def profile_parts(self, store: str, customers_per_part: int | None = None) -> StoreParts:
        """The same in parts of neighbouring customers, each read when it is asked for.

        Without a size there is one part, unless the shop is so large that memory asks for more.
        """
        return store_parts(self._reader, store, customers_per_part)

    def segment_state(self, store: str, as_of: date) -> pl.DataFrame:
        """What segment each customer was in before `as_of`, the one before, and since when."""
        return history.segment_history_before(self._connection, store, as_of)

    def segment_history_before(self, store: str, as_of: date) -> pl.DataFrame:
        """customer_key, rfm_segment, previous_rfm_segment, rfm_segment_changed_on before `as_of`.

        The last two are null while a customer has never changed segment.
        """
        return history.segment_history_before(self._connection, store, as_of)

    def frozen_cut_points(self, store: str, since_on: date, as_of: date) -> pl.DataFrame | None:
        """The cut points that a period from `since_on` began with; None when `as_of` begins it."""
        return history.frozen_cut_points(self._connection, store, since_on, as_of)

    def keep_profiles(
        self,
        store: str,
        as_of: date,
        profiles: Iterable[pl.DataFrame],
        cut_points: pl.DataFrame,
        *,
        run_id: str,
        now: datetime,
    ) -> None:
        """Profiles and cut points of the store replaced, history continued: all or nothing.

        `profiles` are blocks of the customers, a few of which are stored at a time.

        Raises HeldBack when profiles of a later day are kept already.
        """
        history.keep_profiles(
            self._connection, store, as_of, profiles, cut_points, run_id=run_id, now=now
        )

    def profile_columns(self) -> tuple[str, ...]:
        """The columns of the kept profiles; none before the first run."""
        return history.profile_columns(self._connection)

    def profiles(self, store: str) -> pl.DataFrame:
        """The kept profiles of a store, with the column `store`; empty before the first run."""
        return history.kept(self._connection, "profiles", store)

    def publish(self, comments: Mapping[str, Mapping[str, str]] | None = None) -> Path:
        """The read copy for other programs, swapped in whole; `comments`: table -> column -> text.

        Where it lies and what it holds is said when the warehouse is opened.
        """
        return publishing.publish(self._connection, self.path.parent, self._sharing, comments or {})

    # -- forget -------------------------------------------------------------------------------

    def people_named(self, who: str | None, store: str | None, key: int | None) -> pl.DataFrame:
        """store, customer_key, names and email of the customers whom a word or our key means."""
        return person.people_named(self._connection, who, store, key)

    def find_people(self, store: str, named: forgetting.Named) -> forgetting.Found:
        """What there is of some people of a store; nothing is removed."""
        return forgetting.find(self._connection, store, named)

    def forget(
        self,
        store: str,
        named: forgetting.Named,
        rules: Rules,
        *,
        certificate: str,
        run_id: str,
        now: datetime,
    ) -> None:
        """Remove people of a store, who stay away from then on; a repeat changes nothing.

        The orders stay as anonymous sales. The bytes leave the file with the next
        `rewrite_warehouse`.
        """
        with transaction(self._connection):
            forgetting.remove(self._connection, store, named, certificate=certificate, now=now)
            loading.fill_typed(self._connection, store, "orders")
            run(self._connection, "imports/typed_orders", store=store)
            resolving.resolve(self._connection, store, rules, run_id=run_id, now=now)

    def returned_people(self, store: str) -> pl.DataFrame:
        """customer_key, certificate of customers who were forgotten and are here again."""
        return forgetting.returned(self._connection, store)

    @property
    def has_adopted_tombstones(self) -> bool:
        """Whether `returned_people` were not looked for since digests came from outside."""
        return forgetting.has_adopted(self._connection)

    def settle_adopted_tombstones(self) -> None:
        """Nobody who was forgotten is here, or will be forgotten from an open case."""
        forgetting.settle_adopted(self._connection)

    def inactive_people(self, store: str, before: datetime) -> pl.Series:
        """The keys of the customers without a purchase or another sign of life since then."""
        return forgetting.inactive(self._connection, store, before)

    def everything_held(self, store: str, named: forgetting.Named) -> dict[str, pl.DataFrame]:
        """By table: every row about some people of a store."""
        return held.everything_held(self._connection, store, named)

    # -- runs and pushes ----------------------------------------------------------------------

    def start_run(self, run_id: str, job: str, store: str | None, *, now: datetime) -> None:
        """Write down that a job has begun."""
        run(self._connection, "state/start_run", run_id=run_id, job=job, store=store, now=now)

    def finish_run(
        self, run_id: str, status: str, summary: Mapping[str, object], *, now: datetime
    ) -> None:
        """Write down how a job ended; `summary` holds counts, never a customer's value."""
        text = json.dumps(dict(summary), default=str, ensure_ascii=False, sort_keys=True)
        run(
            self._connection,
            "state/finish_run",
            run_id=run_id,
            status=status,
            summary=text,
            now=now,
        )

    def runs(self, limit: int = 20) -> pl.DataFrame:
        """The newest runs: run_id, job, store, started_at, finished_at, status, summary."""
        return read(self._connection, "state/runs", row_limit=limit)

    @property
    def pushes(self) -> Pushes:
        """The ledger of pushes."""
        return Pushes(self._connection)

    # -- inside -------------------------------------------------------------------------------

    def _reject(
        self, store: str, entity: str, rejects: Sequence[Reject], run_id: str, now: datetime
    ) -> Loaded:
        return loading.load_rejects(
            self._connection, store, entity, rejects, run_id=run_id, now=now
        )

    def _set_watermark(
        self, store: str, entity: str, at: datetime, run_id: str, now: datetime
    ) -> None:
        run(
            self._connection,
            "state/set_watermark",
            store=store,
            entity=entity,
            watermark_at=at,
            run_id=run_id,
            now=now,
        )
