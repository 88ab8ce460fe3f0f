"""A destination of another package: installed beside us, named by its kind, its faults its own.

The package is the recipe of docs/extending.md in a folder on the path, with the files an installer
leaves: modules, and a dist-info with entry points.
"""

from __future__ import annotations

import re
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from enrich.cli import check_destination
from enrich.contract.rules import RULES
from enrich.destinations import REGISTRY
from enrich.destinations.plugins import plugged_in
from enrich.simulator.http import Request
from enrich.simulator.platforms import Account, Platform, serve
from tests.cli.shell import Said, enrich
from tests.cli.test_commands import ORDERS
from tests.docs.test_extending import PAGE, recipes

MODULE = "enrich_acme"
POINTS = re.findall(r'^    (\[project[^\n]+\]|acme = "[^"]+")$', PAGE.read_text(), re.MULTILINE)
RECIPE = {Path(one.path): one.text for one in recipes()["A destination"]}
CLASS = RECIPE[Path("enrich/destinations/acme.py")]
FAKE = RECIPE[Path("enrich/simulator/platforms/acme.py")]
SHOP = """
[stores.main]
currency = "BRL"
"""
DESTINATIONS = """
[destinations.acme]
kind = "acme"
api_key = {{ env = "KEY" }}
base_url = "{address}"
[destinations.files]
kind = "file"
formats = ["csv"]
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on the path that packages are installed into."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    plugged_in.cache_clear()
    yield folder
    plugged_in.cache_clear()
    for name in [one for one in sys.modules if one.partition(".")[0] == MODULE]:
        del sys.modules[name]


def install(site: Path, code: str = CLASS, package: str = "enrich-acme") -> None:
    """What an installer leaves of the package, whose entry points are those of the page."""
    home = site / MODULE
    home.mkdir(exist_ok=True)
    (home / "__init__.py").write_text(code)
    (home / "fake.py").write_text(FAKE)
    info = site / f"{package.replace('-', '_')}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    groups = [one.replace('[project.entry-points."', "[").replace('"]', "]") for one in POINTS]
    (info / "entry_points.txt").write_text("\n".join(groups).replace('"', "") + "\n")


@contextmanager
def served(platform: Platform, account: Account) -> Iterator[str]:
    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", 0)))
            query = dict(parse_qsl(parts.query))
            asked = Request(self.command, parts.path, query, headers, body)
            reply = serve(platform, account, asked, 0.0)
            self.send_response(reply.status)
            self.send_header("content-type", reply.content_type)
            self.send_header("content-length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        do_GET = do_POST  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def profiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop with profiles and no destination yet."""
    folder = tmp_path_factory.mktemp("profiled")
    (folder / "orders.csv").write_text(ORDERS)
    (folder / "enrich.toml").write_text(SHOP)
    assert do(folder, "import", "--orders", folder / "orders.csv").code == 0
    assert do(folder, "profiles").code == 0
    return folder


@pytest.fixture
def shop(profiled: Path, tmp_path: Path) -> Path:
    """The same with a destination of the package, and one of ours."""
    shutil.copytree(profiled, tmp_path / "shop", symlinks=True)
    set_up(tmp_path / "shop")
    return tmp_path / "shop"


def set_up(shop: Path, address: str = "https://api.acme.example") -> None:
    (shop / "enrich.toml").write_text(SHOP + DESTINATIONS.format(address=address))


def do(folder: Path, *words: object) -> Said:
    common = ("--config", folder / "enrich.toml", "--data", folder / "data")
    return enrich(*words, *common, environ={"KEY": "a-key"})


def test_an_installed_package_is_a_destination_like_ours(site: Path, shop: Path) -> None:
    install(site)
    account = Account()
    platform = Platform("api.acme.example", lambda *asked: _fake().answer(*asked))
    with served(platform, account) as address:
        set_up(shop, address)
        assert do(shop, "fields").code == 0
        checked = do(shop, "verify")
        assert "works" in checked.out and checked.code == 0, checked.out + checked.err
        pushed = do(shop, "push", "--destination", "acme", "--confirm")
    assert pushed.code == 0, pushed.out + pushed.err
    assert account.contacts["ana@example.com"]["orders_lifetime"] == 2
    assert "acme" not in REGISTRY


def _fake():  # type: ignore[no-untyped-def]
    from enrich_acme import fake

    return fake


def changed(before: str, after: str) -> str:
    assert CLASS.count(before) == 1
    return CLASS.replace(before, after)


