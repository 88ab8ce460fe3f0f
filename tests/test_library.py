"""`import enrich` in a program of one's own: frames in, profiles out."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import enrich
from enrich.errors import BadSettings, HeldBack
from enrich.profile.predicted import PREDICTED
from tests.cli.shell import enrich as command

PAGE = Path(__file__).resolve().parents[1] / "docs" / "library.md"
AS_OF = date(2026, 3, 9)  # the last complete day of tests.cli.shell
ORDERS = """order_id,customer_id,ordered_at,amount,email
1,c1,2026-03-01,1200.00,ana@example.com
2,c1,2026-03-05,20.50,ana@example.com
3,c2,2026-03-06,7.00,
4,,2026-03-07,9.00,
5,c3,2026-03-10,5.00,
"""
ITEMS = """order_id,sku,quantity,amount,product,brand
1,s1,2,1200.00,Lamp,Aurora
2,s2,1,20.50,Mug,Bruma
"""


def frame(text: str) -> pl.DataFrame:
    return pl.read_csv(text.encode(), infer_schema=False)


def test_the_profiles_are_those_of_the_commands(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text(ORDERS)
    (tmp_path / "items.csv").write_text(ITEMS)
    data = ("--data", tmp_path / "data")
    files = ("--orders", tmp_path / "orders.csv", "--items", tmp_path / "items.csv")
    assert command("import", *files, *data).code == 0
    assert command("profiles", *data).code == 0
    found = enrich.build_profiles(frame(ORDERS), frame(ITEMS), as_of=AS_OF)
    with enrich.open_read_copy(tmp_path / "data") as copy:
        kept = copy.query("select * exclude (store) from profiles order by customer_key")
    same = [name for name in kept.columns if name != "control_bucket"]  # of another salt
    assert_frame_equal(found.select(same), kept.select(same))
    assert found["orders_lifetime"].to_list() == [2, 1, 0]


def test_what_comes_next_is_a_row_per_customer() -> None:
    found = enrich.build_predictions(frame(ORDERS), as_of=AS_OF)
    assert found.columns == ["customer_key", "customer_id", *(field.name for field in PREDICTED)]
    assert found["prediction_status"].to_list() == ["too_few_buyers"] * 2 + ["no_purchases"]


def test_wrong_frames_are_said_in_their_own_names() -> None:
    with pytest.raises(BadSettings, match=r"^orders\b.*ordered_at"):
        enrich.build_profiles(frame(ORDERS).drop("ordered_at"), as_of=AS_OF)
    odd = frame(ORDERS).with_columns(status=pl.lit("in the clouds"))
    with pytest.raises(HeldBack, match="orders: unknown status"):
        enrich.build_profiles(odd, as_of=AS_OF)
    with pytest.raises(AttributeError, match="no attribute 'profiles'"):
        _ = enrich.profiles  # type: ignore[attr-defined]


def test_the_lines_of_the_page_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "orders.csv").write_text(ORDERS)
    monkeypatch.chdir(tmp_path)
    (block,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len([line for line in block.splitlines() if line.strip()]) <= 10
    exec(compile(block, str(PAGE), "exec"), {})
    assert "1220.50" in capsys.readouterr().out


def test_completion_shows_what_is_loaded_when_asked_for() -> None:
    assert {"build_predictions", "build_profiles", "open_read_copy"} <= set(dir(enrich))


def test_the_import_alone_loads_nothing() -> None:
    heavy = "{'polars', 'duckdb', 'pydantic', 'typer'} & set(sys.modules)"
    said = [sys.executable, "-c", f"import sys, enrich; sys.exit(len({heavy}))"]
    assert subprocess.run(said, check=False).returncode == 0
