"""Somebody is to be forgotten: by a word that means two, over broken files, killed, restored."""

from __future__ import annotations

import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from enrich.warehouse import Traces, traces_of
from enrich.warehouse.searching import tables_naming
from tests.attack.attempt import Attempt, Finding
from tests.cli.shell import Said, enrich

ANA = ("ana.souza@example.com", "52998224725", "customer-of-ana")
SETTINGS = """
now = "2026-03-10T15:00:00Z"
[stores.main]
currency = "BRL"
[destinations.files]
kind = "file"
formats = ["csv", "parquet", "ndjson"]
"""
PEOPLE = 300
LOOKED_FOR = range(1, PEOPLE, 15)
KILLED = """
import os, signal, sys
import enrich.durable, enrich.forget.cases, enrich.forget.journal
from enrich.__main__ import main

moment, count = {moment!r}, 0
def dies(module):
    write = module.write_durably
    def wrapped(path, content):
        global count
        count += 1
        if count == moment:
            os.kill(os.getpid(), signal.SIGKILL)
        write(path, content)
    module.write_durably = wrapped
dies(enrich.forget.journal)
dies(enrich.forget.cases)
sys.argv = ["enrich", *{arguments!r}]
main()
"""


@dataclass(frozen=True)
class Shop:
    """A folder with settings, a warehouse of 300 people, and exports."""

    folder: Path

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def do(self, *arguments: object) -> Said:
        """One command in this process: a process of its own takes two seconds to start."""
        return enrich(*arguments, "--config", self.folder / "enrich.toml")

    def without_terminal(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """One command as a process without a terminal."""
        return self._run([sys.executable, "-m", "enrich", *arguments])

    def killed(self, moment: int, *arguments: str) -> int:
        """How a command ended that kills itself before its write number `moment` to the journal."""
        script = KILLED.format(moment=moment, arguments=list(arguments))
        return self._run([sys.executable, "-c", script]).returncode

    def _run(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    @property
    def certificates(self) -> list[dict[str, object]]:
        found = sorted((self.data / "certificates").glob("*.json"))
        return [json.loads(path.read_text()) for path in found]

    def holding(self, *values: str) -> list[str]:
        """What still names the person: databases as databases, everything else as text."""
        traces = {"main": traces_of(("email", value) for value in values or ANA)}
        return [
            path.relative_to(self.data).as_posix()
            for path in sorted(self.data.rglob("*"))
            if path.is_file() and _holds(path, traces)
        ]


def _holds(path: Path, traces: dict[str, Traces]) -> bool:
    if path.suffix == ".duckdb":
        return bool(tables_naming(path, traces))
    content = path.read_bytes().lower()
    return any(word.encode() in content for word in traces["main"].words)


def shop_in(folder: Path) -> Shop:
    """A shop of its own, copied from one that was made once."""
    shutil.copytree(made(), folder, symlinks=True, dirs_exist_ok=True)
    return Shop(folder)


@cache
def made() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="forget"))
    email, document, customer_id = ANA
    others = [(f"{n}", f"person{n:03}@example.com") for n in range(1, PEOPLE)]
    people = [(customer_id, email), *others]
    (folder / "enrich.toml").write_text(SETTINGS)
    (folder / "orders.csv").write_text(
        "order_id,customer_id,ordered_at,amount,email\n"
        + "".join(f"o{n},{key},2026-02-01,10.00,{to}\n" for n, (key, to) in enumerate(people))
    )
    (folder / "customers.csv").write_text(
        "customer_id,email,first_name,document\n"
        + f"{customer_id},{email},Ana,{document}\n"
        + "".join(f"{key},{to},Bo,\n" for key, to in others)
    )
    shop = Shop(folder)
    for command in (
        ("import", "--orders", folder / "orders.csv", "--customers", folder / "customers.csv"),
        ("run",),
    ):
        done = shop.do(*command)
        assert done.code == 0, done.err
    (folder / "orders.csv").unlink()
    (folder / "customers.csv").unlink()
    return folder


