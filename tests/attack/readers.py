"""Other programs that read, write, hold or replace the files, and questions that want more."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import polars as pl

from enrich.warehouse.sharing import READ_COPY_NAME
from tests.attack.attempt import Attempt, Finding, NotHere
from tests.cli.shell import Said, enrich

NOBODY = 65534
ORDERS = """order_id,customer_id,email,ordered_at,amount
1,c1,ana.souza@example.com,2026-03-01,10.00
2,c1,ana.souza@example.com,2026-03-05,20.50
3,rui@example.com,rui@example.com,2026-03-06,7.00
"""
CUSTOMERS = """customer_id,email,first_name,last_name,phone,birth_date,document,gender
c1,ana.souza@example.com,Anamaria,Souzamar,+5511987650001,1987-04-05,52998224725,female
rui@example.com,rui@example.com,Ruiberto,Limaverde,+5511987650002,1991-02-03,11144477735,male
"""
PERSONAL = (
    "example.com", "Anamaria", "Souzamar", "98765000", "1987-04-05", "52998224725", "Ruiberto",
    "Limaverde", "1991-02-03", "11144477735", "female",
)  # fmt: skip
TRUE = [("1", 1000), ("2", 2050), ("3", 700)]


def shop(folder: Path, *settings: str) -> Path:
    """The data folder of a shop with three orders, published under the settings."""
    (folder / "orders.csv").write_text(ORDERS)
    (folder / "customers.csv").write_text(CUSTOMERS)
    (folder / "enrich.toml").write_text("\n".join(settings))
    done = publish_again(folder)
    assert done.code == 0, done.err
    return folder / "data"


def publish_again(folder: Path) -> Said:
    files = ("--orders", folder / "orders.csv", "--customers", folder / "customers.csv")
    return enrich("import", *files, "--config", folder / "enrich.toml")


def orders_in(path: Path) -> object:
    """What another program finds in the file: the orders, or why it finds none."""
    code = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only=True);"
        "print(c.execute('select order_id, value_cents from orders order by 1').fetchall())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or done.stderr.splitlines()[-1:]


WRITER = """
import duckdb, os, sys
connection = duckdb.connect(sys.argv[1])
def change():
    for statement in ("delete from orders where order_id = '1'", "update orders set value_cents=1"):
        try:
            connection.execute(statement)
        except duckdb.Error:
            pass
if sys.argv[2] == "at once":
    change()
print("open", flush=True)
sys.stdin.readline()
if sys.argv[2] == "later":
    change()
if sys.argv[3] == "checkpoint":
    connection.close()
