"""The inbox: what was kept is read again as it was, and half a message is none."""

from __future__ import annotations

import os
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrich.receiver import CONSENTS, CUSTOMERS, ORDERS, TOPICS, Inbox, Message, Notice, inboxes_in
from enrich.receiver.messages import decode, encode

NOW = datetime(2026, 3, 10, 15, tzinfo=UTC)
NOTICES = st.builds(
    Notice,
    st.sampled_from(TOPICS),
    st.text(min_size=1, max_size=40),
    st.text(max_size=10),
    st.none() | st.datetimes(timezones=st.just(UTC)),
    st.booleans(),
)
MESSAGES = st.builds(Message, NOTICES, st.text(max_size=10), st.datetimes(timezones=st.just(UTC)))


def customer(key: str) -> Message:
    return Message(Notice(CUSTOMERS, key, "changed"), "vtex", NOW)


def consent(email: str) -> Message:
    return Message(Notice(CONSENTS, email, "unsubscribed"), "connectif", NOW)


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    made = Inbox(tmp_path / "inbox" / "main")
    made.prepare()
    return made


@settings(deadline=None)
@given(MESSAGES)
def test_a_line_is_read_again_as_it_was(message: Message) -> None:
    assert decode(encode(message)) == message


@settings(deadline=None)
@given(MESSAGES, st.integers(min_value=0), st.integers(0, 255))
def test_a_torn_or_changed_line_is_no_message(message: Message, place: int, byte: int) -> None:
    line = encode(message)
    place %= len(line)
    assert decode(line[:place]) is None
    changed = line[:place] + bytes([byte]) + line[place + 1 :]
    assert decode(changed) == (message if changed == line else None)


def test_a_line_with_the_former_keys_is_still_read() -> None:
    at = '"2026-03-10T15:00:00Z"'
    notice = f'{{"topic":"orders","key":"o1","event":"invoiced","told_at":{at},"by_person":false}}'
    text = f'{{"told":{notice},"origin":"vtex","received_at":{at}}}'.encode()
    read = decode(b"%08x %b\n" % (zlib.crc32(text), text))
    assert read == Message(Notice(ORDERS, "o1", "invoiced", NOW), "vtex", NOW)


def test_files_come_oldest_first_and_whole(inbox: Inbox) -> None:
    for number in range(5):
        inbox.keep(CUSTOMERS, [customer(f"{number}a"), customer(f"{number}b")], NOW)
    inbox.keep(CUSTOMERS, [customer("first")], NOW - timedelta(seconds=1))
    keys = [message.notice.key for file in inbox.open(CUSTOMERS) for message in file.messages]
    assert keys == ["first", *(f"{number}{letter}" for number in range(5) for letter in "ab")]
    assert list(inbox.open(CONSENTS)) == []


def test_files_are_for_their_owner_alone(inbox: Inbox) -> None:
    path = inbox.keep(CUSTOMERS, [customer("a")], NOW)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_torn_last_line_is_counted_and_the_others_are_read(inbox: Inbox) -> None:
    path = inbox.keep(CUSTOMERS, [customer("a"), customer("b")], NOW)
    path.write_bytes(path.read_bytes()[:-7])
    (file,) = inbox.open(CUSTOMERS)
    assert [one.notice.key for one in file.messages] == ["a"]
    assert file.torn_count == 1


def test_a_write_that_never_ended_is_not_seen_and_cleared_after_an_hour(inbox: Inbox) -> None:
    path = inbox.keep(CUSTOMERS, [customer("a")], NOW)
    unfinished = path.with_name(f".{path.name}.unfinished")
    path.rename(unfinished)
    for age, cleared in ((timedelta(minutes=59), 0), (timedelta(minutes=61), 1)):
        at = (NOW - age).timestamp()
        os.utime(unfinished, (at, at))
        assert list(inbox.open(CUSTOMERS)) == []
        assert inbox.remove_unfinished(NOW) == cleared
    assert not unfinished.exists()


def test_a_write_that_fails_leaves_nothing(inbox: Inbox) -> None:
    folder = inbox.folder / CUSTOMERS
    folder.rmdir()
    with pytest.raises(OSError):
        inbox.keep(CUSTOMERS, [customer("a")], NOW)
    folder.mkdir()
    assert list(folder.iterdir()) == []


def test_a_forgotten_person_leaves_every_file(inbox: Inbox) -> None:
    inbox.keep(CONSENTS, [consent("ana@example.com"), consent("bo@example.com")], NOW)
    inbox.keep(CONSENTS, [consent("ana@example.com")], NOW)
    inbox.keep(CUSTOMERS, [customer("abc"), customer("def")], NOW)
    assert len(inbox.forget(["ANA@example.com", "abc"])) == 3
    kept = [
        one.notice.key for topic in TOPICS for file in inbox.open(topic) for one in file.messages
    ]
    assert kept == ["def", "bo@example.com"]
    assert inbox.forget(["ana@example.com"]) == []


def test_how_much_waits_since_when(inbox: Inbox) -> None:
    assert inbox.waiting(CONSENTS).oldest_at is None
    for hours in (3, 1, 2):
        inbox.keep(CONSENTS, [consent("ana@example.com")], NOW - timedelta(hours=hours))
    found = inbox.waiting(CONSENTS)
    assert (found.file_count, found.oldest_at) == (3, NOW - timedelta(hours=3))
    inbox.remove(list(inbox.open(CONSENTS)))
    assert inbox.waiting(CONSENTS).file_count == 0
    assert list(inboxes_in(inbox.folder.parents[1])) == ["main"]
