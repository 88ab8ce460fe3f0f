"""The simulator on a real loopback socket."""

import os
import signal
import subprocess
import sys

import httpx
import pytest

from enrich.errors import BadSettings
from enrich.simulator import Simulation, build_simulation, serve


def test_a_client_reads_over_a_real_socket_and_bodies_are_cut_and_lost(shop, keys):
    with serve(shop) as base, httpx.Client(base_url=base, headers=keys, timeout=60) as client:
        assert base.startswith("http://127.0.0.1:")
        page = client.get("/vtex/api/oms/pvt/orders").json()
        path = f"/vtex/api/oms/pvt/orders/{page['list'][0]['orderId']}"
        assert client.get(path).status_code == 200
        script = [{"kind": "cut"}, {"kind": "lost"}, {"kind": "slow", "seconds": 0.05}]
        client.put("/_simulator/weather", json={"script": script})
        for _ in range(2):
            with pytest.raises(httpx.RemoteProtocolError):
                client.get(path)
        assert client.get(path).elapsed.total_seconds() >= 0.05
        assert client.get("/_simulator/status").json()["detail_fetches"] == 4


def test_a_lost_reply_was_still_taken(shop):
    with serve(shop) as base, httpx.Client(base_url=base, timeout=60) as client:
        client.put("/_simulator/weather", json={"script": [{"route": "webhook", "kind": "lost"}]})
        with pytest.raises(httpx.RemoteProtocolError):
            client.post("/webhook", json={"records": [{"id": "1"}]})
        assert client.get("/_simulator/webhook").json()["record_count"] == 1


def test_a_simulator_needs_to_know_the_time():
    with pytest.raises(BadSettings):
        build_simulation(Simulation())


def test_the_lines_of_simulate_point_a_fresh_settings_file_at_it(tmp_path):
    """As docs/getting-started.md has it: init, paste what is printed, then everything answers."""
    command = (sys.executable, "-m", "enrich")
    small = ("--port", "0", "--customers", "20", "--orders", "30")
    plain = {name: os.environ[name] for name in ("PATH", "HOME")}
    with subprocess.Popen(
        [*command, "simulate", *small], cwd=tmp_path, stdout=subprocess.PIPE, text=True, env=plain
    ) as simulator:
        lines = [next(simulator.stdout) for _ in range(6)]
        script = "".join(lines) + 'set -e; for what in init verify; do "$@" $what; done'
        done = subprocess.run(
            ["bash", "-c", script, "bash", *command],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            env=plain,
            check=False,
        )
        simulator.send_signal(signal.SIGINT)
    assert done.returncode == 0 and "MISSING" not in done.stdout, done.stdout + done.stderr