os._exit(0)
"""


@contextmanager
def writer(path: Path, when: str, end: str) -> Iterator[Callable[[], None]]:
    """A program that has the file open for writing; called, it ends as a crash or a checkpoint."""
    command = [sys.executable, "-c", WRITER, str(path), when, end]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdout.readline()

        def finish() -> None:
            process.communicate(b"\n", timeout=600)

        try:
            yield finish
        finally:
            process.kill()


def changed_by_a_reader(folder: Path) -> Finding:
    data = shop(folder)
    copy = data / READ_COPY_NAME
    wrong = []
    for when, end in (("at once", "crash"), ("at once", "checkpoint"), ("later", "crash")):
        log = copy.with_name(f"{copy.name}.wal")
        log.unlink()  # as an earlier version left it: a log can be written
        with writer(copy, when, end) as finish:
            if when == "at once":
                finish()
            own = enrich("query", "--json", "select count(*) as n from orders", "--data", data)
            again = publish_again(folder)
            if when == "later":
                finish()
        found = orders_in(copy)
        if (own.code, own.out, again.code, found) != (0, '{"n": 3}\n', 0, str(TRUE)):
            wrong.append((when, end, own.out, again.code, found))
    return Finding(not wrong, "; ".join(map(str, wrong)) or "every version was the writer's")


def put_in_its_place(folder: Path) -> Finding:
    data = shop(folder)
    copy, elsewhere = data / READ_COPY_NAME, folder / "elsewhere"
    elsewhere.write_text("keep me")

    def folder_there() -> None:
        copy.unlink()
        (copy / "of mine").mkdir(parents=True)

    def link_there() -> None:
        copy.unlink()
        copy.symlink_to(elsewhere)

    def log_folder() -> None:
        copy.with_name(f"{copy.name}.wal").unlink()
        copy.with_name(f"{copy.name}.wal").mkdir()

    wrong = []
    for spoil in (
        lambda: copy.unlink(),
        lambda: copy.write_text("no database"),
        folder_there,
        link_there,
        log_folder,
    ):
        spoil()
        own = enrich("query", "select 1", "--data", data)
        again = publish_again(folder)
        if (own.code, again.code, orders_in(copy)) != (0, 0, str(TRUE)):
            wrong.append(f"{spoil} {own.err} {again.err}")
    kept = elsewhere.read_text() == "keep me" and any(data.glob("*.in-the-way-1/of mine"))
    return Finding(not wrong and kept, "; ".join(wrong) or "replaced; what lay there was kept")


def open_elsewhere(folder: Path) -> Finding:
    data = shop(folder)
    assert enrich("backup", "--to", folder / "b.duckdb", "--data", data).code == 0
    commands = (["profiles"], ["rejects"], ["backup"], ["restore", folder / "b.duckdb", "--yes"])
    with writer(data / "warehouse.duckdb", "never", "crash"):
        said = [enrich(*command, "--data", data) for command in commands]
    told = [one.err for one in said]
    held = all(one.code == 5 and "open in another program" in one.err for one in said)
    return Finding(held and "in its place" not in "".join(told), "exit 5, no advice to replace it")


def full_disk(folder: Path) -> Finding:
    data = shop(folder)
    rows = [f"n{n},k{n},2026-03-01,5" for n in range(40_000)]
    (folder / "more.csv").write_text("\n".join(["order_id,customer_id,ordered_at,amount", *rows]))
    size = (data / "warehouse.duckdb").stat().st_size + 100_000
    command = ["import", "--orders", str(folder / "more.csv"), "--data", str(data)]

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    done = subprocess.run(
        [sys.executable, "-m", "enrich", *command],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=limit,
    )
    again = enrich(*command)
    line = done.stderr.strip().splitlines()[-1:]
    held = done.returncode == 1 and "no space left on its disk" in done.stderr and again.code == 0
    return Finding(held, f"exit {done.returncode}: {line[0][:60] if line else ''}, then it worked")


AS_NOBODY = """
import os, sys
from datetime import UTC, datetime
import duckdb, polars, enrich.cli.main, enrich.wiring, enrich.status, enrich.warehouse
os.setgroups([int(sys.argv[1])] if sys.argv[1] else [])
os.setgid(65534), os.setuid(65534)
if sys.argv[2] == "read":
    connection = duckdb.connect(sys.argv[3], read_only=True)
    print(connection.execute("select count(*) from orders").fetchone())
    sys.exit()
sys.exit(enrich.cli.run(sys.argv[2:], environ={}, clock=lambda: datetime.now(UTC)))
"""


def as_nobody(*arguments: object, group: str = "") -> subprocess.CompletedProcess[str]:
    """A command in a process of another account."""
    if os.geteuid() != 0:
        raise NotHere("only root may become another account")
    return subprocess.run(
        [sys.executable, "-c", AS_NOBODY, group, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


def no_permission(_: Path) -> Finding:
    with open_to_all() as folder:
        data = shop(folder)
        data.chmod(0o755)
        commands = (["status"], ["query", "select 1"])
        said = [as_nobody(*command, "--data", data) for command in commands]
    held = all(one.returncode == 1 and "no permission" in one.stderr for one in said)
    told = "".join(one.stderr for one in said)
    return Finding(held and "in its place" not in told, told.strip().replace("\n", "; ")[:150])


@contextmanager
def open_to_all() -> Iterator[Path]:
    """A folder that every account enters: that of pytest is closed by each pytest that starts."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


