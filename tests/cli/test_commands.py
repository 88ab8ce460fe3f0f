"""Commands from the outside: what they say, and the exit codes of README."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import polars as pl
import pytest

from enrich.cli.console import PlainConsole
from enrich.cli.main import explain
from enrich.cli.setup import template
from enrich.cli.shows import show_findings
from enrich.destinations import REGISTRY
from enrich.errors import BadSettings, HeldBack, Locked, Refused, Stop, TryAgain
from enrich.settings import parse_settings
from enrich.verify import Finding
from enrich.warehouse import open_warehouse
from tests.cli.shell import NOW, copied, enrich

ORDERS = """order_id,customer_id,ordered_at,amount,email
1,c1,2026-03-01,10.00,ana@example.com
2,c1,2026-03-05,20.50,ana@example.com
3,,2026-03-06,7.00,
4,c2,not a day,5.00,bo@example.com
"""


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(tmp_path_factory.mktemp("shop"))
    (folder / "orders.csv").write_text(ORDERS)
    said = enrich("import", "--orders", folder / "orders.csv", "--data", folder / "data")
    assert said.code == 0, said.err
    return folder


@pytest.fixture
def shop(imported: Path, tmp_path: Path) -> Path:
    return copied(imported, tmp_path) / "data"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Stop("x"), 1),
        (TryAgain("x"), 1),
        (BadSettings("x"), 2),
        (Refused("x"), 3),
        (HeldBack("x"), 4),
        (Locked("x"), 5),
        (KeyboardInterrupt(), 130),
    ],
)
def test_every_kind_of_fault_has_its_exit_code(error: BaseException, code: int) -> None:
    assert explain(error)[1] == code


def test_an_unforeseen_error_shows_its_kind_and_no_value() -> None:
    line, code = explain(ValueError("ana@example.com"))
    assert line.startswith("error: unexpected ValueError outside of enrich; run it once more")
    assert ("ana@" in line, "--debug" in line, code) == (False, False, 1)


def test_an_import_only_shop_needs_no_settings(shop: Path) -> None:
    said = enrich("profiles", "--data", shop)
    assert said.code == 0
    assert "profiles as of 2026-03-09" in said.out
    found = enrich("query", "--csv", "select orders_30d, amount_30d from profiles", "--data", shop)
    assert found.out.splitlines() == ["orders_30d,amount_30d", "2,30.50"]


def test_importing_twice_changes_nothing(shop: Path) -> None:
    said = enrich("import", "--orders", shop.parent / "orders.csv", "--data", shop)
    row = next(line for line in said.out.splitlines() if "orders" in line and "│" in line)
    assert [cell.strip() for cell in row.strip("│").split("│")] == ["orders", "0", "0", "3"]


def test_rejects_show_the_reason_and_never_the_document(shop: Path) -> None:
    said = enrich("rejects", "--data", shop)
    assert said.code == 0
    assert "ordered_at" in said.out
    assert "bo@example.com" not in said.out


def test_a_past_day_needs_an_output_and_a_future_one_is_refused(shop: Path) -> None:
    past = enrich("profiles", "--as-of", "2026-03-02", "--data", shop)
    future = enrich("profiles", "--as-of", "2026-03-10", "--data", shop)
    assert (past.code, future.code) == (2, 2)
    assert "--output" in past.err
    assert len(past.err.splitlines()) == len(future.err.splitlines()) == 1
    output = shop / "past.parquet"
    done = enrich("profiles", "--as-of", "2026-03-02", "--output", output, "--data", shop)
    assert done.code == 0, done.err
    assert pl.read_parquet(output)["orders_lifetime"].to_list() == [1]


def test_status_tells_what_ran_and_what_to_do_next(tmp_path: Path, shop: Path) -> None:
    empty = enrich("status", "--data", tmp_path / "nothing")
    assert "nothing has run yet" in empty.err
    said = enrich("status", "--data", shop)
    assert "import" in said.out
    assert "no profiles yet" in said.out


def test_another_run_holds_the_lock(shop: Path) -> None:
    with open_warehouse(shop, job="sync", started_at=NOW):
        said = enrich("profiles", "--data", shop)
        status = enrich("status", "--data", shop)
    assert said.code == 5
    assert "sync" in said.err
    assert status.code == 0
    assert "a run is at work" in status.err


def test_status_while_the_first_run_is_at_work(tmp_path: Path) -> None:
    with open_warehouse(tmp_path, job="sync", started_at=NOW):
        said = enrich("status", "--data", tmp_path)
    assert (said.code, said.out) == (0, "")
    assert "no read copy yet" in said.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["sync"], "no store has a VTEX account"),
        (["sync", "--from", "tomorrow"], "is not a day"),
        (["sync", "--entity", "order", "--store", "main"], "has no VTEX account"),
        (["verify", "--store", "other"], "no store 'other'"),
        (["push", "--destination", "icomm"], "no destination 'icomm'"),
        (["import"], "nothing to import"),
        (["import", "--orders", "missing.csv"], "missing.csv"),
        (["query", "selec 1"], "does not exist yet"),
        (["profiles", "--config", "missing.toml"], "does not exist"),
        (["profiles", "--now", "soon"], "is not a date or moment"),
        (["fly"], "fly"),
        (["profiles", "--frequency"], "--frequency"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(
    arguments: list[str], told: str, tmp_path: Path
) -> None:
    common = [] if arguments == ["fly"] else ["--data", str(tmp_path / "data")]
    said = enrich(*arguments, *common)
    assert (said.code, said.out) == (2, "")
    assert told in said.err
    assert len(said.err.splitlines()) == 1


def test_a_missing_secret_names_its_variable(tmp_path: Path) -> None:
    config = tmp_path / "enrich.toml"
    assert enrich("init", config).code == 0
    said = enrich("verify", "--config", config, "--data", tmp_path / "data")
    assert said.code == 2
    assert "VTEX_APP_KEY" in said.err


def test_a_note_of_verify_is_a_note_and_no_fault() -> None:
    out = io.StringIO()
    note = Finding("crm", "note", True, False, "read the pages again", is_note=True)
    show_findings(PlainConsole(file=out, width=100), [note])
    assert re.search(r"crm\W+note\W+note\W+read the pages again", out.getvalue())


def test_init_writes_valid_settings_once(tmp_path: Path) -> None:
    settings = parse_settings(tomllib.loads(template()))
    assert settings.stores["main"].account == "mystore"
    config = tmp_path / "mine.toml"
    assert enrich("init", config).code == 0
    again = enrich("init", config)
    assert again.code == 2
    assert "exists already" in again.err


def test_every_commented_setting_is_valid_when_uncommented() -> None:
    text = re.sub(r"(?m)^# (?=[a-z_]+ = |\[)", "", template())
    settings = parse_settings(tomllib.loads(text))
    assert settings.stores["main"].pace.requests_per_second == 20
    assert {entry.kind for entry in settings.destinations.values()} <= set(REGISTRY)


def test_fields_show_every_family() -> None:
    said = enrich("fields", "--markdown")
    assert "| orders_W | integer |" in said.out
    assert "orders_360d" not in said.out
    assert "| discount_rate_360d | double |" in said.out


def test_fields_show_those_of_the_settings_last(tmp_path: Path) -> None:
    path = tmp_path / "enrich.toml"
    path.write_text('[fields.coffee]\ntype = "list"\ndefinition = "Kinds."\nsql = "select 1, 2"\n')
    said = enrich("fields", "--markdown", "--config", path)
    assert said.out.endswith("| coffee | list of text |  | [] | when named | Kinds. |\n")


def test_the_version_is_that_of_the_package() -> None:
    said = enrich("--version")
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith(f"enrich {metadata.version('enrich-rfm')} (Python 3.")
    assert "duckdb 2." in said.out


def test_no_text_of_a_csv_for_people_runs_as_a_formula(shop: Path) -> None:
    sql = """
        select ['=a', 'b'] as texts,
            unnest(['=1+1', '@x', '+5511', '-2.5', '-x', chr(9) || '=1',
                chr(10) || '=1']) as text"""
    said = enrich("query", "--csv", sql, "--data", shop)
    rows = list(csv.reader(io.StringIO(said.out)))[1:]
    expected = ["'=1+1", "'@x", "+5511", "-2.5", "'-x", "\t'=1", "\n'=1"]
    assert [row[1] for row in rows] == expected
    assert rows[0][0] == "'=a|b"
    plain = enrich("query", "--json", sql, "--data", shop)  # for programs: as it is
    assert json.loads(plain.out.splitlines()[0]) == {"texts": ["=a", "b"], "text": "=1+1"}


def test_profiles_for_people_run_nothing_either(shop: Path, tmp_path: Path) -> None:
    (tmp_path / "customers.csv").write_text("customer_id,first_name\nc1,=HYPERLINK()\n")
    assert enrich("import", "--customers", tmp_path / "customers.csv", "--data", shop).code == 0
    for name, expected in (("p.csv", "'=HYPERLINK()"), ("p.parquet", "=HYPERLINK()")):
        assert enrich("profiles", "--output", shop / name, "--data", shop).code == 0
        read = pl.read_parquet if name.endswith("parquet") else pl.read_csv
        assert expected in read(shop / name)["first_name"].to_list()


@pytest.mark.parametrize(
    ("command", "table", "row"),
    [
        (["profiles"], "segments", {"store": "main", "as_of": "2026-03-09", "customers": 1}),
        (["run"], "segments", {"store": "main", "customers": 1}),
        (["rejects"], "rejected", {"entity": "import", "key": "4"}),
        (["push", "--exports"], None, {}),
        (["query"], "rows", {"enrich_query_ready": "best_customers"}),
        (["fields"], "rows", {"field": "orders_W", "type": "integer"}),
        (["config", "check"], "settings", {"part": "stores.main", "state": "good"}),
        (["import", "--check", "--orders", "ORDERS"], "columns", {"column": "amount"}),
        (["import", "--orders", "ORDERS"], "imported", {"store": "main", "rows": "orders"}),
        (["backup"], None, {}),
    ],
)
def test_json_is_one_object_of_tables_and_lines(
    shop: Path, tmp_path: Path, command: list[str], table: str | None, row: dict[str, object]
) -> None:
    orders = tmp_path / "orders.csv"
    orders.write_text(ORDERS)
    said = enrich(
        *(orders if word == "ORDERS" else word for word in command), "--json", "--data", shop
    )
    found = json.loads(said.out)
    assert (said.code, set(found)) == (0, {"tables", "lines"}), said.err
    if table is None:
        assert found["lines"]
    else:
        assert any(row.items() <= one.items() for one in found["tables"][table]), found


def test_messages_and_progress_are_no_results(shop: Path) -> None:
    plain, quiet, loud = (enrich("status", *word, "--data", shop) for word in ([], ["-q"], ["-v"]))
    assert plain.out == quiet.out == loud.out
    assert quiet.err == ""
    assert re.search(r"^15:00:00Z settings: none; environment: no setting$", loud.err, re.M)
    refused = enrich("query", "select", "--quiet", "--data", shop)
    assert (refused.out, refused.err.startswith("error: ")) == ("", True)


def test_the_shell_completes_commands_and_options() -> None:
    words = "enrich status --jso"
    environ = {"_ENRICH_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": "2"}
    done = subprocess.run(
        [sys.executable, "-m", "enrich"],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["--json"]
