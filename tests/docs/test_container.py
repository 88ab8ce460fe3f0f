"""The container files by their form, as CI has no engine to run them; units by systemd itself."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from pydantic import SecretStr

from enrich.cli.main import COMMANDS
from enrich.serve.server import Address, server_environment
from tests.docs.pages import ROOT
from tests.docs.tables import option_rows

DOCKERFILE = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())


@pytest.mark.parametrize("line", re.findall(r"^COPY (.*)$", DOCKERFILE, re.MULTILINE))
def test_what_is_copied_is_there_and_not_ignored(line: str) -> None:
    allowed = (ROOT / ".dockerignore").read_text().split()
    for name in shlex.split(line)[:-1]:
        assert (ROOT / name).exists()
        assert f"!{name}" in allowed


def test_everything_that_the_package_takes_is_copied() -> None:
    copied = set(re.findall(r"[\w.]+", " ".join(re.findall(r"^COPY (.*)$", DOCKERFILE, re.M))))
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]
    inside = {*wheel["targets"]["wheel"]["force-include"]}
    assert {"pyproject.toml", "README.md", "LICENSE", "enrich"} | inside <= copied


def test_it_does_not_run_as_root() -> None:
    steps = re.findall(r"^(\w+) ", DOCKERFILE, re.MULTILINE)
    assert steps.index("USER") < steps.index("ENTRYPOINT")
    assert "USER enrich" in DOCKERFILE


@pytest.mark.parametrize("service", ["enrich", "receive"])
def test_the_command_of_the_service_is_spelt_right(service: str) -> None:
    name, *options = shlex.split(COMPOSE["services"][service]["command"])
    assert name in dict(COMMANDS)
    known = {
        option.strip("`") for command, option, _ in option_rows() if command == f"`enrich {name}`"
    }
    assert {word for word in options if word.startswith("--")} <= known


def test_no_secret_stands_in_it_and_nothing_listens_to_the_world() -> None:
    for service in COMPOSE["services"].values():
        assert "env_file" not in service
        for variable in service.get("environment", {}):
            assert not re.search("(KEY|TOKEN|PASSWORD|AUTH_STRING|CONNECTION_URL)$", variable), (
                variable
            )
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


def test_prefect_starts_closed_and_enrich_knows_its_password(tmp_path: Path) -> None:
    server = COMPOSE["services"]["prefect"]["environment"]
    ours = server_environment({}, ROOT, Address(4200), SecretStr("enrich:PASSWORD"))
    closed = {"PREFECT_SERVER_CSRF_PROTECTION_ENABLED", "PREFECT_SERVER_CORS_ALLOWED_ORIGINS"}
    assert all(server[name] == ours[name] for name in (*closed, "PREFECT_UI_API_URL"))
    (tmp_path / "database_password").write_text("p@ss/word\n")
    (tmp_path / "prefect_auth").write_text("enrich:PASSWORD\n")
    started, seen = started_with_secrets("prefect", tmp_path)
    assert started == ["prefect", "server", "start", "--host", "0.0.0.0"]
    assert seen["PREFECT_SERVER_API_AUTH_STRING"] == "enrich:PASSWORD"
    assert seen["PREFECT_SERVER_DATABASE_PASSWORD"] == "p@ss/word"
    started, seen = started_with_secrets("enrich", tmp_path)
    assert started == ["enrich", *shlex.split(COMPOSE["services"]["enrich"]["command"])]
    assert seen["PREFECT_API_AUTH_STRING"] == "enrich:PASSWORD"
    (tmp_path / "prefect_auth").write_text("\n")
    # An empty password must not start an open server.
    assert started_with_secrets("prefect", tmp_path) == ([], {})


def started_with_secrets(service: str, secrets: Path) -> tuple[list[str], dict[str, str]]:
    """What the shell of the service starts, with its PREFECT_ variables; none if it refuses."""
    spec = COMPOSE["services"][service]
    command = spec["command"]
    words = [
        *spec.get("entrypoint", []),
        *(shlex.split(command) if "entrypoint" in spec else command),
    ]
    words = [word.replace("$$", "$").replace("/run/secrets", str(secrets)) for word in words]
    for name in ("prefect", "enrich"):
        (secrets / name).write_text('#!/bin/sh\necho "${0##*/} $*"\nenv\n')
        (secrets / name).chmod(0o700)
    path = f"{secrets}:/usr/bin:/bin"
    run = subprocess.run(words, capture_output=True, text=True, check=False, env={"PATH": path})
    if run.returncode:
        return [], {}
    first, *variables = run.stdout.splitlines()
    return first.split(), dict(line.split("=", 1) for line in variables if "PREFECT_" in line)


def test_the_image_of_prefect_is_the_version_that_the_tests_run_with() -> None:
    (needed,) = (one for one in map(Requirement, PROJECT["dependencies"]) if one.name == "prefect")
    found = re.fullmatch(r"prefecthq/prefect:([\d.]+)-python3\.\d+", image("prefect"))
    assert found and needed.specifier.contains(found[1])
    assert needed.specifier.contains(metadata.version("prefect"))
    # A server older than its client is not supported, so the range is of one minor version.
    upper = next(one.version for one in needed.specifier if one.operator == "<")
    major, minor = found[1].split(".")[:2]
    assert upper == f"{major}.{int(minor) + 1}"


def image(service: str) -> str:
    return str(COMPOSE["services"][service]["image"])


def test_every_service_says_whether_it_is_well() -> None:
    for name, service in COMPOSE["services"].items():
        assert service["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL"), name
        for needed in service.get("depends_on", {}).values():
            assert needed == {"condition": "service_healthy"}


def test_each_service_sees_the_secrets_that_it_needs_and_no_other() -> None:
    seen = {name: service["secrets"] for name, service in COMPOSE["services"].items()}
    assert seen == {
        "database": ["database_password"],
        "prefect": ["database_password", "prefect_auth"],
        "enrich": ["prefect_auth", "vtex_app_key", "vtex_app_token"],
        "receive": ["receive_crm", "receive_hook"],
    }
    named = {name for names in seen.values() for name in names}
    assert COMPOSE["secrets"] == {name: {"file": f"secrets/{name}"} for name in named}
    assert "secrets/" in (ROOT / ".gitignore").read_text().split()


def test_the_image_has_extras_of_the_package() -> None:
    (extras,) = re.findall(r"^ARG EXTRAS=(.*)$", DOCKERFILE, re.MULTILINE)
    assert {*extras.split(",")} <= {*PROJECT["optional-dependencies"]}


UNITS = re.findall(
    r"^# /etc/systemd/system/(\S+)\n(.*?)(?=^# /etc|^```)",
    (ROOT / "docs/operations.md").read_text(),
    re.MULTILINE | re.DOTALL,
)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_understands_every_unit(tmp_path: Path) -> None:
    assert len(UNITS) == 6
    for name, text in UNITS:
        here = text.replace("/srv/enrich/.venv/bin/enrich", shutil.which("true") or "")
        (tmp_path / name).write_text(here.replace("User=enrich", "User=root"))
    names = [str(tmp_path / name) for name, _ in UNITS]
    checked = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *names],
        capture_output=True,
        text=True,
        check=False,
        env={"SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
    )
    assert (checked.returncode, checked.stderr) == (0, "")
    for line in re.findall(r"ExecStart=\S+/enrich (\S+)", "".join(text for _, text in UNITS)):
        assert line in dict(COMMANDS)
