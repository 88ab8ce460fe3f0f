"""The documents of sources by key, so that a repeat changes nothing, and how far they came."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from types import MappingProxyType
from typing import Any

import duckdb
import polars as pl

from enrich.errors import BadSettings
from enrich.model import Loaded, RawRecord, Reject
from enrich.warehouse import tombstones
from enrich.warehouse.scripts import read, registered, run, scripts_in, statement, transaction

_RAW = re.compile(r"^ *from raw\.vtex_(\w+)", re.MULTILINE)
_RESOLVED_FROM = frozenset({"orders", "customers", "skus", "categories", "brands"})

NO_FIELDS: Mapping[str, str] = MappingProxyType({})

_DOCUMENTS = {"position": pl.Int64, "key": pl.String, "payload": pl.String}
_REJECTS = {
    "key": pl.String,
    "reason": pl.String,
    "payload": pl.String,
    "source": pl.String,
    "line": pl.Int64,
}


@cache
def typed_scripts() -> dict[str, list[str]]:
    """The scripts of sql/typed by the VTEX entity whose documents they read; each fills a table.

    The one with the entity's own name is first: others may read its table.
    """
    found: dict[str, list[str]] = {}
    for script in scripts_in("typed"):
        for entity in set(_RAW.findall(statement(script))):
            found.setdefault(entity, []).append(script)
    return {
        entity: sorted(scripts, key=lambda script: script != f"typed/{entity}")
        for entity, scripts in found.items()
    }


@dataclass(frozen=True, slots=True)
class Records:
    """The records of sources: loaded, rejected, and up to when each entity is stored."""

    _connection: duckdb.DuckDBPyConnection = field(repr=False)

    def load(
        self,
        store: str,
        entity: str,
        records: Sequence[RawRecord],
        rejects: Sequence[Reject] = (),
        *,
        run_id: str,
        now: datetime,
        extra_fields: Sequence[str] = (),
        opt_in_fields: Mapping[str, str] = NO_FIELDS,
        watermark_at: datetime | None = None,
    ) -> Loaded:
        """What became of the documents of one entity: raw, typed, rejects and watermark together.

        Repeats change nothing; a document older than the stored one is left alone. Of customers,
        `extra_fields` are kept as such, and `opt_in_fields` hold the consents by channel.
        """
        values = {"store": store, "entity": entity, "run_id": run_id, "now": now}
        own = own_fields(extra_fields, opt_in_fields)
        with transaction(self._connection):
            loaded = load_documents(self._connection, records, {**values, **own})
            loaded += load_rejects(self._connection, rejects, values)
            if watermark_at is not None:
                run(self._connection, "state/set_watermark", watermark_at=watermark_at, **values)
        return loaded

    def watermark(self, store: str, entity: str) -> datetime | None:
        """The UTC moment up to which the entity is stored; None before the first pull."""
        rows = read(self._connection, "state/watermark", store=store, entity=entity)
        return None if rows.is_empty() else rows.item().replace(tzinfo=UTC)

    def set_watermark(
        self, store: str, entity: str, at: datetime, *, run_id: str, now: datetime
    ) -> None:
        """Everything of the entity changed up to `at` is stored."""
        values = {"store": store, "entity": entity, "run_id": run_id, "now": now}
        with transaction(self._connection):
            run(self._connection, "state/set_watermark", watermark_at=at, **values)

    def unknown_skus(self, store: str) -> list[str]:
        """The SKUs sold through VTEX that the catalogue was not asked about yet, sorted."""
        return read(self._connection, "state/unknown_skus", store=store)["sku"].to_list()

    def stock_skus(self, store: str, *, since: datetime, max_count: int) -> list[str]:
        """At most `max_count` SKUs of VTEX orders since the moment (UTC), the most sold first; then
        all that are known to be sold out.
        """
        values = {"store": store, "since": since, "max_count": max_count}
        return read(self._connection, "state/stock_skus", **values)["sku"].to_list()

    def rejects(self, store: str | None = None) -> pl.DataFrame:
        """The rejected records, newest first: store, entity, key, reason, source, line, ..."""
        return read(self._connection, "state/rejects", store=store)

    def reject_counts(self) -> pl.DataFrame:
        """store, entity, reason, reject_count of the rejected records, most frequent first."""
        return read(self._connection, "state/reject_counts")

    def drop_rejects(self, *, before: datetime) -> None:
        """Forget the records that were rejected before the UTC moment."""
        run(self._connection, "state/drop_old_rejects", before=before)


def load_documents(
    connection: duckdb.DuckDBPyConnection,
    records: Sequence[RawRecord],
    values: Mapping[str, Any],
) -> Loaded:
    """What became of the documents; only new and changed ones are written.

    `values`: store, entity, run_id, now, and the customer fields of the shop (own_fields).
    """
    store, entity = values["store"], values["entity"]
    _known(entity)
    values = {**values, "raw_table": f"raw.vtex_{entity}"}
    with registered(connection, {"incoming": _documents(entity, records)}):
        run(connection, "loading/incoming_documents", **values)
    if entity == "customers":
        run(connection, "loading/keep_contact_values")
        run(connection, "deletions/returned", store=store)
        run(connection, "loading/echoed_contacts", store=store)
    tombstones.keep_away(connection, store, entity)
    run(connection, "loading/loaded_keys", **values)
    _replace_raw(connection, entity)
    run(connection, "loading/settled_rejects", **values)
    if entity == "orders":
        run(connection, "completing/loaded", store=store)
    fill_typed(connection, entity, values)
    loaded = Loaded(*read(connection, "loading/counts").row(0))
    if entity in _RESOLVED_FROM and loaded.new_count + loaded.changed_count:
        run(connection, "state/to_resolve", store=store)
    return loaded


def load_rejects(
    connection: duckdb.DuckDBPyConnection, rejects: Sequence[Reject], values: Mapping[str, Any]
) -> Loaded:
    """How many records were rejected; `values`: store, entity, run_id, now."""
    rows = [(r.key, r.reason, r.payload, r.source, r.line) for r in rejects]
    frame = pl.DataFrame(rows, schema=_REJECTS, orient="row")
    with registered(connection, {"incoming_rejects": frame}):
        run(connection, "loading/rejects", **values)
    return Loaded(reject_count=len(rejects))


def fill_typed(
    connection: duckdb.DuckDBPyConnection, entity: str, values: Mapping[str, Any]
) -> None:
    """Replace the typed rows of the temporary table loaded_keys by what raw says.

    `values`: store, and the customer fields of the shop (own_fields).
    """
    for script in typed_scripts()[entity]:
        run(connection, script, **values)


def own_fields(
    extra_fields: Sequence[str] = (), opt_in_fields: Mapping[str, str] = NO_FIELDS
) -> dict[str, Any]:
    """The values by which statements know the customer fields that a shop added to VTEX's."""
    channels = ("sms", "whatsapp", "ads")
    fields = {f"{channel}_field": opt_in_fields.get(channel) for channel in channels}
    return {"extra_fields": list(extra_fields), **fields}


