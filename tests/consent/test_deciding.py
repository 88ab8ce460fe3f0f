"""Who wins, and who is told: the rule as tables of cases, and as properties."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrich.consent.rules import (
    CONTACTS,
    STATEMENTS,
    THERE,
    WRITES,
    ConsentRules,
    Decisions,
    Facts,
    decide,
    winners,
    without_echoes,
)
from tests.consent.reference import EPOCH, Said, Wrote, is_echo, winner

YES, NO, NULL = True, False, None
ANA = "ana"


def at(hour: float) -> datetime:
    return EPOCH + timedelta(hours=hour)


def said_frame(statements: Sequence[Said], person: str = ANA) -> pl.DataFrame:
    rows = [(person, s.origin, s.opted_in, s.at, s.is_dated, s.by_person) for s in statements]
    return pl.DataFrame(rows, schema=STATEMENTS, orient="row")


def wrote_frame(writes: Sequence[Wrote], person: str = ANA) -> pl.DataFrame:
    rows = [(person, w.party, w.opted_in, w.at, w.settled_at, w.is_certain) for w in writes]
    return pl.DataFrame(rows, schema=WRITES, orient="row")


def facts(
    statements: Sequence[Said],
    *,
    vtex: Sequence[bool | None] = (),
    writes: Sequence[Wrote] = (),
    there: Sequence[str] = (),
    parties: tuple[str, ...] = ("connectif", "synerise"),
) -> Facts:
    return Facts(
        said_frame(statements),
        wrote_frame(writes),
        pl.DataFrame(
            [(ANA, f"c{number}", value) for number, value in enumerate(vtex)],
            schema=CONTACTS,
            orient="row",
        ),
        pl.DataFrame([(ANA, party) for party in there], schema=THERE, orient="row"),
        parties,
    )


def told(decisions: Decisions) -> dict[str, bool]:
    """What would be written where: the documents of VTEX, then the platforms."""
    desired_consents = decisions.desired_consents.select("party", "opted_in").iter_rows()
    return {
        **dict(decisions.contacts.select("contact_id", "opted_in").iter_rows()),
        **dict(desired_consents),
    }


C, S = "connectif", "synerise"
WINNERS = [
    # what was said                                             who wins: value, hour, is it dated
    ([Said(at(1), YES, C)], (YES, 1, True)),
    ([Said(at(1), YES, C), Said(at(2), NO, "vtex")], (NO, 2, True)),
    ([Said(at(2), YES, C), Said(at(1), NO, "vtex")], (YES, 2, True)),
    # A tie means no, whoever says it.
    ([Said(at(1), YES, C), Said(at(1), NO, S)], (NO, 1, True)),
    ([Said(at(1), NO, C), Said(at(1), YES, S)], (NO, 1, True)),
    # The newest of equal words is shown; a dated one before one that is not.
    ([Said(at(1), NO, C), Said(at(3), NO, S)], (NO, 3, True)),
    ([Said(at(1), NO, C), Said(at(3), NO, "vtex", False)], (NO, 1, True)),
    ([Said(at(1), NO, C), Said(at(2), YES, S), Said(at(3), NO, "vtex", False)], (NO, 3, False)),
]


@pytest.mark.parametrize(("statements", "wanted"), WINNERS)
def test_who_wins(statements: list[Said], wanted: tuple[bool, float, bool]) -> None:
    found = winners(said_frame(statements)).row(0, named=True)
    assert (found["opted_in"], found["changed_at"], found["is_dated"]) == (
        wanted[0],
        at(wanted[1]),
        wanted[2],
    )


ECHOES = [
    # said by connectif                     what we wrote there            is it our own echo
    (Said(at(2.1), NO, C), [Wrote(at(2), NO, C, at(2))], True),
    (Said(at(1.95), NO, C), [Wrote(at(2), NO, C, at(2))], True),  # its clock is behind
    (Said(at(1.5), NO, C), [Wrote(at(2), NO, C, at(2))], False),  # that was before
    (Said(at(2.1), YES, C), [Wrote(at(2), NO, C, at(2))], False),  # the opposite
    (Said(at(2.1), NO, C, True, True), [Wrote(at(2), NO, C, at(2))], False),  # the person did it
    (Said(at(2.1), NO, S), [Wrote(at(2), NO, C, at(2))], False),  # another platform
    (Said(at(5), NO, C), [Wrote(at(2), NO, C, at(2))], False),  # hours later it is news
    (Said(at(5), NO, C), [Wrote(at(2), NO, C, at(4))], True),  # the import took so long
    (Said(at(5), NO, C), [Wrote(at(2), NO, C, None)], True),  # its fate is not known yet
    (Said(at(2.1), NO, C), [Wrote(at(2), NO, C, at(2), False)], True),  # it may have arrived
    (Said(at(2.1), NO, C), [Wrote(at(2), NO, C, at(2)), Wrote(at(6), YES, C, at(6))], True),
    (Said(at(6.1), NO, C), [Wrote(at(2), NO, C, at(2)), Wrote(at(6), YES, C, at(6))], False),
]


@pytest.mark.parametrize(("said", "writes", "wanted"), ECHOES)
def test_an_echo_is_no_news(said: Said, writes: list[Wrote], wanted: bool) -> None:
    left = without_echoes(said_frame([said]), wrote_frame(writes))
    assert left.height == (0 if wanted else 1)


def test_a_word_after_a_contradiction_is_no_echo() -> None:
    statements = [Said(at(2.2), YES, C), Said(at(2.4), NO, C)]
    left = without_echoes(said_frame(statements), wrote_frame([Wrote(at(2), NO, C, at(2))]))
    assert left.height == 2


UNDATED_YES, UNDATED_NO = Said(at(1), YES, "vtex", False), Said(at(3), NO, "vtex", False)
TOLD = [
    # VTEX says, what was said, where the person is known; who is told what
    ("a newer no of a platform", [YES], [UNDATED_YES, Said(at(2), NO, C)], [], {"c0": NO}),
    ("an older yes of VTEX never wins", [YES], [UNDATED_YES, Said(at(2), NO, C)], [S],
     {"c0": NO, S: NO}),
    ("a no goes to nobody who does not have the person", [YES], [Said(at(2), NO, C)], [],
     {"c0": NO}),
    ("a newer yes of a platform", [NO], [Said(at(1), NO), Said(at(2), YES, C)], [],
     {"c0": YES, S: YES}),
    ("nothing differs", [NO], [Said(at(2), NO, C)], [], {}),
    ("VTEX says nothing and a platform no", [NULL], [Said(at(2), NO, C)], [], {"c0": NO}),
    ("a no of VTEX that is not dated stands", [NO], [Said(at(2), YES, C), UNDATED_NO], [S], {}),
    ("and yields to a yes that is surely newer", [NO], [UNDATED_NO, Said(at(4), YES, C)], [],
     {"c0": YES, S: YES}),
    ("a yes of VTEX fills the blanks", [YES], [UNDATED_YES], [], {C: YES, S: YES}),
    ("and overrules nobody", [YES], [Said(at(0), NO, C), UNDATED_YES], [], {S: YES}),
    ("a dated yes of VTEX does", [YES], [Said(at(0), NO, C), Said(at(1), YES)], [],
     {C: YES, S: YES}),
    ("a dated no of VTEX", [NO], [Said(at(0), YES, C), Said(at(1), NO)], [], {C: NO}),
    ("two documents of one address", [YES, NO], [UNDATED_YES, Said(at(2), NO, C)], [], {"c0": NO}),
    ("two platforms at the same moment", [YES],
     [UNDATED_YES, Said(at(2), YES, C), Said(at(2), NO, S)], [], {"c0": NO, C: NO}),
]  # fmt: skip


@pytest.mark.parametrize(("vtex", "statements", "there", "wanted"), [one[1:] for one in TOLD],
                         ids=[one[0] for one in TOLD])  # fmt: skip
def test_who_is_told(
    vtex: list[bool | None], statements: list[Said], there: list[str], wanted: dict[str, bool]
) -> None:
    assert told(decide(facts(statements, vtex=vtex, there=there), ConsentRules())) == wanted


def test_an_undated_no_may_yield() -> None:
    given = facts([Said(at(2), YES, C), UNDATED_NO], vtex=[NO])
    assert decide(given, ConsentRules()).unsettled["person"].to_list() == [ANA]
    yielding = decide(given, ConsentRules(undated_no="yields"))
    assert told(yielding) == {"c0": YES, S: YES}
    assert yielding.unsettled.is_empty()


def test_whom_vtex_does_not_know_is_told_apart() -> None:
    for statements, is_unknown in (
        ([Said(at(1), YES, C)], True),
        ([Said(at(1), NO, C)], False),
        ([Said(at(1), YES, C, False)], False),
    ):
        found = decide(facts(statements, vtex=[]), ConsentRules())
        assert found.unknown.height == int(is_unknown)
    assert decide(facts([Said(at(1), YES, C)], vtex=[NULL]), ConsentRules()).unknown.is_empty()


def test_what_was_told_stays_wished_and_is_told_again_when_it_was_overruled() -> None:
    no = Said(at(1), NO)
    wrote = Wrote(at(2), NO, C, at(2))
    for more, wanted in (
        ([], {C: NO}),
        ([Said(at(2.1), NO, C)], {C: NO}),  # the echo
        ([Said(at(3), YES, C, True, True)], {S: YES, "c0": YES}),  # the person came back there
    ):
        given = facts([Said(at(0), YES, C), no, *more], vtex=[NO], writes=[wrote])
        assert told(decide(given, ConsentRules())) == wanted
    # A word of before, that came late: our write overruled it, so it has to be said again.
    late = facts(
        [Said(at(0), YES), Said(at(1), NO, C)], vtex=[YES], writes=[Wrote(at(2), YES, C, at(2))]
    )
    assert told(decide(late, ConsentRules())) == {"c0": NO, C: NO}


MOMENTS = st.integers(0, 40).map(lambda quarter: at(quarter / 4))
SAID = st.builds(Said, MOMENTS, st.booleans(), st.sampled_from(["vtex", C, S]), st.booleans(),
                 st.booleans())  # fmt: skip
WROTE = st.builds(Wrote, MOMENTS, st.booleans(), st.sampled_from([C, S]),
                  st.none() | MOMENTS, st.booleans())  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(st.lists(SAID, max_size=8), st.lists(WROTE, max_size=4, unique_by=lambda w: w.at))
def test_the_loops_and_the_frames_agree(statements: list[Said], writes: list[Wrote]) -> None:
    news = without_echoes(said_frame(statements), wrote_frame(writes))
    assert news.height == sum(not is_echo(one, statements, writes) for one in statements)
    found = decide(facts(statements, writes=writes), ConsentRules()).state
    wanted = winner(statements, writes)
    assert found.height == int(wanted is not None)
    if wanted is not None:
        row = found.row(0, named=True)
        assert (row["opted_in"], row["changed_at"], row["is_dated"]) == (
            wanted.opted_in,
            wanted.at,
            wanted.is_dated,
        )


@settings(max_examples=50, deadline=None)
@given(st.lists(SAID, max_size=8), st.lists(WROTE, max_size=4, unique_by=lambda w: w.at),
       st.randoms())  # fmt: skip
def test_the_order_of_what_is_known_does_not_matter(
    statements: list[Said], writes: list[Wrote], dice: random.Random
) -> None:
    there = decide(facts(statements, vtex=[YES, NO], writes=writes, there=[C]), ConsentRules())
    for rows in (statements, writes):
        dice.shuffle(rows)  # type: ignore[arg-type]
    again = decide(facts(statements, vtex=[YES, NO], writes=writes, there=[C]), ConsentRules())
    for name in Decisions.__dataclass_fields__:
        before, after = getattr(there, name), getattr(again, name)
        assert before.equals(after) if isinstance(before, pl.DataFrame) else before == after


class World:
    """VTEX and two platforms as they stand, and runs of the program at any moment."""

    def __init__(self) -> None:
        self.vtex: bool | None = None
        self.platforms: dict[str, bool | None] = {C: None, S: None}
        self.told: list[Said] = []
        self.echoes: list[Said] = []
        self.writes: list[Wrote] = []

    def run(self, now: datetime) -> bool:
        """Whether this run had anything to write."""
        given = facts(self.told, vtex=[self.vtex], writes=self.writes, there=[C, S])
        decisions = decide(given, ConsentRules())
        desired_consents = dict(decisions.desired_consents.select("party", "opted_in").iter_rows())
        for value in decisions.contacts["opted_in"]:
            self.vtex = value
        due = {p: value for p, value in desired_consents.items() if self.platforms[p] != value}
        for party, value in due.items():
            self.platforms[party] = value
            self.writes.append(Wrote(now, value, party, now))
            self.echoes.append(Said(now + timedelta(seconds=30), value, party))
        return bool(due) or not decisions.contacts.is_empty()

    def happen(self, act: Said) -> None:
        """The person acts somewhere; what is told of it comes later."""
        if act.origin == "vtex":
            self.vtex = act.opted_in
        else:
            self.platforms[act.origin] = act.opted_in


ACTS = st.lists(
    st.builds(Said, MOMENTS, st.booleans(), st.sampled_from(["vtex", C, S]), st.just(True),
              st.just(True)),
    min_size=1, max_size=5, unique_by=lambda act: act.at,
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(ACTS, st.data())
def test_any_order_of_arrival_ends_in_the_same_state(acts: list[Said], data: Any) -> None:
    """The last word holds everywhere, whenever it was told and whenever the program ran."""
    world = World()
    for act in sorted(acts):
        world.happen(act)
    waiting = data.draw(st.permutations(acts))
    now = at(11)
    while waiting or world.echoes:
        if data.draw(st.booleans()):
            world.run(now)
        elif world.echoes and data.draw(st.booleans()):
            world.told.append(world.echoes.pop())
        elif waiting:
            world.told.append(waiting.pop())
        now += timedelta(minutes=7)
    while world.run(now):
        world.told += world.echoes
        world.echoes = []
        now += timedelta(minutes=7)
    last = max(acts, key=lambda act: act.at).opted_in
    assert (world.vtex, world.platforms) == (last, {C: last, S: last})
