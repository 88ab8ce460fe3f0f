"""Every platform that accepted a person is asked to erase, until it has answered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace

import polars as pl

from enrich.destinations.base import Addressee
from enrich.destinations.sending import same_outcome
from enrich.errors import EnrichError
from enrich.forget.journal import Case, Journal, RecordToErase
from enrich.model import Outcome, RecordResult
from enrich.push.destination import Destination
from enrich.push.sending import ERASED_AT_ONCE
from enrich.warehouse import Found

BY_HAND = "delete the person there by hand"
ERASED = "erased"
TAKEN_OUT = "taken out of its lists"
OpenDestination = Callable[[str], AbstractContextManager[Destination | None]]


def whom_to_ask(found: Iterable[Found]) -> dict[str, tuple[RecordToErase, ...]]:
    """Per platform the records it accepted of the people, and all addresses they ever had here.

    A platform that knows people by an address may have them by an older one.
    """
    asked: dict[str, list[RecordToErase]] = {}
    for one in found:
        addresses = _addresses(one)
        for destination, record_id, remote_key in one.pushed.iter_rows():
            records = asked.setdefault(destination, [])
            records.append(RecordToErase(record_id, remote_key))
            records += [
                RecordToErase(record_id, address, True) for address in addresses.get(record_id, ())
            ]
    return {name: tuple(dict.fromkeys(records)) for name, records in asked.items()}


def _addresses(found: Found) -> Mapping[str, Sequence[str]]:
    schema = {"kind": pl.String, "value": pl.String, "customer_key": pl.Int64}
    known = pl.DataFrame(found.named.identifiers, schema=schema, orient="row")
    emails = known.filter(pl.col("kind") == "email").drop_nulls("customer_key")
    grouped = emails.group_by(pl.col("customer_key").cast(pl.String)).agg("value")
    return dict(grouped.iter_rows())


def ask_platforms(journal: Journal, case: Case, open_destination: OpenDestination) -> Case:
    """The case without whom the platforms have answered for; one that fails stops no other."""
    for name in sorted(case.to_ask):
        try:
            with open_destination(name) as destination:
                case = _ask(journal, case, name, destination)
        except EnrichError as fault:
            case = journal.save(replace(case, faults={**case.faults, name: str(fault)}))
    return case


def _ask(journal: Journal, case: Case, name: str, destination: Destination | None) -> Case:
    """A few at a time, each struck out when it was answered. Raises what the platform raises."""
    if destination is None:
        return journal.save(_answered(case, name, (), (BY_HAND,)))
    # Out of the lists first: somebody who is deleted cannot be found in them any more.
    listed = tuple(one for one in case.to_ask[name] if one.is_membership)
    rest = [one for one in case.to_ask[name] if not one.is_membership]
    people, others = _reachable(rest, destination)
    waiting = (*listed, *people)
    case = _answered(case, name, waiting, (BY_HAND,) if others else ())
    again: list[RecordToErase] = []
    while waiting:
        count = min(ERASED_AT_ONCE, sum(one.is_membership for one in waiting) or len(waiting))
        turn, waiting = waiting[:count], waiting[count:]
        pairs = list(zip(turn, _erased(destination, turn), strict=True))
        again += [one for one, result in pairs if result.outcome is Outcome.RETRYABLE]
        words = {_in_words(one, result) for one, result in pairs if one not in again}
        case = journal.save(_answered(case, name, (*again, *waiting), words))
    if again:
        return journal.save(replace(case, faults={**case.faults, name: "did not answer"}))
    return case


def _erased(destination: Destination, turn: Sequence[RecordToErase]) -> list[RecordResult]:
    """The outcomes in their order; of lists that nobody can be taken out of, by hand."""
    records = [Addressee(one.record_id, str(one.remote_key)) for one in turn]
    if not turn[0].is_membership:
        return destination.profiles.erase(records)
    if destination.members is None:
        return same_outcome(records, Outcome.INVALID, "by_hand", BY_HAND)
    return destination.members.erase(records)


def _reachable(
    records: Sequence[RecordToErase], destination: Destination
) -> tuple[tuple[RecordToErase, ...], bool]:
    """Whom the platform can be asked for, and whether there are others.

    It may know a record by one key alone, so each key is asked for once.
    """
    by_address = destination.profiles.record_key == "email"
    wanted = [one for one in records if by_address or not one.is_address]
    known = {(str(one.remote_key), one.record_id): one for one in wanted if one.remote_key}
    keys = {record_id for _, record_id in known}
    distinct = {key: one for (key, record_id), one in known.items()} if by_address else known
    return tuple(distinct.values()), any(one.record_id not in keys for one in wanted)


def _answered(case: Case, name: str, left: Sequence[RecordToErase], words: Iterable[str]) -> Case:
    to_ask = {**case.to_ask, name: tuple(left)}
    answers = tuple(sorted({*case.answers.get(name, ()), *words}))
    faults = {other: fault for other, fault in case.faults.items() if other != name}
    return replace(
        case,
        to_ask={other: people for other, people in to_ask.items() if people},
        answers={**case.answers, **({name: answers} if answers else {})},
        faults=faults,
    )


def _in_words(one: RecordToErase, result: RecordResult) -> str:
    if result.outcome in (Outcome.ACCEPTED, Outcome.UNCHANGED):
        return TAKEN_OUT if one.is_membership else ERASED
    if result.outcome is Outcome.QUEUED:
        return "takes its time to erase"
    return (result.message if result.outcome is Outcome.INVALID else None) or BY_HAND
