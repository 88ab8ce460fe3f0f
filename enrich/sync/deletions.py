"""Customers that VTEX deleted without a word: whoever its list of all no longer has is asked for.

Nothing VTEX lists by change tells of a deletion. So once a week the ids of all customers are read,
and each one that is missing among them is read by its id: the list may leave out what changed
meanwhile, a read by id is never late. So is whoever was taken as deleted and is listed. Where the
receiver hears of deletions, little is left to find.
"""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from enrich.model import Loaded, RawRecord
from enrich.sources.source import Changing, Gone
from enrich.sync.pulling import JUDGED_FROM, EntityReport, Pull, sliced

DELETIONS = "deletions"
EVERY = timedelta(days=7)
# A list that lacks so many of those we know is no list of all.
MAX_UNLISTED = 0.2
MAX_ASKED = 5_000  # in one run, the others are asked for by the next


def pull_deletions(pull: Pull, customers: Changing) -> EntityReport | None:
    """What a look at the list of all customers found; None where none was due."""
    if not _is_due(pull, customers):
        return None
    listed = _list_ids(pull, customers)
    doubtful = pull.warehouse.contacts.doubtful_deletions(
        pull.shop.name, listed, run_id=pull.run.run_id
    )
    note = _too_many(doubtful, len(listed))
    asked = [] if note else doubtful["contact_id"].head(MAX_ASKED).to_list()
    loaded = _ask(pull, customers, asked)
    if note or len(asked) == doubtful.height:
        pull.move_watermark(DELETIONS, pull.now)
    return EntityReport(DELETIONS, len(listed), len(asked), loaded, note)


def _is_due(pull: Pull, customers: Changing) -> bool:
    """A week after the last look; the first sync has just read everybody."""
    looked_at = pull.watermark(DELETIONS)
    if looked_at is None and pull.watermark(customers.name) is not None:
        pull.move_watermark(DELETIONS, pull.now)
    return looked_at is not None and pull.now - looked_at >= EVERY


def _too_many(doubtful: pl.DataFrame, listed_count: int) -> str | None:
    """Why a list that lacks too many of those we know is not believed, until the next look."""
    count = int(doubtful["is_unlisted"].sum())
    if count <= JUDGED_FROM or count <= MAX_UNLISTED * (listed_count + count):
        return None
    return f"VTEX's list of all lacks {count:,} known customers; none is taken as deleted"


def _list_ids(pull: Pull, customers: Changing) -> pl.Series:
    pages = []
    count = 0
    for page in customers.ids():
        pages.append(pl.Series(page, dtype=pl.String))
        count += len(page)
        pull.step(f"{customers.name} listed", count, None)
    return pl.concat(pages).unique() if pages else pl.Series(dtype=pl.String)


def _ask(pull: Pull, customers: Changing, contact_ids: list[str]) -> Loaded:
    """Mark those that VTEX has no more, load the others as they are."""
    loaded = Loaded()
    done_count = 0
    for keys in sliced(contact_ids):
        found = list(customers.fetch(keys))
        loaded += pull.load(customers.name, [one for one in found if not isinstance(one, Gone)])
        gone = {one.key: pull.now for one in found if isinstance(one, Gone)}
        there = [one.key for one in found if isinstance(one, RawRecord)]
        pull.warehouse.contacts.settle_deletions(
            pull.shop.name, gone, there, run_id=pull.run.run_id
        )
        done_count += len(keys)
        pull.step(f"{customers.name} asked for", done_count, len(contact_ids))
    return loaded
