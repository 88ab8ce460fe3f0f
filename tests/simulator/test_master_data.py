"""Checklist 6: customers and addresses by search, scroll and document."""

import pytest

SEARCH, SCROLL = "/api/dataentities/CL/search", "/api/dataentities/CL/scroll"
DOCUMENTS = "/api/dataentities/CL/documents"


def search(ask, keys, span=None, **params):
    headers = {**keys, "REST-Range": f"resources={span}"} if span else keys
    return ask(SEARCH, params, headers=headers)


def scroll(ask, **params):
    first = ask(SCROLL, {"_size": 50, "_fields": "id,email", **params})
    token, found = first.headers["X-VTEX-MD-TOKEN"], first.json()
    while page := ask(SCROLL, {"_token": token}).json():
        found += page
    return found, int(first.headers["REST-Content-Total"])


@pytest.mark.parametrize(
    ("span", "status", "count"),
    [(None, 200, 15), ("0-100", 200, 100), ("10-20", 200, 10), ("0-101", 400, 0), ("5-5", 400, 0),
     ("9950-10001", 400, 0), ("9000-9050", 200, 0), ("x", 400, 0)],
)  # fmt: skip
def test_ranges_of_a_search(ask, keys, span, status, count):
    reply = search(ask, keys, span, _fields="id")
    assert reply.status_code == status
    if status == 200:
        assert len(reply.json()) == count


@pytest.mark.parametrize(
    ("weather", "header"),
    [({}, "resources 0-10/"), ({"range_header": "documented"}, "resources=0-10/")],
)
def test_both_spellings_of_the_range_header(ask, keys, weather, header):
    ask("/_simulator/weather", method="PUT", json=weather)
    assert search(ask, keys, "0-10").headers["REST-Content-Range"].startswith(header)


def test_pages_sorted_by_creation_hold_every_document_once(ask, keys):
    found, first = [], 0
    while page := search(
        ask, keys, f"{first}-{first + 100}", _sort="createdIn ASC", _fields="id,createdIn"
    ).json():
        found += page
        first += 100
    everyone, total = scroll(ask)
    assert [d["createdIn"] for d in found] == sorted(d["createdIn"] for d in found)
    assert sorted(d["id"] for d in found) == sorted(d["id"] for d in everyone)
    assert len({d["id"] for d in found}) == total


@pytest.mark.parametrize(
    ("where", "holds"),
    [
        ("userId is null", lambda d: d["userId"] is None),
        ("userId is not null AND isNewsletterOptIn=true",
         lambda d: d["userId"] and d["isNewsletterOptIn"]),
        ("(createdIn between 2025-01-01 AND 2025-12-31T23:59:59Z)",
         lambda d: d["createdIn"][:4] == "2025"),
        ("createdIn>2026-01-01", lambda d: d["createdIn"] > "2026"),
        ("createdIn<2024-01-01 OR updatedIn>2026-01-01",
         lambda d: d["createdIn"] < "2024" or (d["updatedIn"] or "") > "2026"),
        ("gender<>female", lambda d: d["gender"] != "female"),
        ("email=reader.*", lambda d: d["email"].startswith("reader.")),
        ("rclastcart is not null", lambda d: d["rclastcart"]),
    ],
)  # fmt: skip
def test_conditions(ask, where, holds):
    found, total = scroll(ask, _where=where, _fields="_all", _size=1000)
    everyone, _ = scroll(ask, _fields="_all", _size=1000)
    assert {d["id"] for d in found} == {d["id"] for d in everyone if holds(d)}
    assert total == len(found) > 0


@pytest.mark.parametrize(
    "params",
    [{"_where": "createdIn between 2025"}, {"_where": "(email=a"}, {"_where": "nothing=1"},
     {"_where": "createdIn>yesterday"}, {"_where": "email ? a"}, {"id": "x"},
     {"_sort": "nothing ASC"}, {"tags": "x"}],
)  # fmt: skip
def test_what_cannot_be_asked_is_400(ask, params):
    reply = ask(SEARCH, params)
    assert reply.status_code == 400
    assert "Message" in reply.json()


def test_a_field_made_unfilterable_is_400(ask):
    ask("/_simulator/weather", method="PUT", json={"unfilterable_fields": ["lastInteractionIn"]})
    assert ask(SEARCH, {"_where": "lastInteractionIn>2026-01-01"}).status_code == 400


