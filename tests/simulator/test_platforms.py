"""icomm and the webhook receiver."""

import pytest

ICOMM = {"authorization": "simulated-icomm-key"}
SAVE_MANY, SAVE_ONE = "/icomm/Contacts/SaveMultiContact.Json/", "/icomm/Contacts/SaveContact.Json/"


@pytest.fixture
def post(send):
    def call(path, body, headers=ICOMM):
        return send("POST", path, json=body, headers=headers)

    return call


def contact(name, **fields):
    custom = [{"Key": key, "Value": value} for key, value in fields.items()]
    return {"Email": f"{name}@example.com", "CustomFields": custom}


def many(*contacts):
    return {"ProfileKey": "P1", "ContactList": list(contacts)}


def result(reply):
    assert reply.status_code == 200
    envelope = reply.json()["SaveMultiContactJsonResult"]
    return envelope["StatusCode"], [row["StatusCode"] for row in envelope["Responses"]]


def test_contacts_are_kept_and_fields_not_sent_keep_their_value(ask, post):
    assert result(post(SAVE_MANY, many(contact("ana", A="1", B="2"), contact("eva", A="3")))) == (
        1,
        [1, 1],
    )
    assert (
        post(SAVE_ONE, {"ProfileKey": "P1", "Contact": contact("ana", A="9")}).json()[
            "SaveContactJsonResult"
        ]["StatusCode"]
        == 1
    )
    kept = ask("/_simulator/icomm").json()
    assert kept["contacts"]["P1"] == {
        "ana@example.com": {"A": "9", "B": "2"},
        "eva@example.com": {"A": "3"},
    }
    assert kept["calls"] == {"SaveMultiContact": 1, "SaveContact": 1}
    listed = post(
        "/icomm/Contacts/ListFull.Json/",
        {"ProfileKey": "P1", "Filters": {"Email": "Eva@example.com"}},
    )
    custom = [{"Key": "A", "Value": "3"}]
    assert listed.json()["ListContactsFullJsonResult"] == [
        {"Email": "eva@example.com", "Status": "A", "CustomFields": custom}
    ]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [("envelope", (103, [])), ("row", (1, [1, 103, 1])), ("short", (1, [1, 1]))],
)
def test_failures_inside_a_200(ask, post, fault, expected):
    ask("/_simulator/icomm", method="POST", json={"faults": [fault]})
    assert result(post(SAVE_MANY, many(contact("a"), contact("b"), contact("c")))) == expected
    assert result(post(SAVE_MANY, many(contact("a")))) == (1, [1])


@pytest.mark.parametrize(("name", "code"), [("ana", 2), ("nobody", 101)])
def test_removal(post, name, code):
    post(SAVE_MANY, many(contact("ana")))
    reply = post(
        "/icomm/Contacts/RemoveContact.Json/",
        {"ProfileKey": "P1", "Contact": {"Email": f"{name}@example.com"}},
    )
    assert reply.json()["RemoveContactJsonResult"]["StatusCode"] == code


def test_fields_that_do_not_exist_are_dropped_in_silence(ask, post):
    ask("/_simulator/icomm", method="POST", json={"fields": ["A"]})
    assert result(post(SAVE_MANY, many(contact("ana", A="1", B="2")))) == (1, [1])
    kept = ask("/_simulator/icomm").json()
    assert kept["contacts"]["P1"]["ana@example.com"] == {"A": "1"}
    assert kept["dropped_fields"] == ["B"]


@pytest.mark.parametrize("key", [None, "wrong", "Basic simulated-icomm-key"])
def test_the_key_stands_bare_in_the_header(post, key):
    headers = {} if key is None else {"authorization": key}
    assert post(SAVE_MANY, many(), headers=headers).status_code == 401


def batch(*ids):
    return {"batch": "b", "records": [{"id": record, "fields": {}} for record in ids]}


def test_a_batch_sent_twice_is_taken_once(ask, post):
    for _ in range(2):
        reply = post("/webhook", batch("1", "2"), headers={"idempotency-key": "k1"})
        assert {row["status"] for row in reply.json()["results"]} == {"accepted"}
    kept = ask("/_simulator/webhook").json()
    assert (kept["batch_count"], kept["record_count"], kept["repeats"]) == (1, 2, {"k1": 1})


@pytest.mark.parametrize(
    ("switch", "status", "kept"),
    [
        ({"refused_ids": ["2"]}, 200, ["1", "3"]),
        ({"refused_ids": ["2"], "lists_results": False}, 200, ["1", "3"]),
        ({"refused_ids": ["2"], "refuses_whole": True}, 422, []),
        ({"statuses": [503]}, 503, []),
        ({"statuses": [413]}, 413, []),
    ],
)
def test_a_receiver_that_refuses(ask, post, switch, status, kept):
    ask("/_simulator/webhook", method="POST", json=switch)
    assert post("/webhook", batch("1", "2", "3")).status_code == status
    assert sorted(ask("/_simulator/webhook").json()["records"]) == kept


def test_the_weather_reaches_the_platforms_too(ask, post):
    ask(
        "/_simulator/weather",
        method="PUT",
        json={"throttled": 1.0, "routes": ["icomm_SaveMultiContact"]},
    )
    assert post(SAVE_MANY, many()).status_code == 429
    assert post("/webhook", batch("1")).status_code == 200


def test_other_platforms_stand_under_their_names(ask, send):
    switches = "/_simulator/platforms/connectif"
    path, headers = "/connectif/contacts/ana@example.com", {"authorization": "apiKey a:b"}
    ask(switches, method="POST", json={"refused": ["eva@example.com"]})
    assert send("PATCH", path, json={"rfm-group": "LOYAL"}, headers=headers).status_code == 200
    refused = send("PATCH", path.replace("ana", "eva"), json={}, headers=headers)
    assert (refused.status_code, refused.json()["validationErrors"]) == (422, [])
    assert send("PATCH", path, json={}).status_code == 401
    assert ask(switches).json()["contacts"] == {"ana@example.com": {"rfm-group": "LOYAL"}}
    assert "connectif" in ask("/_simulator/platforms").json()
