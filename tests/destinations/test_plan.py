"""What counts as a change: small tables, and two properties for any profiles."""

import re
from datetime import date, timedelta
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich.destinations.base import MappedField
from enrich.destinations.mapping import own_names
from enrich.destinations.plan import JUDGED_BY, SHARED_EMAIL, build_plan, hash_profiles
from enrich.errors import BadSettings
from enrich.profile.predicted import MONEY_STEP
from tests.destinations.conftest import make_people, make_profiles
from tests.examples import costly

FIELDS = own_names()
NOTHING = pl.DataFrame(schema={"record_id": pl.String, "hash": pl.String})


def plan(profiles, state=NOTHING, fields=FIELDS, **options):
    options = {"record_key": "customer_key", "mapping_version": "1", **options}
    return build_plan(profiles, state, fields, **options)


def accepted(done):
    return done.to_send.select("record_id", "hash")


def test_everything_is_an_add_the_first_time_and_nothing_the_second():
    first = plan(make_people(3))
    assert (first.adds, first.changes, first.unchanged) == (3, 0, 0)
    second = plan(make_people(3), accepted(first))
    assert (second.adds, second.changes, second.unchanged, second.is_empty) == (0, 0, 3, True)


def test_a_record_that_was_tried_and_never_accepted_is_an_add():
    tried = pl.DataFrame({"record_id": ["1"], "hash": [None]}, schema=NOTHING.schema)
    done = plan(make_people(1), tried)
    assert (done.adds, done.changes) == (1, 0)
    assert done.to_send["is_known"].to_list() == [False]


def test_who_left_the_profiles_is_counted_and_left_alone():
    done = plan(make_people(1), accepted(plan(make_people(3))))
    assert (done.removals, done.is_empty) == (2, True)


@pytest.mark.parametrize(
    ("changed", "is_a_change"),
    [
        ({"rfm_30d": "111"}, True),
        ({"rfm_30d": None}, True),
        ({"amount_30d": Decimal("0.01")}, True),
        ({"products_30d": ["Lamp"]}, True),
        ({"products_30d": []}, True),
        ({"products_30d": ["Lamp", "Mug"]}, False),
        ({"email": "PERSON0001@example.com "}, False),
        ({"days_since_last_purchase": 52}, False),
        ({"first_name": ""}, True),
    ],
)
def test_what_counts_as_a_change(changed, is_a_change):
    before = accepted(plan(make_people(1)))
    assert plan(make_people(1, **changed), before).changes == int(is_a_change)


DRIFTING = (
    MappedField("orders_30d", "percentile", "integer", step=5),
    MappedField("amount_30d", "probability", "amount", step=0.05),
    MappedField("birth_date", "due_on", "date", step=7),
)
ACCEPTED = {"orders_30d": 50, "amount_30d": Decimal("0.80"), "birth_date": date(2026, 3, 1)}


@pytest.mark.parametrize(
    ("moved", "is_a_change"),
    [
        ({}, False),
        ({"orders_30d": 54}, False),
        ({"orders_30d": 46}, False),
        ({"orders_30d": 55}, True),
        ({"orders_30d": 45}, True),
        ({"amount_30d": Decimal("0.84")}, False),
        ({"amount_30d": Decimal("0.85")}, True),
        ({"birth_date": date(2026, 3, 7)}, False),
        ({"birth_date": date(2026, 2, 22)}, True),
        ({"birth_date": None}, True),
        ({"orders_30d": 54, "amount_30d": Decimal("0.84"), "birth_date": date(2026, 3, 7)}, False),
        ({"orders_30d": 54, "amount_30d": Decimal("0.90")}, True),
        ({"orders_30d": 54, "rfm_30d": "111"}, True),
    ],
)
def test_a_drifting_value_is_a_change_from_its_step_on(moved, is_a_change):
    fields = (*DRIFTING, MappedField("rfm_30d", "rfm", "text"))
    before = accepted(plan(make_people(1, **ACCEPTED), fields=fields))
    now = make_people(1, **{**ACCEPTED, **moved})
    assert plan(now, before, fields).changes == int(is_a_change)


def test_a_drifting_value_that_appears_is_a_change_and_one_that_stays_away_is_none():
    away = make_people(1, **{**ACCEPTED, "birth_date": None})
    before = accepted(plan(away, fields=DRIFTING))
    assert plan(away, before, DRIFTING).is_empty
    assert plan(make_people(1, **ACCEPTED), before, DRIFTING).changes == 1


@pytest.mark.parametrize(
    ("before", "now", "is_a_change"),
    [
        ("1000.00", "1099.99", False),
        ("1000.00", "1100.00", True),
        ("1000.00", "900.00", True),
        ("2000000.00", "2150000.00", False),  # as they are in ARS or COP
        ("2000000.00", "2200000.00", True),
        ("2.00", "2.99", False),  # a tenth, but not a unit
        ("2.00", "1.00", True),
        ("0.00", "0.99", False),
        ("0.00", "1.00", True),
    ],
)
def test_money_is_a_change_from_a_tenth_of_it_on(before, now, is_a_change):
    fields = (MappedField("amount_30d", "expected", "amount", step=MONEY_STEP),)
    there = accepted(plan(make_people(1, amount_30d=Decimal(before)), fields=fields))
    done = plan(make_people(1, amount_30d=Decimal(now)), there, fields)
    assert done.changes == int(is_a_change)