def type_again(connection: duckdb.DuckDBPyConnection, store: str, entity: str) -> None:
    """Fill the typed tables of an entity again from all raw documents of the store."""
    run(connection, "loading/all_keys", store=store, raw_table=f"raw.vtex_{entity}")
    fill_typed(connection, entity, {"store": store, **own_fields()})


def _known(entity: str) -> None:
    if entity not in typed_scripts():
        raise BadSettings(f"{entity!r} is not an entity; known are {sorted(typed_scripts())}")


def _documents(entity: str, records: Sequence[RawRecord]) -> pl.DataFrame:
    """VTEX shows one customer document in two letter cases, so their keys are lower-cased."""
    keys = [r.key.lower() if entity == "customers" else r.key for r in records]
    return pl.DataFrame(
        {
            "position": range(len(records)),
            "key": keys,
            "payload": [r.payload for r in records],
            "changed_at": [_naive(r.changed_at) for r in records],
        },
        schema={**_DOCUMENTS, "changed_at": pl.Datetime("us")},
    )


def _naive(moment: datetime | None) -> datetime | None:
    """The stored form of a UTC moment; the warehouse keeps UTC without a zone."""
    if moment is None or moment.tzinfo is None:
        return moment
    return moment.astimezone(UTC).replace(tzinfo=None)


def _replace_raw(connection: duckdb.DuckDBPyConnection, entity: str) -> None:
    """`entity` is one of typed_scripts(), never a user's text."""
    connection.execute(
        f"delete from raw.vtex_{entity} where store = getvariable('store') "  # noqa: S608
        "and key in (select key from loaded_keys)"
    )
    connection.execute(f"insert into raw.vtex_{entity} from loaded_documents")
