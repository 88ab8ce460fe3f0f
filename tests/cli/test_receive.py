"""The receiver's settings, and what is waiting in `status`."""

from __future__ import annotations

import socket
from datetime import timedelta
from pathlib import Path

import pytest

from enrich.receiver import CONSENTS, Message, Notice, inbox_of
from tests.cli.shell import NOW, enrich

CALLER = """
[receive.callers.hook]
kind = "vtex-orders"
secret = { env = "HOOK" }
"""
GOOD = {"HOOK": "a-secret-nobody-can-guess"}


@pytest.mark.parametrize(
    ("settings", "environ", "told"),
    [
        ("", GOOD, "nobody may call: add [receive.callers.NAME]"),
        (CALLER, {}, "the environment variable HOOK is not set"),
        (CALLER, {"HOOK": "too-short"}, "the secret of receive.callers.hook needs at least 20"),
        (CALLER + 'store = "other"', GOOD, "receive.callers.hook names the unknown store other"),
        (CALLER + 'destination = "crm"', GOOD, "names the unknown destination crm"),
        (f"[stores.a]\n[stores.b]\n{CALLER}", GOOD, "hook needs a store, one of a, b"),
        (CALLER.replace("vtex-orders", "vtex"), GOOD, "receive.callers.hook.kind"),
        (CALLER + '[receive]\nhost = "192.0.2.1"', GOOD, "cannot listen on port"),
    ],
)
def test_what_keeps_it_from_starting_is_one_line(
    settings: str, environ: dict[str, str], told: str, tmp_path: Path
) -> None:
    config = tmp_path / "enrich.toml"
    config.write_text(settings)
    said = enrich("receive", "--config", config, "--data", tmp_path / "data", environ=environ)
    assert (said.code, said.out, len(said.err.splitlines())) == (2, "", 1)
    assert told in said.err
    assert "too-short" not in said.err


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    config = tmp_path / "enrich.toml"
    config.write_text(CALLER)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        options = ("--config", config, "--data", tmp_path / "data", "--port", port)
        said = enrich("receive", *options, environ=GOOD)
    assert said.code == 2
    assert f"port {port}" in said.err


def test_status_says_what_waits_since_when(tmp_path: Path) -> None:
    inbox = inbox_of(tmp_path, "main")
    inbox.prepare()
    at = NOW - timedelta(hours=6)
    inbox.keep(CONSENTS, [Message(Notice(CONSENTS, "ana@example.com", "subscribed"), "c", at)], at)
    said = enrich("status", "--data", tmp_path)
    assert said.code == 0
    line = next(line for line in said.out.splitlines() if "consents" in line)
    assert [cell.strip() for cell in line.split("│")[1:-1]] == ["main", "consents", "1", "6"]
    assert "ana@" not in said.out
