"""The User Rights API as its schema and its guide have it: filed, looked at, refused, over."""

import pytest

JOBS = "/api/user-rights/forget/jobs"


@pytest.fixture
def email(ask):
    fields = {"_fields": "email,isCorporate", "_where": "isCorporate=false"}
    found = ask("/api/dataentities/CL/search", fields).json()
    return found[0]["email"]


def later(ask, **lengths):
    assert ask("/_simulator/advance", method="POST", json=lengths).status_code == 200


def documents(ask, email):
    return ask("/api/dataentities/CL/search", {"email": email}).json()


def test_a_job_is_in_progress_and_then_the_person_is_gone(ask, email):
    filed = ask(JOBS, method="POST", json={"email": email.upper()})
    assert (filed.status_code, list(filed.json())) == (201, ["jobId"])
    job = f"{JOBS}/{filed.json()['jobId']}"
    assert ask(job).json()["status"] == "InProgress"
    assert documents(ask, email)
    later(ask, minutes=11)
    assert not documents(ask, email)
    assert set(ask(job).json()) == {"status", "message"}
    later(ask, seconds=30)
    assert ask(job).json()["status"] == "Success"


def test_asking_more_than_every_thirty_seconds_is_throttled(ask):
    job = f"{JOBS}/{ask(JOBS, method='POST', json={'email': 'a@example.com'}).json()['jobId']}"
    assert [ask(job).status_code, ask(job).status_code] == [200, 429]
    later(ask, seconds=30)
    assert ask(job).status_code == 200


@pytest.mark.parametrize(
    ("values", "email", "status"),
    [
        ({}, "nobody@example.com", "Success"),
        ({"erasures_fail": True}, "nobody@example.com", "Failed"),
        ({"erasure_minutes": 60}, "nobody@example.com", "InProgress"),
    ],
)
def test_how_a_job_ends(ask, values, email, status):
    ask("/_simulator/weather", method="PUT", json=values)
    filed = ask(JOBS, method="POST", json={"email": email})
    later(ask, minutes=11)
    assert ask(f"{JOBS}/{filed.json()['jobId']}").json()["status"] == status


def test_a_company_is_not_erased(ask, email):
    (document,) = documents(ask, email)
    change = f"/_simulator/customers/{document['id']}/change"
    ask(change, method="POST", json={"isCorporate": True})
    filed = ask(JOBS, method="POST", json={"email": email})
    later(ask, minutes=11)
    assert ask(f"{JOBS}/{filed.json()['jobId']}").json()["status"] == "Failed"
    assert documents(ask, email)


def test_refusals(ask, limited):
    assert ask(JOBS, method="POST", json={}).status_code == 400
    assert ask(JOBS, method="POST", json={"email": "a@example.com"}, headers={}).status_code == 401
    assert ask(f"{JOBS}/00000000-0000-0000-0000-000000000000").status_code == 404
    assert (
        ask(JOBS, method="POST", json={"email": "a@example.com"}, headers=limited).status_code
        == 403
    )
