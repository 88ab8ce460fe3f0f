"""Forget people: out of the platforms, the warehouse, the files and the copies, to the end.

What is to be done is written down first (see `forgetting_journal`), so that a run that is killed
goes on: with the next `forget`, `run` or `sync`, or by `enrich forget --continue`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from enrich.durable import append_durably, write_durably
from enrich.forget.copies import drop_gone, search_copies, still_holding
from enrich.forget.files import clean_files, files_naming, searched_people
from enrich.forget.jobs import OpenErasure, follow_jobs, jobs_for, left_of_jobs, name_of
from enrich.forget.journal import (
    BYTES,
    CERTIFICATES,
    COPIES,
    FILES,
    WAREHOUSE,
    Case,
    Journal,
    People,
)
from enrich.forget.platforms import OpenDestination, ask_platforms, whom_to_ask
from enrich.runs.publish import publish
from enrich.runs.record import new_run_id, recorded
from enrich.shop import Shop
from enrich.warehouse import (
    REMEMBERED_NAME,
    WAREHOUSE_NAME,
    Found,
    Named,
    Warehouse,
    read_remembered,
)
from enrich.warehouse.copies import S3
from enrich.warehouse.keeping import rewrite_warehouse

PEOPLE_PER_CASE = 2_000
"""So many people's identifiers are in memory and in one file of the journal at a time."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where people are forgotten; `open_destination` gives None when the settings lack it.

    The source of `erasing_stores` is asked to erase, too.
    """

    data_dir: Path
    shops: Mapping[str, Shop]
    open_warehouse: Callable[[], AbstractContextManager[Warehouse]]
    open_destination: OpenDestination
    now: datetime
    erasing_stores: frozenset[str] = frozenset()
    open_erasure: OpenErasure = lambda store: nullcontext()

    @property
    def journal(self) -> Journal:
        return Journal(self.data_dir)

    @property
    def has_work(self) -> bool:
        """Whether something is unfinished, or may have come back: a warehouse was restored."""
        return not self.journal.is_empty or (self.data_dir / REMEMBERED_NAME).is_file()


@dataclass(frozen=True, slots=True)
class Preview:
    """What forgetting somebody is going to touch; no personal value.

    `counts`: (store, what, rows); `platforms`: records there; `files` and `copies` by name.
    """

    counts: tuple[tuple[str, str, int], ...]
    platforms: Mapping[str, int]
    files: tuple[str, ...]
    copies: tuple[str, ...]
    unreachable: tuple[str, ...]


def preview(places: Places, warehouse: Warehouse, people: Mapping[str, Named]) -> Preview:
    """What is held of the people and where; nothing is changed."""
    found = {store: warehouse.people.find(store, named) for store, named in people.items()}
    case = _case(places, found)
    searched = searched_people(case)
    copies = search_copies(places.data_dir, searched.traces)
    return Preview(
        tuple((store, what, n) for store, one in found.items() for what, n in one.counts if n),
        {
            **{name: len({one.record_id for one in asked}) for name, asked in case.to_ask.items()},
            **Counter(name_of(job.store) for job in case.jobs),
        },
        files_naming(places.data_dir, searched),
        tuple(copies.holding),
        copies.unreachable,
    )


def begin(places: Places, people: Mapping[str, Named]) -> Callable[[Warehouse], Iterator[Case]]:
    """The cases of these people, each written down when it is asked for."""

    def cases(warehouse: Warehouse) -> Iterator[Case]:
        for part in _parts(people):
            found = {store: warehouse.people.find(store, named) for store, named in part.items()}
            yield places.journal.save(_case(places, found))

    return cases


def _parts(people: Mapping[str, Named]) -> Iterator[Mapping[str, Named]]:
    """One person may be in several stores; many people are of one."""
    if sum(len(named.customer_keys) for named in people.values()) <= PEOPLE_PER_CASE:
        yield people
        return
    for store, named in people.items():
        for start in range(0, len(named.customer_keys), PEOPLE_PER_CASE):
            yield {store: Named(named.customer_keys[start : start + PEOPLE_PER_CASE])}


def _case(places: Places, found: Mapping[str, Found], again: Iterable[str] = ()) -> Case:
    return Case(
        case_id=new_run_id("forget", places.now),
        begun_at=places.now,
        people={store: People(one.named, one.traces) for store, one in found.items()},
        to_ask=whom_to_ask(found.values()),
        jobs=jobs_for(found, places.erasing_stores),
        removed={store: dict(one.counts) for store, one in found.items()},
        again=tuple(again),
    )


def forget(
    places: Places, begun: Callable[[Warehouse], Iterable[Case]] = lambda warehouse: ()
) -> list[Case]:
    """How each case stands: those that were unfinished, those `begun`, people who came back.

    Raises what the warehouse raises; then the journal has what is left.
    """
    with places.open_warehouse() as warehouse:
        for case in places.journal.cases():
            _leave_warehouse(places, warehouse, case)
        for case in begun(warehouse):
            _leave_warehouse(places, warehouse, case)
        _forget_returned(places, warehouse)
        if any(BYTES in case.steps for case in places.journal.cases()):
            publish(warehouse, keep_before=False)
    _leave_bytes(places)
    return [_leave_files(places, case) for case in places.journal.cases()]


def _leave_warehouse(places: Places, warehouse: Warehouse, case: Case) -> Case:
    """Platforms first: the warehouse knows what they know the people by; VTEX wants to be last."""
    case = ask_platforms(places.journal, case, places.open_destination)
    case = follow_jobs(places.journal, case, places.open_erasure)
    if WAREHOUSE not in case.steps:
        return case
    for store, people in case.people.items():
        _remember(places, warehouse.people.find(store, people.named), case)
        with recorded(warehouse, "forget", store, places.now) as run:
            warehouse.people.forget(
                store,
                people.named,
                places.shops.get(store, Shop(store)).rules,
                certificate=case.certificate,
                run_id=run.run_id,
                now=places.now,
            )
            run.note(case.removed[store])
    return places.journal.save(_done(case, WAREHOUSE))


def _remember(places: Places, found: Found, case: Case) -> None:
    """Digests alone, in a file that a restore does not touch; a line twice does no harm."""
    known = {"certificate": case.certificate, "forgotten_at": case.begun_at.isoformat()}
    lines = [json.dumps({**row, **known}) for row in found.remembered.iter_rows(named=True)]
    if lines:
        content = "\n".join(lines) + "\n"
        append_durably(places.data_dir / REMEMBERED_NAME, content.encode())


def _forget_returned(places: Places, warehouse: Warehouse) -> None:
    """People who were forgotten before and came back with a restore are forgotten again."""
    if not warehouse.people.has_adopted_tombstones:
        return
    for store in places.shops:
        for part in warehouse.people.returned(store).iter_slices(PEOPLE_PER_CASE):
            named = Named(tuple(part["customer_key"]))
            again = sorted(set(part["certificate"].drop_nulls()))
            # Their jobs were filed when they were forgotten first.
            found = {store: warehouse.people.find(store, named)}
            case = replace(_case(places, found, again), jobs=())
            _leave_warehouse(places, warehouse, places.journal.save(case))
    warehouse.people.settle_adopted_tombstones()


def _leave_bytes(places: Places) -> None:
    """The file of the warehouse is written again once, for all cases."""
    if any(BYTES in case.steps for case in places.journal.cases()):
        rewrite_warehouse(places.data_dir / WAREHOUSE_NAME, started_at=places.now)
        for case in places.journal.cases():
            if WAREHOUSE not in case.steps:
                places.journal.save(_done(case, BYTES))


def _leave_files(places: Places, case: Case) -> Case:
    """Files and copies; then the identifiers are dropped, and the certificate is written."""
    if WAREHOUSE in case.steps:
        return case
    if FILES in case.steps:
        case = places.journal.save(_clean_files(places, case))
    if COPIES in case.steps:
        found = search_copies(places.data_dir, searched_people(case).traces)
        case = replace(case, copies=found.holding, unreachable=found.unreachable)
        case = places.journal.save(_done(case, COPIES))
        drop_gone(places.data_dir)
    else:
        case = replace(case, copies=still_holding(places.data_dir, case))
    if not case.steps:
        case = replace(case, people={})
    places.journal.save(case)
    if case.is_certified:
        _certify(places, case)
    if case.is_finished:
        places.journal.close(case)
    return case


def _clean_files(places: Places, case: Case) -> Case:
    cleaned = clean_files(places.data_dir, searched_people(case), case.left)
    rewritten = tuple(sorted({*case.rewritten, *cleaned.rewritten}))
    case = replace(case, rewritten=rewritten, left=cleaned.left)
    return case if cleaned.left else _done(case, FILES)


def _done(case: Case, step: str) -> Case:
    return replace(case, steps=tuple(one for one in case.steps if one != step))


def _certify(places: Places, case: Case) -> None:
    folder = places.data_dir / CERTIFICATES
    folder.mkdir(mode=0o700, exist_ok=True)
    content = json.dumps(certificate_of(case), indent=2).encode()
    write_durably(folder / case.certificate, content)


def certificate_of(case: Case) -> dict[str, Any]:
    """What was done to forget somebody; nothing in it is personal."""
    return {
        "forgotten_at": case.begun_at.isoformat(),
        "is_finished": case.is_finished,
        "removed": {store: dict(counts) for store, counts in case.removed.items()},
        "files_rewritten": list(case.rewritten),
        "platforms": {name: "; ".join(words) for name, words in case.answers.items()},
        "vtex_jobs": [job.job_id for job in case.jobs if job.job_id],
        "still_in": sorted(case.copies),
        "not_reachable": list(case.unreachable),
        "forgotten_again": list(case.again),
        "stays_away": "salted digests of the identifiers keep later pulls and imports away",
    }


def damaged_notes(data_dir: Path) -> Iterator[str]:
    """What cannot be read of who is, and was, to be forgotten, a line each."""
    for name in Journal(data_dir).unreadable():
        yield (
            f"{name} cannot be read: put it back from a copy, or forget whoever it was about"
            " once more and delete it"
        )
    _, damaged = read_remembered(data_dir)
    if damaged:
        yield (
            f"{REMEMBERED_NAME}: {len(damaged)} line(s) cannot be read, the first is line"
            f" {damaged[0]}: put the file back from a copy, or delete these lines; without them a"
            " restore may bring somebody back"
        )


def open_questions(case: Case) -> Iterator[str]:
    """What is left of a case, a line each: who has to do what."""
    for name, fault in case.faults.items():
        yield f"{name} has not erased the person: {fault}"
    for name in sorted(set(case.to_ask) - set(case.faults)):
        yield f"{name} was not asked to erase the person yet"
    yield from left_of_jobs(case)
    if WAREHOUSE in case.steps or BYTES in case.steps:
        yield "the warehouse still holds the person"
    for name, why in case.left.items():
        yield f"{name} {why}: mend or delete it"
    if FILES in case.steps and not case.left:
        yield "the files of the data folder were not searched yet"
    for name in case.copies:
        after = f"; once deleted, `enrich lake status --lake {name}`" if name.startswith(S3) else ""
        yield f"{name} still holds the person, or cannot be read: delete or replace it{after}"
    for name in case.unreachable:
        yield f"{name} is not reachable: look there whether the backup holds the person"
