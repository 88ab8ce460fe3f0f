"""Every entity of every line of the registry keeps the contract; being listed is being tested."""

import importlib
import json
import pkgutil
import random
import re
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

import polars as pl
import pytest

import enrich.destinations
from enrich.contract.rules import NOTHING_PUSHED, RULES
from enrich.destinations import PROFILES, REGISTRY, DestinationEntity
from enrich.destinations.batches import payload_bytes
from enrich.destinations.http import HttpSettings, is_possible
from enrich.destinations.mapping import ATTRIBUTES, InColumns
from enrich.destinations.plan import PushedState
from enrich.errors import BadSettings
from enrich.profile import FIELDS
from enrich.profile.contracts import OPT_INS
from enrich.push.destination import Destination
from enrich.simulator.platforms import PLATFORMS
from enrich.verify import verify_destination
from tests.destinations.cases import PAIRS, TAKE_PROFILES, Case, rules_that_apply
from tests.destinations.conftest import SCHEMA
from tests.destinations.held import HeldWorld
from tests.release import doubts


@pytest.fixture(params=TAKE_PROFILES)
def kind(request):
    """A platform that takes profiles; those that take audiences alone are in PAIRS."""
    return request.param


@pytest.fixture(params=sorted(REGISTRY))
def any_kind(request):
    return request.param


@pytest.fixture
def destination(world, kind):
    return world.open(kind, **REGISTRY[kind].example)


@pytest.mark.parametrize(("kind", "entity", "rule"), rules_that_apply())
def test_the_contract(tmp_path, kind, entity, rule):
    """The rules are those that `enrich check-destination` tries on a package of somebody else's.

    Every call is held against what the vendor publishes.
    """
    RULES[rule].holds(Case(HeldWorld(tmp_path), kind, entity))


def test_every_platform_of_the_folder_is_in_the_registry():
    for found in pkgutil.walk_packages(enrich.destinations.__path__, "enrich.destinations."):
        importlib.import_module(found.name)
    assert platforms_below(DestinationEntity) == set(REGISTRY.values())


def platforms_below(base):
    """The classes of profiles that have a settings table of their own."""
    below = {one for child in base.__subclasses__() for one in platforms_below(child)}
    is_platform = "example" in vars(base) and base.example and "kind" in vars(base)
    return below | ({base} if is_platform else set())


def test_a_platform_its_fake_and_its_page_have_one_name(any_kind):
    """Growing by a platform is a class, a fake and a page; nothing lists them by hand."""
    pages = {path.stem for path in (Path(__file__).parents[2] / "docs" / "platforms").glob("*.md")}
    assert any_kind == REGISTRY[any_kind].__module__.split(".")[2]
    assert any_kind in pages
    assert any_kind in PLATFORMS or any_kind in (
        "file",
        "icomm",
        "webhook",
    )  # these have a server elsewhere


def test_a_platform_imports_no_other(any_kind):
    """What two of them share belongs into a module of its own."""
    homes = {one: platform.__module__.split(".")[2] for one, platform in REGISTRY.items()}
    folder = Path(enrich.destinations.__path__[0])
    files = [folder / f"{homes[any_kind]}.py", *(folder / homes[any_kind]).glob("*.py")]
    text = "".join(path.read_text() for path in files if path.exists())
    others = set(homes.values()) - {homes[any_kind]}
    assert text
    assert not [one for one in others if re.search(rf"enrich\.destinations\.{one}\b", text)]


def test_a_vendor_has_its_version_its_pages_and_the_day_they_were_read(any_kind):
    platform = REGISTRY[any_kind]
    is_ours = any_kind in ("file", "webhook")
    assert bool(platform.api_version) is not is_ours
    assert bool(platform.vendor_pages) is not is_ours
    assert (platform.checked_on is None) is is_ours
    assert all(page.startswith("https://") for page in platform.vendor_pages)
    assert platform.checked_on is None or platform.checked_on >= date(2026, 11, 22)


@pytest.mark.parametrize(("days", "is_noted"), [(183, False), (184, True)])
def test_facts_of_over_six_months_are_a_note_of_verify_and_fail_a_release(
    destination, kind, days, is_noted
):
    read_on = destination.checked_on or date(2026, 11, 22)
    today = read_on + timedelta(days=days)
    findings = verify_destination(Destination("crm", ("main",), destination), today)
    notes = [one.advice for one in findings if one.is_note and f"{read_on}" in one.advice]
    assert bool(notes) is (is_noted and bool(destination.checked_on))
    assert all(one.works for one in findings)
    assert [line for line in doubts(today) if line in notes] == notes


def test_consent_is_in_no_mapping_but_where_whole_profiles_go(world, kind):
    example = REGISTRY[kind].example
    if {field.source for field in world.open(kind, **example).fields} >= {"newsletter_opt_in"}:
        assert kind in ("file", "webhook")
        assert not any(field.source in OPT_INS for field in world.open(kind, **example).fields)
        return
    for name in ("newsletter_opt_in", *OPT_INS):
        with pytest.raises(BadSettings, match=f"no mapping sends {name}"):
            world.open(kind, **example, names={name: free_name(kind)})


