"""The container files by their form, as no engine is here to run them; units by systemd itself."""

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
        for variable, value in service.get("environment", {}).items():
            is_secret = re.search("KEY|TOKEN|PASSWORD|AUTH_STRING", variable)
            # Without a value of the caller's it does not start: nothing is open by default.
            assert not is_secret or re.match(r"\$\{\w+:\?", value), variable
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


def test_prefect_starts_closed_and_enrich_knows_its_password() -> None:
    server, client = (COMPOSE["services"][name]["environment"] for name in ("prefect", "enrich"))
    ours = server_environment({}, ROOT, Address(4200), SecretStr("enrich:PASSWORD"))
    closed = {"PREFECT_SERVER_CSRF_PROTECTION_ENABLED", "PREFECT_SERVER_CORS_ALLOWED_ORIGINS"}
    assert all(server[name] == ours[name] for name in (*closed, "PREFECT_UI_API_URL"))
    assert server["PREFECT_SERVER_API_AUTH_STRING"] == client["PREFECT_API_AUTH_STRING"]


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


def test_the_secrets_come_from_a_file_that_only_the_service_reads() -> None:
    services = COMPOSE["services"].items()
    files = {name: service["env_file"] for name, service in services if "env_file" in service}
    assert files == {"enrich": "enrich.env", "receive": "receive.env"}
    assert {*files.values()} <= {*(ROOT / ".gitignore").read_text().split()}


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