def _two_people(folder: Path) -> Finding:
    shop = shop_in(folder)
    done = shop.do("forget", "7", "--yes")  # the key of one, the customer id of another
    said = done.out + done.err
    held = done.code == 2 and "several customers" in said and len(shop.holding()) > 3
    hidden = "person0" not in said and not shop.certificates
    return Finding(held and hidden, f"exit {done.code}, both stay, neither is named openly")


def _nobody_there(folder: Path) -> Finding:
    shop = shop_in(folder)
    before = shop.holding()
    done = shop.without_terminal("forget", ANA[0])
    lines = done.stderr.strip().splitlines() + done.stdout.strip().splitlines()
    refused = done.returncode == 2 and "--yes" in done.stdout + done.stderr
    return Finding(
        refused and shop.holding() == before and not any(ANA[0] in line for line in lines),
        f"without a terminal: exit {done.returncode}, nothing removed",
    )


def _answers_no(folder: Path) -> Finding:
    shop = shop_in(folder)
    before = shop.holding()
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "enrich", "forget", ANA[0]],
        cwd=folder,
        stdin=slave,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    os.write(master, b"n\n")
    said, _ = process.communicate(timeout=600)
    os.close(master)
    os.close(slave)
    shown = "A***" in said and "exports/" in said and ANA[0] not in said
    return Finding(
        process.returncode == 1 and shown and shop.holding() == before,
        "the preview is masked and names the files; a no removes nothing",
    )


def _broken_file(folder: Path) -> Finding:
    shop = shop_in(folder)
    broken = shop.data / "exports" / "broken.parquet"
    broken.write_bytes(b"PAR1 " + ANA[0].encode())
    first = shop.do("forget", ANA[0], "--yes")
    left = shop.holding()
    second = shop.do("forget", ANA[0], "--yes")
    certified = any(
        "Ana" not in str(one) and one["removed"]["main"]["customers"]  # type: ignore[index]
        for one in shop.certificates
    )
    named = "broken.parquet" in first.out and "broken.parquet" in second.out
    broken.unlink()
    third = shop.do("forget", "--continue")
    codes = (first.code, second.code, third.code)
    only_there = [one for one in left if not one.startswith("forgetting/")]
    return Finding(
        codes == (1, 1, 0)
        and named
        and not certified
        and only_there == ["exports/broken.parquet"]
        and not shop.holding()
        and len(shop.certificates) == 2,
        f"exits {codes}: named, everything else cleaned, certified when the file was gone",
    )


def _killed(folder: Path, moments: Sequence[int]) -> Finding:
    survived = 0
    for moment in moments:
        shop = shop_in(folder / str(moment))
        code = shop.killed(moment, "forget", ANA[0], "--yes")
        if code != -signal.SIGKILL:
            break
        again = (
            shop.do("forget", "--continue") if moment > 1 else shop.do("forget", ANA[0], "--yes")
        )
        whole = again.code == 0 and not shop.holding() and len(shop.certificates) == 1
        if not whole:
            return Finding(False, f"killed at write {moment}: {shop.holding()}")
        survived += 1
    return Finding(survived > 0, f"killed at {survived} moments: each time the next try ends it")


def _backup(folder: Path) -> Finding:
    shop = shop_in(folder)
    shop.do("backup")
    outside = folder / "elsewhere" / "b.duckdb"
    shop.do("backup", "--to", outside)
    (inside,) = (shop.data / "backups").iterdir()
    done = shop.do("forget", ANA[0], "--yes")
    named = all(str(path.name) in done.out for path in (inside, outside))
    found = sum(
        bool(tables_naming(outside, {"main": traces_of([("email", f"person{n:03}@example.com")])}))
        for n in LOOKED_FOR
    )
    again = shop.do("forget", "--continue")
    inside.unlink()
    outside.unlink()
    last = shop.do("forget", "--continue")
    codes = (done.code, again.code, last.code)
    return Finding(
        codes == (1, 1, 0) and named and found == len(LOOKED_FOR) and not shop.holding(),
        f"both named, {found} of {len(LOOKED_FOR)} others found in one; done when they are gone",
    )