def test_private_fields_are_403(ask):
    reply = ask(SEARCH, {"_fields": "id,internalNote"})
    assert (reply.status_code, reply.json()) == (403, {"Message": "Cannot read private fields"})
    assert ask(SCROLL, {"_fields": "internalNote"}).status_code == 403


def test_a_scroll_token_dies_after_twenty_minutes_without_use(ask):
    token = ask(SCROLL, {"_size": 10}).headers["X-VTEX-MD-TOKEN"]
    ask("/_simulator/advance", method="POST", json={"minutes": 19})
    assert ask(SCROLL, {"_token": token}).status_code == 200
    ask("/_simulator/advance", method="POST", json={"minutes": 21})
    reply = ask(SCROLL, {"_token": token})
    assert reply.status_code == 400
    assert reply.json()["Message"] == f"Operation not found for this token: '{token}'"


def test_ten_scrolls_at_once_and_an_exhausted_one_makes_room(ask):
    first = ask(SCROLL, {"_size": 1000}).headers["X-VTEX-MD-TOKEN"]
    for _ in range(9):
        assert ask(SCROLL, {"_size": 10}).status_code == 200
    assert "simultaneous scrolls" in ask(SCROLL, {"_size": 10}).json()["Message"]
    assert ask(SCROLL, {"_token": first}).json() == []
    assert ask(SCROLL, {"_size": 10}).status_code == 200


def test_a_document_changed_during_a_scroll_shows_its_new_content(ask):
    first = ask(SCROLL, {"_size": 50, "_fields": "id,firstName"})
    seen = {d["id"] for d in first.json()}
    later = next(d["id"] for d in scroll(ask)[0] if d["id"] not in seen)
    ask(f"{DOCUMENTS}/{later}", method="PATCH", json={"firstName": "Nova"})
    token, found = first.headers["X-VTEX-MD-TOKEN"], []
    while page := ask(SCROLL, {"_token": token}).json():
        found += page
    assert {"id": later, "firstName": "Nova"} in found


def test_the_life_of_a_document(ask):
    made = ask(DOCUMENTS, method="POST", json={"email": "new.one@example.com", "firstName": "Nova"})
    assert made.status_code == 201
    document_id = made.json()["DocumentId"]
    path = f"{DOCUMENTS}/CL-{document_id.upper()}"
    assert ask(path).json()["email"] == "new.one@example.com"
    assert ask(path, method="PATCH", json={"firstName": "Nova"}).status_code == 304
    assert ask(path, method="PATCH", json={"firstName": "Outra"}).status_code == 204
    assert ask(path, {"_fields": "email,firstName"}).json() == {
        "email": "new.one@example.com", "firstName": "Outra"}  # fmt: skip
    assert ask(SEARCH, {"email": "new.one@example.com"}).json() == [{"id": document_id}]
    assert ask(path, method="PUT", json={"firstName": "Só"}).status_code == 204
    assert ask(path).json()["email"] is None, "PUT replaces the whole document"
    assert ask(f"{DOCUMENTS}/nobody").status_code == 404


def test_search_can_lag_behind_a_write(ask):
    ask("/_simulator/weather", method="PUT", json={"search_lag_seconds": 30})
    ask(DOCUMENTS, method="POST", json={"email": "late@example.com"})
    assert ask(SEARCH, {"email": "late@example.com"}).json() == []
    ask("/_simulator/advance", method="POST", json={"seconds": 31})
    assert len(ask(SEARCH, {"email": "late@example.com"}).json()) == 1


def test_people_in_several_documents_and_letter_cases(ask):
    everyone, _ = scroll(ask, _fields="_all", _size=1000)
    emails = [d["email"].lower() for d in everyone]
    assert len(set(emails)) < len(emails)
    ids = [d["userId"] for d in everyone if d["userId"]]
    assert len({i.lower() for i in ids}) < len(ids) or any(i.isupper() for i in ids)
    assert [
        d for d in everyone if d["checkouttag"] and "Finalizado" not in d["checkouttag"]["Scores"]
    ]
    assert all(d["updatedIn"] is None or d["updatedIn"] >= d["createdIn"] for d in everyone)


def test_addresses_belong_to_customer_documents(ask):
    [address, *_] = ask("/api/dataentities/AD/search", {"_fields": "userId,country"}).json()
    assert address["country"] == "BRA"
    assert ask(f"{DOCUMENTS}/{address['userId']}").status_code == 200
