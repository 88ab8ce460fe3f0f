"""The contract of a destination, a rule each: what must hold whatever its platform is."""

from __future__ import annotations

import hashlib
import io
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import date
from functools import partial
from typing import TypeAlias

import polars as pl

from enrich.contract.people import PERSONAL
from enrich.contract.trial import NOW, Case
from enrich.destinations.batches import Context, cut_batches
from enrich.destinations.kinds import KINDS
from enrich.destinations.plan import PushedState
from enrich.errors import BadSettings, Refused
from enrich.profile import FIELDS

Rule: TypeAlias = Callable[[Case], None]

NOTHING_PUSHED = pl.DataFrame(schema={"record_id": pl.String, "hash": pl.String})
NAMES_REFUSED = ("per_record", "rejected_only")  # the fidelities by which one record is known
MARK = "secret-of-"  # how every secret of a trial begins
NEVER = 1_000_000_000
SENTENCE = "the contact Zuleika Quastel, person0002@example.com, 55 11 90000-0000 has no valid name"


class Broken(AssertionError):
    """A rule does not hold: what was found instead."""


class NotForThis(Exception):
    """The rule is about something that this destination does not have."""


def require(found: object, wanted: object, what: str) -> None:
    """Raise Broken unless both are the same."""
    if found != wanted:
        raise Broken(f"{what}: {found!r} instead of {wanted!r}")


# -- what it says of itself --------------------------------------------------------------------


def says_sane_limits(case: Case) -> None:
    """Limits are numbers that can be kept."""
    there = case.open()
    is_small = there.max_bytes is not None and there.max_bytes < (there.max_record_bytes or 1)
    require(is_small or there.concurrency < 1 or there.max_records == 0, False, "limits too small")
    after = set(there.after) - {one.name for one in case.platform.entities()}
    require(after, set(), "comes after an entity it does not have")


def maps_fields_there_are(case: Case) -> None:
    """Every mapped field exists, and no name is used twice."""
    fields = case.open().fields
    targets = [field.target for field in fields]
    unknown = {field.source for field in fields} - _sources_of(case.entity)
    require(unknown, set(), "fields that do not exist")
    require(sorted({one for one in targets if targets.count(one) > 1}), [], "names used twice")
    require(bool(fields), True, "maps something")


def _sources_of(entity: str) -> set[str]:
    if entity not in KINDS:
        return {field.name for field in FIELDS}
    schema = KINDS[entity].schema
    lines = schema["lines"].inner.to_schema() if "lines" in schema else {}
    return {*schema, *(f"lines.{name}" for name in lines), "lines.is_canceled"}


def refuses_wrong_settings(case: Case) -> None:
    """A key there is not, and a field there is not, are named, without the value."""
    for wrong, named in (
        ({"colour": "s3cret"}, "colour"),
        ({"names": {"shoe_size": "Shoe"}}, "not a profile field"),
    ):
        try:
            case.open(**wrong)
        except BadSettings as error:
            require((named in str(error), "s3cret" in str(error)), (True, False), str(error))
        else:
            raise Broken(f"takes {wrong}")


def shows_no_secret(case: Case) -> None:
    """No secret stands in its repr."""
    require(MARK in repr(case.open()), False, "a secret in its repr")


def finds_nothing_wrong(case: Case) -> None:
    """A good set-up has no problems."""
    require(case.open().check(), [], "problems of a good set-up")


# -- what it sends -----------------------------------------------------------------------------


def answers_for_every_record(case: Case) -> None:
    """Every record of a batch gets exactly one outcome."""
    there = case.open()
    plan = case.planner(there, case.make(7))(PushedState(NOTHING_PUSHED))
    context = Context("main", case.entity, date(2026, 3, 1), NOW)
    for prepared in cut_batches(plan, there, context):
        if prepared.batch is None:
            raise Broken("no record can be sent")
        found = sorted(one.record_id for one in there.push(prepared.batch))
        require(found, sorted(prepared.batch.frame["record_id"]), "outcomes")


def sends_nothing_twice(case: Case) -> None:
    """What was accepted and is the same is not sent again."""
    there = case.open()
    first = case.push(there, case.make(5))
    require((first.adds, first.accepted, first.fault), (5, 5, None), "the first push")
    sent = case.ledger.batch_count
    second = case.push(there, case.make(5))
    require((second.unchanged, second.batches), (5, 0), "the second push")
    require(case.ledger.batch_count, sent, "batches")


def shows_nobody(case: Case) -> None:
    """Nothing a push writes down shows a person or a secret, whatever the platform answers."""
    if case.is_simulated:
        case.account.refused, case.account.faults = case.refusals(2), [503, 429]
    there = case.open()
    with _logged() as log:
        done = case.push(there, case.make(4))
    kept = [{**row, "remote_key": "", "memo": ""} for row in case.ledger.records.values()]
    text = f"{done}{done.as_json()}{kept}{log.getvalue()}{there!r}"
    require(_found_in(text), [], "personal values written down")


@contextmanager
def _logged() -> Iterator[io.StringIO]:
    """All that is logged meanwhile."""
    root, log = logging.getLogger(), io.StringIO()
    handler, level = logging.StreamHandler(log), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield log
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


