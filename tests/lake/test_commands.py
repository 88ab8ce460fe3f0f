"""`enrich lake` as a person types it."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.cli.shell import enrich


def test_the_demo_is_one_command_and_its_lake_can_be_asked(tmp_path: Path) -> None:
    options = ("--customers", 40, "--buckets", 1, "--engine", "local", "--workers", 1)
    done = enrich("lake", "demo", "--folder", tmp_path, *options)
    assert (done.code, done.err.count("error")) == (0, 0)
    drawn = ElementTree.fromstring((tmp_path / "buckets.svg").read_text())
    titles = [one.text or "" for one in drawn.iter() if one.tag.endswith("title")]
    assert len(titles) == 2  # the bucket is resolved, then profiled
    lake = tmp_path / "lake"
    asked = enrich("query", "--csv", "--lake", lake, "select count(*) as people from profiles")
    assert asked.out.split() == ["people", "40"]
    (salt,) = lake.rglob("state.control_salt.parquet")
    for outside in ("/etc/hostname", tmp_path / "buckets.svg", lake / "manifest.json", salt):
        refused = enrich("query", "--lake", lake, f"from read_blob('{outside}')")
        assert refused.code == 2
        assert "Permission Error" in refused.err
    status = enrich("lake", "status", "--lake", lake)
    assert "profiles" in status.out
    assert "ended early" not in status.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("build",), "name files of --orders, --items or --customers"),
        (("build", "--orders", "nowhere/*.parquet"), "names no file"),
        (("profiles", "--engine", "ray"), "known: local, processes, dask, spark"),
        (("profiles", "--address", "tcp://127.0.0.1:1"), "--address is of dask and spark"),
        (("profiles",), "is no lake yet"),
        (("status",), "is no lake yet"),
    ],
)
def test_what_cannot_be_done_is_one_clear_line(
    arguments: tuple[str, ...], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = enrich("lake", *arguments)
    assert done.code == 2
    assert said in done.err
    assert done.err.count("\n") == 1