def test_two_fields_under_one_name_are_refused(world, kind):
    names = {"rfm_group": "Same", "rfm_segment": "Same"}
    with pytest.raises(BadSettings, match="Same"):
        world.open(kind, **REGISTRY[kind].example, names=names)


def test_day_counters_count_as_a_change_only_where_the_mapping_asks(destination):
    counters = [field for field in destination.fields if field.source.startswith("days_since_")]
    assert counters
    assert all(field.is_diffed == destination.diff_days_since for field in counters)


def test_a_name_can_be_overridden(world, kind, people):
    name = free_name(kind)
    renamed = world.open(kind, **REGISTRY[kind].example, names={"rfm_group": name})
    row = {**people(1, rfm_group="LOYAL").row(0, named=True), "record_id": "1"}
    assert name in json.dumps(rendered(renamed, row, is_known=False))


def test_next_best_products_go_where_they_are_named(world, kind, people):
    """In their order: as a list where the platform takes one, else as one text."""
    name = free_name(kind)
    there = world.open(kind, **REGISTRY[kind].example, names={"next_best_products": name})
    row = {**people(1).row(0, named=True), "record_id": "1"}
    row["next_best_products"] = ["Lamp 2", "Lamp 1"]
    sent = rendered(there, row, is_known=False)
    assert re.search(rf"{name}.*Lamp 2\W+Lamp 1\b", json.dumps(sent))


def free_name(kind):
    return next(one for one in ("Our_Group", "our_group", "OURGROUP") if can_be_named(kind, one))


def can_be_named(kind, name):
    settings = REGISTRY[kind].Settings
    return not issubclass(settings, HttpSettings) or is_possible(settings, name)


def test_the_mapping_as_shipped_has_names_that_can_be_written(kind):
    assert [
        one.target for one in REGISTRY[kind].mapping if not can_be_named(kind, one.target)
    ] == []


# Consent and keys are never a target, whatever the settings say.
NEVER = {
    "braze": ["email_subscribe", "subscription_groups", "external_id"],
    "brevo": ["EMAIL", "OPT_IN"],
    "connectif": ["_newsletterSubscriptionStatus", "_emailStatus", "_smsSubscriptionStatus"],
    "customerio": ["unsubscribed", "cio_subscription_preferences", "id"],
    "egoi": ["email", "status", "consent"],
    "hubspot": ["hs_email_optout", "hs_legal_basis", "Upper", "email"],
    "klaviyo": ["$consent", "email"],
    "mailchimp": ["EMAIL", "TOOLONGATAG", "lower"],
    "marketingcloud": ["EmailAddress", "SubscriberKey", "HasOptedOutOfEmail"],
    "rdstation": ["legal_bases", "tags"],
    "segment": ["email"],
}


@pytest.mark.parametrize(("never_kind", "name"), [(k, n) for k, ns in NEVER.items() for n in ns])
def test_consent_and_keys_are_no_names_for_a_field(world, never_kind, name):
    with pytest.raises(BadSettings, match="not a name that can be written"):
        world.open(never_kind, **REGISTRY[never_kind].example, names={"newsletter_opt_in": name})


@pytest.mark.parametrize(
    "kind", [kind for kind, one in REGISTRY.items() if one.unmet is not DestinationEntity.unmet]
)
def test_a_field_that_the_shop_requires_is_named_before_anything_is_sent(world, kind, people):
    there, account = world.open(kind, **REGISTRY[kind].example), world.account(kind)
    world.push(there, people(1))
    account.required = {"needed_there": ""}
    assert [line for line in there.check() if "needed_there" in line]
    assert "needed_there" in str(world.push(there, people(3)).fault)
    assert len(account.contacts) == 1
    assert world.push(there, people(1, rfm_group="LOYAL")).accepted == 1  # of nobody new


@pytest.mark.parametrize(
    "kind", [kind for kind, one in REGISTRY.items() if "region" in one.Settings.model_fields]
)
@pytest.mark.parametrize("there_is", ["us", "eu"])
def test_the_wrong_region_is_named_or_at_least_noted(world, kind, there_is):
    """Where a platform tells, verify fails; where it keeps silent, verify says that it does."""
    account, wrong = world.account(kind), {"us": "eu", "eu": "us"}[there_is]
    account.region = there_is
    right = world.open(kind, **REGISTRY[kind].example, region=there_is)
    assert right.check() == []
    there = world.open(kind, **REGISTRY[kind].example, region=wrong)
    told = [*there.check(), *there.notes()]
    assert told
    assert kind != "segment" or f"region is {wrong}" in told[0]


