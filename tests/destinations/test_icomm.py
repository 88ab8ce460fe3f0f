"""icomm: the exact request, and every way its answers can lie."""

from decimal import Decimal

import httpx
import pytest

from enrich.destinations.icomm import MAPPING
from enrich.errors import BadSettings, Refused
from tests.destinations.conftest import make_people, make_profiles
from tests.destinations.records import make

KEYS = {"api_key": {"env": "ICOMM_API_KEY"}, "profile_key": "MDE6MTIz"}
DOCUMENTED = {
    "ICOMMKT_First_Purchase_Date",
    "ICOMMKT_Last_Purchase_Date",
    "ICOMMKT_Days_Since_First_Purchase",
    "ICOMMKT_Days_Since_Last_Purchase",
    "ICOMMKT_Last_Purchase_Amount",
    "ICOMMKT_Items_30_Days",
    "ICOMMKT_Items_60_Days",
    "ICOMMKT_Items_90_Days",
    "ICOMMKT_Items_180_Days",
    "ICOMMKT_Items_360_Days",
    "ICOMMKT_RFM_Grupo",
}


def open_icomm(world, **options):
    return world.open("icomm", **KEYS, stop_failed_share=1, **options)


def outcomes(world):
    return [(row["outcome"], row["code"]) for row in world.ledger.records.values()]


def test_the_documented_names_are_exact_and_the_51_published_fields_and_the_amount_are_there():
    assert {field.target for field in MAPPING if field.is_documented} == DOCUMENTED
    assert len(MAPPING) == 52


def test_the_request_is_what_icomm_documents(world):
    world.push(
        open_icomm(world),
        make_people(1, amount_30d=Decimal("12.3"), orders_30d=2, days_since_last_purchase=51),
    )
    body = world.icomm.bodies[0]
    assert set(body) == {"ProfileKey", "ContactList"}
    assert body["ProfileKey"] == "MDE6MTIz"
    contact = body["ContactList"][0]
    assert set(contact) == {"Email", "CustomFields"}
    assert all(set(item) == {"Key", "Value"} for item in contact["CustomFields"])
    values = {item["Key"]: item["Value"] for item in contact["CustomFields"]}
    assert all(isinstance(value, str) for value in values.values())
    assert values["ICOMMKT_Last_Purchase_Date"] == "09/01/2026"
    assert values["ICOMMKT_Days_Since_Last_Purchase"] == "51"
    assert values["ICOMMKT_Items_30_Days"] == "Lamp|Mug"
    assert values["ICOMMKT_Items_60_Days"] == ""
    assert values["ICOMMKT_Amount_30_Days"] == "12.30"
    assert values["ICOMMKT_Purchases_30_Days"] == "2"
    assert values["ICOMMKT_RFM_30_Days"] == "545"
    assert "ICOMMKT_RFM_60_Days" not in values
    assert world.icomm.headers[0]["authorization"] == "secret-of-ICOMM_API_KEY"


def test_settings_change_key_suffix_separators_names_and_what_is_left_out(world):
    there = open_icomm(
        world,
        auth_suffix=":0",
        list_separator=", ",
        decimal_separator=",",
        names={"rfm_segment": "Segmento", "first_name": "Nombre", "brands_30d": "Marcas"},
        leave_out=["rfm_30d"],
    )
    world.push(there, make_people(1, amount_30d=Decimal("12.3"), brands_30d=["A, B", "C"]))
    values = world.icomm.contacts["person0001@example.com"]
    assert world.icomm.headers[0]["authorization"].endswith(":0")
    assert values["ICOMMKT_Amount_30_Days"] == "12,30"
    assert values["Nombre"] == "Zuleika"
    assert values["Marcas"] == "A B, C"
    assert "ICOMMKT_RFM_30_Days" not in values


def test_items_can_hold_units_when_an_account_wants_them(world):
    there = open_icomm(
        world, leave_out=["products_30d"], names={"items_30d": "ICOMMKT_Items_30_Days"}
    )
    world.push(there, make_people(1, items_30d=3))
    assert world.icomm.contacts["person0001@example.com"]["ICOMMKT_Items_30_Days"] == "3"


def test_a_day_later_the_days_are_sent_again_unless_the_settings_say_no(world):
    for options, changes in (({}, 1), ({"diff_days_since": False}, 0)):
        world.ledger.forget("push_records")
        there = open_icomm(world, **options)
        world.push(there, make_people(1, days_since_last_purchase=51))
        assert world.push(there, make_people(1, days_since_last_purchase=52)).changes == changes


def test_what_is_no_longer_true_stays_unless_the_settings_say_that_empty_clears(world):
    there = open_icomm(world)
    world.push(there, make_people(1))
    world.push(there, make_profiles({"customer_key": 1, "email": "person0001@example.com"}))
    values = world.icomm.contacts["person0001@example.com"]
    assert (values["ICOMMKT_RFM_30_Days"], values["ICOMMKT_Purchases_30_Days"]) == ("545", "0")
    with pytest.raises(BadSettings, match="clear_with"):
        open_icomm(world, removals="clear")


def test_what_is_no_longer_true_is_cleared_and_what_is_not_known_is_left(world):
    there = open_icomm(world, names={"first_name": "Nombre"}, clear_with="empty")
    world.push(there, make_people(1))
    world.push(there, make_profiles({"customer_key": 1, "email": "person0001@example.com"}))
    values = world.icomm.contacts["person0001@example.com"]
    assert (values["ICOMMKT_RFM_30_Days"], values["ICOMMKT_Last_Purchase_Date"]) == ("", "")
    assert values["Nombre"] == "Zuleika"


