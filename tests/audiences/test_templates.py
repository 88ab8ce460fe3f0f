"""The shapes that tools for WhatsApp and text messages take, gated by the channel's own consent."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from enrich.destinations import NamedAudience, open_entity
from enrich.destinations.member_templates import template, templates
from enrich.errors import BadSettings
from tests.cli.shell import enrich
from tests.destinations.conftest import World
from tests.destinations.records import make

CASES = [
    ("omnichat", "fullNumber", "5511900000000"),
    ("blip", "telephone", "05511900000000"),
    ("zenvia", "phone", "5511900000000"),
    ("twilio", "To", "+5511900000000"),
    ("twilio_whatsapp", "To", "whatsapp:+5511900000000"),
]


@pytest.mark.parametrize(("name", "column", "phone"), CASES)
def test_the_first_column_is_the_phone_as_the_tool_wants_it(
    name: str, column: str, phone: str
) -> None:
    row = {"phone": "+5511900000000", "first_name": None, "customer_key": 1}
    shaped = templates()[name].of_row(row)
    assert next(iter(shaped.items())) == (column, phone)
    assert shaped == {column: phone, "customer_key": 1}


def test_every_template_is_tried() -> None:
    assert {name for name, *_ in CASES} == set(templates())
    with pytest.raises(BadSettings, match=r"known: omnichat, blip, zenvia$"):
        template("twilio", "export")


def test_a_webhook_sends_members_in_the_shape_of_a_tool(tmp_path: Path) -> None:
    options = {"url": "https://hooks.example.com/x", "members_as": "twilio"}

    def opened(channel: str) -> object:
        tools = replace(World(tmp_path).tools(), audiences=(NamedAudience("a", "A", channel),))
        return open_entity("there", "webhook", options, tools, "audiences")

    with pytest.raises(BadSettings, match="twilio is for audiences by sms, not by whatsapp"):
        opened("whatsapp")
    frame = pl.DataFrame(list(make("audiences", 1).rows)).with_columns(memo=None)
    (payload,) = opened("sms").render(frame)  # type: ignore[attr-defined]
    assert payload == {
        "id": "1:Slipping away",
        "To": "+5511900000000",
        "customer_key": 1,
        "audience_name": "Slipping away",
        "is_member": True,
    }


def test_an_export_holds_who_agreed_to_the_channel_alone(tmp_path: Path) -> None:
    orders = "order_id,customer_id,ordered_at,amount,email\n"
    people = "customer_id,email,phone,newsletter_opt_in,whatsapp_opt_in\n"
    said = ["true", "false", ""]
    for n in range(3):
        orders += f"o{n},c{n},2026-01-01,10.00,c{n}@example.com\n"
        people += f"c{n},c{n}@example.com,+5511987650{n:03},true,{said[n]}\n"
    (tmp_path / "orders.csv").write_text(orders)
    (tmp_path / "customers.csv").write_text(people)
    (tmp_path / "enrich.toml").write_text(
        '[audiences.all]\nrule = "true"\nchannel = "whatsapp"\n[audiences.mails]\nrule = "true"\n'
    )
    common = ("--config", tmp_path / "enrich.toml", "--data", tmp_path / "data")
    files = ("--orders", tmp_path / "orders.csv", "--customers", tmp_path / "customers.csv")
    assert enrich("import", *files, *common).code == 0
    assert enrich("profiles", *common).code == 0
    export = ("audience", "export", "all", "--to", tmp_path / "all.csv")
    said_back = enrich(*export, "--for", "omnichat", *common)
    assert said_back.code == 0, said_back.err
    lines = (tmp_path / "all.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in lines] == ["fullNumber", "5511987650000"]
    wrong = enrich("audience", "export", "mails", *export[3:], "--for", "omnichat", *common)
    assert (wrong.code, "not by email" in wrong.err) == (2, True)