@costly(20)
@given(st.lists(st.integers(-3000, 3000), max_size=30), st.sampled_from([1, 10, 100_000]))
def test_small_moves_of_money_add_up(moves, scale):
    """However small each is: what a platform has is less than a tenth, or a unit, old."""
    fields = (MappedField("amount_30d", "expected", "amount", step=MONEY_STEP),)
    state, there, amount = NOTHING, None, Decimal(100) * scale
    for cents in (0, *moves):
        amount = max(Decimal(0), amount + Decimal(cents) * scale / 100)
        done = plan(make_people(1, amount_30d=amount), state, fields)
        if not done.is_empty:
            state, there = accepted(done), amount
        assert there is not None
        assert abs(amount - there) < max(there / 10, Decimal(1))


def test_fields_without_a_step_keep_the_hash_that_they_had():
    fields = own_names(["orders_30d", "rfm_30d"])
    people = make_people(2)
    plain = hash_profiles(people, fields, "1")
    assert plain.str.contains("^[0-9a-f]{32}$").all()
    steps = (*fields, DRIFTING[2])
    assert hash_profiles(people, steps, "1").str.contains("^[0-9a-f]{32};-?[0-9.]+$").all()


ALWAYS_SENT = """
    customer_key customer_id email first_name last_name phone birth_date document gender
    newsletter_opt_in locale extra_fields history_since first_purchase_date last_purchase_date
    days_since_first_purchase days_since_last_purchase orders_W items_W amount_W avg_amount_W
    last_purchase_amount products_W categories_W brands_W promo_codes_W applied_promo_codes_W
    last_purchase_brands last_purchase_categories last_purchase_promo_codes rfm_W r_score
    f_score m_score rfm_group rfm_segment previous_rfm_segment rfm_segment_changed_on
"""


def test_mappings_of_all_fields_send_what_they_have_always_sent():
    """A new field goes where it is named: nobody is sent again because we know more."""
    sources = {re.sub(r"_(\d+d(_plus)?|lifetime)$", "_W", field.source) for field in own_names()}
    assert sources == set(ALWAYS_SENT.split())


def test_a_day_counter_is_a_change_where_the_mapping_asks():
    fields = own_names(diff_days_since=True)
    before = accepted(plan(make_people(1, days_since_last_purchase=51), fields=fields))
    after = plan(make_people(1, days_since_last_purchase=52), before, fields)
    assert after.changes == 1


@pytest.mark.parametrize(
    "other",
    [
        {"mapping_version": "2"},
        {"fields": own_names(names={"rfm_30d": "Score"})},
        {"fields": own_names(["rfm_30d"])},
    ],
)
def test_another_mapping_sends_everybody_again(other):
    assert plan(make_people(2), accepted(plan(make_people(2))), **other).changes == 2


def test_null_and_empty_text_and_moved_values_have_different_hashes():
    fields = [MappedField("first_name", "a", "text"), MappedField("last_name", "b", "text")]
    rows = [(None, "x"), ("", "x"), ("x", None), ("x", ""), ("", "")]
    people = make_profiles(
        *({"customer_key": i, "first_name": a, "last_name": b} for i, (a, b) in enumerate(rows))
    )
    assert hash_profiles(people, fields, "1").n_unique() == len(rows)


def test_the_hash_is_the_same_in_every_process_and_version():
    people = make_people(1, amount_30d=Decimal("12.30"), last_purchase_date=date(2026, 1, 9))
    fields = own_names(["email", "amount_30d", "last_purchase_date", "products_30d", "birth_date"])
    assert hash_profiles(people, fields, "1").to_list() == ["05499d2d6eb5dc14a94abf93d11e281a"]


@pytest.mark.parametrize(
    ("email", "reason"),
    [
        (None, "no real e-mail"),
        ("", "no real e-mail"),
        ("3f1c@ct.vtex.com.br", "no real e-mail"),
        ("3f1c@ct.vtex.com", "no real e-mail"),
        ("ana@example.com-123456789a.ct.vtex.com.br", "no real e-mail"),
        ("a**@example.com", "no real e-mail"),
        ("nobody", "not an e-mail address"),
        ("a b@example.com", "not an e-mail address"),
        ("a@example.com;b@example.com", "not an e-mail address"),
        ("a@example.com", None),
    ],
)
def test_only_real_addresses_go_to_a_platform_keyed_by_email(email, reason):
    done = plan(make_profiles({"customer_key": 1, "email": email}), record_key="email")
    assert done.invalid == ({reason: 1} if reason else {})
    assert done.to_send.height == (0 if reason else 1)


def test_a_masked_alias_is_not_in_what_leaves_whatever_the_key():
    done = plan(make_profiles({"customer_key": 1, "email": "3f1c@ct.vtex.com.br"}))
    assert done.to_send["email"].to_list() == [None]


