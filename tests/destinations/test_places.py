"""A file drop in a folder, on SFTP and in a bucket: whole files, manifest last, nobody unknown."""

import hashlib
import json
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from enrich.destinations.base import Addressee
from enrich.destinations.places.place import load_extra
from enrich.destinations.places.sftp import fingerprint_of
from enrich.errors import BadSettings, Refused, Stop, TryAgain
from enrich.push.destination import Destination, drop_old_files
from tests.destinations.conftest import make_people
from tests.destinations.servers.bucket import KEY_ID, LOST, REGION, SECRET, serve_bucket
from tests.destinations.servers.sftp import PASSWORD, USER, serve_sftp

SECRETS = {
    "KEY_ID": KEY_ID,
    "SECRET": SECRET,
    "PASSWORD": PASSWORD,
    "WRONG": "a-wrong-secret",
}
ALL = ("csv", "ndjson", "parquet")


@pytest.fixture(scope="module")
def sftp(tmp_path_factory):
    with serve_sftp(tmp_path_factory.mktemp("sftp") / "root") as state:
        yield state


@pytest.fixture
def server(sftp):
    for path in sftp.root.rglob("*"):
        path.unlink()
    sftp.renamed.clear()
    sftp.seen_while_writing.clear()
    sftp.drops, sftp.has_posix_rename = 0, True
    return sftp


@pytest.fixture
def bucket():
    with serve_bucket() as (endpoint, state):
        yield endpoint, state


def on_sftp(world, server, **more):
    world.secrets |= SECRETS
    options = {
        "host": "127.0.0.1",
        "port": server.port,
        "user": USER,
        "password": {"env": "PASSWORD"},
        "fingerprint": fingerprint_of(server.host_key.public_data),
        **more,
    }
    return {"sftp": {name: value for name, value in options.items() if value is not None}}


def in_bucket(world, served, **more):
    world.secrets |= SECRETS
    return {
        "s3": {
            "bucket": "drop",
            "prefix": "from enrich",
            "region": REGION,
            "endpoint": served[0],
            "access_key_id": {"env": "KEY_ID"},
            "secret_access_key": {"env": "SECRET"},
            **more,
        }
    }


@pytest.fixture(params=["outside", "sftp", "s3"])
def place(request, world, tmp_path):
    """The settings of a place, and a way to see what is in it: name -> content."""
    if request.param == "outside":
        folder = tmp_path / "elsewhere"
        world.data_dir = tmp_path / "data"
        yield (
            {"folder": str(folder), "allow_outside_data": True},
            lambda: {path.name: path.read_bytes() for path in folder.iterdir()},
        )
    elif request.param == "sftp":
        server = request.getfixturevalue("server")
        yield (
            on_sftp(world, server),
            lambda: {path.name: path.read_bytes() for path in server.root.iterdir()},
        )
    else:
        bucket = request.getfixturevalue("bucket")
        yield (
            in_bucket(world, bucket),
            lambda: {k.removeprefix("from enrich/"): v for k, v in bucket[1].objects.items()},
        )


def manifest_of(files):
    (text,) = (content for name, content in files.items() if name.endswith(".manifest.json"))
    return json.loads(text)


def test_every_format_arrives_whole_with_a_manifest_that_is_right(world, place):
    options, files = place
    there = world.open("file", formats=ALL, **options)
    assert there.check() == []
    assert world.push(there, make_people(5)).accepted == 5
    told, found = manifest_of(files()), files()
    assert len(found) == 4 and told["row_count"] == 5
    for entry in told["files"]:
        content = found[entry["name"]]
        assert len(content) == entry["size_bytes"]
        assert hashlib.sha256(content).hexdigest() == entry["sha256"]
    table = pl.read_parquet(found[told["files"][2]["name"]])
    assert table["email"].to_list() == make_people(5)["email"].to_list()
    assert world.push(there, make_people(5)).batches == 0


