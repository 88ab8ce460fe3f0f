"""Input of any size: one clear error or reject, in bounded memory and time."""

from __future__ import annotations

import gzip
import json
import signal
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

import duckdb
import httpx

from enrich.client import Call, GaveUp, Http
from tests.attack.attempt import Attempt, Finding
from tests.load.process import Ended, watched
from tests.receiver.process import SECRETS, SETTINGS, receiving

MAX_PEAK_MIB = 1_000
MAX_CPU_SECONDS = 30.0
PATIENCE_SECONDS = 600.0
SHOP = """
[stores.main]
account = "demostore"
currency = "BRL"
app_key = { env = "KEY" }
app_token = { env = "TOKEN" }
base_url = "%s"
"""
ORDERS = "order_id,customer_id,ordered_at,amount"
GOOD = "good,c-1,2026-01-05,10.00"
LONG = (b"x" * 2**20,) * 200


@dataclass(frozen=True)
class Ran(Ended):
    """How one process ended, and the work it was: of that a busy machine makes no more."""

    cpu_seconds: float

    def finding(self, is_as_wanted: bool) -> Finding:
        """Held when it did what was wanted in bounds, without a traceback."""
        is_bounded = self.peak_mib < MAX_PEAK_MIB and self.cpu_seconds < MAX_CPU_SECONDS
        is_clear = "Traceback" not in self.said and "unexpected" not in self.said
        happened = f"exit {self.code}, {self.cpu_seconds:.1f} s of CPU, {self.peak_mib:,.0f} MiB"
        is_held = is_as_wanted and is_bounded and is_clear and self.code != -signal.SIGKILL
        return Finding(is_held, happened)


def enrich(folder: Path, *arguments: str, **environ: str) -> Ran:
    """One command as a process of its own, with its peak of memory."""
    deadline, before = time.monotonic() + PATIENCE_SECONDS, getrusage(RUSAGE_CHILDREN)
    ended = watched(
        ["-m", "enrich", *arguments, "--data", str(folder / "data")],
        {**environ, "NO_COLOR": "1", "COLUMNS": "500"},
        folder / "said.txt",
        kill_when=lambda: time.monotonic() > deadline,
    )
    after = getrusage(RUSAGE_CHILDREN)
    cpu_seconds = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return Ran(**vars(ended), cpu_seconds=cpu_seconds)


def imported(folder: Path, name: str, *parts: bytes) -> Ran:
    path = folder / name
    with path.open("wb") as file:
        file.writelines(parts)
    return enrich(folder, "import", "--orders", str(path))