def test_of_two_customers_with_one_address_the_one_who_bought_last_goes():
    shared = {"email": "both@example.com"}
    people = make_profiles(
        {"customer_key": 1, **shared, "last_purchase_date": date(2025, 1, 1)},
        {"customer_key": 2, **shared, "last_purchase_date": date(2026, 1, 1)},
        {"customer_key": 3, **shared},
    )
    done = plan(people, record_key="email")
    assert done.to_send["record_id"].to_list() == ["2"]
    assert done.invalid == {"same e-mail as another customer": 2}


def test_a_part_is_planned_as_within_everybody():
    """Addresses are shared with all; who is not in the part is neither sent nor gone."""
    everybody = make_people(4)
    before = accepted(plan(everybody))
    changed = make_people(4, first_name="Other")
    part, others = changed.head(2), changed.tail(2).select(JUDGED_BY)
    done = plan(part, before, others=others)
    assert (done.changes, done.unchanged, done.removals, done.row_count) == (2, 2, 0, 4)
    assert plan(part, before).removals == 2

    bought_last = pl.col("last_purchase_date") + pl.duration(days=1)
    rival = others.head(1).with_columns(
        email=pl.lit(part["email"][0]), last_purchase_date=bought_last
    )
    done = plan(part, before, others=rival, record_key="email")
    assert (done.changes, done.invalid) == (1, {SHARED_EMAIL: 1})


def test_a_whole_table_goes_when_one_changed_and_not_when_none_did():
    before = accepted(plan(make_people(3)))
    one_new = plan(make_people(4), before, whole_table=True)
    assert (one_new.adds, one_new.unchanged, one_new.to_send.height) == (1, 3, 4)
    assert plan(make_people(3), before, whole_table=True).is_empty


def test_profiles_without_a_mapped_field_are_refused_by_its_name():
    with pytest.raises(BadSettings, match="rfm_30d"):
        plan(make_people(1).drop("rfm_30d"))


def test_slices_keep_the_count():
    done = plan(make_people(5))
    assert [part.height for part in done.slices(2)] == [2, 2, 1]
    assert [part.height for part in done.slices(None)] == [5]


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=5)
people_of_any_kind = st.lists(
    st.fixed_dictionaries(
        {
            "customer_key": st.integers(1, 40),
            "email": st.none() | st.sampled_from(["a@example.com", "b@example.com", "x**@y.zz"]),
            "first_name": st.none() | texts,
            "orders_30d": st.integers(0, 3),
            "amount_30d": st.decimals(0, 999, places=2),
            "products_30d": st.lists(texts, max_size=2),
            "last_purchase_date": st.none() | st.dates(date(2020, 1, 1), date(2026, 1, 1)),
        }
    ),
    max_size=8,
    unique_by=lambda row: row["customer_key"],
)


@costly(40)
@given(people_of_any_kind, st.sampled_from(["customer_key", "email"]), st.booleans())
def test_after_everything_was_accepted_the_plan_is_empty(rows, key, whole_table):
    people = make_profiles(*rows)
    first = plan(people, record_key=key, whole_table=whole_table)
    shuffled = people.sample(fraction=1.0, shuffle=True, seed=1)
    second = plan(shuffled, accepted(first), record_key=key, whole_table=whole_table)
    assert second.is_empty
    assert second.removals == 0
    assert first.to_send.height + sum(first.invalid.values()) == people.height


@costly(40)
@given(people_of_any_kind.filter(len), st.data())
def test_changing_one_mapped_field_sends_exactly_that_record(rows, data):
    before = accepted(plan(make_profiles(*rows)))
    index = data.draw(st.integers(0, len(rows) - 1))
    column = data.draw(st.sampled_from(["orders_30d", "amount_30d", "rfm_segment", "birth_date"]))
    value = {"orders_30d": 9, "amount_30d": Decimal("1000.00"), "rfm_segment": "X"}.get(
        column, date(1999, 9, 9)
    )
    rows[index] = {**rows[index], column: value}
    done = plan(make_profiles(*rows), before)
    assert done.to_send["record_id"].to_list() == [str(rows[index]["customer_key"])]
    assert (done.changes, done.adds) == (1, 0)


@costly(40)
@given(st.lists(st.tuples(st.integers(-4, 4), st.integers(-6, 6), st.booleans()), max_size=30))
def test_small_moves_add_up_so_that_a_platform_is_never_a_step_from_the_truth(moves):
    """Whatever is accepted on the way: what a platform has is less than a step old."""
    fields, state = DRIFTING[::2], NOTHING
    percentile, due_on, there = 50, date(2026, 3, 1), None
    for by, days, bought in [(0, 0, False), *moves]:
        percentile = min(100, max(0, percentile + by)) if not bought else 100
        due_on += timedelta(days=days)
        done = plan(make_people(1, orders_30d=percentile, birth_date=due_on), state, fields)
        if not done.is_empty:
            state, there = accepted(done), (percentile, due_on)
        assert there is not None
        assert abs(percentile - there[0]) < 5
        assert abs((due_on - there[1]).days) < 7
