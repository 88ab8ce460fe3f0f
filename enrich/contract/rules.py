"""The contract of a destination, a rule each: what must hold whatever its platform is."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date

import httpx
import polars as pl

from enrich.client import asked_seconds
from enrich.contract import following
from enrich.contract.people import PERSONAL
from enrich.contract.rule import Broken, Rule, require, simulated
from enrich.contract.trial import NOW, Case
from enrich.destinations.batches import Context, cut_batches
from enrich.destinations.entity import DestinationEntity
from enrich.destinations.kinds import KINDS
from enrich.destinations.plan import PushedState
from enrich.errors import BadSettings, Refused
from enrich.profile import FIELDS
from enrich.simulator.platforms.account import SIMULATED_WAIT

NOTHING_PUSHED = pl.DataFrame(schema={"record_id": pl.String, "hash": pl.String})
NAMES_REFUSED = ("per_record", "rejected_only")  # the fidelities by which one record is known
MARK = "secret-of-"  # how every secret of a trial begins
CALLS = (1, 2, 3, 4, 6, 9)  # those that a sender is killed at, as far as it makes them
SENTENCE = "the contact Zuleika Quastel, person0002@example.com, 55 11 90000-0000 has no valid name"


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


def loses_nothing(case: Case) -> None:
    """What passes by itself costs no record: too many calls, a server's fault, a lost reply."""
    there = case.open()
    case.push(there, case.make(2))
    for count, fault in ((4, 429), (6, 503), (9, "lost")):
        case.account.faults = [fault]
        case.push(there, case.make(count))
    _finished(case, there, 9)


def waits_as_long_as_it_is_told(case: Case) -> None:
    """The vendor's own header is read: not all of them say Retry-After."""
    case.account.faults = [429]
    case.push(case.open(), case.make(2))
    require(_asked(case) in case.world.waits, True, "waits as long as it was asked to")
    require(len(case.held), 2, "records there")


def _asked(case: Case) -> float | None:
    """The seconds that the stand-in asks for when there were too many calls."""
    throttled = case.world.fakes[case.kind].throttled(SIMULATED_WAIT)
    return asked_seconds(httpx.Headers(throttled.headers))


def finishes_after_a_kill(case: Case) -> None:
    """A push that is killed before or after any call is finished by the next one."""
    for calls in CALLS:
        for after in (False, True):
            if not _finishes(case.anew(), calls, after=after):
                return


def _finishes(case: Case, calls: int, *, after: bool) -> bool:
    """Whether there was such a call to be killed at; raises Broken when something is left."""
    there = case.open()
    if not case.world.kill(lambda: case.push(there, case.make(7)), calls, after=after):
        return False
    on_the_way = len(case.ledger.intents)
    again = case.push(there, case.make(7))
    require(again.resent > on_the_way, False, "sends again what had not left")
    _finished(case, there, 7)
    return True


def _finished(case: Case, there: DestinationEntity, count: int) -> None:
    """One more push may finish what is left; then nothing is left, and nobody is there twice."""
    if case.push(there, case.make(count)).batches:
        left = case.push(there, case.make(count)).batches
        require(left, 0, "batches of a push without a change")
    outcomes = {row["outcome"] for row in case.ledger.records.values()}
    require(outcomes - {"accepted", "queued"}, set(), "outcomes")
    require((len(case.held), case.counted_twice), (count, []), "records there, and twice")
    require((case.ledger.intents, case.ledger.jobs), ([], []), "left open")


def keeps_a_refusal_alone(case: Case) -> None:
    """One refused record is named, the others are taken; once it is good it is taken too."""
    there = case.open(stop_failed_share=1)
    case.account.refused = case.refusals(3)
    require(case.push(there, case.make(9)).accepted, 8, "accepted")
    the_one = case.ledger.records[case.record_id(3)]
    require(the_one["outcome"] in ("rejected", "invalid"), True, "the refused record is listed")
    require(bool(the_one["code"]), True, "the refused record has a code")
    case.account.refused = set()
    require(case.push(there, case.make(9)).accepted, 1, "accepted once it is good")


def says_why(case: Case) -> None:
    """A refusal keeps the platform's own words, and nothing of a person."""
    there = case.open(stop_failed_share=1)
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
    there = case.open()
    case.account.faults = [401] * 200
    done = case.push(there, case.make(3))
    require(isinstance(done.fault, Refused), True, "the push ends as refused")
    require(MARK in str(done.fault), False, "a secret in the line")


def _names_refused(case: Case) -> str | None:
    fidelity = case.platform.entity(case.entity).result_fidelity
    return None if fidelity in NAMES_REFUSED else "nobody is told who was refused"


def _says_how_long(case: Case) -> str | None:
    return None if _asked(case) is not None else "it says no time to wait"


RULES: Mapping[str, Rule] = {
    "says sane limits": Rule(says_sane_limits),
    "maps fields there are": Rule(maps_fields_there_are),
    "refuses wrong settings": Rule(refuses_wrong_settings),
    "shows no secret": Rule(shows_no_secret),
    "finds nothing wrong with a good set-up": Rule(finds_nothing_wrong),
    "answers for every record": Rule(answers_for_every_record),
    "sends nothing twice": Rule(sends_nothing_twice),
    "shows nobody": Rule(shows_nobody),
    "shows what it would send": Rule(shows_what_it_would_send),
    "loses nothing to what passes": Rule(loses_nothing, (simulated,)),
    "waits as long as it is told": Rule(waits_as_long_as_it_is_told, (simulated, _says_how_long)),
    "finishes after a kill": Rule(finishes_after_a_kill, (simulated,)),
    "keeps a refusal alone": Rule(keeps_a_refusal_alone, (simulated, _names_refused)),
    "says why": Rule(says_why, (simulated,)),
    "ends on wrong credentials": Rule(ends_on_wrong_credentials, (simulated,)),
    **following.RULES,
}
