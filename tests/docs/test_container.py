"""The container files by their form: there is no engine here to run them."""

from __future__ import annotations

import re
import shlex
from typing import Any

import pytest
import yaml

from enrich.cli.main import COMMANDS, option_rows
from tests.docs.pages import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())


@pytest.mark.parametrize("line", re.findall(r"^COPY (.*)$", DOCKERFILE, re.MULTILINE))
def test_what_is_copied_is_there_and_not_ignored(line: str) -> None:
    allowed = (ROOT / ".dockerignore").read_text().split()
    for name in shlex.split(line)[:-1]:
        assert (ROOT / name).exists()
        assert f"!{name}" in allowed


def test_everything_that_the_package_takes_is_copied() -> None:
    copied = set(re.findall(r"[\w.]+", " ".join(re.findall(r"^COPY (.*)$", DOCKERFILE, re.M))))
    assert {"pyproject.toml", "README.md", "LICENSE", "enrich", "flows", "sql"} <= copied


def test_it_does_not_run_as_root() -> None:
    steps = re.findall(r"^(\w+) ", DOCKERFILE, re.MULTILINE)
    assert steps.index("USER") < steps.index("ENTRYPOINT")
    assert "USER enrich" in DOCKERFILE


def test_the_command_of_the_service_is_spelt_right() -> None:
    name, *options = shlex.split(COMPOSE["services"]["enrich"]["command"])
    assert name in dict(COMMANDS)
    known = {
        option.strip("`") for command, option, _ in option_rows() if command == f"`enrich {name}`"
    }
    assert {word for word in options if word.startswith("--")} <= known


def test_no_secret_stands_in_it_and_nothing_listens_to_the_world() -> None:
    for service in COMPOSE["services"].values():
        for variable, value in service.get("environment", {}).items():
            is_secret = re.search("KEY|TOKEN|PASSWORD", variable)
            assert not is_secret or value.startswith("${"), variable
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
