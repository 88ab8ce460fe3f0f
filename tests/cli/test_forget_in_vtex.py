"""VTEX's own erasure of a person: filed once, followed to its end, whatever happens in between."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from enrich.client import Http
from enrich.errors import BadSettings
from enrich.forget import journal
from enrich.forget.cases import open_questions
from enrich.forget.jobs import follow_jobs
from enrich.forget.journal import Case, Job, Journal
from enrich.settings import parse_settings
from enrich.simulator.access import REFERENCE_ROLE, USER_RIGHTS, AppKey
from enrich.sources.source import Erasure
from enrich.sources.vtex import Vtex, VtexClient
from tests.cli.shell import Said, enrich
from tests.jobs.town import NOW, Town, town

EMAIL = "who.is.erased@example.com"
SETTINGS = f"""
now = "{NOW.isoformat()}"
[stores.main]
account = "demostore"
base_url = "ADDRESS/vtex"
app_key = {{ env = "KEY" }}
app_token = {{ env = "TOKEN" }}
currency = "BRL"
erase_in_vtex = true
"""
KEY = AppKey("vtexappkey-demostore-ERASES", "a-token", REFERENCE_ROLE | USER_RIGHTS)
PLAIN_KEY = AppKey("vtexappkey-demostore-READS", "a-token", REFERENCE_ROLE)
ERASING, LOST = "VTEX (main) is erasing 1 address(es)", "may have been asked to erase 1 address(es)"
Kills = Callable[[int], AbstractContextManager[None]]


@dataclass(frozen=True)
class Place:
    """A data folder, and VTEX, where the person is a customer."""

    folder: Path
    there: Town
    http: Http

    def do(self, *arguments: object) -> Said:
        common = ("--config", self.folder / "enrich.toml", "--data", self.folder / "data")
        environ = {"KEY": KEY.app_key, "TOKEN": KEY.app_token}
        return enrich(*arguments, *common, environ=environ)

    def later(self) -> None:
        self.there.switch("POST", "advance", {"minutes": 11})

    def weather(self, **values: Any) -> None:
        self.there.switch("PUT", "weather", values)

    @property
    def filed(self) -> list[str]:
        return list(self.there.simulator.main.erasures)

    @property
    def certificates(self) -> list[dict[str, object]]:
        found = sorted((self.folder / "data" / "certificates").glob("*.json"))
        return [json.loads(path.read_text()) for path in found]

    def source(self, key: AppKey = KEY) -> Vtex:
        secrets = (SecretStr(key.app_key), SecretStr(key.app_token))
        return Vtex(VtexClient(f"{self.there.address}/vtex", *secrets, self.http), erases=True)

    # -- one case whose other places are done ---------------------------------------------------

    @cached_property
    def journal(self) -> Journal:
        return Journal(self.folder)

    def begin(self, case_id: str = "1") -> None:
        case = Case(case_id, NOW, {}, {}, {}, steps=(), jobs=(Job("main", EMAIL),))
        self.journal.save(case)

    def follow(self, erasure: Erasure | None = None) -> list[str]:
        """What is left of the cases after each was followed once more."""
        asked = erasure or self.source().erasure
        for case in self.journal.cases():
            follow_jobs(self.journal, case, lambda store: nullcontext(asked))
        return [line for case in self.journal.cases() for line in open_questions(case)]


@pytest.fixture(scope="module")
def shop() -> Iterator[Town]:
    with town(orders=1, customers=5, keys=(KEY, PLAIN_KEY)) as there:
        yield there


@pytest.fixture
def place(shop: Town, tmp_path: Path) -> Iterator[Place]:
    shop.simulator.main.erasures.clear()
    shop.switch("PUT", "weather", {})
    shop.switch("POST", "customers/who/create", {"email": EMAIL})
    (tmp_path / "enrich.toml").write_text(SETTINGS.replace("ADDRESS", shop.address))
    with Http(sleep=lambda seconds: None) as http:
        yield Place(tmp_path, shop, http)


@pytest.fixture
def killed_at(monkeypatch: pytest.MonkeyPatch) -> Iterator[Kills]:
    """The process ends before its write of that number to the journal."""
    real = journal.write_durably

    def kills(moment: int) -> AbstractContextManager[None]:
        writes = iter(range(1, 100))

        def write(path: Path, content: bytes) -> None:
            if next(writes) == moment:
                monkeypatch.undo()
                raise KeyboardInterrupt
            real(path, content)

        monkeypatch.setattr(journal, "write_durably", write)
        return suppress(KeyboardInterrupt)

    return kills


def test_a_job_is_filed_once_and_followed_to_its_end(place: Place) -> None:
    said = place.do("forget", EMAIL, "--yes")
    assert (said.code, len(place.filed)) == (1, 1)
    assert ERASING in said.out and ERASING in place.do("status").out
    assert not place.certificates and EMAIL not in said.out + said.err
    said = place.do("forget", "--continue")
    assert (said.code, ERASING in said.out) == (1, True)
    place.later()
    said = place.do("forget", "--continue")
    assert (said.code, len(place.filed)) == (0, 1), said.out
    (certificate,) = place.certificates
    assert certificate["platforms"] == {"VTEX (main)": "erased"}
    assert certificate["vtex_jobs"] == place.filed
    assert not list((place.folder / "data" / "forgetting").iterdir())


def test_killed_between_the_job_and_its_note_a_person_decides(
    place: Place, killed_at: Kills
) -> None:
    with killed_at(3):
        place.do("forget", EMAIL, "--yes")
    assert len(place.filed) == 1
    said = place.do("forget", "--continue")
    assert (said.code, LOST in said.out, len(place.filed)) == (1, True, 1)
    (path,) = (place.folder / "data" / "forgetting").iterdir()
    assert path.name in said.out and EMAIL in path.read_text() and EMAIL not in said.out
    place.do("forget", EMAIL, "--yes")
    assert len(place.filed) == 2


def test_the_preview_counts_it_where_the_setting_is_on(place: Place) -> None:
    assert "VTEX (main)" in place.do("forget", EMAIL, "--dry-run").out
    settings = place.folder / "enrich.toml"
    settings.write_text(settings.read_text().replace("erase_in_vtex = true", ""))
    assert "VTEX (main)" not in place.do("forget", EMAIL, "--dry-run").out
    with pytest.raises(BadSettings, match="erase_in_vtex needs an account"):
        parse_settings({"stores": {"main": {"erase_in_vtex": True}}})


@pytest.mark.parametrize("moment", (1, 2, 3))
def test_killed_at_any_write_no_job_is_filed_twice(
    place: Place, killed_at: Kills, moment: int
) -> None:
    place.begin()
    with killed_at(moment):
        place.follow()
    left = place.follow()
    place.later()
    assert len(place.filed) == 1
    if moment == 2:
        assert [LOST in line for line in left] == [True]
    else:
        assert place.follow() == []


def test_one_address_in_two_cases_is_one_job(place: Place) -> None:
    place.begin("1")
    place.begin("2")
    assert place.follow() == [ERASING, ERASING]
    assert len(place.filed) == 1
    for _ in range(2):  # whoever looks at a job twice in 30 seconds is throttled
        place.later()
        left = place.follow()
    assert left == []


@pytest.mark.parametrize(
    ("fault", "left", "filed"),
    [
        ({"kind": "lost"}, LOST, (1, 1)),
        ({"kind": "status", "status": 500}, LOST, (0, 0)),
        ({"kind": "login"}, "the role lacks", (0, 1)),
        ({"kind": "status", "status": 400}, "could not erase 1 address(es) (refused)", (0, 0)),
    ],
)
def test_an_answer_that_does_not_come(
    place: Place, fault: dict[str, Any], left: str, filed: tuple[int, int]
) -> None:
    place.weather(script=[{"route": "erasure_new", "times": 1, **fault}])
    place.begin()
    assert left in "; ".join(place.follow())
    before = len(place.filed)
    place.follow()
    assert (before, len(place.filed)) == filed


def test_a_missing_permission_is_named_and_the_job_filed_when_it_is_there(place: Place) -> None:
    permission = "User Rights / Write user rights requests"
    place.begin()
    (line,) = place.follow(place.source(PLAIN_KEY).erasure)
    assert f"the role lacks {permission}" in line
    probes = [place.source(key).verify()[-1] for key in (PLAIN_KEY, KEY)]
    assert [probe.works for probe in probes] == [False, True]
    assert permission in probes[0].detail
    assert place.filed == []
    assert place.follow() == [ERASING]


def test_a_job_that_failed_is_named_and_filed_again_by_a_person_alone(place: Place) -> None:
    place.weather(erasures_fail=True)
    place.begin("1")
    place.follow()
    place.later()
    for _ in range(2):
        (line,) = place.follow()
        assert f"could not erase 1 address(es) (job {place.filed[0]})" in line
    assert len(place.filed) == 1
    place.weather()
    place.begin("2")
    place.follow()
    for _ in range(2):
        place.later()
        left = place.follow()
    assert (left, len(place.filed)) == ([], 2)


def test_a_job_in_a_store_that_is_gone_from_the_settings_is_for_a_person(place: Place) -> None:
    place.begin()
    (case,) = place.journal.cases()
    done = follow_jobs(place.journal, case, lambda store: nullcontext(None))
    assert done.is_finished and "by hand" in str(done.answers)
