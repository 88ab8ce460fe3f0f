"""What an HTTP answer means for the records of a batch, the same for every platform."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from enrich.client import (
    BadBody,
    Call,
    GaveUp,
    HttpStatus,
    NotFound,
    Response,
    is_web_page,
    parse_json,
    raise_for_refusal,
)
from enrich.destinations.base import Addressee, Record, Sender
from enrich.destinations.reasons import harmless
from enrich.errors import EnrichError, Stop, TryAgain
from enrich.model import Outcome, RecordResult

WITHOUT_DETAIL = frozenset({400, 406, 409, 413, 415, 422})
REFUSED = "refused by the platform"
LATER = "the next run sends the newest values"
QUEUE_FULL = "queue_full"  # the platform works on as many jobs as it takes; later there is room
GONE = "already_gone"  # the platform has no such contact
SAFE_CODE = re.compile(r"^[A-Za-z0-9_.-]{1,40}$")
A_NUMBER = re.compile(r"\d{6}")  # a phone, a document: no code
# What a platform calls its code of a refusal, and its reasons, the best first.
KEYS = ("code", "message")


class Refusal(EnrichError):
    """The platform refused a request as a whole, or one record: why, by its own code and words.

    The words may hold a person's values: only `rejected` reads them. `sent` is the record they are
    about where the platform shows it.
    """

    def __init__(
        self, code: str, name: str = "", reason: object = None, sent: object = None
    ) -> None:
        super().__init__(f"{name}: refused ({code})".removeprefix(": "))
        self.code = code
        self.reason = reason
        self.sent = sent


class NobodyThere(NotFound):
    """A 404 by whose code the platform says that it has no such contact."""


def ask(
    http: Sender, call: Call, keys: Sequence[str] = KEYS, gone: Collection[str] = ()
) -> Response:
    """The answer when it is a success; `keys` are those of a refusal, see KEYS.

    Raises Refusal (400 and its like), Refused (401, 403), NotFound (404; NobodyThere where its code
    is in `gone`), TryAgain (429, 5xx, silence), Stop (any other status).
    """
    response = http.send(call)
    try:
        raise_for_refusal(call, response)
    except HttpStatus as error:
        if error.status_code in WITHOUT_DETAIL:
            raise refusal_of(response, keys, call.name) from None
        raise Stop(f"{error}; check the address") from None
    except NotFound as error:
        if is_web_page(response) or refusal_of(response, keys).code not in gone:
            raise
        raise NobodyThere(str(error)) from None
    return response


def refusal_of(response: Response, keys: Sequence[str] = KEYS, name: str = "") -> Refusal:
    """Why an answer refuses; the status where the platform has no code of its own."""
    try:
        answer = parse_json(response.content)
    except BadBody:
        answer = None
    return refusal_in(answer, keys, f"http_{response.status_code}", name)


def refusal_in(
    error: object, keys: Sequence[str] = KEYS, otherwise: str = "rejected", name: str = ""
) -> Refusal:
    """Why, by an answer or an error in it, however deep its keys stand; else `otherwise`."""
    code, *reasons = (_first(error, key) for key in keys)
    own = safe_code(code)
    is_own = own not in (None, "0") and not A_NUMBER.search(own or "")
    reason = next((one for one in reasons if one not in (None, own)), None)
    return Refusal(own if own and is_own else otherwise, name, reason)


def _first(error: object, key: str) -> object:
    """The value of a key where it stands least deep."""
    found = (one[key] for one in _objects([error]) if isinstance(one.get(key), str | int))
    return next(found, None)


def objects_in(found: object) -> list[dict[str, Any]]:
    """The objects of a list in an answer; none where there is no list."""
    return [one for one in (found if isinstance(found, list) else []) if isinstance(one, dict)]


def _objects(level: list[Any]) -> Iterator[dict[str, Any]]:
    """Every object in these values, the least deep first."""
    while level:
        yield from (one for one in level if isinstance(one, dict))
        inside = (one.values() if isinstance(one, dict) else one for one in level if _holds(one))
        level = [part for parts in inside for part in parts]


def _holds(value: object) -> bool:
    return isinstance(value, dict | list)


def by_hand(one: Addressee, message: str) -> RecordResult:
    """The outcome of an erasure that somebody has to do there."""
    return RecordResult(one.record_id, Outcome.INVALID, "by_hand", message)


def rejected(record: Record | Addressee, refusal: Refusal) -> RecordResult:
    """The outcome of a record that the platform refused, without a value of a person in it."""
    sent = refusal.sent or getattr(record, "payload", None)
    reason = harmless(refusal.reason, sent) or REFUSED
    return RecordResult(record.record_id, Outcome.REJECTED, refusal.code, reason)


def answer_of(response: Response) -> dict[str, Any]:
    """The JSON object of an answer; empty when it is something else."""
    answer = parse_json(response.content) if response.content.strip() else None
    return answer if isinstance(answer, dict) else {}


def send_halving(
    records: Sequence[Record],
    attempt: Callable[[Sequence[Record]], list[RecordResult]],
    max_requests: int,
) -> list[RecordResult]:
    """One outcome per record; a refused batch is halved down to the records at fault.

    After `max_requests` the rest is left for the next run: a platform that refuses everything must
    not be asked twice per record. A fault that stops the run is raised only while no record has
    been sent; later it would hide what was accepted.
    """
    results: list[RecordResult] = []
    waiting: list[Sequence[Record]] = [records]
    for _ in range(max_requests):
        if not waiting:
            break
        part = waiting.pop()
        try:
            results += attempt(part)
        except Refusal as refusal:
            middle = len(part) // 2
            if middle:
                waiting += [part[middle:], part[:middle]]
            else:
                results += [rejected(record, refusal) for record in part]
        except (TryAgain, BadBody) as fault:
            results += outcome_of_fault(part, fault)
        except (Stop, NotFound) as fault:
            if not results:
                raise _stop_of(fault) from None
            results += outcome_of_fault(part, fault)
    left = [one for part in waiting for one in part]
    message = "too many requests for one batch"
    return results + same_outcome(left, Outcome.RETRYABLE, "not_tried", message)


def send_each(
    records: Sequence[Record], attempt: Callable[[Record], RecordResult], concurrency: int
) -> list[RecordResult]:
    """One call for each record, a few at once; the first fault that stops is raised if no record
    was taken, else what was not sent is left for the next run.

    One at a time needs no thread, which would go on for a while after this one was stopped.
    """
    if concurrency == 1:
        results = [_one_answer(one, attempt) for one in records]
    else:
        with ThreadPoolExecutor(concurrency) as pool:
            results = list(pool.map(lambda one: _one_answer(one, attempt), records))
    faults = [one for one in results if isinstance(one, Stop)]
    if len(faults) == len(records):
        raise faults[0]
    return [
        RecordResult(record.record_id, Outcome.RETRYABLE, type(one).__name__.lower(), LATER)
        if isinstance(one, Stop)
        else one
        for record, one in zip(records, results, strict=True)
    ]


def _one_answer(record: Record, attempt: Callable[[Record], RecordResult]) -> RecordResult | Stop:
    try:
        return attempt(record)
    except Refusal as refusal:
        return rejected(record, refusal)
    except HttpStatus as fault:
        return rejected(record, Refusal(f"http_{fault.status_code}"))
    except (TryAgain, BadBody) as fault:
        return outcome_of_fault([record], fault)[0]
    except (Stop, NotFound) as fault:
        return _stop_of(fault)


def _stop_of(fault: Stop | NotFound) -> Stop:
    return fault if isinstance(fault, Stop) else Stop(f"{fault}; check the address")


def erase_one(one: Addressee, attempt: Callable[[Addressee], RecordResult]) -> RecordResult:
    """The outcome of one erasure; a passing fault leaves the person for the next run.

    Raises Stop for a 404 that says nothing of the person: a list, an account or a path may be gone.
    """
    try:
        return attempt(one)
    except NobodyThere:
        return RecordResult(one.record_id, Outcome.ACCEPTED, GONE)
    except NotFound as fault:
        raise _stop_of(fault) from None
    except Refusal as refusal:
        return rejected(one, refusal)
    except (TryAgain, BadBody) as fault:
        return RecordResult(one.record_id, Outcome.RETRYABLE, type(fault).__name__.lower(), LATER)


def outcome_of_fault(records: Sequence[Record], fault: EnrichError) -> list[RecordResult]:
    """What a fault says about the records on the way.

    Silence leaves them unknown: the platform may have stored them. An answer leaves them unsent.
    """
    if isinstance(fault, GaveUp) and fault.status_code is not None:
        return same_outcome(records, Outcome.RETRYABLE, f"http_{fault.status_code}", LATER)
    if isinstance(fault, GaveUp | BadBody):
        return same_outcome(records, Outcome.UNKNOWN, "no_answer", LATER)
    return same_outcome(records, Outcome.RETRYABLE, type(fault).__name__.lower(), LATER)


def same_outcome(
    records: Sequence[Record | Addressee],
    outcome: Outcome,
    code: str | None = None,
    message: str | None = None,
) -> list[RecordResult]:
    """The same outcome for each of the records."""
    return [RecordResult(record.record_id, outcome, code, message) for record in records]


def accepted_but(
    records: Sequence[Record],
    refused: Mapping[str, Refusal],
    outcome: Outcome = Outcome.ACCEPTED,
    job_id: str | None = None,
) -> list[RecordResult]:
    """The records that `refused` (by record id) names as rejected, the others as `outcome`."""
    return [
        rejected(one, refused[one.record_id])
        if one.record_id in refused
        else RecordResult(one.record_id, outcome, job_id=job_id)
        for one in records
    ]


def accepted_but_places(
    records: Sequence[Record], errors: object, place: str, keys: Sequence[str] = KEYS
) -> list[RecordResult]:
    """All accepted but those whose place an error names; Refusal when one names none."""
    refused = {}
    for error in errors if isinstance(errors, list) else []:
        at = error.get(place) if isinstance(error, dict) else None
        if not isinstance(at, int) or not 0 <= at < len(records):
            raise Refusal("partial")
        refused[records[at].record_id] = refusal_in(error, keys)
    return accepted_but(records, refused)


def queued_in(records: Sequence[Record], job_id: str | None) -> list[RecordResult]:
    """All in a job of the platform; unknown when the answer names none."""
    if job_id is None:
        return same_outcome(records, Outcome.UNKNOWN, "no_job", "the answer names no job")
    return accepted_but(records, {}, Outcome.QUEUED, job_id)


def of_job(
    records: Sequence[Addressee], refused: Mapping[str, Refusal], failed_count: object
) -> list[RecordResult]:
    """The end of a job by `refused` (by the key there, in small letters); unknown when others
    failed too."""
    named = {one.remote_key.lower() for one in records} & set(refused)
    if len(named) != failed_count:
        return same_outcome(records, Outcome.UNKNOWN, "import_errors")
    return [
        rejected(one, refused[one.remote_key.lower()])
        if one.remote_key.lower() in refused
        else RecordResult(one.record_id, Outcome.ACCEPTED)
        for one in records
    ]


def safe_code(value: object) -> str | None:
    """A platform's own code when it can hold no customer's value, else None."""
    text = str(value)
    return text if value is not None and SAFE_CODE.match(text) else None
