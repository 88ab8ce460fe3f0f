"""A refusal is kept with the platform's own code and words, and nothing of a person is in it."""

import io

import pytest

from enrich.cli.console import PlainConsole
from enrich.cli.shows import show_pushes
from enrich.destinations import REGISTRY
from enrich.destinations.reasons import MAX_LENGTH, harmless
from enrich.destinations.sending import refusal_in
from enrich.flows.pages import push_page
from tests.destinations.conftest import make_people

SENT = {
    "email": "jose.nunez@example.com",
    "attributes": {
        "first_name": "José",
        "phone": "+55 (11) 90000-0000",
        "document": "123.456.789-09",
        "rfm_group": "LOYAL",
        "pets": ["Rex"],
        "size": 43,
        "is_known": True,
    },
}
# What the platform writes, and what is kept of it.
REASONS = [
    ("Property rfm_group does not exist", "Property rfm_group does not exist"),
    ('"rfm_group" is no date', '"rfm_group" is no date'),
    ("INVALID_EMAIL in 'email'", "INVALID_EMAIL in 'email'"),
    ("Email address jose.nunez@example.com is invalid", "Email address … is invalid"),
    ("no mail to <jose.nunez%40example.com>", "no mail to …"),
    ("see https://app.example.com/contacts/77", "see …"),
    ('The value "Someone Else" is too long', 'The value "…" is too long'),
    ("Contact Someone Else has it already", "Contact … … has it already"),
    ("the value JOSE of first_name", "the value … of first_name"),
    ("the value jose\u0301 of first_name", "the value … of first_name"),
    ("Rex is no pet, 43 no size", "… is no pet, … no size"),
    ("phone +55 11 90000-0000 is taken", "phone … is taken"),
    ("document 12345678909 and 123.456.789-09", "document … and …"),
    ("born on 17/05/1980", "born on …"),
    ("at most 100 of them", "at most 100 of them"),
    ("two\nlines\x00and\u202emarks", "two lines and marks"),
    ("LOYAL", None),
    ("jose.nunez@example.com", None),
    ("", None),
    (None, None),
    ({"no": "text"}, None),
    ("x" * 5_000, "x" * MAX_LENGTH),
]


@pytest.mark.parametrize(("reason", "kept"), REASONS)
def test_what_is_kept_of_a_reason(reason, kept):
    assert harmless(reason, SENT) == kept


# The same where nobody knows which record it is about: at the end of a job.
OF_NOBODY = [
    ("Please enter a number", "Please enter a number"),
    ("INVALID_EMAIL: the address is not valid", "INVALID_EMAIL: the address is not valid"),
    ("Zuleika is already subscribed", "… is already subscribed"),
    ("the value zuleika of will is too long", "the value … of … is too long"),
    ("zuleika quastel", None),
]


@pytest.mark.parametrize(("reason", "kept"), OF_NOBODY)
def test_without_the_record_only_common_words_are_kept(reason, kept):
    assert harmless(reason, None) == harmless(reason, {}) == kept


# The keys of the code and of the reasons, an answer, and the code and reason found in it.
ANSWERS = [
    (("code", "message"), {"code": "E1", "message": "no"}, ("E1", "no")),
    (("code", "detail"), {"errors": [{"code": "E2", "detail": "no"}]}, ("E2", "no")),
    (("", "Message"), [{"Message": "no"}], ("rejected", "no")),
    (("", "message", "detail"), {"detail": "see", "errors": [{"message": "no"}]}, (None, "no")),
    (("code", "reason", "detail"), {"code": "E3", "detail": "no"}, ("E3", "no")),
    (("code", "message"), {"code": 1001}, ("1001", None)),
    (("code", "message"), {"code": "5511900000000"}, ("rejected", None)),
    (("code", "message"), {"code": "jose@example.com"}, ("rejected", None)),
    (("code", "message"), {"code": {"code": "deep"}}, ("deep", None)),
    (("code", "message"), ["no object", 7, None, [[]]], ("rejected", None)),
    (("code", "message"), None, ("rejected", None)),
]


@pytest.mark.parametrize(("keys", "answer", "found"), ANSWERS)
def test_code_and_reason_are_found_where_the_platform_writes_them(keys, answer, found):
    refusal = refusal_in(answer, keys)
    assert (refusal.code, refusal.reason) == (found[0] or "rejected", found[1])


def test_it_stands_where_a_push_is_shown(world):
    there = world.open("webhook", **REGISTRY["webhook"].example)
    reason = "person0002@example.com has no valid name"
    item = {"id": "2", "code": "E7", "message": reason}
    world.receiver.answer = lambda ids: {"rejected": [item]}
    done = world.push(there, make_people(3))
    out = io.StringIO()
    show_pushes(PlainConsole(file=out, width=200), [done])
    assert "there: 1 refused: E7: … has no valid name" in out.getvalue()
    assert "there: 1 refused, E7: … has no valid name" in push_page([done])
    (row,) = world.ledger.pushes.overview().to_dicts()
    assert (row["refused_count"], row["reason"]) == (1, "E7: … has no valid name")


def test_row_by_row_icomm_says_why(world):
    there = world.open("icomm", **REGISTRY["icomm"].example)
    world.icomm.refused = {"person0002@example.com"}
    world.push(there, make_people(3))
    kept = world.ledger.records["2"]
    assert (kept["outcome"], kept["code"], kept["message"]) == ("rejected", "row_7", "bad …")
