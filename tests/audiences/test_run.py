"""Members kept by day: who joined, who left and why; people who merge, people who are forgotten."""

from __future__ import annotations

import csv
import json
import zipfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from enrich.audiences.audience import Audience
from enrich.audiences.run import AudiencesReport, keep_audiences
from enrich.errors import BadSettings
from enrich.model import Rules
from enrich.settings import parse_settings
from enrich.warehouse import Named, Warehouse, open_warehouse, read_warehouse
from tests.cli.shell import enrich

NOW = datetime(2026, 3, 10, 15, tzinfo=UTC)
DAY = date(2026, 3, 9)
CUTS = pl.DataFrame({"axis": ["r"], "score": [1]})
COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "customer_key": pl.Int64, "customer_id": pl.String, "email": pl.String, "phone": pl.String,
    "first_name": pl.String, "last_name": pl.String, "birth_date": pl.Date,
    "newsletter_opt_in": pl.Boolean, "ads_opt_in": pl.Boolean, "phone_e164": pl.String,
    "amount_lifetime": pl.Decimal(18, 2),
    "orders_lifetime": pl.Int64, "last_purchase_date": pl.Date,
    "days_since_last_purchase": pl.Int64, "rfm_segment": pl.String, "rfm_group": pl.String,
    "r_score": pl.Int8, "f_score": pl.Int8, "m_score": pl.Int8,
}  # fmt: skip
BIG = Audience("big", "amount_lifetime >= 100")


def keep_profiles(
    warehouse: Warehouse, days: int, *, ads: dict[str, bool] | None = None, **amounts: int | None
) -> None:
    """Profiles `days` after DAY: k1=120 is customer 1, who said yes; None said no."""
    rows = [
        {
            "customer_key": int(name[1:]), "email": f"{name}@example.com",
            "ads_opt_in": (ads or {}).get(name), "phone_e164": f"+551190000000{name[1:]}",
            "newsletter_opt_in": amount is not None, "amount_lifetime": amount or 500,
            "rfm_segment": "S", "rfm_group": "G", "r_score": 1, "f_score": 1, "m_score": 1,
        }
        for name, amount in amounts.items()
    ]  # fmt: skip
    profiles = pl.DataFrame(rows, schema=pl.Schema(COLUMNS))
    day = DAY + timedelta(days=days)
    warehouse.profiles.keep("main", day, [profiles], CUTS, run_id="r", now=NOW)


def keep(warehouse: Warehouse, *audiences: Audience, days: int = 0) -> AudiencesReport:
    now = NOW + timedelta(days=days)
    return keep_audiences(warehouse, "main", audiences, "America/Sao_Paulo", now)


def ask(warehouse: Warehouse, query: str) -> list[tuple[object, ...]]:
    return warehouse._connection.sql(query).fetchall()


def test_who_joins_and_who_leaves_and_why(tmp_path: Path) -> None:
    with open_warehouse(tmp_path) as warehouse:
        keep_profiles(warehouse, 0, k1=120, k2=120, k3=120, k4=None, k5=50, k6=120, k8=130)
        first = keep(warehouse, BIG).looks[0]
        assert list(first.members) == [8, 1, 2, 3, 6]
        assert first.moved("joined") == 5

        keep_profiles(warehouse, 3, k1=120, k2=60, k3=None, k4=None, k5=110, k7=120, k8=101)
        limited = Audience("big", BIG.rule, max_members=3)
        for _ in range(2):  # the same day twice is once
            second = keep(warehouse, limited, days=3).looks[0]
            assert list(second.members) == [1, 7, 5]
            assert set(second.changes.rows()) == {
                ("joined", None, 2),
                ("left", "rule", 1),
                ("left", "no_consent", 1),
                ("left", "no_profile", 1),
                ("left", "over_limit", 1),
            }
        assert ask(
            warehouse, "select joined_on from audience_history where left_on is null order by 1"
        ) == [(DAY,), *[(DAY + timedelta(days=3),)] * 2]
        keep(warehouse, days=3)  # no longer in the settings
        ended = "select distinct left_because from audience_history where customer_key in (1, 5, 7)"
        assert ask(warehouse, ended) == [("ended",)]


def test_a_no_of_any_source_counts(tmp_path: Path) -> None:
    with open_warehouse(tmp_path) as warehouse:
        keep_profiles(warehouse, 0, k1=120, k2=None, k3=120)
        warehouse._connection.execute(
            "insert into consents by name select 'main' as store, * from (values"
            " (1, false, true), (2, true, true), (4, true, true)) as said"
            " (customer_key, opted_in, is_settled)"
        )
        look = keep(warehouse, BIG).looks[0]
        assert list(look.members) == [3]


