"""Settings from a file and the environment, what is said of wrong ones, and the check of them."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from enrich.cli.config import schema_text
from enrich.cli.setup import template
from enrich.destinations import REGISTRY
from enrich.settings import Settings, parse_settings, read_settings
from enrich.wrong_settings import WrongSettings, lines_of, names_at, problems_of
from tests.cli.shell import enrich

TOML = """\
data_dir = "here"

[stores.main]          # the only one
currency = "BRL"
pace = { requests_per_second = 7 }

[destinations."a-b"]
kind = "file"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "enrich.toml"
    path.write_text(TOML)
    return path


@pytest.mark.parametrize(
    ("variables", "place", "value"),
    [
        ({"STORES__MAIN__CURRENCY": "ARS"}, "stores.main.currency", "ARS"),
        ({"STORES__MAIN__PACE__CONCURRENT_LISTS": "3"}, "stores.main.pace.concurrent_lists", 3),
        ({"STORES__MAIN__PACE__CONCURRENT_LISTS": "3"}, "stores.main.pace.requests_per_second", 7),
        ({"STORES__MAIN__SALES_CHANNELS": '["1"]'}, "stores.main.sales_channels", ("1",)),
        ({"STORES__MAIN__SALES_CHANNELS": "all"}, "stores.main.sales_channels", "all"),
        (
            {"STORES__SECOND__TIME_ZONE": "Europe/London"},
            "stores.second.time_zone",
            "Europe/London",
        ),
        ({"CONSENT__ENABLED": "true"}, "consent.enabled", True),
        ({"INSTALLATION": "shop"}, "installation", "shop"),
        ({"INSTALLATION": ""}, "installation", None),
        ({"CONFIG": "x", "DATA": "y", "POOL": "z"}, "stores.main.currency", "BRL"),
    ],
)
def test_the_environment_comes_before_the_file(
    config: Path, variables: dict[str, str], place: str, value: object
) -> None:
    environ = {f"ENRICH_{name}": text for name, text in variables.items()}
    found: Any = read_settings(config, environ)
    for name in place.split("."):
        found = found[name] if isinstance(found, dict) else getattr(found, name)
    assert found == value


@pytest.mark.parametrize(
    ("toml", "variables", "told"),
    [
        ('[stores.main]\n\ncurency = "BRL"', {}, "did you mean currency? (HERE:3)"),
        ('[stores.main]\nrfm_method = "icom"', {}, "did you mean icomm? (HERE:2)"),
        ("stores.main.pace = { requests_per_secnd = 1 }", {}, "requests_per_second? (HERE:1)"),
        ('[lake]\naddress = "tcp://h:1"', {}, 'address is for engine "dask" or "spark"'),
        ("[schedul]\n", {}, "schedul: there is no such setting; did you mean schedule? (HERE:1)"),
        ("", {"STORES__MAIN__CURENCY": "X"}, "currency? (ENRICH_STORES__MAIN__CURENCY)"),
        ("", {"STORES__MAIN__CURRENCY": "real"}, "as BRL (ENRICH_STORES__MAIN__CURRENCY)"),
        ("", {"STRES__MAIN__CURRENCY": "BRL"}, "there is no setting stres; did you mean stores?"),
        ("", {"WINDOWS": "30,60"}, "ENRICH_WINDOWS is a table or a list: write it as JSON"),
    ],
)
def test_a_wrong_setting_has_its_line_and_what_was_meant(
    tmp_path: Path, toml: str, variables: dict[str, str], told: str
) -> None:
    config = tmp_path / "enrich.toml"
    config.write_text(toml)
    environ = {f"ENRICH_{name}": text for name, text in variables.items()}
    said = enrich("status", "--config", config, environ=environ)
    assert (said.code, said.out) == (2, "")
    assert told.replace("HERE", str(config)) in said.err


def test_every_line_of_what_init_writes_is_known() -> None:
    lines = template().splitlines()
    found = lines_of(template())
    assert lines[found["stores", "main", "app_key"] - 1].startswith("app_key")
    assert lines[found["schedule", "sync_cron"] - 1].startswith("sync_cron")
    assert len(found) > 10


LIBRARY = re.compile(r"Input|should be|valid |Value error|validation|instance of|\bdict|\btuple")


def wrong_documents() -> list[dict[str, Any]]:
    """Every setting, once with each kind of wrong value."""
    schema = Settings.model_json_schema()
    tables = ["", *(name for name in names_at(schema, ()) if names_at(schema, (name,)))]
    found = []
    for value in ("-", -1, 3.5, [], {"x": 1}, None, "x" * 99):
        for table in tables:
            place = (table,) if table else ()
            wrong = dict.fromkeys(names_at(schema, place), value)
            found.append({table: wrong} if table else wrong)
        store = dict.fromkeys(names_at(schema, ("stores", "main")), value)
        found.append({"stores": {"main": store}})
        found.append({"receive": {"callers": {"crm": {"kind": value, "secret": value}}}})
    return found


def test_no_wrong_setting_is_told_in_the_words_of_the_library() -> None:
    for document in wrong_documents():
        try:
            parse_settings(document)
        except WrongSettings as fault:
            assert [str(one) for one in fault.problems if LIBRARY.search(one.text)] == []


@pytest.mark.parametrize("kind", REGISTRY)
def test_nor_is_one_of_a_platform(kind: str) -> None:
    model = REGISTRY[kind].Settings
    for value in ("-", -1, [], {"x": 1}, None):
        try:
            model.model_validate(dict.fromkeys([*model.model_fields, "kynd"], value))
        except ValueError as error:
            found = problems_of(error, model, under=("destinations", "one"))  # type: ignore[arg-type]
            assert [str(one) for one in found if LIBRARY.search(one.text)] == []


def test_the_check_opens_everything_and_names_the_line(config: Path) -> None:
    assert enrich("config", "check", "--config", config).code == 0
    config.write_text(TOML.replace('kind = "file"', 'kind = "file"\nformat = ["csv"]'))
    said = enrich("config", "check", "--config", config, "--json")
    parts = {row["part"]: row for row in json.loads(said.out)["tables"]["settings"]}
    assert said.code == 2
    assert parts["stores.main"]["state"] == "good"
    assert f"did you mean formats? ({config}:9)" in parts["destinations.a-b"]["problem"]


def test_the_schema_takes_what_init_writes_and_refuses_a_typing_error(tmp_path: Path) -> None:
    validator = Draft202012Validator(json.loads(schema_text()))
    document = tomllib.loads(template())
    assert list(validator.iter_errors(document)) == []
    document["stores"]["main"]["curency"] = "BRL"
    assert len(list(validator.iter_errors(document))) == 1
    assert enrich("init", tmp_path / "enrich.toml").code == 0
    first = (tmp_path / "enrich.toml").read_text().splitlines()[0]
    schema = tmp_path / first.removeprefix("#:schema ")
    assert schema.read_text() == schema_text() == enrich("config", "schema").out
