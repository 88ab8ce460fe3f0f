"""Consents both ways, on real sockets: what everybody says in the end, and who was told of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from enrich.errors import HeldBack, TryAgain
from enrich.settings import Consent
from enrich.simulator.weather import Weather
from enrich.warehouse import Named
from tests.jobs.loop import Killed, Loop, Person, loop
from tests.jobs.town import RULES

YES, NO = (True, "subscribed", True), (False, "unsubscribed", False)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loop]:
    with loop(tmp_path_factory.mktemp("consent"), orders=40, customers=90) as made:
        assert made.consent().fault is None
        yield made


@pytest.fixture(autouse=True)
def _fair(here: Loop) -> Iterator[None]:
    yield
    here.main.sky.weather = Weather()


# What a document says at first; who says what, in this order, an hour apart ("sync": VTEX is pulled
# in between); what everybody says in the end.
CASES = {
    "a no at Connectif": (True, ["connectif no"], NO),
    "a no at Connectif by hand, without an ip": (True, ["connectif no by hand"], NO),
    "a no at Synerise": (True, ["synerise no"], NO),
    "a cleared box in VTEX": (True, ["vtex no"], NO),
    "a yes at Connectif": (False, ["connectif yes"], YES),
    "a yes at Synerise where VTEX says nothing": (None, ["synerise yes"], YES),
    "a ticked box in VTEX": (None, ["vtex yes"], YES),
    "the newest of two platforms": (False, ["synerise no", "connectif yes"], YES),
    "the newest of two platforms, a no": (False, ["connectif yes", "synerise no"], NO),
    "a no, and an older yes that VTEX shows": (True, ["connectif no", "vtex yes again"], NO),
    "a no, and a newer yes in VTEX": (True, ["connectif no", "sync", "vtex no", "vtex yes"], NO),
    "a no taken back where it was said": (True, ["connectif no", "connectif yes"], YES),
}


def say(here: Loop, who: Person, what: str) -> None:
    party, _, word = what.partition(" ")
    event = "subscribed" if word.startswith("yes") else "unsubscribed"
    if party == "sync":
        here.sync()
    elif party == "vtex":
        here.in_vtex(who, event == "subscribed")
    else:
        here.at_platform(party, who, event, ip="" if "by hand" in word else "203.0.113.7")


def test_everybody_says_the_newest_word_and_nobody_is_told_twice(here: Loop) -> None:
    people = {name: here.person(first) for name, (first, _, _) in CASES.items()}
    for turn in range(4):
        here.later(hours=1)
        for name, (_, words, _) in CASES.items():
            for word in words[turn : turn + 1]:
                say(here, people[name], word)
    done = here.four_hours()
    assert done.fault is None
    found = {name: here.everywhere(who) for name, who in people.items()}
    assert found == {name: ends for name, (_, _, ends) in CASES.items()}

    # Everything we wrote comes back: by trigger, by webhook, by export, by the next pull.
    before, called = here.writes(), dict(here.main.outbox.statuses)
    assert called["trigger changed 200"] > 5 and called["webhook unsubscribed 200"] > 4
    for _ in range(2):
        again = here.four_hours()
        assert (again.wanted_count, again.fault) == (0, None)
        assert again.echo_count > 20
    assert here.writes() == before
    assert {name: here.everywhere(who) for name, who in people.items()} == found


def test_who_changes_their_mind_is_followed_each_time(here: Loop) -> None:
    who = here.person(True)
    here.at_platform("connectif", who, "unsubscribed")
    here.told()
    assert here.everywhere(who) == NO
    here.later(hours=1)
    here.in_vtex(who, True)
    here.four_hours(sources=())
    assert here.everywhere(who) == YES
    here.later(hours=1)
    here.at_platform("synerise", who, "unsubscribed")
    here.told()
    assert here.everywhere(who) == NO
    assert [row for row in here.decisions(who) if row[0] == "vtex"] == [
        ("vtex", True, False, "connectif", "accepted"),
        ("vtex", True, False, "synerise", "accepted"),
    ]


def test_a_search_that_is_late_is_no_word(here: Loop) -> None:
    who = here.person(True)
    here.at_platform("connectif", who, "unsubscribed")
    here.told()
    here.main.weather.search_lag_seconds = 12 * 3600
    for _ in range(2):
        here.later(hours=4)
        here.warehouse._connection.execute(  # as a pull that shows what the index had
            "update contacts set newsletter_opt_in = true where contact_id = $id",
            {"id": who.contact_id},
        )
        here.warehouse._connection.execute(
            "update raw.vtex_customers set pulled_at = $now where key = $id",
            {"id": who.contact_id, "now": here.now.replace(tzinfo=None)},
        )
        assert here.consent(sources=()).wanted_count == 0
    assert here.everywhere(who) == NO
    assert here.ask(f"select newsletter_opt_in from contacts where contact_id = '{who.contact_id}'")


def test_each_document_comes_to_its_own_end(here: Loop) -> None:
    plain, same, gone, silent = *(here.person(True) for _ in range(3)), here.person(None)
    twin = Person("twin-1", plain.email)
    here.there.switch("POST", "customers/twin-1/create", {"email": plain.email.upper()})
    here.later(hours=4)
    here.sync()
    for who in (plain, same, gone, silent):
        here.at_platform("connectif", who, "unsubscribed")
    # Between the pull and the write somebody was faster, and nobody has told us yet.
    here.main.triggers, triggers = [], here.main.triggers
    here.in_vtex(same, False)
    here.in_vtex(silent, True)
    here.there.switch("POST", f"customers/{gone.contact_id}/delete")
    here.main.triggers, patched = triggers, here.there.simulator.counts["document_write"]

    done = here.told()

    assert done.outcomes == {"accepted": 2, "unchanged": 1, "retryable": 1, "invalid": 1}
    assert here.there.simulator.counts["document_write"] == patched + 2
    ends = {who: here.decisions(who)[-1][-1] for who in (same, gone, silent)}
    assert list(ends.values()) == ["unchanged", "invalid", "retryable"]
    assert [here.vtex_says(who) for who in (plain, twin, silent)] == [False, False, True]
    # The next run has seen the word that was faster, and what is gone is left alone.
    assert here.four_hours(sources=()).outcomes == {"accepted": 1}
    assert here.vtex_says(silent) is False


def test_a_refused_document_is_left_until_there_is_a_newer_word(here: Loop) -> None:
    who = here.person(True)
    here.at_platform("connectif", who, "unsubscribed")
    here.main.weather.script.append({"route": "document_write", "kind": "status", "status": 400})
    assert here.told().outcomes == {"rejected": 1}
    assert here.told().wanted_count == 0
    for word in ("subscribed", "unsubscribed"):
        here.later(minutes=1)
        here.at_platform("connectif", who, word)
    here.told()
    assert here.vtex_says(who) is False


def test_nothing_is_written_before_a_person_looked_and_a_look_shows_no_address(here: Loop) -> None:
    here.ask("delete from push_confirmations where destination = 'vtex' returning *")
    who = here.person(True)
    here.at_platform("connectif", who, "unsubscribed")
    before = here.writes()
    seen = here.told(dry_run=True)
    assert (seen.wanted_count, seen.written_count, here.writes()) == (1, 0, before)
    assert [one.line.partition(": ")[2][:23] for one in seen.sample] == ["yes becomes no, stated "]
    assert "***" in seen.sample[0].person and who.email not in str(seen)
    assert [push.is_dry_run for push in seen.pushes] == [True, True]
    assert here.everywhere(who) == (True, "unsubscribed", True)

    held = here.told(confirmed=False)
    assert isinstance(held.fault, HeldBack) and "--confirm" in str(held.fault)
    # The platforms were agreed to before, each for itself.
    assert here.everywhere(who) == (True, "unsubscribed", False)
    assert here.told(confirmed=True).written_count == 1
    assert here.told(confirmed=False).fault is None


def test_no_more_documents_a_day_than_allowed_and_the_no_goes_first(here: Loop) -> None:
    here.later(days=2)
    allowed = Consent(max_writes_a_day=2)
    wants, refuses = here.person(False), [here.person(True) for _ in range(2)]
    here.at_platform("connectif", wants, "subscribed")
    for who in refuses:
        here.later(minutes=1)
        here.at_platform("connectif", who, "unsubscribed")
    done = here.told(allowed=allowed)
    assert (done.wanted_count, done.written_count, done.left_count) == (3, 2, 1)
    assert [here.vtex_says(who) for who in (wants, *refuses)] == [False, False, False]
    assert here.told(allowed=allowed).written_count == 0
    here.later(hours=20)
    assert here.told(allowed=allowed).written_count == 1
    assert here.everywhere(wants) == YES


def test_who_is_unknown_is_counted_and_created_only_on_request(here: Loop) -> None:
    new = "somebody.new@example.com"
    here.at_platform("connectif", new, "subscribed")
    here.at_platform("connectif", "not.wanted@example.com", "subscribed")
    here.later(minutes=1)
    here.at_platform("connectif", "not.wanted@example.com", "unsubscribed")
    done = here.told()
    assert (done.unknown_count, done.created_count) == (1, 0)
    assert here.ask("from state.consent_addresses") == []

    allowed = Consent(create_unknown=True)
    done = here.four_hours(allowed=allowed, keeps=True)
    assert (done.unknown_count, done.created_count, done.fault) == (1, 1, None)
    assert here.ask("from state.consent_addresses") == []
    done = here.four_hours(allowed=allowed, keeps=True, sources=())
    assert (done.unknown_count, done.created_count) == (0, 0)
    assert here.ask(f"""
        select newsletter_opt_in, count(*) from contacts where email = '{new}' group by all
    """) == [(True, 1)]


def test_an_export_that_takes_long_is_read_by_a_later_run(here: Loop) -> None:
    account, allowed = here.account("connectif"), Consent(export_wait_minutes=0)
    for job in account.jobs.values():
        job["polls"] = 9
    account.polls_until_done = 2
    who = here.person(True)
    account.webhooks, webhooks = {}, account.webhooks  # only the export tells
    here.at_platform("connectif", who, "unsubscribed")
    begun = len(account.jobs)
    notes = [here.told(allowed=allowed, sources=here.sources[:1]).notes for _ in range(3)]
    assert [bool(note) for note in notes] == [True, True, False]
    assert "still works on its export" in notes[0][0]
    assert len(account.jobs) == begun + 1
    assert here.everywhere(who) == NO
    account.polls_until_done, account.webhooks = 1, webhooks


def test_one_platform_that_fails_holds_nobody_else(here: Loop) -> None:
    account, who = here.account("connectif"), here.person(True)
    waiting = [account.new_job(file="", links={})["id"] for _ in range(5)]
    here.at_platform("synerise", who, "unsubscribed")
    done = here.told(sources=here.sources[:1])
    assert isinstance(done.fault, TryAgain)
    assert here.everywhere(who) == NO
    for job_id in waiting:
        account.jobs[job_id]["polls"] = 9


@pytest.mark.slow
@pytest.mark.parametrize("kills_after", [False, True])
def test_killed_at_any_call_the_next_run_ends_it_and_writes_each_document_once(
    here: Loop, kills_after: bool
) -> None:
    people: dict[Person, tuple[object, ...]] = {}
    patched = here.there.simulator.counts["document_write"]
    runs = [(here.sources[:1], calls) for calls in (1, 2, 3, 4)]  # of these the export takes four
    for sources, calls in [*runs, *(([], calls) for calls in range(1, 8))]:
        no, yes = here.person(True), here.person(False if calls > 2 else None)
        people |= {no: NO, yes: YES}
        here.at_platform("connectif", no, "unsubscribed")
        here.at_platform("synerise", yes, "subscribed")
        here.way.calls_left, here.way.kills_after = calls, kills_after
        with pytest.raises(Killed):
            here.told(sources=sources)
        here.way.calls_left = 1_000_000_000
    assert here.told().fault is None
    assert {who: here.everywhere(who) for who in people} == people
    assert here.there.simulator.counts["document_write"] == patched + len(people)
    open_ones = "select count(*) from consent_decisions where outcome in ('intended', 'unknown')"
    assert here.ask(open_ones) == [(0,)]
    before = here.writes()
    again = here.four_hours()
    assert (again.fault, again.wanted_count, here.writes()) == (None, 0, before)


def test_a_file_brings_words_from_elsewhere(here: Loop, tmp_path: Path) -> None:
    yes, no, old = here.person(False), here.person(True), here.person(True)
    path = tmp_path / "words.csv"
    rows = [
        f"{yes.email},true,{here.now:%Y-%m-%dT%H:%M:%SZ},counter",
        f"{no.email},0,{here.now:%Y-%m-%dT%H:%M:%SZ},counter",
        f"{old.email},yes,1999-01-01T00:00:00Z,counter",
        "nobody,yes,2026-01-01T00:00:00Z,counter",
    ]
    path.write_text("\n".join(["email,opted_in,changed_at,origin", *rows]))
    here.in_vtex(old, False)
    here.later(hours=4)
    here.sync()
    done = here.consent(files=[path], sources=())
    assert done.fault is None
    assert [here.everywhere(who) for who in (yes, no, old)] == [YES, NO, NO]
    assert here.consent(files=[path], sources=()).statements["counter"] == 0


def test_nothing_about_a_forgotten_person_stays_or_comes_again(here: Loop) -> None:
    who = here.person(True)
    here.at_platform("connectif", who, "unsubscribed")
    here.told()
    assert here.decisions(who)
    (key,) = here.warehouse.people.named(who.email, "main", None)["customer_key"]
    found = here.warehouse.people.find("main", Named((key,)))
    certificate = {"certificate": "c.json", "run_id": "f", "now": here.now}
    here.warehouse.people.forget("main", found.named, RULES, **certificate)
    assert dict(found.counts)["consents"] > 1
    assert {"connectif", "synerise"} <= set(found.pushed["destination"])
    here.at_platform("connectif", who, "subscribed")
    here.told(sources=here.sources)
    tables = ("consents", "consent_statements", "consent_decisions", "state.consent_wishes")
    digest = f"email_digest((select salt from state.tombstone_salt), '{who.email}')"
    for table in tables:
        assert here.ask(f"select * from {table} where email_digest = {digest}") == [], table


def test_no_table_of_consents_holds_an_address(here: Loop) -> None:
    tables = here.ask("""
        select schema_name || '.' || table_name
        from duckdb_tables()
        where table_name like '%consent%' and not temporary
    """)
    assert len(tables) > 6
    for (name,) in tables:
        assert "@" not in str(here.ask(f"from {name}")), name
    summaries = here.ask("select summary from state.runs where job = 'consent'")
    assert summaries and "@" not in str(summaries)
