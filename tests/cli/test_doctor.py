"""`enrich doctor`: each thing that commonly goes wrong, judged, and all of them in one table."""

from __future__ import annotations

import json
import socket
from datetime import timedelta
from pathlib import Path

import pytest

from enrich.cli.demo_steps import prepare_folder, write_settings
from enrich.doctor import (
    Symptom,
    memory_bytes,
    of_backup,
    of_clock,
    of_disk,
    of_memory,
    of_modes,
    of_port,
    of_runs,
)
from tests.cli.shell import NOW, enrich


@pytest.mark.parametrize(
    ("symptom", "state"),
    [
        (of_disk(free_gb=10, warehouse_gb=3), "good"),
        (of_disk(free_gb=1.9, warehouse_gb=0.1), "look"),
        (of_disk(free_gb=8, warehouse_gb=3), "look"),
        (of_disk(free_gb=2.5, warehouse_gb=3), "wrong"),
        (of_disk(free_gb=0.4, warehouse_gb=0), "wrong"),
        (of_memory(8.1), "good"),
        (of_memory(2), "look"),
        (of_clock(NOW, None), "good"),
        (of_clock(NOW, NOW + timedelta(minutes=4)), "good"),
        (of_clock(NOW, NOW + timedelta(hours=1)), "wrong"),
        (of_backup(None, has_warehouse=False), "good"),
        (of_backup(None, has_warehouse=True), "look"),
        (of_backup(1.0, has_warehouse=True), "good"),
        (of_backup(9.0, has_warehouse=True), "look"),
        (of_modes([]), "good"),
        (of_modes([(Path("a"), 0o600), (Path("b"), 0o700)]), "good"),
        (of_modes([(Path("a"), 0o600), (Path("b"), 0o750)]), "wrong"),
        (of_runs(0, [], 3), "good"),
        (of_runs(4, ["look at the rejects"], 3), "wrong"),
    ],
)
def test_what_is_found_is_judged(symptom: Symptom, state: str) -> None:
    assert symptom.state == state
    assert (symptom.advice is None) is (state == "good")


def test_what_a_demo_writes_is_its_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    prepare_folder(folder)
    path = write_settings(folder, "http://127.0.0.1:1", NOW)
    assert of_modes([(one, one.stat().st_mode) for one in (folder, path)]).state == "good"


def test_a_container_has_less_memory_than_its_machine(tmp_path: Path) -> None:
    limit = tmp_path / "memory.max"
    limit.write_text("1000000\n")
    assert memory_bytes(limit) == 1_000_000
    limit.write_text("max\n")
    assert memory_bytes(limit) == memory_bytes(tmp_path / "none") > 1_000_000


def test_a_port_that_another_program_holds_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert of_port(port, "127.0.0.1", "x", is_ours=False).state == "look"
        assert of_port(port, "127.0.0.1", "x", is_ours=True).state == "good"
    assert of_port(port, "127.0.0.1", "x", is_ours=False).state == "good"


def test_the_table_names_a_folder_that_others_may_read(tmp_path: Path) -> None:
    orders = tmp_path / "orders.csv"
    orders.write_text("order_id,customer_id,ordered_at,amount\n1,c,2026-03-01,5\n")
    data = tmp_path / "data"
    assert enrich("import", "--orders", orders, "--data", data).code == 0
    found = enrich("doctor", "--data", data, "--json")
    states = {one["what"]: one["state"] for one in json.loads(found.out)["tables"]["symptoms"]}
    assert (states["permissions"], states["clock"], states["backup"]) == ("good", "good", "look")
    data.chmod(0o755)
    said = enrich("doctor", "--data", data, "--json")
    assert said.code == 1
    assert f"chmod go= {data}" in said.out