HEADERS, SHAPED = "    def headers(self)", '        return {"email"'
QUOTING = f'        raise KeyError(row["email"])\n{SHAPED}'
LIMITS = "    max_records = 100"
ACCEPTS = """lambda self, old, _: accepted_but_places([old], [], "")[0]"""
# What a package may hold, and what is told of it.
BROKEN = {
    "does not begin": ("import not_installed_anywhere", "No module named 'not_installed_anywhere'"),
    "has no such class": ("", "AttributeError"),
    "names no destination": ("Acme = 7", "it names no DestinationEntity"),
    "is of another kind": (changed('kind = "acme"', 'kind = "emca"'), "kind of its class"),
    "lacks a method": (changed("def save(", "def store("), "does not have save"),
    "fails when asked": (
        changed(HEADERS, "    def headers(self, x)"),
        "TypeError in http.py, line",
    ),
    "fails when opened": (
        changed(HEADERS, f"    def adapt(self):\n        1 / 0\n\n{HEADERS}"),
        "ZeroDivisionError in __init__.py, line",
    ),
    "fails in a property": (
        changed(
            HEADERS, f"    @property\n    def mapping_version(self):\n        1 / 0\n\n{HEADERS}"
        ),
        "ZeroDivisionError in __init__.py, line",
    ),
    "quotes a customer": (changed(SHAPED, QUOTING), "KeyError in __init__.py, line"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_package_is_one_line_and_stops_its_own_kind_alone(
    what: str, site: Path, shop: Path
) -> None:
    code, told = BROKEN[what]
    install(site, code)
    said = do(shop, "push", "--destination", "acme", "--confirm")
    assert said.code == 1
    (line,) = [line for line in said.err.splitlines() if not line.startswith("main to acme:")]
    assert line.startswith("error: kind acme: the package enrich-acme 1.0 does not work: ")
    assert told in line
    assert "ana@example.com" not in said.out + said.err
    everything = do(shop, "push")
    assert re.search(r"files.*main.*profiles", everything.out)
    assert "enrich-acme 1.0" in everything.err


def test_two_packages_of_one_kind_are_named(site: Path, shop: Path) -> None:
    install(site)
    install(site, package="other-acme")
    said = do(shop, "push", "--destination", "acme", "--confirm")
    assert "kind acme: enrich-acme 1.0 and other-acme 1.0 both have it; remove one" in said.err


def test_an_unknown_kind_lists_those_of_packages_too(site: Path, shop: Path) -> None:
    install(site)
    settings = shop / "enrich.toml"
    settings.write_text(settings.read_text().replace('kind = "acme"', 'kind = "acne"'))
    said = do(shop, "push")
    assert (said.code, len(said.err.splitlines())) == (2, 1)
    assert "kind 'acne' is unknown; known are acme, braze" in said.err


def test_its_author_holds_it_to_the_contract(site: Path) -> None:
    """By its kind alone: the class and its stand-in are found by the entry points."""
    install(site)
    said = enrich("check-destination", "acme")
    assert (said.code, said.err) == (0, ""), said.out
    assert said.out.count("│ holds") == len(RULES)


WRONG = {
    "accepts what was refused": (
        changed(
            'accepted_but_places(records, answer.get("errors"), "index", self.refusal_keys)',
            "accepted_but_places(records, [], 'index', answer and self.refusal_keys)",
        ),
        "keeps a refusal alone",
        "accepted: 9 instead of 8",
    ),
    "shows a secret": (
        changed(HEADERS, f"    def __repr__(self):\n        return self.secret()\n\n{HEADERS}"),
        "shows no secret",
        "a secret in its repr: True instead of False",
    ),
    "quotes a customer": (changed(SHAPED, QUOTING), "sends nothing twice", "KeyError"),
    "takes a changed address for a new person": (
        changed(LIMITS, f'    moves_address = "field"\n{LIMITS}'),
        "follows an address that moves",
        "contacts with values of ours: 5 instead of 3",
    ),
    "leaves its values at the old address": (
        changed(HEADERS, f"    leave = {ACCEPTS}\n\n{HEADERS}"),
        "follows an address that moves",
        "contacts with values of ours: 5 instead of 3",
    ),
    "keeps what became empty": (
        changed("**values}", "**{n: v for n, v in values.items() if v is not None}}"),
        "empties a field",
        "[True, True] instead of [True, False]",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_rule_that_does_not_hold_is_named(
    what: str, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, rule, told = WRONG[what]
    install(site, code)
    tried = {name: RULES[name] for name in (rule, "says sane limits")}
    monkeypatch.setattr(check_destination, "RULES", tried)
    said = enrich("check-destination", f"{MODULE}:Acme", "--fake", f"{MODULE}.fake:PLATFORM")
    assert said.code == 1
    (line,) = [line for line in said.out.splitlines() if "BROKEN" in line]
    assert rule in line and told in line
    assert "person000" not in said.out + said.err
    assert "1 of 2 rules do not hold" in said.err


NOT_TO_BE_TRIED = [
    (["acne"], "no package has a destination of kind acne"),
    ([f"{MODULE}:Nobody"], f"{MODULE}:Nobody: AttributeError"),
    (["nowhere_at_all:Acme"], "No module named 'nowhere_at_all'"),
    ([f"{MODULE}.fake:PLATFORM"], "it names no DestinationEntity"),
    (["file"], "file: no stand-in; give --fake MODULE:NAME"),
    (["acme", "--fake", f"{MODULE}:Acme"], "no stand-in"),
]


@pytest.mark.parametrize(("words", "told"), NOT_TO_BE_TRIED)
def test_what_cannot_be_tried_is_one_line(words: list[str], told: str, site: Path) -> None:
    install(site)
    said = enrich("check-destination", *words)
    assert (said.code, len(said.err.splitlines())) == (2, 1)
    assert told in said.err