def test_every_field_with_a_value_renders_as_json(destination, people):
    row = people(1, **{f.name: _value(f.dtype) for f in FIELDS if f.name not in ATTRIBUTES})
    good = {**row.row(0, named=True), "record_id": "1"}
    assert destination.validate(good) is None
    text = payload_bytes(rendered(destination, good, is_known=False)).decode()
    assert all(json.dumps(field.target) in text for field in destination.fields)


def test_rendering_many_is_rendering_each(destination):
    """The reference writes value by value; what is sent is written by columns."""
    frame = odd_profiles(24)
    each = [reference(destination, row) for row in frame.rows(named=True)]
    assert [dict(one) for one in destination.render(frame)] == each


def reference(destination, row):
    """The payload of one profile, value by value."""
    values = {}
    for field in destination.fields:
        value, how = row[field.source], destination.formats[field.format]
        if isinstance(how, InColumns):
            how = partial(one_cell, how.column)
        if value is not None:
            values[field.target] = how(value)
        elif row["is_known"] and destination.sends_empty and field.source not in ATTRIBUTES:
            values[field.target] = destination.empty
    return destination.shape(row, values)


def one_cell(column, value):
    return pl.select(column(pl.lit(pl.Series([value])))).to_series().to_list()[0]


def rendered(destination, row, *, is_known):
    """The payload of one row of a profile."""
    frame = pl.DataFrame([row], schema={**SCHEMA, "record_id": pl.String})
    (payload,) = destination.render(frame.with_columns(is_known=pl.lit(is_known)))
    return payload


def odd_profiles(count):
    """Profiles with odd values of the right types in a third of the places, and with nulls."""
    numbers = random.Random(1)
    texts = ["a", "é|;,", '="1"', "two\nlines", "😀", " ", "", "\u2028"]
    makes = {
        pl.String: lambda: numbers.choice(texts),
        pl.Boolean: lambda: numbers.random() < 0.5,
        pl.Date: lambda: date(1900, 1, 1) + timedelta(days=numbers.randrange(70_000)),
        pl.Decimal: lambda: Decimal(numbers.randrange(-(10**9), 10**9)) / 100,
        pl.List: lambda: numbers.choices(texts, k=numbers.randrange(4)),
    }

    def value(field, number):
        if field.name == "email":
            return f"a{number}@example.com"
        if field.name == "extra_fields":
            return numbers.choice([None, '{"pet": "cat"}'])
        if numbers.random() < 0.3:
            return field.empty
        return makes.get(field.dtype.base_type(), lambda: numbers.randrange(100))()

    rows = [{field.name: value(field, number) for field in FIELDS} for number in range(count)]
    return pl.DataFrame(rows, schema=SCHEMA).with_columns(
        record_id=pl.int_range(pl.len()).cast(pl.String),
        hash=pl.lit("h"),
        is_known=pl.int_range(pl.len()) % 2 == 1,
    )


def test_nulls_are_left_out(destination, profiles_of):
    row = {**profiles_of({"customer_key": 1, "email": "a@example.com"}).row(0, named=True)}
    payload = json.dumps(rendered(destination, {**row, "record_id": "1"}, is_known=False))
    nulls = [field.target for field in destination.fields if row[field.source] is None]
    assert nulls
    assert not [name for name in nulls if json.dumps(name) in payload]


def test_for_a_known_customer_a_computed_null_is_cleared_and_an_attribute_is_left_alone(
    destination, profiles_of
):
    row = {**profiles_of({"customer_key": 1, "email": "a@example.com"}).row(0, named=True)}
    payload = json.dumps(rendered(destination, {**row, "record_id": "1"}, is_known=True))
    sent = {f.source for f in destination.fields if json.dumps(f.target) in payload}
    assert "rfm_30d" in sent or not destination.sends_empty
    assert not {name for name in sent & ATTRIBUTES if row[name] is None}


@pytest.mark.parametrize("pair", [pair for pair in PAIRS if pair[1] != PROFILES], ids="-".join)
def test_every_mapped_value_of_a_record_is_in_the_payload(world, pair):
    """Those of profiles are checked field by field."""
    case = Case(world, *pair)
    destination = case.open()
    row = case.planner(destination, case.make(1))(PushedState(NOTHING_PUSHED)).sample(1)
    payload = json.dumps(destination.render(row)[0])
    for field in destination.fields:
        name = field.target.rpartition(".")[2]
        assert f'"{name}"' in payload or field.format == "flag", field.target


def test_a_change_of_an_ignored_field_alone_sends_nothing(world, kind, people):
    there = world.open(kind, **REGISTRY[kind].example, ignore_changes_of=["rfm_30d"])
    world.push(there, people(2))
    assert world.push(there, people(2, rfm_30d="111")).batches == 0
    assert world.push(there, people(2, rfm_30d="111", rfm_group="LOYAL")).changes == 2


def _value(dtype):
    if dtype == pl.List:
        return ["Mug"]
    return date(2026, 1, 9) if dtype == pl.Date else "545" if dtype == pl.String else 3