def another_account(_: Path) -> Finding:
    group = 65533  # of nobody's own
    with open_to_all() as folder:
        data = shop(folder, "[read_copy]", 'folder = "shared"', 'file_mode = "0640"')
        shared = folder / "shared" / READ_COPY_NAME
        alone = as_nobody("read", shared)
        os.chown(shared, -1, group), os.chown(shared.parent, -1, group)
        reads = as_nobody("read", shared, group=str(group))
        enters = as_nobody("read", data / ".analysis" / READ_COPY_NAME, group=str(group))
        held = alone.returncode != 0 and reads.stdout == "(3,)\n" and enters.returncode != 0
        held &= not (data / READ_COPY_NAME).exists()
    return Finding(held, f"its group reads {reads.stdout.strip()}, others and the rest nothing")


def no_contacts(folder: Path) -> Finding:
    data = shop(folder, "[read_copy]", "contacts = false", "parquet = true")
    assert enrich("profiles", "--config", folder / "enrich.toml").code == 0
    found = []
    with duckdb.connect(str(data / READ_COPY_NAME), read_only=True) as connection:
        tables = connection.execute("select table_name from duckdb_tables()").fetchall()
        tables += connection.execute(
            "select view_name from duckdb_views() where not internal"
        ).fetchall()
        for (table,) in tables:
            text = str(connection.table(table).fetchall())
            found += [f"{table}: {value[:3]}..." for value in PERSONAL if value in text]
        counts = connection.execute("select count(*), sum(orders_lifetime) from profiles")
        sums = counts.fetchall()
        values = [bool(connection.table(table).fetchall()) for (table,) in tables]
    for path in (data / ".analysis_parquet").rglob("*.parquet"):
        text = str(pl.read_parquet(path).rows())
        found += [f"{path.name}: {value[:3]}..." for value in PERSONAL if value in text]
    own = enrich("customer", "ana.souza@example.com", "--data", data)
    held = not found and sums == [(2, 3)] and own.code == 0
    return Finding(held, "; ".join(found) or f"nobody in {sum(values)} tables with rows")


REFUSED = """
select * from read_csv('/etc/passwd')
from '/etc/passwd'
from read_text('/etc/hostname')
from glob('/etc/*')
from sniff_csv('/etc/passwd')
from read_duckdb('{data}/warehouse.duckdb')
from query('select * from read_text(''/etc/hostname'')')
from json_execute_serialized_sql(json_serialize_sql('from read_text(''/etc/hostname'')'))
from read_csv('/proc/self/environ')
from 'http://127.0.0.1:9/x.csv'
select getenv('HOME')
from duckdb_secrets()
attach '{data}/warehouse.duckdb' as w
attach ':memory:' as m
copy orders to '{data}/out.csv'
copy orders to '{data}/.analysis/analysis.duckdb.wal'
copy (select 1) to '/dev/stdout'
export database '{data}/out'
import database '{data}/out'
install httpfs
load httpfs
load json
set enable_external_access = true
reset lock_configuration
set memory_limit = '1TB'
set variable x = 1
pragma enable_profiling
pragma profile_output = '{data}/out.json'
from enable_logging('QueryLog', storage = 'file', storage_path = '{data}/out')
from enable_profiling(format = 'json', save_location = '{data}/out.json')
call enable_logging(storage = 'file', storage_path = '{data}/out')
create table t as select 1
create temp table t as select 1
create secret s (type s3, key_id 'x', secret 'y')
create extension repository x
delete from orders
update orders set value_cents = 1
drop table orders
with gone as (delete from orders returning 1) from gone
explain analyze delete from orders
explain analyze copy orders to '{data}/out.csv'
checkpoint
vacuum
begin
prepare p as select 1
use memory
detach analysis
select 1; select 2
select 1; attach '{data}/warehouse.duckdb' as w
"""
ANSWERED = """
select 1;
from orders
with a as (select 1 as b) from a
describe orders
summarize orders
show tables
explain select 1
explain analyze select 1
pivot orders on status using count(*)
from (values (1), (2))
"""


