"""Nothing a run leaves behind, or says, tells a secret; nothing it says tells who a customer is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from enrich.settings import read_settings
from enrich.simulator.build import FULL_KEY, ICOMM_KEY
from enrich.store import read_warehouse
from enrich.wiring import Wiring
from tests.cli.shell import enrich
from tests.cli.test_forget import SETTINGS
from tests.jobs.town import town

MORE = """
[destinations.icomm]
kind = "icomm"
api_key = { env = "ICOMM" }
profile_key = "PERFIL"
base_url = "ADDRESS/icomm"
[destinations.hook]
kind = "webhook"
url = "ADDRESS/webhook"
signing_secret = { env = "HOOK" }
"""
SECRETS = {
    "KEY": FULL_KEY.app_key,
    "TOKEN": FULL_KEY.app_token,
    "ICOMM": ICOMM_KEY,
    "HOOK": "hook-secret-of-this-test",
}
SPOKEN = (
    ("verify",),
    ("run",),
    ("push", "--confirm"),
    ("push", "--dry-run"),
    ("status",),
    ("rejects",),
    ("sync", "--debug"),
)
PERSONAL = """
select unnest([email, document, phone, customer_id]) as value
from customers
union
select unnest([email, document, phone]) as value
from contacts
"""


@dataclass(frozen=True)
class Left:
    """What the commands said, and the folder they worked in."""

    folder: Path
    said: str
    personal: list[str]

    @property
    def data(self) -> Path:
        return self.folder / "data"


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Left]:
    folder = tmp_path_factory.mktemp("shop")
    config = folder / "enrich.toml"
    said = []
    with town(orders=120, customers=50) as there:
        config.write_text((SETTINGS + MORE).replace("ADDRESS", there.address))
        common = ("--config", config, "--data", folder / "data")
        for words in SPOKEN:
            answer = enrich(*words, *common, environ=SECRETS)
            assert answer.code == (4 if words == ("run",) else 0), answer.err  # 4: to be confirmed
            said += [answer.out, answer.err]
        wrong = {**SECRETS, "TOKEN": "a-wrong-token"}
        for words in (("sync", "--debug"), ("verify",)):
            answer = enrich(*words, *common, environ=wrong)
            assert answer.code == 3, answer.err
            said += [answer.out, answer.err]
    with read_warehouse(folder / "data") as copy:
        values = copy.query(PERSONAL)["value"].drop_nulls().to_list()
    assert len(values) > 100
    yield Left(folder, "\n".join(said), [value for value in values if len(value) > 5])


def test_no_secret_is_in_any_file(left: Left) -> None:
    secrets = [*SECRETS.values(), "a-wrong-token"]
    for path in left.folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert [s for s in secrets if s.encode() in content] == [], path.name


def test_no_secret_and_nobody_is_in_what_is_said(left: Left) -> None:
    assert [s for s in (*SECRETS.values(), "a-wrong-token") if s in left.said] == []
    assert [value for value in left.personal if value in left.said] == []


def test_settings_never_show_a_secret(left: Left) -> None:
    settings = read_settings(left.folder / "enrich.toml")
    for text in (repr(settings), settings.model_dump_json()):
        assert [s for s in SECRETS.values() if s in text] == []


def test_what_a_run_is_wired_to_never_shows_a_secret(left: Left) -> None:
    settings = read_settings(left.folder / "enrich.toml")
    wiring = Wiring(settings, SECRETS, lambda: datetime(2026, 3, 10, tzinfo=UTC))
    with wiring.shop("main") as shop, wiring.outlets() as outlets:
        for live in (wiring, shop, shop.client, outlets, [one.destination for one in outlets]):
            assert [s for s in SECRETS.values() if s in repr(live)] == []


def test_what_the_program_remembers_of_its_work_names_nobody(left: Left) -> None:
    import duckdb

    with duckdb.connect(str(left.data / "warehouse.duckdb"), read_only=True) as connection:
        for table in (
            "state.runs",
            "state.order_listing",
            "state.watermarks",
            "state.differing_orders",
            "reconciliation",
            "resolve_report",
            "push_runs",
            "push_batches",
            "profile_runs",
            "rfm_cut_points",
        ):
            text = pl.DataFrame(connection.table(table).to_arrow_table()).write_json()
            found = [value for value in left.personal if f'"{value}"' in text or value in text]
            assert found == [], table


def test_files_are_for_their_owner_alone(left: Left) -> None:
    modes = {
        path.relative_to(left.data).as_posix(): path.stat().st_mode & 0o777
        for path in left.data.rglob("*")
        if path.is_file()
    }
    assert {"warehouse.duckdb", "analysis.duckdb", ".lock"} <= modes.keys()
    assert any(name.startswith("exports/") for name in modes)
    assert {name: mode for name, mode in modes.items() if mode != 0o600} == {}
