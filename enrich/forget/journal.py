"""Who is being forgotten, and where that is not finished: a file per case, outside the warehouse.

A case is written down before anything is removed, with the identifiers that its unfinished places
need and no others, so that it goes on after a kill. Of a finished one its certificate stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter

from enrich.durable import write_durably
from enrich.sources.source import JobState
from enrich.warehouse import Named

FOLDER = "forgetting"
CERTIFICATES = "certificates"

WAREHOUSE, BYTES, FILES, COPIES = "warehouse", "bytes", "files", "copies"
STEPS = (WAREHOUSE, BYTES, FILES, COPIES)
"""The places here, in their order: the tables, their bytes in the file, export files and the inbox,
then backups and copies."""


@dataclass(frozen=True, slots=True)
class People:
    """Some people of one store; `traces` are (kind, text) to search files and copies by."""

    named: Named = field(repr=False)
    traces: tuple[tuple[str, str], ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class RecordToErase:
    """A record that a platform has to erase, by our id and the key there, None if nobody knows it.

    `is_address`: the key is an address of the person's, for platforms that know people by it.
    """

    record_id: str
    remote_key: str | None = field(repr=False)
    is_address: bool = False

    @property
    def is_membership(self) -> bool:
        """Whether it is a list the person is in: the key is JSON, see `MemberRecords.erase`."""
        return (self.remote_key or "").startswith("{")


@dataclass(frozen=True, slots=True)
class Job:
    """The source's own erasure of one address, which is kept until the job is done."""

    store: str
    email: str | None = field(repr=False)
    state: JobState = JobState.NEW
    job_id: str | None = None

    @property
    def is_open(self) -> bool:
        return self.state is not JobState.DONE


@dataclass(frozen=True, slots=True)
class Case:
    """One forgetting that is under way.

    `people` by store, empty once no step is left that needs them; `to_ask`: per platform whom it
    has not answered for, and in `faults` why; `jobs`: what the source itself erases; `steps` are
    those not done yet; `left`: files that somebody has to look at, and why; `copies` (with a stamp
    of each) still hold somebody.
    `again`: certificates of people who came back with a restore.
    """

    case_id: str
    begun_at: datetime
    people: Mapping[str, People] = field(repr=False)
    to_ask: Mapping[str, tuple[RecordToErase, ...]] = field(repr=False)
    removed: Mapping[str, Mapping[str, int]]
    answers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)
    steps: tuple[str, ...] = STEPS
    rewritten: tuple[str, ...] = ()
    left: Mapping[str, str] = field(default_factory=dict)
    copies: Mapping[str, str] = field(default_factory=dict)
    unreachable: tuple[str, ...] = ()
    again: tuple[str, ...] = ()
    jobs: tuple[Job, ...] = ()

    @property
    def certificate(self) -> str:
        """The name of its certificate."""
        return f"{self.case_id}.json"

    @property
    def open_jobs(self) -> tuple[Job, ...]:
        return tuple(job for job in self.jobs if job.is_open)

    @property
    def is_finished(self) -> bool:
        return self.is_certified and not self.copies

    @property
    def is_certified(self) -> bool:
        """Whether only copies, which somebody has to delete, are left."""
        return not self.to_ask and not self.open_jobs and not self.steps


_CASE: TypeAdapter[Case] = TypeAdapter(Case)


@dataclass(frozen=True, slots=True)
class Journal:
    """The unfinished cases of a data folder."""

    data_dir: Path

    def cases(self) -> Iterator[Case]:
        """The unfinished cases, oldest first, each read when it is asked for."""
        return (case for path in self._paths() if (case := _read(path)))

    def unreadable(self) -> tuple[str, ...]:
        """The files of the journal that say nobody's name any more, as places in the folder."""
        return tuple(f"{FOLDER}/{path.name}" for path in self._paths() if _read(path) is None)

    @property
    def is_empty(self) -> bool:
        return not self._paths()

    def save(self, case: Case) -> Case:
        """The case, safe on disk."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        write_durably(self._folder / case.certificate, _CASE.dump_json(case))
        return case

    def close(self, case: Case) -> None:
        """The case is finished and certified: nothing of it is kept here."""
        (self._folder / case.certificate).unlink(missing_ok=True)

    @property
    def _folder(self) -> Path:
        return self.data_dir / FOLDER

    def _paths(self) -> list[Path]:
        return sorted(self._folder.glob("[0-9]*.json"))


def _read(path: Path) -> Case | None:
    """None: it was damaged, and stops no other case."""
    try:
        return _CASE.validate_json(path.read_bytes())
    except (ValueError, OSError):
        return None