@contextmanager
def answering(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server on a real socket that gives everybody this answer."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    caller = listener.accept()[0]
                    threading.Thread(target=one, args=(caller,), daemon=True).start()

        def one(caller: socket.socket) -> None:
            with suppress(OSError), caller:
                caller.recv(65_536)
                answer(caller)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def packed(layers: int) -> Callable[[socket.socket], None]:
    """An answer of a gigabyte or two in so many layers of gzip."""
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    # a piece at a time: a gigabyte is much for the process that runs the tests
    once = b"".join(packer.compress(b" " * 2**20) for _ in range(layers * 2**10)) + packer.flush()
    body = once if layers == 1 else gzip.compress(once)
    names = ", ".join(["gzip"] * layers)
    head = (
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
        f"content-encoding: {names}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
    )
    return lambda caller: caller.sendall(head.encode() + body)


def endless(caller: socket.socket) -> None:
    """Chunks for as long as anybody listens."""
    caller.sendall(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    piece = b"10000\r\n" + b" " * 65_536 + b"\r\n"
    while True:
        caller.sendall(piece)


def dripping(caller: socket.socket) -> None:
    """A header of which a letter comes ten times a second."""
    caller.sendall(b"HTTP/1.1 200 OK\r\nx: ")
    while True:
        caller.sendall(b"a")
        time.sleep(0.1)


def verified(folder: Path, answer: Callable[[socket.socket], None]) -> Finding:
    with answering(answer) as address:
        config = folder / "enrich.toml"
        config.write_text(SHOP % address)
        ran = enrich(folder, "verify", "--config", str(config), KEY="key", TOKEN="token")
    return ran.finding(ran.code != 0)


def slow_answer(folder: Path) -> Finding:
    with answering(dripping) as address, Http(answer_seconds=0.5, sleep=lambda _: None) as http:
        started = time.monotonic()
        try:
            http.send(Call("GET", address, "slow", tries=2))
        except GaveUp as error:
            seconds = time.monotonic() - started
            return Finding(seconds < 30, f"{error} ({seconds:.1f} s)")
    return Finding(False, "an answer came")


def accented_key(folder: Path) -> Finding:
    config = folder / "enrich.toml"
    config.write_text(SHOP % "http://127.0.0.1:9")
    ran = enrich(folder, "verify", "--config", str(config), KEY="chavé", TOKEN="token")
    return ran.finding(
        ran.code == 2 and "stores.main.app_key" in ran.said and "chav" not in ran.said
    )


def many_columns(folder: Path) -> Finding:
    header = ORDERS + "".join(f",c{n}" for n in range(1_000_000))
    row = GOOD + "," * 1_000_000
    ran = imported(folder, "wide.csv", f"{header}\n{row}\n".encode())
    return ran.finding(ran.code == 2)


def several_thousand_columns(folder: Path) -> Finding:
    header = ORDERS + "".join(f",c{n}" for n in range(5_000))
    ran = imported(folder, "wide.csv", f"{header}\n{GOOD}{',' * 5_000}\n".encode())
    return ran.finding(ran.code == 2 and "columns" in ran.said)


def long_csv_line(folder: Path) -> Finding:
    rows = "".join(f"{GOOD.replace('good', f'good-{number}')}\n" for number in range(9))
    ran = imported(folder, "long.csv", f"{ORDERS}\n".encode(), *LONG, f"\n{rows}".encode())
    return ran.finding(ran.code == 0 and "line 2:" in rejects(folder))


def long_json_line(folder: Path) -> Finding:
    rows = b"".join(json_row(f"good-{number}") for number in range(9))
    ran = imported(folder, "long.ndjson", b'{"order_id":"', *LONG, b'"}\n', rows)
    return ran.finding(ran.code == 0 and "line 1:" in rejects(folder))


def json_row(order_id: str = "good") -> bytes:
    values = dict(zip(ORDERS.split(","), GOOD.split(","), strict=True))
    return json.dumps({**values, "order_id": order_id}).encode() + b"\n"


def unreadable_json_lines(folder: Path) -> Finding:
    """Half a surrogate pair, a deep nest, a NUL, a number beyond all: each is one reject."""
    bad = [
        rb'{"order_id":"\ud800"}',
        b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"a":"\x00"}',
        rb'{"order_id":"a\u0000b"}',
        b'{"order_id":"r","customer_id":"c","ordered_at":"2026-01-05","amount":1e400}',
    ]
    rows = [json_row(f"good-{number}") for number in range(len(bad) * 5)]
    ran = imported(folder, "bad.ndjson", b"\n".join(bad) + b"\n" + b"".join(rows))
    shown = rejects(folder)
    is_each = all(f"line {line}:" in shown for line in range(1, len(bad) + 1))
    return ran.finding(ran.code == 0 and is_each)


def rejects(folder: Path) -> str:
    """What is kept of the rows that were refused, with their lines."""
    with duckdb.connect(folder / "data" / "warehouse.duckdb", read_only=True) as connection:
        lines = connection.sql("select line, reason from state.rejects order by line").fetchall()
    return "".join(f"line {line}: {reason};" for line, reason in lines)


def large_amounts(folder: Path) -> Finding:
    """Amounts that are each possible, of one customer, and together more than 10^18 cents."""
    rows = "".join(f"o{n},c-1,2026-01-05,99999999999\n" for n in range(120_000))
    ran = imported(folder, "large.csv", f"{ORDERS}\n{rows}".encode())
    if ran.code == 0:
        ran = enrich(folder, "profiles")
    return ran.finding(ran.code == 4 and "add up" in ran.said)


def barcodes_as_amounts(folder: Path) -> Finding:
    rows = "".join(f"o{n},c-1,2026-01-05,{7_891_000_000_000 + n}\n" for n in range(1_000))
    ran = imported(folder, "barcodes.csv", f"{ORDERS}\n{rows}".encode())
    return ran.finding(ran.code == 2 and "amount: too large" in ran.said)


@contextmanager
def shop_receiver(folder: Path, more: str = "") -> Iterator[tuple[str, int, Callable[[], str]]]:
    """A receiver: its address, its port, and how to end it and read its log."""
    config = folder / "enrich.toml"
    config.write_text(SETTINGS.replace("port = 0", f"port = 0\n{more}"))
    with receiving(config, folder / "data") as running:
        port = int(running.address.rpartition(":")[2])
        yield running.address, port, lambda: running.stop()[1]


def told(address: str, state: str = "invoiced", moment: str = "2026-03-02T14:07:42Z") -> int:
    answer = httpx.post(
        f"{address}/hook/changed",
        headers={"X-Enrich-Secret": SECRETS["HOOK_SECRET"]},
        json={"OrderId": "v1-01", "State": state, "CurrentChange": moment},
        timeout=20,
        trust_env=False,
    )
    return answer.status_code


def silent_connections(folder: Path, count: int = 300) -> Finding:
    with shop_receiver(folder) as (address, port, end):
        silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(count)]
        status = told(address)
        for one in silent:
            one.close()
        log = end()
    happened = (
        f"{count} silent connections: a call was answered {status}; {len(log):,} bytes of log"
    )
    return Finding(status == 200 and len(log) < 2_000, happened)


