"""What was received since the last sync: asked of VTEX by id, loaded, and only then removed.

A message merely says what to look at; what is true, VTEX is asked for. So messages may come twice,
late, out of order or be false: nothing changes by it. A file is removed when the transaction that
holds all of it is stored; whatever ends a run before that leaves it for the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeAlias

import polars as pl

from enrich.client import PermissionMissing
from enrich.errors import EnrichError, Refused
from enrich.model import Loaded, RawRecord
from enrich.receiver import CONSENTS, CUSTOMERS, ORDERS, Inbox, InboxFile, Message, Topic
from enrich.shop import Shop
from enrich.sources.source import Changing, Fetched, Gone, Listed, Missing
from enrich.sync.pulling import SLICE, EntityReport, Pull
from enrich.warehouse import Warehouse
from enrich.warehouse.consents import RECEIVED

INBOX = "inbox"
DELETED = "deleted"
NOT_THERE = "VTEX does not have it (any more)"
# VTEX applies transitions with delay: an order that was just notified may still read as before.
JUST_NOW = timedelta(minutes=1)


@dataclass
class _Taken:
    """What was taken in so far."""

    message_count: int = 0
    fetched_count: int = 0
    torn_count: int = 0
    loaded: Loaded = field(default_factory=Loaded)


_Take: TypeAlias = Callable[[Pull, Inbox, _Taken], None]


def pull_inbox(pull: Pull) -> EntityReport | None:
    """What the inbox brought; None where there is none."""
    inbox = pull.shop.inbox
    if inbox is None or not inbox.folder.is_dir():
        return None
    taken = _Taken()
    entities = pull.source.entities
    takes: list[_Take] = [
        *(partial(_take_customers, one) for one in entities if isinstance(one, Changing)),
        *(partial(_take_orders, one) for one in entities if isinstance(one, Listed)),
        _take_consents,
    ]
    faults = [fault for take in takes if (fault := _fault_of(take, pull, inbox, taken)) is not None]
    notes = [*map(str, faults), *_notes(taken.torn_count, inbox.remove_unfinished(pull.now))]
    return EntityReport(
        INBOX,
        taken.message_count,
        taken.fetched_count,
        taken.loaded,
        "; ".join(notes) or None,
        next((fault for fault in faults if not isinstance(fault, PermissionMissing)), None),
    )


def _fault_of(take: _Take, pull: Pull, inbox: Inbox, taken: _Taken) -> EnrichError | None:
    """What kept one topic in the inbox; the others have their turn all the same."""
    try:
        take(pull, inbox, taken)
    except EnrichError as fault:
        if isinstance(fault, Refused) and not isinstance(fault, PermissionMissing):
            raise
        return fault
    return None


def _notes(torn_count: int, unfinished_count: int) -> Iterator[str]:
    if torn_count:
        yield f"{torn_count:,} torn messages were skipped; the disk may be failing"
    if unfinished_count:
        yield f"{unfinished_count:,} unfinished writes were cleared; none had been answered"


def _take_customers(customers: Changing, pull: Pull, inbox: Inbox, taken: _Taken) -> None:
    """Fetch each notified customer by id; deleted if the notice says so and VTEX answers 404."""
    seen: dict[str, Fetched | Gone] = {}
    for group in _groups(inbox, CUSTOMERS, taken):
        wanted = [key for key in _last_notified(group) if key not in seen]
        seen.update(zip(wanted, customers.fetch(wanted), strict=True))
        deleted = {key: at for key, at in _deleted_at(group).items() if isinstance(seen[key], Gone)}
        _load(pull, customers.name, [seen[key] for key in wanted], deleted, taken)
        inbox.remove([one for one in group if _is_settled(one, seen)])


def _load(
    pull: Pull,
    name: str,
    found: Sequence[Fetched | Gone],
    deleted: Mapping[str, datetime],
    taken: _Taken,
) -> None:
    documents = [_unless_deleted(one, deleted) for one in found]
    taken.loaded += pull.load(name, [one for one in documents if one is not None])
    taken.fetched_count += len(found)
    there = [one.key for one in found if isinstance(one, RawRecord)]
    pull.warehouse.contacts.settle_deletions(pull.shop.name, deleted, there, run_id=pull.run.run_id)
    pull.step("notified customers", taken.fetched_count, None)


def _unless_deleted(found: Fetched | Gone, deleted: Mapping[str, datetime]) -> Fetched | None:
    """What is to be loaded; a missing document without a notice of deletion is rejected."""
    if not isinstance(found, Gone):
        return found
    return None if found.key in deleted else Missing(found.key, NOT_THERE)


def _is_settled(file: InboxFile, seen: Mapping[str, Fetched | Gone]) -> bool:
    """Whether nothing of a file is still to be asked: a deletion is notified only once."""
    deleted = (one.notice.key for one in file.messages if one.notice.event == DELETED)
    return not any(isinstance(seen[key], Missing) for key in deleted)


def _take_orders(orders: Listed, pull: Pull, inbox: Inbox, taken: _Taken) -> None:
    """Fetch each notified order by id, whatever its date."""
    done: set[str] = set()
    for group in _groups(inbox, ORDERS, taken):
        notified = _last_notified(group)
        wanted = [key for key in _not_read_since(pull, notified) if key not in done]
        found = orders.fetch(wanted, _recent_changes(notified, pull.now))
        # An order that a sync would not have listed is none of ours.
        shown = [one for one in found if not isinstance(one, RawRecord) or orders.shows(one)]
        taken.loaded += pull.load(orders.name, shown)
        taken.fetched_count += len(wanted)
        done.update(wanted)
        pull.step("notified orders", taken.fetched_count, None)
        inbox.remove(group)


def _not_read_since(pull: Pull, notified: Mapping[str, Message]) -> list[str]:
    """Notified orders whose detail no sync has taken since."""
    known = pull.warehouse.orders.listing(pull.shop.name, list(notified))
    read_at = dict(known.select("order_id", "detail_at").iter_rows())
    return [
        key
        for key, one in notified.items()
        if (at := read_at.get(key)) is None or at <= _naive(one.received_at)
    ]


def _recent_changes(notified: Mapping[str, Message], now: datetime) -> dict[str, datetime | None]:
    since = now - JUST_NOW
    return {key: one.notice.changed_at for key, one in notified.items() if one.received_at >= since}


def _take_consents(pull: Pull, inbox: Inbox, taken: _Taken) -> None:
    groups = _groups(inbox, CONSENTS, taken)
    keep_statements(pull.warehouse, pull.shop, inbox, groups, run_id=pull.run.run_id, now=pull.now)


def take_consents(warehouse: Warehouse, shop: Shop, *, run_id: str, now: datetime) -> int:
    """How many messages about consent were taken in, without the rest of the inbox."""
    taken = _Taken()
    if shop.inbox is not None:
        groups = _groups(shop.inbox, CONSENTS, taken)
        keep_statements(warehouse, shop, shop.inbox, groups, run_id=run_id, now=now)
    return taken.message_count


def keep_statements(
    warehouse: Warehouse,
    shop: Shop,
    inbox: Inbox,
    groups: Iterable[Sequence[InboxFile]],
    *,
    run_id: str,
    now: datetime,
) -> None:
    """Store the statements about consent as they were received."""
    for group in groups:
        statements = statements_of([message for file in group for message in file.messages])
        warehouse.consents(shop.name).keep_statements(
            statements, run_id=run_id, now=now, keeps_unknown=shop.keeps_unknown
        )
        inbox.remove(group)


def statements_of(messages: Sequence[Message]) -> pl.DataFrame:
    """The messages as statements; whoever names no moment means the one of the call."""
    rows = [
        (
            one.notice.key,
            one.origin,
            one.notice.event,
            _naive(one.notice.changed_at or one.received_at),
            True,
            one.notice.by_person,
            _naive(one.received_at),
        )
        for one in messages
    ]
    return pl.DataFrame(rows, schema=RECEIVED, orient="row")


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def _groups(inbox: Inbox, topic: Topic, taken: _Taken) -> Iterator[list[InboxFile]]:
    """The files that are there now, oldest first, in runs of about SLICE messages."""
    group: list[InboxFile] = []
    count = 0
    for file in inbox.open(topic):
        group.append(file)
        count += len(file.messages)
        taken.message_count += len(file.messages)
        taken.torn_count += file.torn_count
        if count >= SLICE:
            yield group
            group, count = [], 0
    if group:
        yield group


def _last_notified(group: Sequence[InboxFile]) -> dict[str, Message]:
    """The last message of every key."""
    return {one.notice.key: one for file in group for one in file.messages}


def _deleted_at(group: Sequence[InboxFile]) -> dict[str, datetime]:
    return {
        one.notice.key: one.received_at
        for file in group
        for one in file.messages
        if one.notice.event == DELETED
    }