def _restore(folder: Path) -> Finding:
    shop = shop_in(folder)
    backup = folder / "b.duckdb"
    shop.do("backup", "--to", backup)
    shop.do("forget", ANA[0], "--yes")
    done = shop.do("restore", backup, "--yes")
    held = [one for one in shop.holding() if "before-restore" not in one]
    backup.unlink()
    sold = shop.do("query", "select sum(amount_cents), count(*) from purchases", "--csv").out
    return Finding(
        done.code == 0
        and "forgotten again" in done.out
        and not held
        and sold.splitlines()[1] == f"{PEOPLE * 1000},{PEOPLE}",
        "the backup held the person; after the restore nothing does, and no sale is lost",
    )


def _long_null(folder: Path) -> Finding:
    shop = shop_in(folder)
    path = shop.data / "exports" / "long.ndjson"
    rows = [{"n": n, "note": None} for n in range(5_000)] + [{"n": 5_000, "note": ANA[0]}]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = shop.do("forget", ANA[0], "--yes")
    lines = path.read_text().splitlines()
    return Finding(
        done.code == 0 and len(lines) == 5_000 and not shop.holding(),
        f"exit {done.code}, one line of {len(rows):,} taken out",
    )


def _damaged_records(folder: Path) -> Finding:
    """The journal and the digests as a failing disk leaves them."""
    shop = shop_in(folder)
    (shop.data / "forgetting").mkdir()
    spoilt = shop.data / "forgetting" / "20260101T000000-forget-abc123.json"
    spoilt.write_text('{"case_id": ')
    digests = shop.data / "forgotten.ndjson"
    digests.write_bytes(b'{"torn\n\xff\xfe\n')
    done = shop.do("forget", ANA[0], "--yes")
    named = spoilt.name in done.out and "2 line(s)" in done.out
    told = spoilt.name in shop.do("status").out
    left = shop.holding()
    spoilt.unlink()
    digests.write_bytes(b"\n".join(digests.read_bytes().split(b"\n")[2:]))
    last = shop.do("forget", "--continue")
    return Finding(
        (done.code, last.code) == (1, 0) and named and told and not left,
        "both named, exit 1, and the person is gone all the same",
    )


def _not_as_rows(folder: Path) -> Finding:
    """Files that hold the person otherwise than in a row that could be taken out."""
    shop = shop_in(folder)
    exports = shop.data / "exports"
    table = f"email\tname\n{ANA[0]}\tAna\n"
    spoilt = {
        "headerless.csv": f"{ANA[0]},Ana\nbo@example.com,Bo\n".encode(),
        "utf16.csv": table.encode("utf-16"),
        "utf16.txt": table.upper().encode("utf-16-be"),
        "nested.ndjson": json.dumps({"n": 1, "who": {"email": ANA[0]}}).encode() + b"\n",
    }
    for name, content in spoilt.items():
        (exports / name).write_bytes(content)
    done = shop.do("forget", ANA[0], "--yes")
    named = [name for name in spoilt if f"{name} " in done.out]
    return Finding(
        done.code == 1 and len(named) == len(spoilt) and not shop.certificates,
        f"{len(named)} of {len(spoilt)} named, exit {done.code}, not certified",
    )


ATTEMPTS = (
    Attempt("a word that means two people", _two_people),
    Attempt("forget in a script that does not say yes", _nobody_there),
    Attempt("a no at the terminal", _answers_no),
    Attempt("a broken export file", _broken_file),
    Attempt("kill -9 in the middle", lambda folder: _killed(folder, (3,))),
    Attempt("kill -9 at every write", lambda folder: _killed(folder, range(1, 30)), long=True),
    Attempt("backups that compress the person", _backup, long=True),
    Attempt("a restore of a backup from before", _restore, long=True),
    Attempt("NDJSON that is null for 5,000 lines", _long_null),
    Attempt("a damaged journal and damaged digests", _damaged_records, long=True),
    Attempt("UTF-16, a file without header, nested values", _not_as_rows),
)