def test_people_who_merge_keep_one_arm_and_those_of_two_arms_are_held_out(tmp_path: Path) -> None:
    held = Audience("big", BIG.rule, hold_out=0.5)
    with open_warehouse(tmp_path) as warehouse:
        everybody = {f"k{key}": 120 for key in range(1, 41)}
        keep_profiles(warehouse, 0, **everybody)
        keep(warehouse, held)
        arms = {
            int(str(key)): arm
            for key, arm in ask(warehouse, "select customer_key, arm from audience_assignments")
        }
        assert len(arms) == 40
        assert ask(warehouse, "select distinct assigned_on from audience_assignments") == [
            (DAY + timedelta(days=1),)
        ]
        of = {arm: [key for key in arms if arms[key] == arm] for arm in ("treated", "control")}
        one, other, same = of["treated"][0], of["control"][0], of["treated"][1]
        merges = [(one, other), (of["treated"][2], same)]
        for kept, gone in merges:
            ask(warehouse, f"insert into customer_merges by name select 'main' as store,"
                f" {kept} as customer_key, {gone} as merged_customer_key")  # fmt: skip
            del everybody[f"k{gone}"]
        keep_profiles(warehouse, 1, **everybody)
        look = keep(warehouse, held, days=1).looks[0]
        assert one not in set(look.members) and merges[1][0] in set(look.members)
        assert ("left", "merged", 1) in look.changes.rows()
        assigned = warehouse.audiences.assigned("main", "big")
        assert assigned.height == 38
        assert assigned.filter("is_mixed")["customer_key"].to_list() == [one]


WRONG = [
    ("nothing_here > 1", "amount_lifetime", "there is no field nothing_here"),
    ("amount_lifetime >", "amount_lifetime", "rule is not SQL"),
    ("amount_lifetime", "amount_lifetime", "its rule is no condition but a DECIMAL"),
    ("true", "amount_lifetime limit 1", "order_by must be one expression"),
    ("customer_key in (select 1)", "amount_lifetime", "without select"),
    ("true) from customers where (true", "amount_lifetime", "without select"),
    ("email::integer > 3", "amount_lifetime", "fails on a value (ConversionException)"),
    ("no_function(email)", "amount_lifetime", "no_function"),
    ("sum(amount_lifetime) > 3", "amount_lifetime", "audience wrong"),
]


@pytest.mark.parametrize(("rule", "order_by", "message"), WRONG)
def test_a_wrong_rule_is_one_line_and_stops_no_other_audience(
    rule: str, order_by: str, message: str, tmp_path: Path
) -> None:
    with open_warehouse(tmp_path) as warehouse:
        keep_profiles(warehouse, 0, k1=120)
        keep(warehouse, BIG, Audience("wrong", "true"))
        done = keep(warehouse, Audience("wrong", rule, order_by=order_by), BIG)
        assert isinstance(done.fault, BadSettings)
        assert message in str(done.fault) and str(done.fault).startswith("audience wrong: ")
        assert "@example.com" not in str(done.fault)
        assert list(done.looks[1].members) == [1]
        current = "select audience from audience_history where left_on is null order by 1"
        assert ask(warehouse, current) == [("big",), ("wrong",)]  # it stays as it was
        (summary,) = ask(warehouse, "select summary->>'error' from state.runs"
                         " where status = 'failed'")  # fmt: skip
        assert str(summary[0]).startswith("audience wrong")


def test_a_shipped_audience_waits_for_its_field(tmp_path: Path) -> None:
    with open_warehouse(tmp_path) as warehouse:
        keep_profiles(warehouse, 0, k1=120)
        done = keep(warehouse, Audience("ours", "not_yet > 3 and email <> ''", is_shipped=True))
        assert (done.fault, done.looks[0].missing_fields) == (None, ("not_yet",))


def test_shipped_audiences_change_setting_by_setting() -> None:
    ours = parse_settings({}).audiences
    assert len(ours) == 10
    changed = parse_settings({"audiences": {"birthdays": {"hold_out": 0.1}}}).audiences
    assert changed["birthdays"].rule == ours["birthdays"].rule
    assert (changed["birthdays"].hold_out, set(changed)) == (0.1, set(ours))
    for wrong in ({"destinations": {"nowhere": "x"}}, {"stores": ["nowhere"]}):
        with pytest.raises(BadSettings, match=r"audiences\.birthdays names unknown"):
            parse_settings({"audiences": {"birthdays": wrong}})


