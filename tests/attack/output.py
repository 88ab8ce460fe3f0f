"""What a shop's data holds, leaving for a terminal, a spreadsheet, a page or a browser."""

from __future__ import annotations

import csv
import io
import os
import pty
import re
import subprocess
import sys
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import duckdb

from tests.attack.attempt import Attempt, Finding, NotHere
from tests.cli import shell
from tests.flows.screenshot import browser, elements

ROOT = Path(__file__).resolve().parents[2]
EVIL = "\x1b[31;5mX\x1b]0;owned\x07\x9b2J\x08\x7f\u202e\u2066[red][/x]\u2028"
FORMULA = "Ana;=cmd|' /C calc'!A0"
PROTOTYPE = ("constructor", "__proto__", "toString", "</script><script>alert(1)</script>", "share")
# What rich itself writes to a terminal: colours, the cursor of its progress bars.
OURS = re.compile(r"\x1b\[(?:[0-9;]*m|\?25[lh]|1A|2K)|\r(?=\n|\x1b)")
TURNING = set("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029")
NOW = ("--now", "2026-03-10T15:00:00Z")


def enrich(folder: Path, *arguments: object, on_terminal: bool = False) -> tuple[int, str]:
    """The exit code of a real process and all that it wrote, to a pipe or to a terminal."""
    command = [sys.executable, "-m", "enrich", *map(str, arguments)]
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color"}
    if not on_terminal:
        done = subprocess.run(
            command, cwd=folder, env=environ, capture_output=True, timeout=600, check=False
        )
        return done.returncode, (done.stdout + done.stderr).decode()
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        command, cwd=folder, env=environ, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        written = b"".join(_chunks(ours))
        os.close(ours)
        return process.wait(timeout=600), written.decode()


def called(*arguments: object) -> tuple[int, str]:
    """Exit code and output of a command in this process: a new one takes two seconds to start."""
    done = shell.enrich(*arguments)
    return done.code, done.out + done.err


def _chunks(descriptor: int) -> list[bytes]:
    """Everything until the other end is closed, which Linux tells by an error."""
    found = []
    try:
        while chunk := os.read(descriptor, 65536):
            found.append(chunk)
    except OSError:
        pass
    return found


def shop(folder: Path, text: str, people: int = 30) -> None:
    """A data folder whose names, brands, codes and SKUs are the text, with profiles."""
    days = [f"2026-03-0{1 + number % 9}" for number in range(people)]
    tables = {
        "orders": [
            ("order_id", "customer_id", "ordered_at", "amount", "promo_code"),
            *((f"o{n}", f"c{n}", day, "10.50", text) for n, day in enumerate(days)),
        ],
        "items": [
            ("order_id", "sku", "quantity", "amount", "product", "brand", "category"),
            *((f"o{n}", text, 1, "10.50", text, text, text) for n in range(people)),
        ],
        "customers": [
            ("customer_id", "first_name", "last_name", text),
            *((f"c{n}", text, text, text) for n in range(people)),
        ],
    }
    for name, rows in tables.items():
        _write(folder / f"{name}.csv", rows)
    files = [f"--{name}={folder / name}.csv" for name in tables]
    data = ("--data", folder / "data")
    for command in (("import", *files), ("profiles", "--output", folder / "profiles.csv")):
        assert shell.enrich(*command, *data, *NOW).code == 0  # a process begins in three seconds