def questions(folder: Path) -> Finding:
    data = shop(folder)
    before = files_of(data)
    wrong = []
    for text, code in ((REFUSED, 2), (ANSWERED, 0)):
        for line in text.format(data=data).strip().splitlines():
            said = enrich("query", line, "--data", data)
            if said.code != code or (code and said.out):
                wrong.append(f"{line} -> {said.code} {said.out[:40]}")
    made = sorted(set(files_of(data).items()) ^ set(before.items()))
    return Finding(
        not wrong and not made,
        "; ".join(wrong + [str(one) for one in made])
        or f"{len(REFUSED.strip().splitlines())} refused, no file made or changed",
    )


def files_of(folder: Path) -> dict[str, int]:
    """The size of every file, but of the lock, which a look signs."""
    return {
        str(path.relative_to(folder)): path.stat().st_size
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


def endless_answers(folder: Path) -> Finding:
    data = shop(folder)
    shown = enrich("query", "select * from range(100_000_000_000)", "--limit", 3, "--data", data)
    late = enrich(
        "query", "select count(*) from range(100_000_000_000) r(i) where i * i % 7 = random()",
        "--max-seconds", 1, "--data", data,
    )  # fmt: skip
    target = folder / "answer.csv"
    written = enrich(
        "query", "select i, repeat('x', 100) from range(300_000) r(i)", "--output", target,
        "--data", data,
    )  # fmt: skip
    mode = target.stat().st_mode & 0o777
    held = (shown.code, late.code, written.code, mode) == (0, 1, 0, 0o600)
    held &= "more than these 3 rows" in shown.err and "no answer within 1 seconds" in late.err
    return Finding(held, f"the first rows at once, given up in time, a file of mode {mode:o}")


def from_another_folder(folder: Path) -> Finding:
    data = shop(folder)
    other = folder / "cron"
    other.mkdir()
    settings = {"ENRICH_CONFIG": str(folder / "enrich.toml")}
    environ = {**os.environ, **settings}
    command = [sys.executable, "-m", "enrich", "query", "--json", "select count(*) n from orders"]
    root = Path(__file__).resolve().parents[2]
    environ["PYTHONPATH"] = str(root)
    done = subprocess.run(
        command, cwd=other, env=environ, capture_output=True, text=True, check=False
    )
    data.rename(other / "data")  # as an earlier version, started here, would have put it
    moved = subprocess.run(
        command, cwd=other, env=environ, capture_output=True, text=True, check=False
    )
    held = done.stdout == '{"n": 3}\n' and moved.returncode == 2
    held &= "is relative to the settings file" in moved.stderr and not data.exists()
    return Finding(held, "one warehouse, from every folder; one at the old place is named")


ATTEMPTS = (
    Attempt("a reader writes into the read copy, crashes, or ends later", changed_by_a_reader),
    Attempt("the read copy is removed, spoilt, a folder, a link", put_in_its_place),
    Attempt("the warehouse is open in another program", open_elsewhere),
    Attempt("the disk is full while orders are stored", full_disk),
    Attempt("another account runs a command", no_permission),
    Attempt("another account reads the shared copy, and the rest", another_account),
    Attempt("a person is looked for in a copy without contacts", no_contacts),
    Attempt("a question wants other files, writing, settings", questions),
    Attempt("an answer without end, an answer that never comes", endless_answers),
    Attempt("a timer starts it in another folder", from_another_folder),
)
