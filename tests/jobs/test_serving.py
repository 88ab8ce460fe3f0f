"""What the processes of `enrich serve` are given, and what the data folder keeps for them."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from enrich.errors import BadSettings
from enrich.jobs.installation import api_password, installation_name
from enrich.jobs.serving import Address, runner_environment, server_environment
from enrich.settings import Settings
from tests.cli.shell import enrich

CALLER = {
    "PATH": "/bin",
    "VTEX_APP_KEY": "k",
    "PREFECT_API_URL": "https://theirs.example/api",
    "PREFECT_API_AUTH_STRING": "their:password",
    "PREFECT_API_SSL_CERT_FILE": "/etc/theirs.pem",
    "PREFECT_API_DATABASE_CONNECTION_URL": "postgresql://their:secret@db.example/prefect",
    "PREFECT_CLIENT_CUSTOM_HEADERS": '{"X-Proxy": "pass"}',
    "PREFECT_LOGGING_LEVEL": "DEBUG",
}
HOME, OURS = Path("/data/prefect"), SecretStr("enrich:ours")


def test_our_server_gets_what_it_needs_and_no_key() -> None:
    env = server_environment(CALLER, HOME, Address(), OURS)
    assert {name for name in CALLER if name in env} == {"PATH"}
    assert env["PREFECT_SERVER_API_AUTH_STRING"] == "enrich:ours"
    assert env["PREFECT_SERVER_CSRF_PROTECTION_ENABLED"] == "true"
    assert env["PREFECT_SERVER_CORS_ALLOWED_ORIGINS"] == "http://127.0.0.1:4210"
    assert env["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"


@pytest.mark.parametrize(
    ("password", "auth", "passed_on"),
    [
        (OURS, "enrich:ours", set()),
        (
            None,
            "their:password",
            {
                "PREFECT_API_AUTH_STRING",
                "PREFECT_API_SSL_CERT_FILE",
                "PREFECT_CLIENT_CUSTOM_HEADERS",
            },
        ),
    ],
    ids=["our own server", "the user's server"],
)
def test_the_runner_gets_the_keys_and_one_server(
    password: SecretStr | None, auth: str, passed_on: set[str]
) -> None:
    env = runner_environment(CALLER, HOME, "http://127.0.0.1:4210/api", password)
    assert env["VTEX_APP_KEY"] == "k"
    assert env["PREFECT_API_URL"] == "http://127.0.0.1:4210/api"
    assert env["PREFECT_API_AUTH_STRING"] == auth
    assert env["PREFECT_HOME"] == str(HOME)
    of_theirs = {name for name in CALLER if name.startswith("PREFECT_")}
    assert {name for name in of_theirs if env.get(name) == CALLER[name]} == passed_on


def test_the_password_is_made_once_for_the_owner_alone(tmp_path: Path) -> None:
    data = tmp_path / "data"
    made = api_password(data)
    user, _, password = made.get_secret_value().partition(":")
    assert (user, len(password)) == ("enrich", 43)
    (data / "prefect-password").chmod(0o644)  # as a copy by hand may leave it
    assert api_password(data) == made
    assert [path.name for path in data.iterdir()] == ["prefect-password"]
    assert (data / "prefect-password").stat().st_mode & 0o777 == 0o600
    (data / "prefect-password").write_text("")
    with pytest.raises(BadSettings, match="prefect-password is empty: delete it"):
        api_password(data)


def test_the_password_is_shown_when_asked_for_and_nothing_starts(tmp_path: Path) -> None:
    said = enrich("serve", "--show-password", "--data", tmp_path)
    assert (said.code, said.err) == (0, "")
    assert said.out.strip() == api_password(tmp_path).get_secret_value()
    assert [path.name for path in tmp_path.iterdir()] == ["prefect-password"]


def test_an_installation_is_called_by_its_setting_else_by_its_own_folder(tmp_path: Path) -> None:
    here, copy = tmp_path / "data", tmp_path / "copy"
    name = installation_name(Settings(data_dir=here))
    assert len(name) == 8
    assert installation_name(Settings(data_dir=here)) == name
    copy.mkdir()
    (copy / "installation-id").write_bytes((here / "installation-id").read_bytes())
    assert installation_name(Settings(data_dir=copy)) != name
    assert installation_name(Settings(data_dir=copy, installation="mystore")) == "mystore"
