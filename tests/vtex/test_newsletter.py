"""One document of CL: read by id, changed by PATCH, and nothing over a word that came meanwhile."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from enrich.client import Http, PermissionMissing
from enrich.sources.source import WantedOptIn
from enrich.sources.vtex import VtexClient
from enrich.sources.vtex.newsletter import VtexNewsletter, new_contact_id

EMAIL = "person1@example.com"
DOCUMENT = {"id": "c-1", "email": "Person1@Example.com", "isNewsletterOptIn": True}
LOST = "lost"


class Account:
    """Answers of one document: to reading, to writing, to searching; and what it was asked."""

    def __init__(self, read: Any, write: Any = 204, found: Any = ()) -> None:
        self.read, self.write, self.found = read, write, found
        self.asked: list[tuple[str, str, bytes]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append((request.method, request.url.path, request.content))
        if request.url.path.endswith("/search"):
            return httpx.Response(200, json=list(self.found))
        answer = self.read if request.method == "GET" else self.write
        if answer == LOST:
            raise httpx.ReadTimeout("lost")
        is_status = isinstance(answer, int)
        return httpx.Response(answer) if is_status else httpx.Response(200, json=answer)

    @property
    def newsletter(self) -> VtexNewsletter:
        http = Http(transport=httpx.MockTransport(self), sleep=lambda seconds: None)
        client = VtexClient("https://shop.example", SecretStr("k"), SecretStr("t"), http)
        return VtexNewsletter(client)

    @property
    def written(self) -> list[tuple[str, str, bytes]]:
        return [call for call in self.asked if call[0] != "GET"]


@pytest.mark.parametrize(
    ("read", "write", "outcome", "code", "writes"),
    [
        (DOCUMENT, 204, "accepted", None, 1),
        (DOCUMENT, 200, "accepted", None, 1),
        (DOCUMENT, 304, "accepted", "http_304", 1),
        ({**DOCUMENT, "isNewsletterOptIn": False}, 204, "unchanged", "same", 0),
        ({**DOCUMENT, "isNewsletterOptIn": None}, 204, "retryable", "said_meanwhile", 0),
        ({**DOCUMENT, "email": "other@example.com"}, 204, "invalid", "other_address", 0),
        ({**DOCUMENT, "email": None}, 204, "invalid", "other_address", 0),
        (404, 204, "invalid", "gone", 0),
        ({}, 204, "invalid", "gone", 0),
        (DOCUMENT, 400, "rejected", "http_400", 1),
        (DOCUMENT, 503, "retryable", "http_503", None),
        (DOCUMENT, LOST, "unknown", "no_answer", None),
        (LOST, 204, "unknown", "no_answer", 0),
    ],
)
def test_what_becomes_of_a_no_that_is_to_be_written(
    read: Any, write: Any, outcome: str, code: str | None, writes: int | None
) -> None:
    account = Account(read, write)
    (wrote,) = account.newsletter.write([WantedOptIn("c-1", EMAIL, True, False)])
    assert (wrote.outcome, wrote.code) == (outcome, code)
    assert writes is None or len(account.written) == writes
    for method, path, body in account.written:
        assert (method, body) == ("PATCH", b'{"isNewsletterOptIn":false}')
        assert path == "/api/dataentities/CL/documents/c-1"


@pytest.mark.parametrize(
    ("found", "read", "write", "outcome", "code"),
    [
        ((), 404, 201, "accepted", "created"),
        ((), DOCUMENT, 201, "unchanged", "same"),
        (({"id": "c-9"},), 404, 201, "retryable", "not_pulled_yet"),
        ((), 404, 400, "rejected", "http_400"),
    ],
)
def test_what_becomes_of_somebody_who_is_to_be_created(
    found: Any, read: Any, write: int, outcome: str, code: str
) -> None:
    account, contact_id = Account(read, write, found), new_contact_id("main", EMAIL)
    (wrote,) = account.newsletter.create([WantedOptIn(contact_id, EMAIL, None, True)])
    assert (wrote.outcome, wrote.code) == (outcome, code)
    assert all(
        (method, path) == ("PATCH", "/api/dataentities/CL/documents")
        for method, path, _ in account.written
    )
    assert contact_id == new_contact_id("main", EMAIL) != new_contact_id("other", EMAIL)


def test_a_missing_right_ends_it_and_is_named() -> None:
    with pytest.raises(PermissionMissing, match="Insert or update document"):
        list(Account(DOCUMENT, 403).newsletter.write([WantedOptIn("c-1", EMAIL, True, False)]))


def test_what_cannot_be_read_is_left_out() -> None:
    assert Account(DOCUMENT).newsletter.read(["c-1"]) == {"c-1": True}
    assert Account(400).newsletter.read(["c-1"]) == {}


def test_nobody_shows_when_printed() -> None:
    assert "example.com" not in repr(WantedOptIn("c-1", EMAIL, True, False))