def test_who_is_forgotten_leaves_every_list_and_is_counted(tmp_path: Path) -> None:
    held = Audience("held", BIG.rule, hold_out=0.5)
    with open_warehouse(tmp_path) as warehouse:
        everybody = {f"k{key}": 120 for key in range(1, 31)}
        keep_profiles(warehouse, 0, **everybody)
        report = keep(warehouse, held, BIG)
        key = int(report.looks[0].members[0])
        tables = ("audience_history", "audience_assignments")
        named = Named((key,))
        held_rows = warehouse.people.everything_held("main", named)
        assert set(tables) <= set(held_rows)
        counted = dict(warehouse.people.find("main", named).counts)
        assert counted["rows of audiences"] == 3
        warehouse.people.forget(
            "main", named, Rules(), certificate="c", run_id="f", now=NOW + timedelta(hours=1)
        )
        for table in tables:
            assert ask(warehouse, f"from {table} where customer_key = {key}") == []
        keep_profiles(warehouse, 1, **{name: 120 for name in everybody if name != f"k{key}"})
        look = keep(warehouse, held, BIG, days=1).looks[1]
        assert look.changes.rows() == [("left", "forgotten", 1)]


ORDERS = "order_id,customer_id,ordered_at,amount,email\n"
CUSTOMERS = "customer_id,email,first_name,phone,newsletter_opt_in\n"


def test_one_command_writes_the_list_as_a_file(tmp_path: Path) -> None:
    orders = [f"o{n},c{n % 9},2026-0{1 + n % 2}-{1 + n % 27:02},{n}.00,c{n % 9}@example.com\n"
              for n in range(60)]  # fmt: skip
    said = ["true", "false", ""]
    people = [f"c{n},c{n}@example.com,=1+1,+5511987654{n:03},{said[n % 3]}\n" for n in range(9)]
    (tmp_path / "orders.csv").write_text(ORDERS + "".join(orders))
    (tmp_path / "customers.csv").write_text(CUSTOMERS + "".join(people))
    (tmp_path / "enrich.toml").write_text(
        '[destinations.drop]\nkind = "file"\nformats = ["ndjson"]\n[audiences.all]\n'
        'rule = "orders_lifetime > 0"\ndestinations = { drop = "All" }\n'
        '[audiences.win_back]\ndestinations = { drop = "Back" }\n'
    )

    def do(*arguments: object) -> str:
        common = ("--config", tmp_path / "enrich.toml", "--data", tmp_path / "data")
        done = enrich(*arguments, *common)
        assert done.code == 0, done.err
        return done.out or done.err

    files = ("--orders", tmp_path / "orders.csv", "--customers", tmp_path / "customers.csv")
    do("import", *files)
    assert "waits for" not in do("profiles")
    listed = {
        one["audience"]: one for one in json.loads(do("audience", "list", "--json"))["audiences"]
    }
    assert listed["all"]["outcomes"]["member"]["people"] == 3
    assert listed["all"]["consents"]["email"] == {"yes": 3, "no": 3, "not_known": 3}
    shown = do("audience", "show", "all")
    assert "3 │" in shown and "said no" in shown and "example.com" not in shown

    target = tmp_path / "all.csv"
    out = do("audience", "export", "all", "--to", target)
    assert "3 people as of 2026-03-09" in out and "not in it: 3 said no" in out
    assert target.stat().st_mode & 0o777 == 0o600
    with target.open() as file:
        rows = list(csv.DictReader(file))
    assert [row["customer_id"] for row in rows] == ["c3", "c0", "c6"]  # by what they bought
    assert {row["first_name"] for row in rows} == {"'=1+1"}
    assert "phone" not in rows[0] and "email" in rows[0]
    do("audience", "export", "all", "--to", tmp_path / "all.parquet")
    assert pl.read_parquet(tmp_path / "all.parquet").height == 3
    do("audience", "export", "all", "--to", tmp_path / "all.xlsx")
    assert zipfile.is_zipfile(tmp_path / "all.xlsx")

    pushed = tmp_path / "data" / "exports"
    assert "audiences" in do("audience", "push", "--dry-run") and not pushed.exists()
    do("audience", "push", "all", "--to", "drop", "--yes")
    do("audience", "push")  # nothing new
    (file,) = pushed.glob("*.ndjson")
    names = [json.loads(line)["audience_name"] for line in file.read_text().splitlines()]
    assert names == ["All"] * 3
    common = ("--config", tmp_path / "enrich.toml", "--data", tmp_path / "data")
    wrong = enrich("audience", "push", "birthdays", *common)
    assert (wrong.code, "goes to no destination" in wrong.err) == (2, True)
    with read_warehouse(tmp_path / "data") as copy:
        assert copy.query("from audience_members where audience = 'all'").height == 3
    with (tmp_path / "enrich.toml").open("a") as settings:
        settings.write(
            '[destinations.crm]\nkind = "klaviyo"\napi_key = { env = "KLAVIYO_KEY" }\n'
            '[audiences.active]\nrule = "orders_lifetime > 1"\ndestinations = { crm = "Active" }\n'
        )
    assert "crm" in do("audience", "push", "active", "--dry-run")  # needs no key
    assert "KLAVIYO_KEY" in enrich("audience", "push", "active", *common).err
