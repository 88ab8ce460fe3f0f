"""`enrich lake` as a person types it."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest

from enrich.lake.made_up import write_files
from tests.cli.shell import NOW, enrich
from tests.destinations.servers.bucket import KEY_ID, REGION, SECRET, serve_bucket


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


LATER = NOW + timedelta(hours=1)
KEYS = {"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_REGION": REGION}


def test_who_is_forgotten_may_be_in_a_lake_until_it_is_written_again(tmp_path: Path) -> None:
    orders, data = tmp_path / "orders.csv", tmp_path / "data"
    orders.write_text(
        "order_id,customer_id,email,ordered_at,amount\n"
        "1,c1,ana@example.com,2026-01-01T12:00:00Z,9.00\n"
        "2,c2,bia@example.com,2026-01-02T12:00:00Z,9.00\n"
    )
    assert enrich("import", "--orders", orders, "--data", data).code == 0
    export = ("lake", "export", "--buckets", 1, "--data", data)
    lakes = (data / "lake", tmp_path / "elsewhere")
    assert [enrich(*export, "--out", lake).code for lake in lakes] == [0, 0]
    done = enrich("forget", "ana@example.com", "--yes", "--data", data)
    for lake in lakes:
        where = lake.relative_to(data) if lake.is_relative_to(data) else lake
        assert f"{where / 'manifest.json'} still holds the person" in done.out + done.err
        assert enrich(*export, "--out", lake, now=LATER).code == 0
    again = enrich("forget", "--continue", "--data", data)
    assert "still holds" not in again.out + again.err


@pytest.mark.slow
def test_who_is_forgotten_may_be_in_a_lake_in_a_bucket(tmp_path: Path) -> None:
    """Until its build is another, also where its copy on this machine is deleted."""
    orders, data, lake = tmp_path / "orders.csv", tmp_path / "data", "s3://drop/a/lake"
    orders.write_text(
        "order_id,email,ordered_at,amount\n"
        + "".join(f"{n},p{n}@example.com,2026-01-01T12:00:00Z,9.00\n" for n in range(4))
    )
    with serve_bucket() as (endpoint, state):

        def said(*words: object, now: datetime = NOW) -> str:
            environ = {**KEYS, "AWS_ENDPOINT_URL": endpoint}
            done = enrich(*words, "--data", data, environ=environ, now=now)
            return done.out + done.err

        export = ("lake", "export", "--buckets", 1, "--out", lake)
        said("import", "--orders", orders)
        said(*export)
        assert f"{lake} still holds the person" in said("forget", "p0@example.com", "--yes")
        said("lake", "profiles", "--lake", lake)
        assert f"{lake} still holds the person" in said("forget", "--continue")
        state.refuses = "PUT"
        said(*export, now=LATER)
        assert f"{lake} still holds the person" in said("forget", "--continue")
        state.refuses = None
        said(*export, now=LATER)
        assert lake not in said("forget", "--continue")
        copy = data / "lakes"
        copy.rename(tmp_path / "away")
        assert f"{lake} is not reachable" in said("forget", "p1@example.com", "--yes")
        (tmp_path / "away").rename(copy)
        assert f"{lake} still holds the person" in said("forget", "p2@example.com", "--yes")
        state.objects.clear()
        assert "is no lake yet" in said("lake", "status", "--lake", lake)
        assert not list(copy.rglob("*.parquet"))
        assert lake not in said("forget", "--continue")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("build",), "name files of --orders, --items or --customers"),
        (("build", "--orders", "nowhere/*.parquet"), "names no file"),
        (("profiles", "--engine", "ray"), "known: local, processes, dask, spark"),
        (("profiles", "--address", "tcp://127.0.0.1:1"), "--address is of dask and spark"),
        (("profiles",), "is no lake yet"),
        (("status",), "is no lake yet"),
        (("status", "--lake", "s3://bucket"), "should be s3://BUCKET/FOLDER"),
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


def test_a_lake_lies_in_a_bucket_and_is_made_of_files_there(tmp_path: Path) -> None:
    """The manifest is put last; another machine asks it, and goes on with it."""
    write_files(tmp_path / "files", 30, 1, NOW)
    with serve_bucket() as (endpoint, state):
        for path in (tmp_path / "files").iterdir():
            state.keep(f"in/{path.name}", path.read_bytes())
        state.keep("a/lake/of others.txt", b"is not ours")
        environ = {**KEYS, "AWS_ENDPOINT_URL": endpoint}
        given = [
            word
            for kind in ("orders", "items", "customers")
            for word in (f"--{kind}", f"s3://drop/in/{kind}-*.parquet")
        ]
        here, there = ("--data", tmp_path / "here"), ("--data", tmp_path / "there")
        lake = "s3://drop/a/lake"
        build = ("lake", "build", "--buckets", 1, "--out", lake, *given)
        for command in (*build, *here), ("lake", "profiles", "--lake", lake, *there):
            done = enrich(*command, environ=environ)
            assert done.code == 0, done.err
            assert state.appeared[-1] == "a/lake/manifest.json"
        count = ("query", "--csv", "--lake", lake, "select count(*) as people from profiles")
        for data in here, there:
            assert enrich(*count, *data, environ=environ).out.split() == ["people", "30"]
        before = len(state.appeared)
        again = enrich(*build, *here, environ=environ)
        assert "nothing to do" in again.err
        assert state.appeared[before:] == ["a/lake/manifest.json"]
        assert "a/lake/of others.txt" in state.objects
        # Work that could not be sent is sent by the next run; what cannot be brought harms nothing.
        other = ("lake", "build", "--buckets", 2, "--out", lake, *given, *here)
        sent = state.objects["a/lake/manifest.json"]
        state.refuses = "PUT"
        assert enrich(*other, environ=environ).code != 0
        assert state.objects["a/lake/manifest.json"] == sent
        state.refuses = None
        assert "nothing to do" in enrich(*other, environ=environ).err
        assert state.objects["a/lake/manifest.json"] != sent
        brought = tmp_path / "there/lakes/drop/a/lake/manifest.json"
        state.refuses = "GET .*parquet"
        assert enrich(*count, *there, environ=environ).code != 0
        assert brought.read_bytes() == sent
