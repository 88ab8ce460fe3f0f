"""The inbox: what was received and no sync has taken in yet, safe on disk before it is answered.

One folder a topic. All messages that came while the last file was written make the next one: a
file is written under another name, synced, renamed, and the folder synced. So nobody ever sees
half a file, a reader and any number of writers need no lock, and a file that was taken in is gone
as a whole.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from enrich.durable import UNFINISHED, sync_folder, write_durably
from enrich.receiver.messages import TOPICS, Message, Topic, decode, encode

FOLDER = "inbox"
SUFFIX = ".inbox"
ABANDONED_AFTER = timedelta(hours=1)  # a write takes milliseconds; this one's process died


@dataclass(frozen=True, slots=True)
class InboxFile:
    """One file of the inbox: its messages in the order they came, and how many lines are torn."""

    path: Path
    messages: tuple[Message, ...]
    torn_count: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """What no sync has taken in yet: files, and when the oldest came; None when there is none."""

    file_count: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class Inbox:
    """The inbox of one store, in `folder`."""

    folder: Path

    def prepare(self) -> None:
        """Make the folders, for their owner alone, so that they outlive a power cut."""
        for topic in TOPICS:
            _make_folder(self.folder / topic)

    def keep(self, topic: Topic, messages: Sequence[Message], now: datetime) -> Path:
        """The file of these messages of one topic, safe on disk. Raises OSError when it is not."""
        path = self.folder / topic / _name(now)
        write_durably(path, b"".join(map(encode, messages)))
        return path

    def open(self, topic: Topic) -> Iterator[InboxFile]:
        """The files of a topic, oldest first, as they are when asked for."""
        for path in self._files(topic):
            file = _read_file(path)
            if file is not None:
                yield file

    def remove(self, files: Sequence[InboxFile]) -> None:
        """Delete these files: their messages are stored elsewhere."""
        for one in files:
            one.path.unlink(missing_ok=True)

    def remove_unfinished(self, now: datetime) -> int:
        """Number of unfinished inbox files deleted: their writes ended without an answer."""
        old = [
            path
            for path in self.folder.glob(f"*/*{UNFINISHED}")
            if _age(path, now) > ABANDONED_AFTER
        ]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    def forget(self, keys: Sequence[str]) -> list[Path]:
        """The files that were written again without the messages about these ids and e-mails."""
        found = []
        wanted = {key.lower() for key in keys}
        for topic in TOPICS:
            for file in self.open(topic):
                kept = [one for one in file.messages if one.notice.key.lower() not in wanted]
                if len(kept) < len(file.messages):
                    _replace(file.path, kept)
                    found.append(file.path)
        return found

    def waiting(self, topic: Topic) -> Waiting:
        """How much waits, by the names of the files alone."""
        names = [path.name for path in self._files(topic)]
        return Waiting(len(names), _moment_of(names[0]) if names else None)

    def _files(self, topic: Topic) -> list[Path]:
        return sorted((self.folder / topic).glob(f"[0-9]*{SUFFIX}"))


def inbox_of(data_dir: Path, store: str) -> Inbox:
    """Where messages about a store wait, whether there are any or not."""
    return Inbox(data_dir / FOLDER / store)


def inboxes_in(data_dir: Path) -> dict[str, Inbox]:
    """The inboxes that are there, by store, also of stores the settings name no more."""
    folders = sorted((data_dir / FOLDER).glob("*/"))
    return {folder.name: Inbox(folder) for folder in folders}


_MOMENT = "%Y%m%dT%H%M%S.%f"


def _name(now: datetime) -> str:
    """Sorts by time, then by the order of writing; two processes never make the same."""
    moment = now.astimezone(UTC).strftime(_MOMENT)
    return f"{moment}-{time.monotonic_ns():020d}-{secrets.token_hex(4)}{SUFFIX}"


def _moment_of(name: str) -> datetime:
    return datetime.fromisoformat(name.partition("-")[0]).replace(tzinfo=UTC)


def _replace(path: Path, messages: Sequence[Message]) -> None:
    """Fewer messages in the same place in time; none leave no file."""
    if messages:
        write_durably(path, b"".join(map(encode, messages)))
    else:
        path.unlink(missing_ok=True)


def _make_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    sync_folder(folder.parent)


def _read_file(path: Path) -> InboxFile | None:
    """None when somebody else has just removed it."""
    try:
        lines = path.read_bytes().splitlines(keepends=True)
    except FileNotFoundError:
        return None
    found = [decode(line) for line in lines]
    good = tuple(message for message in found if message is not None)
    return InboxFile(path, good, len(found) - len(good))


def _age(path: Path, now: datetime) -> timedelta:
    return now - datetime.fromtimestamp(path.stat().st_mtime, UTC)