def test_batches_of_100_by_default_one_after_the_other(world):
    world.push(open_icomm(world), make_people(250))
    assert [len(body["ContactList"]) for body in world.icomm.bodies] == [100, 100, 50]


def test_one_bad_row_in_the_middle_of_a_200(world):
    world.icomm.refused = {"person0002@example.com"}
    world.push(open_icomm(world), make_people(3))
    assert outcomes(world) == [("accepted", "1"), ("rejected", "row_7"), ("accepted", "1")]


def test_an_envelope_that_failed_rejects_the_call(world):
    world.icomm.envelope_code = "13"
    world.push(open_icomm(world), make_people(2))
    assert outcomes(world) == [("rejected", "envelope_13")] * 2


def test_fewer_rows_than_sent_leave_the_whole_batch_unknown_and_it_is_sent_again(world):
    world.icomm.rows_dropped = 1
    assert world.push(open_icomm(world), make_people(3)).unknown == 3
    world.icomm.rows_dropped = 0
    assert world.push(open_icomm(world), make_people(3)).accepted == 3


@pytest.mark.parametrize(
    ("body", "outcome", "code"),
    [
        ('{"code": "500", "message": "x"}', "unknown", "no_envelope"),
        ("[]", "unknown", "no_envelope"),
        ("oops", "unknown", "no_json"),
        ('{"SaveMultiContactJsonResult": null}', "unknown", "no_envelope"),
        ('{"SaveMultiContactJsonResult": {"StatusCode": 1}}', "unknown", "row_count"),
        (
            '{"SaveMultiContactJsonResult": {"StatusCode": 1, "Responses": [7]}}',
            "rejected",
            "row_none",
        ),
        (
            '{"SaveMultiContactJsonResult": {"StatusCode": 9, "Responses": [{"StatusCode": 1}]}}',
            "unknown",
            "envelope_9",
        ),
    ],
)
def test_answers_that_cannot_be_believed(world, body, outcome, code):
    world.icomm._save = lambda contacts: httpx.Response(200, text=body)
    world.push(open_icomm(world), make_people(1))
    assert outcomes(world) == [(outcome, code)]


def test_a_batch_refused_whole_is_halved_down_to_the_bad_row(world):
    world.icomm.poison = {"person0003@example.com"}
    summary = world.push(open_icomm(world), make_people(8))
    assert (summary.accepted, summary.rejected) == (7, 1)
    assert world.ledger.outcomes()["3"] == "rejected"


def test_passing_faults_pass(world):
    world.icomm.faults = [429, 503, httpx.ReadTimeout]
    assert world.push(open_icomm(world), make_people(2)).accepted == 2
    assert len(world.waits) >= 3


def test_check_names_a_refused_key_and_writes_nothing(world):
    assert open_icomm(world).check() == []
    assert not world.icomm.bodies
    world.icomm.faults = [401, 401]
    assert "401" in open_icomm(world).check()[0]


def test_a_refused_key_stops_with_the_exit_code_for_it(world):
    world.icomm.faults = [401, 401]
    summary = world.push(open_icomm(world), make_people(1))
    assert isinstance(summary.fault, Refused)
    assert summary.fault.exit_code == 3


def test_settings_without_a_key_or_with_the_key_itself_are_refused(world):
    with pytest.raises(BadSettings, match="api_key"):
        world.open("icomm", profile_key="P")
    with pytest.raises(BadSettings, match="exactly one of env") as refusal:
        world.open("icomm", profile_key="P", api_key={"value": "hunter2"})
    assert "hunter2" not in str(refusal.value)
    with pytest.raises(BadSettings, match=r"base_url: .*https"):
        open_icomm(world, base_url="http://api.example.com")


def cart_fields(world, number=1):
    return world.icomm.contacts[f"person{number:04}@example.com"]


def test_the_newest_cart_is_fields_of_the_contact(world):
    there = world.open("icomm", "carts", **KEYS)
    assert world.push_records(there, make("carts", 2)).accepted == 2
    assert cart_fields(world) == {
        "nombre": "Zuleika",
        "fecha_abandono": "01/01/2026",
        "url_carrito": "https://shop.example.com/checkout/cart/add?sku=10&qty=2",
    }


def test_other_columns_of_a_cart_are_added_by_naming_them(world):
    names = {"amount": "monto", "lines": "productos", "url": "enlace", "abandoned_at": "momento"}
    there = world.open("icomm", "carts", **KEYS, cart_names=names, decimal_separator=",")
    world.push_records(there, make("carts", 1))
    kept = cart_fields(world)
    assert (kept["monto"], kept["productos"], kept["momento"]) == (
        "39,80",
        "Lamp 10",
        "01/01/2026 13:00",
    )
    assert "enlace" in kept and "url_carrito" not in kept


@pytest.mark.parametrize(("clear_with", "left"), [("nothing", "01/01/2026"), ("empty", "")])
def test_a_cart_that_is_over_is_emptied_only_where_the_settings_say_so(world, clear_with, left):
    there = world.open("icomm", "carts", **KEYS, clear_with=clear_with)
    world.push_records(there, make("carts", 1))
    world.push_records(there, make("carts", 1).ended(1))
    assert (cart_fields(world)["fecha_abandono"], cart_fields(world)["nombre"]) == (
        left,
        "Zuleika",
    )


@pytest.mark.parametrize(
    "names", [{"colour": "x"}, {"url": "a.b"}, {"url": ""}, {"url": "same", "amount": "same"}]
)
def test_impossible_cart_names_are_refused(world, names):
    with pytest.raises(BadSettings):
        world.open("icomm", "carts", **KEYS, cart_names=names)