def slow_request(folder: Path) -> Finding:
    """A letter a second would hold a connection for days; a silent one is closed in seconds."""
    with shop_receiver(folder) as (_, port, _):
        started = time.monotonic()
        with socket.create_connection(("127.0.0.1", port)) as silent:
            silent.settimeout(60)
            with suppress(ConnectionError):
                silent.recv(1)
        seconds = time.monotonic() - started
    return Finding(seconds < 8, f"a silent connection was closed after {seconds:.1f} s")


def edge_of_the_calendar(folder: Path) -> Finding:
    moments = ("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2016-12-31T23:59:60Z")
    with shop_receiver(folder) as (address, _, _):
        answers = [told(address, moment=moment) for moment in moments]
    return Finding(answers == [200] * 3, f"answers {answers}")


def long_state(folder: Path) -> Finding:
    with shop_receiver(folder) as (address, _, _):
        status = told(address, state="x" * 60_000)
        kept = sum(one.stat().st_size for one in (folder / "data/inbox").rglob("*.inbox"))
    return Finding(status == 200 and kept < 1_000, f"answer {status}, {kept} bytes kept of 60,000")


ATTEMPTS = (
    Attempt("an answer of 1 GB in one layer of gzip", lambda f: verified(f, packed(1)), long=True),
    Attempt("an answer of 2 GB in two layers of gzip", lambda f: verified(f, packed(2)), long=True),
    Attempt("an endless answer in chunks", lambda f: verified(f, endless)),
    Attempt("an answer a letter at a time", slow_answer),
    Attempt("a key with an accent in a header", accented_key),
    Attempt("a CSV file of 1,000,000 columns", many_columns, long=True),
    Attempt("a CSV file of 5,000 columns", several_thousand_columns),
    Attempt("a line of 200 MB in a CSV file", long_csv_line, long=True),
    Attempt("a line of 200 MB in an NDJSON file", long_json_line, long=True),
    Attempt("NDJSON lines that are no text, too deep or no number", unreadable_json_lines),
    Attempt("amounts whose sum leaves 64 bits", large_amounts, long=True),
    Attempt("barcodes in the column of the amount", barcodes_as_amounts),
    Attempt("300 silent connections to the receiver", silent_connections),
    Attempt(
        "1,200 silent connections to the receiver",
        lambda f: silent_connections(f, 1_200),
        long=True,
    ),
    Attempt("a connection to the receiver that says nothing", slow_request, long=True),
    Attempt("moments at the edge of the calendar", edge_of_the_calendar),
    Attempt("an order state of 60 KB", long_state),
)
