"""Files, folders and addresses that are wrong: one line that says what to do, the right code."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.shell import enrich

STORE = """
[stores.main]
account = "demostore"
base_url = "http://127.0.0.1:9/vtex"
app_key = { env = "KEY" }
app_token = { env = "TOKEN" }
currency = "BRL"
"""
KEYS = {"KEY": "k", "TOKEN": "t"}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "enrich.toml"
    path.write_text(STORE)
    return path


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('zone = "UTC"', "stores.main.zone: there is no such setting"),
        ('time_zone = "Sao Paulo"', "stores.main.time_zone: 'Sao Paulo' is not an IANA time zone"),
        ('app_key = "vtexappkey-secret"', "stores.main.app_key: must be a table"),
        ('sales_channels = "1"', "stores.main.sales_channels: must be a list"),
        ('rfm_method = "deciles"', "stores.main.rfm_method"),
        ("pace = { requests_per_second = 500 }", "must be 90 or less"),
        ('[schedule]\nsync_cron = "4h"', "schedule.sync_cron: a schedule is five fields of cron"),
        ('[schedule]\nsync_cron = "99 * * * *"', "schedule.sync_cron: a schedule is five fields"),
        ('[schedule]\nprofiles_cron = "* * 31 2 *"', "schedule.profiles_cron: a schedule is five"),
        ("time_zone = ", "is not valid TOML"),
    ],
)
def test_a_wrong_setting_is_named_and_its_value_is_not(
    line: str, told: str, config: Path, tmp_path: Path
) -> None:
    name = line.split(" ")[0]
    kept = [old for old in STORE.splitlines() if not old.startswith(f"{name} ")]
    config.write_text("\n".join([*kept, line]))
    said = enrich("status", "--config", config, "--data", tmp_path / "data")
    assert (said.code, said.out, len(said.err.splitlines())) == (2, "", 1)
    assert told in said.err
    assert "vtexappkey-secret" not in said.err


def test_a_settings_file_that_is_no_text_or_no_file(config: Path, tmp_path: Path) -> None:
    config.write_bytes(b"\xff\xfe")
    for path, told in ((config, "UTF-8"), (tmp_path, "cannot be read")):
        said = enrich("status", "--config", path)
        assert (said.code, len(said.err.splitlines())) == (2, 1)
        assert told in said.err


def test_no_command_at_all_shows_the_help_and_no_empty_error() -> None:
    said = enrich()
    assert (said.code, said.err) == (2, "")


def test_nobody_answering_is_no_refusal(config: Path, tmp_path: Path) -> None:
    said = enrich("verify", "--config", config, "--data", tmp_path / "data", environ=KEYS)
    assert said.code == 1
    assert said.err.startswith("error: nothing answered; check the network")


def test_a_file_damaged_in_the_middle_is_said_without_a_traceback(tmp_path: Path) -> None:
    orders = tmp_path / "orders.csv"
    rows = [f"{number},c{number},2026-03-01,5" for number in range(20_000)]
    orders.write_text("\n".join(["order_id,customer_id,ordered_at,amount", *rows]))
    assert enrich("import", "--orders", orders, "--data", tmp_path / "data").code == 0
    path = tmp_path / "data" / "warehouse.duckdb"
    content = bytearray(path.read_bytes())
    middle = slice(len(content) // 10, len(content) - 20_000)
    content[middle] = bytes(len(content[middle]))
    path.write_bytes(content)
    said = enrich("profiles", "--data", tmp_path / "data")
    assert (said.code in (1, 2), len(said.err.splitlines())) == (True, 1)
    assert "puts a backup in its place and keeps this one" in said.err


@pytest.mark.parametrize(
    ("command", "name", "told"),
    [
        (["status"], "warehouse.duckdb", "puts a backup in its place and keeps this one"),
        (["query", "select 1"], ".analysis/analysis.duckdb", "the next run makes it again"),
    ],
)
def test_a_spoilt_file_is_named_with_the_remedy(
    command: list[str], name: str, told: str, tmp_path: Path
) -> None:
    (tmp_path / ".analysis").mkdir()
    (tmp_path / name).write_bytes(b"no database" * 1000)
    said = enrich(*command, "--data", tmp_path)
    assert (said.code, len(said.err.splitlines())) == (2, 1)
    assert name in said.err
    assert told in said.err


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--refetch", "1-01", "--from", "2026-03-01"), "exclude one another"),
        (("--refetch-days", "3", "--complete-history"), "exclude one another"),
        (("--complete-history", "--entity", "orders"), "exclude one another"),
        (("--refetch-days", "0"), "--refetch-days is a number from 1 to 3,650"),
        (("--complete-history", "--per-day", "0"), "--per-day is a number of orders"),
    ],
)
def test_ways_to_sync_that_make_no_sense(
    options: tuple[str, ...], told: str, config: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    said = enrich("sync", *options, "--config", config, "--data", data, environ=KEYS)
    assert (said.code, len(said.err.splitlines())) == (2, 1), said.err
    assert told in said.err
