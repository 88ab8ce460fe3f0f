"""The source's own erasure: a job an address, filed once, then looked at until it is over.

A job is noted before it is filed. After a kill in between, or without an answer, nobody knows
whether it was, and it is never filed again by itself: the address may have a new customer by then.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace

from enrich.client import GaveUp, HttpStatus, Unanswered
from enrich.errors import EnrichError
from enrich.forget.journal import FOLDER, Case, Job, Journal
from enrich.forget.platforms import ERASED
from enrich.sources.source import Erasure, JobState
from enrich.warehouse import Found

OpenErasure = Callable[[str], AbstractContextManager[Erasure | None]]
BY_HAND = "ask for the person's erasure there by hand"
LEFT: Mapping[JobState, str] = {
    JobState.NEW: "was not asked to erase {count} yet",
    JobState.IN_PROGRESS: "is erasing {count}",
    JobState.FILING: "may have been asked to erase {count}, its answer was lost: {again}",
    JobState.FAILED: "could not erase {count} ({jobs}): ask VTEX why, then {again}",
}


def name_of(store: str) -> str:
    """What the source of a store is called among the platforms; no destination is called so."""
    return f"VTEX ({store})"


def jobs_for(found: Mapping[str, Found], stores: Collection[str]) -> tuple[Job, ...]:
    """A job for every address that the people have in one of these stores."""
    return tuple(
        Job(store, email)
        for store, one in found.items()
        if store in stores
        for email in sorted({value for kind, value, _ in one.named.identifiers if kind == "email"})
    )


def follow_jobs(journal: Journal, case: Case, open_erasure: OpenErasure) -> Case:
    """The case after its jobs were filed or looked at; a store that fails stops no other."""
    for store in sorted({job.store for job in case.open_jobs}):
        name = name_of(store)
        case = replace(case, faults={k: v for k, v in case.faults.items() if k != name})
        try:
            with open_erasure(store) as erasure:
                for step in _followed(case, store, erasure, _in_progress(journal)):
                    case = journal.save(step)
        except EnrichError as fault:
            case = replace(case, faults={**case.faults, name: str(fault)})
        journal.save(case)
    return case


def _followed(
    case: Case, store: str, erasure: Erasure | None, in_progress: Mapping[object, str]
) -> Iterator[Case]:
    """The case after each step of each job, to be saved before the next is taken.

    Raises what the source raises.
    """
    if erasure is None:
        left = tuple(job for job in case.jobs if job.store != store or not job.is_open)
        yield _with_answer(replace(case, jobs=left), store, BY_HAND)
        return
    for number, job in enumerate(case.jobs):
        if job.store == store and job.is_open:
            for step in _steps(job, erasure, in_progress.get((job.store, job.email))):
                jobs = (*case.jobs[:number], step, *case.jobs[number + 1 :])
                case = replace(case, jobs=jobs)
                if step.state is JobState.DONE:
                    case = _with_answer(case, store, ERASED)
                yield case


def _in_progress(journal: Journal) -> dict[object, str]:
    """The id of the job in progress of each address, of all cases: nobody files another."""
    return {
        (job.store, job.email): job.job_id
        for case in journal.cases()
        for job in case.jobs
        if job.state is JobState.IN_PROGRESS and job.job_id
    }


def _steps(job: Job, erasure: Erasure, followed: str | None) -> Iterator[Job]:
    """What becomes of an open job, state by state. Raises what the source raises."""
    if job.state is JobState.IN_PROGRESS:
        yield from _looked_at(job, erasure)
    elif followed is not None:
        yield replace(job, state=JobState.IN_PROGRESS, job_id=followed)
    elif job.state is JobState.NEW:
        yield from _filed(job, erasure)


def _filed(job: Job, erasure: Erasure) -> Iterator[Job]:
    yield replace(job, state=JobState.FILING)
    try:
        job_id = erasure.file(str(job.email))
    except Unanswered:
        raise
    except HttpStatus:
        yield replace(job, state=JobState.FAILED)
    except EnrichError:
        yield job  # it was not filed
        raise
    else:
        yield replace(job, state=JobState.IN_PROGRESS, job_id=job_id)


def _looked_at(job: Job, erasure: Erasure) -> Iterator[Job]:
    try:
        state = erasure.state(str(job.job_id))
    except GaveUp as fault:
        if fault.status_code != 429:
            raise
        return  # looked at a moment ago
    if state is JobState.DONE:
        yield replace(job, state=state, email=None)
    elif state is not job.state:
        yield replace(job, state=state)


def _with_answer(case: Case, store: str, word: str) -> Case:
    name = name_of(store)
    words = tuple(sorted({*case.answers.get(name, ()), word}))
    return replace(case, answers={**case.answers, name: words})


def left_of_jobs(case: Case) -> Iterator[str]:
    """What is left of the jobs of a case, a line a store and state; no address."""
    again = f"`enrich forget E-MAIL` files it again, {FOLDER}/{case.certificate} names it"
    for store, state in sorted({(job.store, job.state) for job in case.open_jobs}):
        jobs = [job for job in case.open_jobs if (job.store, job.state) == (store, state)]
        if state is not JobState.NEW or name_of(store) not in case.faults:
            yield f"{name_of(store)} " + LEFT[state].format(
                count=f"{len(jobs)} address(es)",
                jobs=", ".join(f"job {job.job_id}" for job in jobs if job.job_id) or "refused",
                again=again,
            )
