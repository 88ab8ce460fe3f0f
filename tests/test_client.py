"""One HTTP client: how long it waits, when it gives up, what it never says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from enrich.client import (
    BadBody,
    Call,
    GaveUp,
    Http,
    HttpStatus,
    LoginPage,
    NotFound,
    Pacer,
    PermissionMissing,
    Unanswered,
    asked_seconds,
    parse_json,
    wait_seconds,
)
from enrich.errors import BadSettings, EnrichError, Refused

DATE = "Mon, 02 Mar 2026 12:00:00 GMT"
SECRET = "token-of-the-shop"
PERSON = "ana@example.com"


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.sleeps: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now += seconds

    def monotonic(self) -> float:
        return self.now


class Script:
    """A server that answers with one response, or fault, after the other; then 200 `{}`."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if self.answers else httpx.Response(200, json={})
        if isinstance(answer, Exception):
            raise answer
        return answer


def http_for(server: Callable[[httpx.Request], httpx.Response], clock: Clock, **more: int) -> Http:
    return Http(
        transport=httpx.MockTransport(server),
        sleep=clock.sleep,
        monotonic=clock.monotonic,
        jitter=lambda: 1.0,
        max_body_bytes=more.get("max_body_bytes", 1000),
    )


def call(*, is_repeatable: bool = True) -> Call:
    return Call(
        "GET",
        "https://shop.example/documents/17",
        name="shop /documents/{id}",
        resource="Documents / Read",
        params={"email": PERSON},
        headers={"X-Token": SECRET},
        is_repeatable=is_repeatable,
    )


def status(*codes: int, **headers: str) -> list[httpx.Response]:
    return [httpx.Response(code, headers=headers, json={"who": PERSON}) for code in codes]


@pytest.mark.parametrize(
    ("code", "try_no", "asked", "wait"),
    [
        (429, 1, None, 1.0),
        (429, 1, 7.0, 7.0),
        (429, 2, 0.0, 2.0),
        (429, 3, None, 60.0),  # VTEX: without a hint, rest for a minute
        (429, 5, 2.0, 16.0),
        (429, 7, 2.0, 60.0),
        (429, 8, 2.0, None),
        (429, 1, 3600.0, None),  # an hour is for the next run
        (503, 1, 5.0, 5.0),
        (500, 4, None, 8.0),
        (500, 5, None, None),
        (None, 1, None, 1.0),
        (None, 5, None, None),
        (401, 1, None, 1.0),
        (401, 2, None, None),
        (400, 1, None, None),
        (501, 1, None, None),
    ],
)
def test_wait_before_the_next_try(
    code: int | None, try_no: int, asked: float | None, wait: float | None
) -> None:
    assert wait_seconds(code, 8, try_no, asked, 1.0) == wait


def test_jitter_halves_the_backoff_at_most() -> None:
    assert wait_seconds(500, 8, 3, None, 0.0) == 2.0
    assert wait_seconds(500, 8, 3, None, 1.0) == 4.0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "12"}, 12.0),
        ({"Retry-After": "Mon, 02 Mar 2026 12:00:30 GMT", "Date": DATE}, 30.0),
        ({"Retry-After": "Mon, 02 Mar 2026 11:00:00 GMT", "Date": DATE}, 0.0),
        ({"Retry-After": "Mon, 02 Mar 2026 12:00:30 GMT"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "inf"}, None),
        ({"X-RateLimit-Reset": "40"}, 40.0),
        ({"RateLimit-Reset": "1772452805", "Date": DATE}, 5.0),
        ({"X-RateLimit-Reset": "1772452805000", "Date": DATE}, 5.0),
        ({"Retry-After": "3", "X-RateLimit-Reset": "40"}, 3.0),
        ({"x-sib-ratelimit-limit": "100", "x-sib-ratelimit-reset": "36"}, 36.0),
        ({"X-HubSpot-RateLimit-Interval-Milliseconds": "10000"}, 10.0),
        ({"X-HubSpot-RateLimit-Interval-Milliseconds": "soon"}, None),
    ],
)
def test_what_an_answer_asks_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert asked_seconds(httpx.Headers(headers)) == seconds


@pytest.mark.parametrize(
    ("answers", "sleeps"),
    [
        ([], []),
        (status(500, 503), [1.0, 2.0]),
        (status(429, **{"Retry-After": "9"}), [9.0]),
        (status(401), [1.0]),
        ([httpx.ReadTimeout("slow"), httpx.ConnectError("gone")], [1.0, 2.0]),
    ],
)
def test_passing_faults_pass(
    answers: list[httpx.Response | Exception], sleeps: list[float]
) -> None:
    clock = Clock()
    assert http_for(Script(*answers), clock).fetch_json(call()) == {}
    assert clock.sleeps == sleeps


@pytest.mark.parametrize(
    ("answers", "error", "request_count"),
    [
        (status(401, 401), Refused, 2),
        (status(403), PermissionMissing, 1),
        (status(404), NotFound, 1),
        (status(409), HttpStatus, 1),
        (status(302, location="https://login.example/"), LoginPage, 1),
        ([httpx.Response(200, html="<html>Log in</html>")], LoginPage, 1),
        ([httpx.Response(200, text="<!DOCTYPE html><p>Log in")], LoginPage, 1),
        ([httpx.Response(200, text="neither page nor JSON")], BadBody, 1),
        ([httpx.Response(200, content=b"1" * 1001)], BadBody, 1),
        (status(500, 500, 500, 500, 500), GaveUp, 5),
        (status(*[429] * 8), GaveUp, 8),
        ([httpx.ReadTimeout("slow")] * 5, GaveUp, 5),
        ([httpx.UnsupportedProtocol(PERSON)], BadSettings, 1),
    ],
)
def test_faults_that_do_not_pass(
    answers: list[httpx.Response | Exception], error: type[EnrichError], request_count: int
) -> None:
    server = Script(*answers)
    with pytest.raises(error) as caught:
        http_for(server, Clock()).fetch_json(call())
    assert type(caught.value) is error
    assert len(server.requests) == request_count
    assert PERSON not in str(caught.value) and SECRET not in str(caught.value)
    assert caught.value.__cause__ is None or PERSON not in str(caught.value.__cause__)