def test_a_forgotten_person_is_taken_out_of_every_file_there(world, place):
    options, files = place
    there = world.open("file", formats=ALL, **options)
    world.push(there, make_people(5))
    before = manifest_of(files())
    (result,) = there.erase([Addressee("3", "3")])
    assert result.code == "by_hand"
    assert result.message.startswith("3 file(s) there were written again")
    found, told = files(), manifest_of(files())
    assert told["row_count"] == 4
    assert [b["sha256"] for b in before["files"]] != [t["sha256"] for t in told["files"]]
    for entry in told["files"]:
        assert len(found[entry["name"]]) == entry["size_bytes"]
    texts = [content for name, content in found.items() if not name.endswith("parquet")]
    assert not [text for text in texts if b"person0003" in text]
    assert 3 not in pl.read_parquet(found[told["files"][2]["name"]])["customer_key"].to_list()
    assert there.erase([Addressee("3", "3")])[0].message.startswith("0 file(s)")


def test_without_a_key_in_the_files_the_person_is_named_a_task(world, place):
    options, _ = place
    there = world.open("file", fields=["email"], **options)
    world.push(there, make_people(2))
    assert "no customer_key" in there.erase([Addressee("1", "1")])[0].message


def test_old_files_of_ours_go_and_others_stay(world, place):
    options, files = place
    there = world.open("file", **options)
    world.push(there, make_people(2))
    there.place.put("somebody-elses.csv", lambda out: out.write(b"mine"))
    there.place.close()
    now = datetime.now(UTC)
    destination = Destination("there", ("main",), there, keep_days=30)
    assert drop_old_files(destination, now) == []
    gone = drop_old_files(destination, now + timedelta(days=31))
    assert len(gone) == 2
    assert gone[0].endswith(".manifest.json")
    assert list(files()) == ["somebody-elses.csv"]


def test_nothing_shows_a_secret_or_a_person(world, place, caplog):
    caplog.set_level("DEBUG")
    options, _ = place
    there = world.open("file", **options)
    summary = world.push(there, make_people(2))
    text = f"{there!r}{summary}{summary.as_json()}{caplog.text}{options}"
    assert not [word for word in (*SECRETS.values(), "person000") if word in text]


def test_on_sftp_no_file_is_seen_before_it_is_whole(world, server):
    there = world.open("file", formats=ALL, **on_sftp(world, server))
    world.push(there, make_people(3))
    finished = [name for name in server.seen_while_writing if not name.endswith(".unfinished")]
    assert len(server.renamed) == 4
    assert server.renamed[-1].endswith(".manifest.json")
    # While a file was written, only files that were renamed before it stood there.
    assert set(finished) <= set(server.renamed[:-1])


def test_a_lost_connection_is_opened_again(world, server):
    there = world.open("file", **on_sftp(world, server))
    server.drops = 2
    assert world.push(there, make_people(3)).accepted == 3
    assert len(world.waits) >= 2
    assert not list(server.root.glob("*.unfinished"))


def test_a_server_that_stays_away_leaves_the_records_for_the_next_run(world, server):
    there = world.open("file", **on_sftp(world, server))
    server.drops = 1_000
    summary = world.push(there, make_people(3))
    assert summary.retryable == 3
    assert isinstance(summary.fault, TryAgain)
    server.drops = 0
    assert world.push(there, make_people(3)).accepted == 3


def test_a_server_without_posix_rename_still_gets_whole_files(world, server):
    server.has_posix_rename = False
    there = world.open("file", **on_sftp(world, server))
    assert world.push(there, make_people(3)).accepted == 3
    there.place.put("again.csv", lambda out: out.write(b"one"))
    there.place.put("again.csv", lambda out: out.write(b"two"))
    assert there.place.fetch("again.csv") == b"two"
    there.place.close()


def test_a_known_hosts_file_and_a_private_key_do(world, server, tmp_path):
    world.secrets["PRIVATE"] = server.user_key.export_private_key().decode().strip()
    options = on_sftp(
        world,
        server,
        fingerprint=None,
        password=None,
        known_hosts=str(server.known_hosts(tmp_path)),
        private_key={"env": "PRIVATE"},
    )
    assert world.push(world.open("file", **options), make_people(2)).accepted == 2


