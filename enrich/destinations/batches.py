"""Rows to send become batches that keep the platform's limits of count and bytes. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl
from pydantic_core import to_json

from enrich.destinations.base import Batch, Record
from enrich.destinations.entity import DestinationEntity
from enrich.destinations.kinds import PROFILES
from enrich.destinations.mapping import without_computed
from enrich.destinations.plan import PushPlan
from enrich.model import Outcome, RecordResult

ROWS_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Context:
    """What every batch of one run says about itself."""

    store: str
    entity: str
    as_of: date
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Prepared:
    """One batch, or None when every row of its slice was invalid, and the rows we refused."""

    batch: Batch | None
    invalid: list[RecordResult]


def cut_batches(
    plan: PushPlan, destination: DestinationEntity, context: Context
) -> Iterator[Prepared]:
    """The plan's rows as batches, rendered only when their turn comes."""
    for frame in plan.slices(_rows_at_once(destination)):
        if destination.transport == "file":
            yield Prepared(_batch(frame, (), context), [])
        else:
            yield from _cut_slice(frame, destination, context)


def payload_bytes(payload: Any) -> bytes:
    """The JSON a payload is sent and measured as: compact, UTF-8, keys in their given order."""
    return to_json(payload, inf_nan_mode="null")


def batch_id_of(pairs: Sequence[tuple[str, str]]) -> str:
    """A name made from record ids and hashes: equal content, equal name."""
    text = json.dumps([list(pair) for pair in pairs])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _cut_slice(
    frame: pl.DataFrame, destination: DestinationEntity, context: Context
) -> Iterator[Prepared]:
    good, invalid = _valid(frame, destination, context.entity)
    records: list[Record] = []
    sizes: dict[int, int] = {}
    for record_id, digest, payload, is_doubtful in zip(
        good["record_id"], good["hash"], destination.render(good), _doubtful(good), strict=True
    ):
        size = len(payload_bytes(payload))
        if _is_too_large(size, destination):
            invalid.append(_invalid(record_id, "larger than the platform takes"))
        else:
            sizes[len(records)] = size
        records.append(Record(record_id, digest, payload, is_doubtful))
    groups = _group(sizes, destination)
    if not groups:
        yield Prepared(None, invalid)
    for number, group in enumerate(groups):
        batch = _batch(good[group], tuple(records[index] for index in group), context)
        yield Prepared(batch, invalid if number == 0 else [])


def _valid(
    frame: pl.DataFrame, destination: DestinationEntity, entity: str
) -> tuple[pl.DataFrame, list[RecordResult]]:
    """The rows that can be sent, and what we refuse of the others."""
    judged = without_computed(frame) if entity == PROFILES else frame
    reasons = [destination.validate(row) for row in judged.iter_rows(named=True)]
    invalid = [
        _invalid(record_id, reason)
        for record_id, reason in zip(frame["record_id"], reasons, strict=True)
        if reason is not None
    ]
    return frame.filter(pl.Series([reason is None for reason in reasons])), invalid


def _doubtful(frame: pl.DataFrame) -> Sequence[bool]:
    if "is_doubtful" not in frame.columns:
        return [False] * frame.height
    return frame["is_doubtful"].to_list()


def _invalid(record_id: str, reason: str) -> RecordResult:
    return RecordResult(record_id, Outcome.INVALID, "invalid", reason)


def _is_too_large(size: int, limits: DestinationEntity) -> bool:
    known = [limit for limit in (limits.max_record_bytes, limits.max_bytes) if limit is not None]
    return bool(known) and size > min(known)


def _rows_at_once(limits: DestinationEntity) -> int | None:
    """How many rows are written together: whole batches, as columns are dear for a few rows."""
    if limits.max_records is None:
        return None if limits.transport == "file" else ROWS_AT_ONCE
    return limits.max_records * max(1, ROWS_AT_ONCE // limits.max_records)


def _group(sizes: dict[int, int], limits: DestinationEntity) -> list[list[int]]:
    """Row numbers in order, each group within the limits (a comma between records counted)."""
    groups: list[list[int]] = []
    used = 0
    for index, size in sizes.items():
        is_heavy = limits.max_bytes is not None and used + size + 1 > limits.max_bytes
        if not groups or is_heavy or len(groups[-1]) == limits.max_records:
            groups.append([])
            used = 0
        groups[-1].append(index)
        used += size + 1
    return groups


def _batch(frame: pl.DataFrame, records: tuple[Record, ...], context: Context) -> Batch:
    pairs = list(zip(frame["record_id"], frame["hash"], strict=True))
    return Batch(
        batch_id=batch_id_of(pairs),
        store=context.store,
        entity=context.entity,
        as_of=context.as_of,
        sent_at=context.sent_at,
        frame=frame,
        records=records,
    )
