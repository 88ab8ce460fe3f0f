"""What was rejected comes in once its fault has passed."""

from __future__ import annotations

from pathlib import Path

from enrich.warehouse import read_warehouse
from tests.cli.shell import enrich
from tests.cli.test_forget import ENVIRON, SETTINGS
from tests.jobs.town import town

FAULTS = [{"route": "order", "kind": "html", "status": 404, "times": 4, "after": 20}]


def test_orders_rejected_are_asked_for_again(tmp_path: Path) -> None:
    with town(orders=80, customers=40) as there:
        config = tmp_path / "enrich.toml"
        config.write_text(SETTINGS.replace("ADDRESS", there.address))
        common = ("--config", config, "--data", tmp_path / "data")
        there.switch("PUT", "weather", {"script": FAULTS})
        assert enrich("sync", *common, environ=ENVIRON).code == 0
        shown = enrich("rejects", *common, environ=ENVIRON)
        assert "4 rejected" in shown.out
        there.switch("PUT", "weather", {})

        said = enrich("rejects", "--retry", *common, environ=ENVIRON)

        assert said.code == 0, said.err
        assert "0 rejected" in said.out
        with read_warehouse(tmp_path / "data") as copy:
            stored = copy.query("select count(*) from orders").item()
        again = enrich("sync", *common, environ=ENVIRON)
        assert again.code == 0, again.err
        with read_warehouse(tmp_path / "data") as copy:
            assert copy.query("select count(*) from orders").item() == stored
            assert copy.query("select sum(unexplained_count) from reconciliation").item() == 0