def _write(path: Path, rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows(rows)


def hidden(text: str) -> set[str]:
    """The characters left that move a cursor or turn letters, after rich's own codes."""
    return {
        one
        for one in OURS.sub("", text)
        if (unicodedata.category(one) in ("Cc", "Cs") and one not in "\n\r\t") or one in TURNING
    }


def control_characters_at_a_terminal(folder: Path) -> Finding:
    """Commands that show something of the data, and errors that quote what they were given."""
    shop(folder, EVIL)
    settings = folder / "evil.toml"
    settings.write_text('[stores.main]\ncurrency = "\\u001B[31;5mX\\u202E"\n')
    asked = "select first_name, brands_lifetime, promo_codes_lifetime from profiles limit 3"
    _write(folder / "one.csv", [("order_id", "ordered_at", "amount", EVIL), ("1", EVIL, "1", "")])
    commands: list[Sequence[object]] = [
        ("query", asked, "--csv"),
        ("query", asked, "--json"),
        ("customer", "c1"),
        ("import", "--orders", f"{EVIL.replace('/', '')}.csv"),
        ("push", "--destination", EVIL),
        ("status", "--config", settings),
    ]
    shown = [enrich(folder, *one)[1] for one in commands]
    shown.append(enrich(folder, "query", asked, on_terminal=True)[1])
    shown.append(enrich(folder, "import", "--orders", "one.csv", *NOW, on_terminal=True)[1])
    found = set().union(*map(hidden, shown))
    is_clean = not found and not any("\x1b[31;5m" in one for one in shown)
    is_seen = sum("owned" in one for one in shown) >= 5
    return Finding(
        is_clean and is_seen, f"{len(found)} kinds of hidden characters in {len(shown)} commands"
    )


def formulas_in_any_separator(folder: Path) -> Finding:
    """A query for people and a profile file, split at the separators of several countries."""
    shop(folder, FORMULA)
    asked = ("query", "select first_name, brands_lifetime from profiles", "--csv")
    texts = [enrich(folder, *asked)[1], (folder / "profiles.csv").read_text()]
    texts.append(enrich(folder, *asked, "--csv-for", "excel-br")[1].removeprefix("\ufeff"))
    running = {
        cell
        for text in texts
        for separator in ",;\t|"
        for row in csv.reader(io.StringIO(text), delimiter=separator)
        for cell in row
        if cell.lstrip(' \t"')[:1] in ("=", "@") or cell.lstrip(' \t"').startswith("-c")
    }
    is_there = all("cmd" in text for text in texts)
    return Finding(is_there and not running, f"{len(running)} cells begin as a formula")


def a_channel_called_constructor(folder: Path) -> Finding:
    """Channels, brands and products named as JavaScript's own, opened in a browser."""
    if browser() is None:
        raise NotHere("no chromium: the dashboard was not opened")
    shop(folder, "plain", people=60)
    with duckdb.connect(str(folder / "data" / "warehouse.duckdb")) as connection:
        for number, name in enumerate(PROTOTYPE):
            mine = f"purchase_no % {len(PROTOTYPE)} = {number}"
            connection.execute(f"update purchases set sales_channel = '{number}' where {mine}")
            connection.execute(
                "insert into sales_channels by name select 'main' as store,"
                " $number as sales_channel, $name as sales_channel_name",
                {"number": str(number), "name": name},
            )
            connection.execute(
                f"update purchase_lines set product = $name, brand = $name where {mine}",
                {"name": name},
            )
    assert enrich(folder, "profiles", *NOW)[0] == 0
    assert enrich(folder, "dashboard", *NOW)[0] == 0
    page = (folder / "data" / "dashboard.html").resolve().as_uri()
    shown = re.sub(r"(?s)<script.*?</script>", "", elements(f"{page}#lang=pt&period=90", folder))
    names = [name.replace("<", "&lt;").replace(">", "&gt;") for name in PROTOTYPE]
    missing = [name for name in names if shown.count(f">{name}") < 3]
    return Finding(not missing, f"{len(names) - len(missing)} of {len(names)} names are shown")


def a_file_mostly_unusable(folder: Path) -> Finding:
    """An import of which half cannot be used: held, named, and loaded only when somebody looked."""
    rows = [(f"o{n}", "c1", "2026-03-01", "10" if n % 2 else "ten") for n in range(200)]
    _write(folder / "orders.csv", [("order_id", "customer_id", "ordered_at", "amount"), *rows])
    command = ("import", "--orders", folder / "orders.csv", "--data", folder / "data", *NOW)
    code, said = called(*command)
    is_held = code == 4 and "amount" in said and "line 2" in said and "ten" not in said
    loaded, _ = called(*command, "--confirm")
    return Finding(is_held and loaded == 0, f"exit {code}, then {loaded} with --confirm")


def a_confirmation_of_everything(folder: Path) -> Finding:
    """`push --confirm` without a name, which would agree to every platform at once."""
    settings = folder / "enrich.toml"
    settings.write_text('[stores.main]\n[destinations.files]\nkind = "file"\n')
    code, said = called("push", "--confirm", "--config", settings)
    return Finding(code == 2 and "files" in said, f"exit {code}, it names the destinations")


def profiles_of_nobody(folder: Path) -> Finding:
    """`profiles` before anything was pulled or imported."""
    code, said = called("profiles", "--data", folder / "data", *NOW)
    return Finding(code == 1 and "enrich sync" in said, f"exit {code}, it says what to run first")


ATTEMPTS = (
    Attempt("control characters at a terminal", control_characters_at_a_terminal, long=True),
    Attempt("formulas in any separator", formulas_in_any_separator, long=True),
    Attempt("a channel called constructor", a_channel_called_constructor, long=True),
    Attempt("an import mostly unusable", a_file_mostly_unusable),
    Attempt("push --confirm without a name", a_confirmation_of_everything),
    Attempt("profiles of an empty warehouse", profiles_of_nobody),
)
