"""Nothing a run leaves behind, or says, tells a secret; nothing it says tells who a customer is."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import md5
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from enrich.destinations import AUDIENCES, REGISTRY
from enrich.destinations.ads import clean_email, clean_gmail, hashed
from enrich.receiver import CONSENTS, Message, Notice, inbox_of
from enrich.settings import read_settings
from enrich.simulator.build import FULL_KEY, ICOMM_KEY
from enrich.simulator.platforms import PLATFORMS, Account, newsletter
from enrich.sources.vtex import Vtex
from enrich.warehouse import read_warehouse
from enrich.wiring import Wiring
from tests.cli.shell import enrich
from tests.cli.test_forget import SETTINGS
from tests.jobs.town import NOW, Town, town


def _is_secret(value: object) -> bool:
    return isinstance(value, dict) and set(value) == {"env"}


def _as_toml(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{k} = {_as_toml(v)}" for k, v in value.items()) + " }"
    return json.dumps(value)


def settings_of_every_kind() -> str:
    """The settings of test_forget, and a table for every other kind of destination."""
    tables = [
        "\n".join(
            [
                f"[destinations.{kind}]",
                f'kind = "{kind}"',
                *(f"{key} = {_as_toml(value)}" for key, value in options.items()),
            ]
        )
        for kind, options in MORE.items()
    ]
    shop = SETTINGS.replace("time_zone", 'store_url = "https://shop.example.com"\ntime_zone', 1)
    return shop + "\n" + "\n".join(tables) + CONSENT + AUDIENCE


# A destination of every kind, but for those of SETTINGS; what is slow by nature is made quick.
QUICK = {"poll_seconds": 0.05, "requests_per_minute": 60_000}
MORE: dict[str, dict[str, Any]] = {
    kind: {**adapter.example, **QUICK, "base_url": f"ADDRESS/{kind}"}
    for kind, adapter in REGISTRY.items()
    if kind not in ("file", "webhook")
}
MORE["webhook"] = {"url": "ADDRESS/webhook", "signing_secret": {"env": "HOOK"}}
# Each takes all that it can; what goes one by one, a part of it.
TAKEN = {kind: [one.name for one in platform.entities()] for kind, platform in REGISTRY.items()}
for kind, options in MORE.items():
    for entity in REGISTRY[kind].others:
        long_ago = {"cart_days": 3_000} if entity.name == "carts" else {}
        options |= {**entity.example, **long_ago, "entities": TAKEN[kind]}
MORE["connectif"]["max_records_per_run"] = 8
CONSENT = """
[consent]
enabled = true
read_from = ["connectif", "synerise"]
create_unknown = true
[receive.callers.connectif]
kind = "connectif"
secret = { env = "RECEIVE" }
"""
LIST = "Everybody"
AD_PLATFORMS = [kind for kind, platform in REGISTRY.items() if platform.name == AUDIENCES]
TAKERS = {
    "files" if kind == "file" else kind: LIST
    for kind, taken in TAKEN.items()
    if AUDIENCES in taken and kind not in AD_PLATFORMS
}
AUDIENCE = f"""
[audiences.everybody]
rule = "true"
channel = "email"
destinations = {_as_toml(TAKERS)}
[audiences.agreed]
rule = "true"
channel = "ads"
destinations = {_as_toml(dict.fromkeys(AD_PLATFORMS, LIST))}
"""
AGREED = "customer_id,email,phone,ads_opt_in\n" + "".join(
    f"ads{n},agreed{n}@example.com,+551198765{n:04},true\n" for n in range(9)
)
STRANGER = "a.stranger@example.com"
ENV_NAMES = sorted(
    value["env"] for options in MORE.values() for value in options.values() if _is_secret(value)
)
SECRETS = {
    "KEY": FULL_KEY.app_key,
    "TOKEN": FULL_KEY.app_token,
    **{name: f"secret-of-{name.lower()}" for name in ENV_NAMES},
    "ICOMM_API_KEY": ICOMM_KEY,
    "RECEIVE": "secret-of-whoever-calls",
}
# What somebody has to make on a platform before it takes more than profiles.
MADE: dict[str, dict[str, Any]] = {
    "coupon_sets": {"set-1": {"id": "set-1", "type": "multiple"}},
    "catalogs": {"products": {}},
    "lists": {"7": LIST},
}
SPOKEN = (
    ("verify",),
    ("run",),
    *(("push", "--confirm", "--destination", name) for name in ("files", *MORE)),
    ("push", "--dry-run"),
    ("push", "--destination", "synerise", "--entity", "purchases", "--from", "2026-01-01"),
    ("push", "--exports"),
    ("consent", "--dry-run"),
    ("consent", "--confirm"),
    ("status",),
    ("rejects",),
    ("sync", "--debug"),
)
PERSONAL = """
select unnest([email, document, phone, customer_id]) as value
from customers
union
select unnest([email, document, phone]) as value
from contacts
"""


@dataclass(frozen=True)
class Left:
    """What the commands said and logged, and the folder they worked in."""

    folder: Path
    said: str
    logged: str
    personal: list[str]

    @property
    def data(self) -> Path:
        return self.folder / "data"


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Left]:
    folder = tmp_path_factory.mktemp("shop")
    config = folder / "enrich.toml"
    said: list[str] = []
    with town(orders=80, customers=30) as there, everything_logged() as log:
        config.write_text(settings_of_every_kind().replace("ADDRESS", there.address))
        for kind in PLATFORMS:
            fields = {field.target for field in REGISTRY[kind].mapping}
            there.simulator.accounts[kind] = Account(
                known_fields={*fields, LIST}, tables=deepcopy(MADE)
            )
        common = ("--config", config, "--data", folder / "data")
        (folder / "agreed.csv").write_text(AGREED)
        agreed = enrich("import", "--customers", folder / "agreed.csv", *common, environ=SECRETS)
        assert agreed.code == 0, agreed.err
        for words in SPOKEN:
            if words == ("consent", "--dry-run"):
                say_something(there, folder / "data")
            answer = enrich(*words, *common, environ=SECRETS)
            is_held = words == ("run",)  # to be confirmed; the later pushes of the moment were
            assert answer.code == (4 if is_held else 0), (words, answer.code, answer.err)
            if words == ("run",):
                refuse_some(there, folder)
            said += [answer.out, answer.err]
        wrong = {**SECRETS, "TOKEN": "a-wrong-token"}
        for words in (("sync", "--debug"), ("verify",)):
            answer = enrich(*words, *common, environ=wrong)
            assert answer.code == 3, answer.err
            said += [answer.out, answer.err]
    with read_warehouse(folder / "data") as copy:
        values = copy.query(PERSONAL)["value"].drop_nulls().to_list()
    assert len(values) > 80
    assert "created in VTEX" in "".join(said)  # there is something to be said
    hashes = [hashed(clean(one)) for one in values for clean in (clean_gmail, clean_email)]
    personal = [STRANGER, *(value for value in values if len(value) > 5), *hashes]
    yield Left(folder, "\n".join(said), log.getvalue(), personal)


@contextmanager
def everything_logged() -> Iterator[io.StringIO]:
    """All that any library logs, in full detail."""
    text = io.StringIO()
    handler, root = logging.StreamHandler(text), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield text
    finally:
        root.setLevel(level)
        root.removeHandler(handler)


def refuse_some(there: Town, folder: Path) -> None:
    """Every platform has something to complain about."""
    with read_warehouse(folder / "data") as copy:
        emails = copy.query("select email from customers where email is not null")["email"]
    some = emails.sort()[:3].to_list()
    digests = [md5(email.encode(), usedforsecurity=False).hexdigest() for email in some]
    for kind in PLATFORMS:
        there.switch("POST", f"platforms/{kind}", {"refused": [*some, *digests]})
    there.simulator.icomm.refused = set(some)


def say_something(there: Town, data: Path) -> None:
    """Some at Connectif want no newsletter any more, and somebody nobody knows wants it."""
    there.switch("POST", "advance", {"minutes": 2})  # Connectif counts the calls of a minute
    account = there.simulator.account("connectif")
    account.seconds = NOW.timestamp() - 3_600
    for email in sorted(account.contacts)[:5]:
        newsletter.set_status(account, email, "unsubscribed", ip="203.0.113.7", origin="form")
    inbox = inbox_of(data, "main")
    told = Notice(CONSENTS, STRANGER, "subscribed", by_person=True)
    inbox.prepare()
    kept = inbox.keep(CONSENTS, [Message(told, "connectif", NOW - timedelta(hours=1))], NOW)
    assert f"{kept.stat().st_mode:o}"[-3:] == "600"


def test_no_secret_and_nobody_is_in_what_a_run_leaves_or_says(left: Left) -> None:
    """One test, as the runs that it looks at take a minute and every worker would repeat them."""
    every_kind_was_pushed_to(left)
    no_secret_is_in_any_file(left)
    no_hash_of_anybody_is_in_any_file(left)
    no_secret_and_nobody_is_in_what_is_said(left)
    no_secret_and_nobody_is_logged(left)
    settings_never_show_a_secret(left)
    what_a_run_is_wired_to_never_shows_a_secret(left)
    what_the_program_remembers_of_its_work_names_nobody(left)
    files_are_for_their_owner_alone(left)


def every_kind_was_pushed_to(left: Left) -> None:
    import duckdb

    with duckdb.connect(str(left.data / "warehouse.duckdb"), read_only=True) as connection:
        rows = connection.sql("select distinct destination, entity from push_records").fetchall()
    pushed = {("file" if name == "files" else name, entity) for name, entity in rows}
    wanted = {(kind, entity) for kind, entities in TAKEN.items() for entity in entities}
    assert wanted - pushed == set()


def no_secret_is_in_any_file(left: Left) -> None:
    secrets = [*SECRETS.values(), "a-wrong-token"]
    for path in left.folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert [s for s in secrets if s.encode() in content] == [], path.name


def no_hash_of_anybody_is_in_any_file(left: Left) -> None:
    hashes = [value for value in left.personal if len(value) == 64]
    assert len(hashes) > 80
    for path in left.folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert [one for one in hashes if one.encode() in content] == [], path.name


def no_secret_and_nobody_is_in_what_is_said(left: Left) -> None:
    assert [s for s in (*SECRETS.values(), "a-wrong-token") if s in left.said] == []
    assert [value for value in left.personal if value in left.said] == []


def no_secret_and_nobody_is_logged(left: Left) -> None:
    assert [s for s in (*SECRETS.values(), "a-wrong-token") if s in left.logged] == []
    assert [value for value in left.personal if value in left.logged] == []


def settings_never_show_a_secret(left: Left) -> None:
    settings = read_settings(left.folder / "enrich.toml")
    for text in (repr(settings), settings.model_dump_json()):
        assert [s for s in SECRETS.values() if s in text] == []


def what_a_run_is_wired_to_never_shows_a_secret(left: Left) -> None:
    settings = read_settings(left.folder / "enrich.toml")
    wiring = Wiring(settings, SECRETS, lambda: datetime(2026, 3, 10, tzinfo=UTC))
    with wiring.shop("main") as shop, wiring.destinations() as there:
        assert isinstance(shop.source, Vtex)
        for live in (wiring, shop, shop.source.client, there, [one.profiles for one in there]):
            assert [s for s in SECRETS.values() if s in repr(live)] == []


def what_the_program_remembers_of_its_work_names_nobody(left: Left) -> None:
    import duckdb

    with duckdb.connect(str(left.data / "warehouse.duckdb"), read_only=True) as connection:
        for table in (
            "state.runs",
            "state.order_listing",
            "state.watermarks",
            "state.differing_orders",
            "reconciliation",
            "resolve_report",
            "push_runs",
            "push_batches",
            "push_jobs",
            "push_exports",
            "push_confirmations",
            "profile_runs",
            "rfm_cut_points",
            "consents",
            "consent_statements",
            "consent_decisions",
            "state.consent_known",
            "state.consent_wishes",
            "state.consent_addresses",
        ):
            text = pl.DataFrame(connection.table(table).to_arrow_table()).write_json()
            found = [value for value in left.personal if f'"{value}"' in text or value in text]
            assert found == [], table


def files_are_for_their_owner_alone(left: Left) -> None:
    modes = {
        path.relative_to(left.data).as_posix(): path.stat().st_mode & 0o777
        for path in left.data.rglob("*")
        if path.is_file()
    }
    assert {"warehouse.duckdb", "analysis.duckdb", ".lock"} <= modes.keys()
    assert any(name.startswith("exports/") for name in modes)
    assert {name: mode for name, mode in modes.items() if mode != 0o600} == {}