def test_a_missing_permission_is_named() -> None:
    with pytest.raises(PermissionMissing, match="the role lacks Documents / Read") as caught:
        http_for(Script(*status(403)), Clock()).fetch(call())
    assert caught.value.resource == "Documents / Read"


@pytest.mark.parametrize("code", [400, 404, 409, 422])
def test_send_hands_out_what_asking_again_cannot_change(code: int) -> None:
    response = http_for(Script(*status(code)), Clock()).send(call())
    assert (response.status_code, parse_json(response.content)) == (code, {"who": PERSON})


@pytest.mark.parametrize(
    ("answer", "request_count"),
    [
        (httpx.ConnectError("never left"), 2),
        (httpx.Response(429), 2),
        (httpx.Response(503), 2),
        (httpx.Response(500), 1),
    ],
)
def test_a_call_that_must_not_repeat_repeats_only_when_it_never_began(
    answer: httpx.Response | Exception, request_count: int
) -> None:
    server = Script(answer)
    http_for(server, Clock()).send(call(is_repeatable=False))
    assert len(server.requests) == request_count


def test_a_call_that_must_not_repeat_and_got_no_answer_is_told_apart() -> None:
    server = Script(httpx.ReadTimeout("slow"))
    with pytest.raises(Unanswered):
        http_for(server, Clock()).send(call(is_repeatable=False))
    assert len(server.requests) == 1


def test_compressed_answers_are_read_once() -> None:
    import gzip

    body = gzip.compress(b'{"a":1}')
    answer = httpx.Response(200, content=body, headers={"content-encoding": "gzip"})
    assert http_for(Script(answer), Clock()).fetch_json(call()) == {"a": 1}


def test_a_file_is_saved_for_its_owner_alone_once_it_comes_whole(tmp_path: Path) -> None:
    target = tmp_path / "contacts.csv"
    server = Script(httpx.ReadError("cut"), *status(503), httpx.Response(200, content=b"a,b\n" * 9))
    http_for(server, Clock(), max_body_bytes=5).download(call(), target, 36)
    assert target.read_bytes() == b"a,b\n" * 9
    assert target.stat().st_mode & 0o777 == 0o600


def test_a_refusal_is_no_file_and_a_file_has_its_bounds(tmp_path: Path) -> None:
    target = tmp_path / "contacts.csv"
    with pytest.raises(NotFound):
        http_for(Script(*status(404)), Clock()).download(call(), target, 1000)
    assert target.read_bytes() == b""
    with pytest.raises(BadBody, match="too large"):
        http_for(Script(httpx.Response(200, content=b"12345")), Clock()).download(call(), target, 4)


def test_a_call_shows_its_name_only() -> None:
    assert repr(call()) == "Call(method='GET', name='shop /documents/{id}')"


def test_the_pacer_spaces_requests() -> None:
    clock = Clock()
    pacer = Pacer(2.0, sleep=clock.sleep, monotonic=clock.monotonic)
    left_at = []
    for _ in range(5):
        pacer.take()
        left_at.append(clock.now)
    assert left_at == [0.0, 0.5, 1.0, 1.5, 2.0]


def test_a_throttled_call_holds_everybody_back() -> None:
    clock = Clock()
    pacer = Pacer(100.0, sleep=clock.sleep, monotonic=clock.monotonic)
    pacer.take()
    pacer.hold(30.0)
    pacer.take()
    assert clock.now == 30.0


def test_an_unpaced_pacer_never_waits() -> None:
    clock = Clock()
    pacer = Pacer(None, sleep=clock.sleep, monotonic=clock.monotonic)
    for _ in range(100):
        pacer.take()
    assert clock.sleeps == []


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b'{"a":1}', {"a": 1}),
        (b'\xef\xbb\xbf{"a":1}', {"a": 1}),
        (b'{"a":"x\ty\x01"}', {"a": "x\ty\x01"}),
        (b'{"a":NaN}', {"a": None}),
        (b'{"a":"\xff"}', {"a": "\ufffd"}),
        (b"[]", []),
    ],
)
def test_json_is_read_leniently(content: bytes, value: object) -> None:
    assert parse_json(content) == value


@pytest.mark.parametrize("content", [b"", b"<html>", b"{", b"[" * 100_000])
def test_what_is_no_json_is_refused(content: bytes) -> None:
    with pytest.raises(BadBody):
        parse_json(content)


def test_a_longer_wait_is_said_once_and_without_a_value() -> None:
    clock, lines = Clock(), list[str]()
    script = Script(*status(503), *status(503), httpx.ConnectError(PERSON), *status(503))
    http = Http(
        transport=httpx.MockTransport(script),
        sleep=clock.sleep,
        monotonic=clock.monotonic,
        jitter=lambda: 1.0,
        say=lines.append,
    )
    http.fetch(call())
    assert clock.sleeps == [1.0, 2.0, 4.0, 8.0]
    assert lines == [
        "shop /documents/{id}: 503; asking again in 2 s",
        "shop /documents/{id}: 503; asking again in 8 s",
    ]