def shows_what_it_would_send(case: Case) -> None:
    """A dry run sends and records nothing, and shows payloads with every value masked."""
    done = case.push(case.open(), case.make(5), dry_run=True)
    require((done.adds, done.is_dry_run), (5, True), "the dry run")
    left = (case.world.call_count, case.ledger.runs, list(case.world.data_dir.iterdir()))
    require(left, (0, {}, []), "calls made, runs recorded, files left")
    require(bool(done.requests and done.estimated_seconds and done.sample), True, "an estimate")
    text = json.dumps(done.sample, ensure_ascii=False)
    require(_found_in(text), [], "personal values shown")
    if case.is_profiles:
        require("p***@e***.com" in text, True, "a masked address")


def _found_in(text: str) -> list[str]:
    return [part for part in (*PERSONAL, MARK) if part in text]


# -- when something goes wrong -----------------------------------------------------------------


def loses_nothing(case: Case, fault: int | str) -> None:
    """What passes by itself costs no record."""
    there = _simulated(case).open()
    case.push(there, case.make(2))
    case.account.faults = [fault]
    case.push(there, case.make(9))
    case.push(there, case.make(9))
    _all_there(case, 9)
    require(case.push(there, case.make(9)).batches, 0, "batches of a push without a change")


def finishes_after_a_kill(case: Case, calls: int, *, kills_after: bool) -> None:
    """A push that is killed at any call is finished by the next one."""
    there, world = _simulated(case).open(), case.world
    world.calls_until_killed, world.kills_after = calls, kills_after
    with suppress(KeyboardInterrupt):
        case.push(there, case.make(7))
    world.calls_until_killed = NEVER
    on_the_way = len(case.ledger.intents)
    again = case.push(there, case.make(7))
    case.push(there, case.make(7))
    require(again.resent > on_the_way, False, "sends again what had not left")
    _all_there(case, 7)
    require((case.ledger.intents, case.ledger.jobs), ([], []), "left open")
    require(case.push(there, case.make(7)).batches, 0, "batches of a push without a change")


def _all_there(case: Case, count: int) -> None:
    outcomes = {row["outcome"] for row in case.ledger.records.values()}
    require(outcomes - {"accepted", "queued"}, set(), "outcomes")
    require((len(case.held), case.counted_twice), (count, []), "records there, and twice")


def keeps_a_refusal_alone(case: Case) -> None:
    """One refused record is named, the others are taken; once it is good it is taken too."""
    there = _simulated(case).open(stop_failed_share=1)
    if there.result_fidelity not in NAMES_REFUSED:
        raise NotForThis("nobody is told who was refused")
    refused = case.refusals(3)
    digests = {hashlib.md5(one.encode(), usedforsecurity=False).hexdigest() for one in refused}
    case.account.refused = refused | digests
    require(case.push(there, case.make(9)).accepted, 8, "accepted")
    the_one = case.ledger.records[case.record_id(3)]
    require(the_one["outcome"] in ("rejected", "invalid"), True, "the refused record is listed")
    require(bool(the_one["code"]), True, "the refused record has a code")
    case.account.refused = set()
    require(case.push(there, case.make(9)).accepted, 1, "accepted once it is good")


def says_why(case: Case) -> None:
    """A refusal keeps the platform's own words, and nothing of a person."""
    there = _simulated(case).open(stop_failed_share=1)
    case.push(there, case.make(1))
    case.account.faults = [("INVALID_VALUE", SENTENCE)] * 9
    done = case.push(there, case.make(2))
    kept = case.ledger.records[case.record_id(2)]
    require(kept["outcome"], "rejected", "the outcome")
    require(kept["code"] in ("INVALID_VALUE", "http_400"), True, "the platform's code, or 400")
    require(kept["message"], "the contact … …, … … has no valid name", "its words")
    require(done.as_json()["refused"], {f"{kept['code']}: {kept['message']}": 1}, "the summary")


def ends_on_wrong_credentials(case: Case) -> None:
    """Wrong credentials end the push with one line that shows no secret."""
    there = _simulated(case).open()
    case.account.faults = [401] * 200
    done = case.push(there, case.make(3))
    require(isinstance(done.fault, Refused), True, "the push ends as refused")
    require(MARK in str(done.fault), False, "a secret in the line")


def _simulated(case: Case) -> Case:
    if not case.is_simulated:
        raise NotForThis("it has no stand-in here")
    return case


RULES: Mapping[str, Rule] = {
    "says sane limits": says_sane_limits,
    "maps fields there are": maps_fields_there_are,
    "refuses wrong settings": refuses_wrong_settings,
    "shows no secret": shows_no_secret,
    "finds nothing wrong with a good set-up": finds_nothing_wrong,
    "answers for every record": answers_for_every_record,
    "sends nothing twice": sends_nothing_twice,
    "shows nobody": shows_nobody,
    "shows what it would send": shows_what_it_would_send,
    **{
        f"loses nothing to {fault}": partial(loses_nothing, fault=fault)
        for fault in (429, 503, "lost")
    },
    **{
        f"finishes after a kill {'after' if after else 'before'} call {calls}": partial(
            finishes_after_a_kill, calls=calls, kills_after=after
        )
        for calls in (1, 2, 3, 4, 6, 9)
        for after in (False, True)
    },
    "keeps a refusal alone": keeps_a_refusal_alone,
    "says why": says_why,
    "ends on wrong credentials": ends_on_wrong_credentials,
}