@pytest.mark.parametrize("how", ["fingerprint", "other key", "empty file"])
def test_a_server_nobody_knows_gets_nothing(world, server, tmp_path, how):
    known = server.known_hosts(tmp_path)
    if how == "other key":
        stranger = server.user_key.export_public_key().decode()
        known.write_text(f"[127.0.0.1]:{server.port} {stranger}")
    elif how == "empty file":
        known.write_text("")
    wanted = (
        {"fingerprint": "SHA256:" + "A" * 43}
        if how == "fingerprint"
        else {"fingerprint": None, "known_hosts": str(known)}
    )
    before = server.logins
    there = world.open("file", **on_sftp(world, server, **wanted))
    (problem,) = there.check()
    assert fingerprint_of(server.host_key.public_data) in problem
    summary = world.push(there, make_people(2))
    assert isinstance(summary.fault, Refused)
    assert server.logins == before
    assert not list(server.root.iterdir())


def test_wrong_credentials_and_a_missing_folder_are_said(world, server):
    wrong = world.open("file", **on_sftp(world, server, password={"env": "WRONG"}))
    assert "credentials were refused" in wrong.check()[0]
    assert isinstance(world.push(wrong, make_people(1)).fault, Refused)
    elsewhere = world.open("file", **on_sftp(world, server, folder="not/there"))
    assert "not/there is missing" in elsewhere.check()[0]
    assert isinstance(world.push(elsewhere, make_people(1)).fault, Stop)


def test_a_bucket_gets_the_manifest_last_and_large_files_in_parts(world, bucket):
    there = world.open("file", formats=ALL, **in_bucket(world, bucket))
    world.push(there, make_people(2))
    large = bytes(11_000_000)
    told = there.place.put("large.bin", lambda out: out.write(large))
    state = bucket[1]
    assert state.appeared[-2].endswith(".manifest.json")
    assert state.objects["from enrich/large.bin"] == large
    assert told["size_bytes"] == len(large)
    assert "POST" in state.methods
    assert state.refused_signatures == 0


def test_a_bucket_that_slows_down_or_loses_an_answer_is_asked_again(world, bucket):
    bucket[1].faults += [503, LOST]
    there = world.open("file", **in_bucket(world, bucket))
    assert world.push(there, make_people(2)).accepted == 2
    assert len(bucket[1].objects) == 2


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"secret_access_key": {"env": "WRONG"}}, "refused"),
        ({"region": "eu-west-1"}, "refused"),
        ({"bucket": "another"}, "not found"),
    ],
)
def test_a_bucket_that_refuses_is_said_without_a_key(world, bucket, wrong, said):
    there = world.open("file", **in_bucket(world, bucket, **wrong))
    (problem,) = there.check()
    assert said in problem and KEY_ID not in problem
    summary = world.push(there, make_people(1))
    assert isinstance(summary.fault, Stop)
    assert not bucket[1].objects


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"sftp": {"host": "h", "user": "u", "password": {"env": "A"}}}, "known_hosts"),
        ({"sftp": {"host": "h", "user": "u", "fingerprint": "SHA256:" + "a" * 43}}, "password"),
        ({"sftp": {"host": "h", "user": "u", "password": "hunter2"}}, "password"),
        (
            {
                "s3": {
                    "bucket": "b",
                    "endpoint": "http://storage.example.com",
                    "access_key_id": {"env": "A"},
                    "secret_access_key": {"env": "B"},
                }
            },
            "in clear",
        ),
        ({"folder": "x", "s3": {"bucket": "b"}}, "access_key_id"),
    ],
)
def test_what_is_unsafe_or_missing_is_refused_when_the_settings_are_read(world, options, said):
    with pytest.raises(BadSettings, match=said) as refusal:
        world.open("file", **options)
    assert "hunter2" not in str(refusal.value)


def test_two_places_are_refused(world, bucket):
    with pytest.raises(BadSettings, match="one place"):
        world.open("file", folder="x", **in_bucket(world, bucket))


def test_a_missing_extra_is_named():
    def missing(name):
        raise ImportError(name)

    with pytest.raises(BadSettings, match=r"is not installed: .*python -m pip install"):
        load_extra("paramiko", "sftp", missing)
