"""Every recipe of docs/extending.md is applied to a copy of the checkout, and what it makes is run.

A block with `+` and `-` edits the file that the line above it names: what it shows stands there
exactly once. Any other block is a new file.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.docs.pages import ROOT

PAGE = ROOT / "docs" / "extending.md"
MAX_FILES = 3
"""A destination has two registries more, one of them the stand-ins of the tests, and a page."""
COPIED = ("enrich", "sql", "docs", "tests", "pyproject.toml")
_BLOCK = re.compile(
    r"^`([\w./]+)`:\n\n(?:<!-- [^\n]+ -->\n)?```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL
)

FIELD = """
from datetime import timedelta
from tests.profile import reference
from tests.profile.shops import AS_OF, computed, inputs, numbered

def bought(customer, age):
    return reference.Purchase(customer, AS_OF - timedelta(days=age), 100)

purchases = numbered([bought(1, 30), bought(1, 20), bought(1, 5), bought(2, 8)])
made = computed(inputs([1, 2, 3], purchases))
days = {customer: row["days_to_second_purchase"] for customer, row in made.items()}
assert days == {1: 10, 2: None, 3: None}, days
assert made == reference.profiles([1, 2, 3], purchases, AS_OF)
"""
DESTINATION = """
from pathlib import Path
from enrich.destinations import REGISTRY
from tests.destinations import test_docs
from tests.destinations.conftest import World, make_people

world = World(Path("data"))
there = world.open("acme", **REGISTRY["acme"].example)
account = world.account("acme")
account.refused = {"person0002@example.com"}
world.push(there, make_people(2))
assert world.ledger_of("profiles").outcomes() == {"1": "accepted", "2": "rejected"}
assert account.contacts["person0001@example.com"]["rfm_30d"] == "545"
assert there.check() == []
test_docs.write_tables()
test_docs.test_the_tables_are_those_of_the_code("acme", test_docs.keys_table)
test_docs.test_the_tables_are_those_of_the_code("acme", test_docs.limits_table)
test_docs.test_the_page_says_what_to_do_first("acme")
test_docs.test_the_first_page_lists_every_platform()
"""
ENTITY = """
import json
from datetime import UTC, datetime
from pathlib import Path
from enrich.model import Loaded
from enrich.sources.vtex import Vtex
from enrich.sync.store import pullers_of
from enrich.warehouse import open_warehouse, read_warehouse
from enrich.warehouse.dictionary import column_note, table_notes
from tests.vtex.shop import Shop

NAME, RUN = "pickup_points", {"run_id": "1", "now": datetime(2026, 3, 1, tzinfo=UTC)}
shop = Shop()
shop.lists["/api/logistics/pvt/configuration/pickuppoints"] = [
    {"id": "p1", "name": "Centro", "isActive": True, "address": {"street": "Rua A"}}
]
source = Vtex(shop.client())
(entity,) = [one for one in source.entities if one.name == NAME]
pulled = entity.read()
assert NAME in pullers_of(source, None) and pulled.note is None
assert json.loads(pulled.records[0].payload) == {"id": "p1", "name": "Centro", "isActive": True}
assert {one.resource: one.works for one in source.verify()}[NAME]
with open_warehouse(Path("data")) as warehouse:
    for loaded in (Loaded(new_count=1), Loaded(unchanged_count=1)):
        assert warehouse.records.load("main", NAME, pulled.records, **RUN) == loaded
    warehouse.publish()
with read_warehouse(Path("data")) as copy:
    found = copy.query(f"from {NAME}").to_dicts()
assert found == [
    {"store": "main", "pickup_point_id": "p1", "pickup_point": "Centro", "is_active": True}
]
assert NAME in table_notes() and all(column_note(NAME, name) for name in found[0])
"""
WINDOW = """
from datetime import timedelta
from pathlib import Path
from enrich.settings import read_settings
from tests.profile.reference import Purchase
from tests.profile.shops import AS_OF, computed, inputs, numbered

settings = read_settings(Path("enrich.toml"))
rules = settings.stores["main"].rules(settings.windows)
ages = (10, 500, 900)
bought = numbered([Purchase(1, AS_OF - timedelta(days=age), 100) for age in ages])
made = computed(inputs([1], bought), rules=rules)[1]
counts = {name: value for name, value in made.items() if name.startswith("orders_")}
assert counts == {
    **dict.fromkeys((f"orders_{days}d" for days in (30, 60, 90, 180, 360)), 1),
    "orders_720d": 2,
    "orders_720d_plus": 1,
    "orders_lifetime": 3,
}, counts
"""
SEGMENTS = """
from pathlib import Path
from enrich.model import Rules
from enrich.settings import read_segments, read_settings
from tests.profile.reference import Purchase
from tests.profile.shops import AS_OF, inputs, numbered
from tests.profile.whole import build_profiles

