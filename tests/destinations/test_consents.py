"""Newsletter consents at Connectif and Synerise: told of, and asked for."""

from datetime import datetime

import polars as pl
import pytest

from enrich.client import NotFound
from enrich.destinations.connectif.consents import EXPORT_COLUMNS, statements_in
from enrich.destinations.consents import NotOverYet
from enrich.errors import BadSettings, TryAgain
from enrich.simulator.platforms import newsletter
from tests.destinations.records import make

KEYS = {"api_key": {"env": "K"}, "api_secret": {"env": "S"}}
ONE, TWO = "person0001@example.com", "person0002@example.com"


@pytest.fixture
def connectif(world):
    world.seconds = 1_767_225_600.0  # 2026-01-01
    return world.open("connectif", "consents", **KEYS)


@pytest.fixture
def synerise(world):
    return world.open("synerise", "consents", api_key={"env": "K"})


@pytest.fixture
def export(world, connectif, tmp_path):
    """What an export that began just now tells in the end."""

    def report():
        export_id = connectif.start_export()
        with pytest.raises(NotOverYet):
            read(export_id)
        return read(export_id)

    def read(export_id):
        return connectif.read_export(world.tools().http, export_id, tmp_path / "export.csv")

    return report


def test_a_few_statuses_are_patched_and_many_imported_alike(world, connectif):
    assert world.push_records(connectif, make("consents", 4)).accepted == 4
    account = world.account("connectif")
    assert account.calls == {"PATCH contacts": 4}
    patched = {who: one["status"] for who, one in account.table("consents").items()}
    account.table("consents").clear()
    world.ledger_of("consents").forget()
    imports = world.open("connectif", "consents", **KEYS, patch_limit=0)
    assert world.push_records(imports, make("consents", 4)).accepted == 4
    assert account.calls["POST imports"] == 1
    assert patched[ONE] == "unsubscribed" and patched[TWO] == "subscribed"
    assert {who: one["status"] for who, one in account.table("consents").items()} == patched


def test_only_a_changed_mind_is_told_again(world, connectif):
    world.push_records(connectif, make("consents", 3))
    assert world.push_records(connectif, make("consents", 3).but(2, opted_in=False)).changes == 1
    assert world.account("connectif").table("consents")[TWO]["status"] == "unsubscribed"


def test_an_export_tells_when_and_whether_the_person_did_it(world, connectif, export):
    account = world.account("connectif")
    world.push_records(connectif, make("consents", 2))
    world.seconds += 86_400
    account.seconds = world.seconds
    newsletter.set_status(account, TWO, "unsubscribed", ip="203.0.113.7", origin="form")
    report = export()
    first, second = datetime(2026, 1, 1), datetime(2026, 1, 2)  # noqa: DTZ001
    assert sorted(report.statements.rows()) == [
        (ONE, "unsubscribed", first, False),
        (TWO, "subscribed", first, False),
        (TWO, "unsubscribed", second, True),
    ]
    assert report.shown.is_empty()


def test_a_renewed_address_serves_and_nothing_of_the_key_goes_there(world, connectif, tmp_path):
    account = world.account("connectif")
    export_id = connectif.start_export()
    account.polls_until_done = 0
    http, target = world.tools().http, tmp_path / "file.csv"
    connectif.read_export(http, export_id, target)
    world.seconds += 3 * 3_600  # the first address is long gone
    assert connectif.read_export(http, export_id, target).statements.is_empty()
    assert len(account.jobs[export_id]["links"]) == 2
    assert f"{target.stat().st_mode:o}"[-3:] == "600"


def test_a_sixth_export_waits_for_another_run(connectif):
    for _ in range(5):
        connectif.start_export()
    with pytest.raises(TryAgain, match="five exports"):
        connectif.start_export()


def test_an_export_that_is_not_there_any_more_is_said(world, connectif, tmp_path):
    with pytest.raises(NotFound):
        connectif.read_export(world.tools().http, "job-9", tmp_path / "file.csv")


def test_the_columns_of_an_export_are_found_whatever_their_signs_or_as_a_setting_says(tmp_path):
    path = tmp_path / "export.csv"
    path.write_text(
        "EMAIL,Fecha de alta,date_of_last_newsletter_unsubscription\n"
        "a@example.com,2026-01-01T10:00:00.000Z,\n"
        "b@example.com,,2026-01-02T10:00:00+02:00\n"
        ",2026-01-01T10:00:00Z,\n"
        "c@example.com,soon,\n"
    )
    report = statements_in(path, {**EXPORT_COLUMNS, "subscribed_at": "Fecha de alta"})
    assert report.statements.rows() == [
        ("a@example.com", "subscribed", datetime(2026, 1, 1, 10), False),  # noqa: DTZ001
        ("b@example.com", "unsubscribed", datetime(2026, 1, 2, 8), False),  # noqa: DTZ001
    ]
    with pytest.raises(BadSettings, match=r"no column for subscribed_at.*Fecha de alta"):
        statements_in(path, EXPORT_COLUMNS)


def test_a_status_without_a_date_is_only_shown(tmp_path):
    path = tmp_path / "export.csv"
    titles = [EXPORT_COLUMNS[name] for name in ("email", "status", "subscribed_at")]
    path.write_text(
        f"{','.join(titles)},{EXPORT_COLUMNS['unsubscribed_at']}\n"
        "a@example.com,subscribed,,\nb@example.com,Unsubscribed,,\nc@example.com,none,,\n"
    )
    report = statements_in(path, EXPORT_COLUMNS)
    assert report.statements.is_empty()
    assert report.shown.rows() == [("a@example.com", True), ("b@example.com", False)]


def test_agreements_go_in_a_batch_and_are_read_one_by_one(world, synerise):
    assert world.push_records(synerise, make("consents", 4)).accepted == 4
    assert world.account("synerise").calls["POST v4"] == 1
    shown = synerise.look_at([ONE, TWO, "nobody@example.com"])
    assert shown.rows() == [(ONE, False), (TWO, True), ("nobody@example.com", None)]


def test_consents_are_in_no_mapping_of_profiles(world):
    for kind, extra in (("connectif", KEYS), ("synerise", {"api_key": {"env": "K"}})):
        targets = {field.target.lower() for field in world.open(kind, **extra).fields}
        assert not [name for name in targets if "newsletter" in name or "agreement" in name]


def test_what_is_report_shows_nobody_when_printed(world, connectif, export):
    world.push_records(connectif, make("consents", 2))
    assert "example.com" not in repr(export())
    assert isinstance(export().statements, pl.DataFrame)
