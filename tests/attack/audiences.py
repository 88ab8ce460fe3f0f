"""Lists of people: by rules that ask too much, into spreadsheets, to who said no since."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl

from enrich.audiences.audience import Audience
from enrich.destinations import NamedAudience
from enrich.destinations.ads import hashed
from enrich.errors import BadSettings
from tests.attack.attempt import Attempt, Finding
from tests.audiences.test_push import platform
from tests.audiences.test_run import BIG, keep, keep_profiles
from tests.cli import shell

SECRET = "a-line-of-a-file"
RULES = (
    "exists (from read_text('{file}'))",
    "email in (select content from read_text('{file}'))",
    "email = (from read_text('{file}') select content)",
    "email = any (select value from identity_links)",
    "true) or exists (from customers where (true",
    "true); copy customers to '{file}.csv'; select (true",
    "true) from customers --",
    "email in (with x as (from customers) select email from x)",
    "email in (values ((select first(email) from customers)))",
    "[one for one in (select list(email) from customers)] is not null",
    "read_text('{file}') is not null",
    "columns(*) is not null",
    "getenv('HOME') is not null",
    "customers.email is not null",
    "error(email)",
)
ORDERS = (
    "1 limit (select count(*) from customers)",
    "(select content from read_text('{file}'))",
    "1) from customers --",
    "1; copy customers to '{file}.csv'",
)
FORMULAS = ("=1+1", "+1;=1+1", "@sum(1)", "-1+cmd|x", "\t=1", "x,=1+1")
PEOPLE = "customer_id,email,first_name,last_name,phone,newsletter_opt_in,whatsapp_opt_in\n"
SETTINGS = """
[audiences.mails]
rule = "true"
[audiences.messages]
rule = "first_name is not null"
channel = "whatsapp"
"""


def a_rule_that_reaches_further(folder: Path) -> Finding:
    """Conditions and orders that would read a file, another table or a setting."""
    file = folder / "file"
    file.write_text(SECRET)
    tried = [(rule.format(file=file), "1") for rule in RULES]
    tried += [("true", order.format(file=file)) for order in ORDERS]
    with platform(folder, "klaviyo") as there:
        wrong = [Audience(f"a{no}", rule, order_by=by) for no, (rule, by) in enumerate(tried)]
        looks = keep(there.warehouse, *wrong, BIG).looks
    faults = [look.fault for look in looks[:-1]]
    passed = [one for one, fault in zip(tried, faults, strict=True) if fault is None]
    told = [fault for fault in faults if SECRET in str(fault) or "@" in str(fault)]
    is_held = not passed and not told and [*folder.glob("file*")] == [file]
    is_one_line = all(isinstance(one, BadSettings) and "\n" not in str(one) for one in faults)
    is_rest_there = len(looks[-1].members) == 4
    happened = f"{len(tried) - len(passed)} of {len(tried)} are refused; passed: {passed}"
    return Finding(is_held and is_one_line and is_rest_there, happened)


def formulas_in_an_exported_audience(folder: Path) -> Finding:
    """Names that are formulas, in every file that an audience is written to."""
    rows = [
        f'c{no},c{no}@example.com,"{text}","{text}",+551198765{no:04},true,true\n'
        for no, text in enumerate(FORMULAS)
    ]
    (folder / "people.csv").write_text(PEOPLE + "".join(rows))
    (folder / "enrich.toml").write_text(SETTINGS)
    common = ("--config", folder / "enrich.toml", "--data", folder / "data")
    orders = "order_id,customer_id,ordered_at,amount\n"
    orders += "".join(f"o{no},c{no},2026-01-01,10\n" for no in range(len(FORMULAS)))
    (folder / "orders.csv").write_text(orders)
    files = ("--customers", folder / "people.csv", "--orders", folder / "orders.csv")
    assert shell.enrich("import", *files, *common).code == 0
    assert shell.enrich("profiles", *common).code == 0
    forms = (
        ("mails", "mails.csv", ()),
        ("mails", "br.csv", ("--csv-for", "excel-br")),
        ("mails", "mails.xlsx", ()),
        *(("messages", f"{name}.csv", ("--for", name)) for name in ("omnichat", "blip", "zenvia")),
    )
    running, missing = 0, []
    for audience, name, options in forms:
        done = shell.enrich(
            "audience", "export", audience, "--to", folder / name, *options, *common
        )
        assert done.code == 0, done.err
        cells = list(_cells(folder / name))
        running += sum(_runs(cell) for cell in cells)
        missing += [name] * (not any("1+1" in cell for cell in cells))
    return Finding(not running and not missing, f"{running} cells run in {len(forms)} files")


def _cells(path: Path) -> Iterator[str]:
    """Every cell, as a spreadsheet of any country would cut the file."""
    if path.suffix == ".xlsx":
        sheet = openpyxl.load_workbook(path).active
        assert sheet is not None
        for row in sheet.iter_rows():
            yield from ("=" * (cell.data_type == "f") + str(cell.value or "") for cell in row)
        return
    text = path.read_text(encoding="utf-8-sig")
    for separator in ",;\t|":
        for row in csv.reader(io.StringIO(text), delimiter=separator):
            yield from row


def _runs(cell: str) -> bool:
    start = cell.lstrip(' \t"')
    is_number = start.lstrip("+-").replace(".", "").replace(",", "").isdigit()
    return start[:1] in ("=", "@", "+", "-") and not is_number and start != "-"


def a_no_after_the_list_was_made(folder: Path) -> Finding:
    """When members are known already, a no is said, a yes is gone, somebody is deleted."""
    found = {}
    for kind, channel, column in (("meta", "ads", "ads"), ("klaviyo", "email", "newsletter")):
        with platform(folder / kind, kind) as there:
            there.names = (NamedAudience("all", "7", channel),)
            if kind == "klaviyo":
                there.names = (NamedAudience("all", "Slipping away", channel),)
            people: dict[str, Any] = {f"k{no}": 120 for no in range(1, 6)}
            keep_profiles(there.warehouse, 0, ads=dict.fromkeys(people, True), **people)
            keep(there.warehouse, Audience("all", "true", channel=channel))
            there.run(f"update customers set {column}_opt_in = false where customer_key = 1")
            there.push()
            there.run(f"update customers set {column}_opt_in = null where customer_key = 2")
            there.run("update customers set deleted_at = now() where customer_key = 5")
            if kind == "klaviyo":
                there.run(
                    "insert into consents by name select 'main' as store, 3 as customer_key,"
                    " 'd' as email_digest, false as opted_in"
                )
            there.push(days=1)
            account = there.account
            members = account.members(there.names[0].name)
            known = hashed if kind == "meta" else str
            found[kind] = [no for no in range(1, 6) if known(f"k{no}@example.com") in members]
    is_held = found == {"meta": [3, 4], "klaviyo": [4]}
    return Finding(is_held, f"there are still {found}")


def a_control_group_that_is_reached(folder: Path) -> Finding:
    """The share is changed, two arms become one person, the settings are pushed before the arms."""
    with platform(folder, "klaviyo") as there:
        there.names = (NamedAudience("half", "Slipping away", "email"),)
        people: dict[str, Any] = {f"k{no}": 120 for no in range(1, 6)}
        there.account.tables["audiences"] = {}
        there.warehouse.audiences.salt()
        there.run("update state.tombstone_salt set salt = 'one'")
        arms = {}
        for share, day in ((0.5, 0), (0.01, 1), (0.99, 2)):
            keep_profiles(there.warehouse, day, **people)
            keep(there.warehouse, Audience("half", "true", hold_out=share), days=day)
            there.push(days=day)
            assigned = there.warehouse.audiences.assigned("main", "half")
            arms[share] = dict(assigned.select("customer_key", "arm").iter_rows())
            control = {f"k{key}" for key, arm in arms[share].items() if arm == "control"}
            if not control or control & there.members:
                return Finding(False, f"{len(control & there.members)} of the control group")
        one = min(key for key, arm in arms[0.5].items() if arm == "treated")
        other = min(key for key, arm in arms[0.5].items() if arm == "control")
        there.run(
            "insert into customer_merges by name select 'main' as store,"
            f" {one} as customer_key, {other} as merged_customer_key"
        )
        there.run(f"delete from customers where customer_key = {other}")
        del people[f"k{other}"]
        keep_profiles(there.warehouse, 3, **people)
        keep(there.warehouse, Audience("half", "true", hold_out=0.5), days=3)
        there.push(days=3)
        is_fixed = arms[0.5] == arms[0.01] == arms[0.99]
        left = len(there.members)
        is_out = f"k{one}" not in there.members and left > 0
    happened = f"arms stay: {is_fixed}; who is of both arms is out: {is_out}; {left} are there"
    return Finding(is_fixed and is_out, happened)


ATTEMPTS = (
    Attempt("a rule that reads files and other tables", a_rule_that_reaches_further),
    Attempt("formulas in an exported audience", formulas_in_an_exported_audience),
    Attempt("a no after the list was made", a_no_after_the_list_was_made),
    Attempt("a control group that is reached", a_control_group_that_is_reached),
)