table = read_segments(read_settings(Path("enrich.toml")))
bought = numbered([Purchase(1, AS_OF, 100), Purchase(2, AS_OF.replace(year=2001), 100)])
made = build_profiles(inputs([1, 2, 3], bought), AS_OF, Rules(), segments=table).profiles
assert made["rfm_segment"].cast(str).to_list() == ["AWAKE", "SLEEPING", "PROSPECTS"]
assert made["rfm_group"].cast(str).to_list() == ["BUYERS", "BUYERS", "PROSPECTS"]
"""
SOURCE = """
import json
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from enrich.cli import run
from enrich.warehouse import read_warehouse

NOW = datetime(2026, 3, 1, tzinfo=UTC)
FIRST = [
    {"order_id": "r1", "email": "person1@example.com",
     "ordered_at": "2026-02-01T22:30:00-03:00", "amount_cents": 1250},
    {"order_id": "r2", "ordered_at": "2026-02-02T10:00:00-03:00", "amount_cents": "much"},
]
asked = []

class Shop(BaseHTTPRequestHandler):
    def do_GET(self):
        asked.append((parse_qs(urlsplit(self.path).query), self.headers["Authorization"]))
        content = json.dumps(FIRST if len(asked) == 1 else []).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *said):
        pass

server = HTTPServer(("127.0.0.1", 0), Shop)
threading.Thread(target=server.serve_forever, daemon=True).start()
settings = Path("enrich.toml")
address = f"http://127.0.0.1:{server.server_port}"
settings.write_text(settings.read_text().replace("https://api.acme.example", address))
keys = {"ACME_KEY": "key", "ACME_TOKEN": "token"}
for now in (NOW, NOW + timedelta(hours=4)):
    assert run(["sync"], environ=keys, clock=lambda: now) == 0
assert asked == [({}, "Bearer token"), ({"changed_after": [NOW.isoformat()]}, "Bearer token")]
with read_warehouse(Path("data")) as copy:
    bought = copy.query(
        "select c.email, p.purchased_on::varchar as bought_on, p.amount_cents "
        "from purchases p join customers c using (store, customer_key)"
    ).rows()
    rejected = copy.query("select entity, reject_count from reject_counts").rows()
assert bought == [("person1@example.com", "2026-02-02", 1250)], bought
assert rejected == [("import", 1)], rejected
"""
CHECKS = {
    "A profile field": FIELD,
    "A destination": DESTINATION,
    "A VTEX entity": ENTITY,
    "A window": WINDOW,
    "A segment table": SEGMENTS,
    "A source": SOURCE,
}


@dataclass(frozen=True)
class Change:
    """One block of a recipe: a new file, or an edit of one."""

    path: str
    kind: str
    text: str

    def apply(self, folder: Path) -> None:
        """Raises when the file is not as the page says."""
        path = folder / self.path
        if self.kind != "diff":
            assert not path.exists(), f"{self.path} is there already"
            path.write_text(self.text, encoding="utf-8")
            return
        for edit in self.text.split("@@\n"):
            before, after = _lines(edit, " -"), _lines(edit, " +")
            now = path.read_text(encoding="utf-8")
            assert now.count(before) == 1, f"{self.path} holds not once:\n{before}"
            path.write_text(now.replace(before, after), encoding="utf-8")


def _lines(edit: str, signs: str) -> str:
    """The lines with one of the signs, without it; an empty line stands for itself."""
    lines = edit.splitlines()
    return "".join(f"{line[1:]}\n" for line in lines if not line or line[0] in signs)


def recipes() -> dict[str, list[Change]]:
    """The changes of each recipe by its heading; the page in a recipe has other headings."""
    _, *parts = re.split(r"^## (?=A )", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    found: dict[str, list[Change]] = {}
    for part in parts:
        heading, _, text = part.partition("\n")
        found[heading] = [Change(*block) for block in _BLOCK.findall(text)]
    return found


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in COPIED:
        source, target = ROOT / name, tmp_path / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "images"))
        else:
            shutil.copyfile(source, target)
    return tmp_path


def test_every_recipe_is_tried() -> None:
    assert list(recipes()) == list(CHECKS)
    blocks = sum(len(changes) for changes in recipes().values())
    assert PAGE.read_text(encoding="utf-8").count("\n```\n") == blocks


def test_a_recipe_touches_as_many_files_as_the_page_says_and_at_most_three() -> None:
    counts = {name: len({change.path for change in done}) for name, done in recipes().items()}
    said = re.findall(r"^\| \[(.+?)\]\(#.+\| (\d) \|$", PAGE.read_text(encoding="utf-8"), re.M)
    assert {f"A{name[1:]}": int(count) for name, count in said} == counts
    assert max(counts.values()) <= MAX_FILES


@pytest.mark.parametrize("name", CHECKS)
def test_a_recipe_does_what_it_says(name: str, checkout: Path) -> None:
    changes = recipes()[name]
    for change in changes:
        change.apply(checkout)
    code = [change.path for change in changes if change.path.endswith(".py")]
    if code:
        run(checkout, "-m", "ruff", "check", "--no-cache", *code)
        run(checkout, "-m", "ruff", "format", "--no-cache", "--check", *code)
    run(checkout, "-W", "error", "-c", CHECKS[name])


def run(folder: Path, *arguments: str) -> None:
    """A Python of the copy; raises with what it wrote."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
