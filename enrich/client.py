"""One way to speak HTTP for the whole program: VTEX and the marketing platforms.

Waits, retries and what each status means are decided here and nowhere else. No message of this
module holds a header, a body or a query string: a call is known by its `name`, a path template.
"""

from __future__ import annotations

import itertools
import json
import logging
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.request import getproxies, proxy_bypass

import httpx
from pydantic_core import from_json

from enrich.errors import BadSettings, EnrichError, Refused, SkipRecord, TryAgain

CONNECT_SECONDS = 10.0
READ_SECONDS = 60.0
MAX_BODY_BYTES = 64 * 1024 * 1024
LONGEST_BACKOFF_SECONDS = 60.0
LONGEST_WAIT_SECONDS = 600.0  # a longer wait is for the next run, not for a blocked process
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
TRIES_WHEN_THROTTLED = 8
TRIES_WHEN_FAILING = 5
TRIES_WHEN_UNAUTHORIZED = 2  # VTEX answers 401 now and then to a good key

# httpx writes whole URLs, query and all, at INFO; a query may hold an e-mail address.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


class PermissionMissing(Refused):
    """The credentials are good but may not use this; `resource` is what the role lacks."""

    def __init__(self, message: str, resource: str = "") -> None:
        super().__init__(message)
        self.resource = resource


class LoginPage(PermissionMissing):
    """A web page or a redirect came where JSON was asked for: how some routes say no."""


class NotFound(SkipRecord):
    """The other side does not have it (404)."""


class BadBody(SkipRecord):
    """The answer is no JSON, or larger than any honest answer."""


class HttpStatus(EnrichError):  # noqa: N818
    """An answer that asking again cannot change, such as 400 or 409."""

    def __init__(self, message: str, status_code: int) -> None:
        super().__init__(message)
        self.status_code = status_code


class GaveUp(TryAgain):
    """Every try met a passing fault; `status_code` is the last one, None for the network."""

    def __init__(
        self, message: str, status_code: int | None = None, retry_after_seconds: float | None = None
    ) -> None:
        super().__init__(message, retry_after_seconds)
        self.status_code = status_code


class Unanswered(GaveUp):
    """A call that must not be sent twice got no answer; it may or may not have been carried out."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `name` is what messages call it: a path template without any value.

    `resource` is the permission to name on 403. `is_repeatable` is False for a call that does harm
    when it is carried out twice. `tries` lowers the number of tries. Only `method` and `name` show
    in its repr.
    """

    method: str
    url: str = field(repr=False)
    name: str
    resource: str = field(default="", repr=False)
    params: Mapping[str, str] | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    content: bytes | None = field(default=None, repr=False)
    is_repeatable: bool = field(default=True, repr=False)
    tries: int = field(default=TRIES_WHEN_THROTTLED, repr=False)


class Pacer:
    """A token bucket shared by threads: `take` returns when the next request may leave.

    `burst` requests may leave at once; `hold` keeps everybody back, as a 429 asks for.
    """

    def __init__(
        self,
        requests_per_second: float | None,
        *,
        burst: int = 1,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._gap = 1.0 / requests_per_second if requests_per_second else 0.0
        self._slack = self._gap * (burst - 1)
        self._sleep = sleep
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._next_at = float("-inf")
        self._held_until = float("-inf")

    def take(self) -> None:
        """Blocks until this caller's turn."""
        with self._lock:
            now = self._monotonic()
            turn = max(self._next_at, now - self._slack, self._held_until)
            self._next_at = turn + self._gap
        if turn > now:
            self._sleep(turn - now)

    def hold(self, seconds: float) -> None:
        """Nobody's next turn comes before `seconds` from now."""
        with self._lock:
            self._held_until = max(self._held_until, self._monotonic() + seconds)


class Http:
    """A paced, retrying httpx client; safe to share between threads.

    TLS is always verified, redirects are never followed, cookies never kept, bodies bounded. It
    speaks to httpx's transport, not to its Client, whose cookie jar and header merging would cost a
    third of the processor time of a small call.
    """

    def __init__(
        self,
        *,
        requests_per_second: float | None = None,
        burst: int = 1,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
        max_body_bytes: int = MAX_BODY_BYTES,
    ) -> None:
        self._transport = transport or _transport_by_proxy(getproxies())
        self._pacer = Pacer(requests_per_second, burst=burst, sleep=sleep, monotonic=monotonic)
        self._sleep = sleep
        self._jitter = jitter
        self._max_body_bytes = max_body_bytes

    def __enter__(self) -> Http:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections."""
        self._transport.close()

    def fetch_json(self, call: Call) -> Any:
        """The parsed JSON of `fetch`; an empty body is None."""
        content = self.fetch(call).content
        return parse_json(content, call.name) if content.strip() else None

    def fetch(self, call: Call) -> httpx.Response:
        """The 2xx answer to a call that wants JSON.

        Raises Refused on 401, PermissionMissing on 403, LoginPage on a redirect or a web page,
        NotFound on 404, HttpStatus on any other refusal, GaveUp when a passing fault did not pass.
        """
        response = self.send(call)
        raise_for_refusal(call, response)
        return response

    def send(self, call: Call) -> httpx.Response:
        """The answer, whatever its status, once passing faults have passed or were not passing.

        The caller reads status and body itself. Raises GaveUp, Unanswered, BadBody.
        """
        for try_no in itertools.count(1):
            self._pacer.take()
            answer = self._try_once(call)
            if isinstance(answer, httpx.Response) and not _is_transient(call, answer.status_code):
                return answer
            wait = self._wait_or_give_up(call, answer, try_no)
            if isinstance(answer, httpx.Response) and wait is None:
                return answer
            self._sleep(wait or 0.0)
        raise AssertionError("unreachable")

    def _try_once(self, call: Call) -> httpx.Response | httpx.HTTPError:
        try:
            request = httpx.Request(
                call.method,
                call.url,
                params=call.params,
                headers=_HEADERS | {name.lower(): text for name, text in call.headers.items()},
                content=call.content,
                extensions=_TIMEOUT,
            )
            return self._read_bounded(call, self._transport.handle_request(request))
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError):
            # The text of these errors quotes the URL or the header it dislikes.
            raise BadSettings(f"{call.name}: the address or a header is not valid") from None
        except httpx.RequestError as error:
            return error

    def _read_bounded(self, call: Call, response: httpx.Response) -> httpx.Response:
        """The same answer, read whole, unless it is too large."""
        chunks: list[bytes] = []
        size = 0
        try:
            for chunk in response.iter_bytes():
                size += len(chunk)
                if size > self._max_body_bytes:
                    raise BadBody(f"{call.name}: the answer is too large")
                chunks.append(chunk)
        finally:
            response.close()
        # Already decoded: the header that says otherwise must go, or httpx decodes again.
        kept = [pair for pair in response.headers.raw if pair[0].lower() not in _BODY_HEADERS]
        return httpx.Response(response.status_code, headers=kept, content=b"".join(chunks))

    def _wait_or_give_up(
        self, call: Call, answer: httpx.Response | httpx.HTTPError, try_no: int
    ) -> float | None:
        """Seconds to wait before the next try; None to hand the answer out; raises GaveUp."""
        if not isinstance(answer, httpx.Response):
            return self._wait_after_silence(call, answer, try_no)
        status_code = answer.status_code
        asked = asked_seconds(answer.headers)
        wait = wait_seconds(status_code, call.tries, try_no, asked, self._jitter())
        if wait is not None:
            if status_code == 429:
                self._pacer.hold(wait)
            return wait
        if status_code == 401:
            return None
        raise GaveUp(f"{call.name}: still {status_code} after {try_no} tries", status_code, asked)

    def _wait_after_silence(self, call: Call, error: httpx.HTTPError, try_no: int) -> float:
        kind = type(error).__name__
        if not call.is_repeatable and not isinstance(error, _NEVER_LEFT):
            raise Unanswered(
                f"{call.name}: no answer ({kind}); it may have been carried out"
            ) from None
        wait = wait_seconds(None, call.tries, try_no, None, self._jitter())
        if wait is None:
            raise GaveUp(f"{call.name}: no answer after {try_no} tries ({kind})") from None
        return wait


_BODY_HEADERS = frozenset({b"content-encoding", b"content-length", b"transfer-encoding"})
_HEADERS = {"accept": "*/*", "accept-encoding": "gzip, deflate", "user-agent": "enrich"}
_TIMEOUT = {"timeout": httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS).as_dict()}
_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


def _transport_by_proxy(proxies: Mapping[str, str]) -> httpx.BaseTransport:
    """The ordinary transport; the machine's proxies, by scheme, where it has any."""
    ways = {
        scheme: httpx.HTTPTransport(proxy=_with_scheme(proxies[scheme]))
        for scheme in ("http", "https")
        if scheme in proxies
    }
    return _Proxied(ways, httpx.HTTPTransport()) if ways else httpx.HTTPTransport()


def _with_scheme(address: str) -> str:
    return address if "://" in address else f"http://{address}"


class _Proxied(httpx.BaseTransport):
    def __init__(
        self, ways: Mapping[str, httpx.BaseTransport], direct: httpx.BaseTransport
    ) -> None:
        self._ways = ways
        self._direct = direct

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.host in LOOPBACK or proxy_bypass(request.url.host):
            return self._direct.handle_request(request)
        return self._ways.get(request.url.scheme, self._direct).handle_request(request)

    def close(self) -> None:
        for transport in (*self._ways.values(), self._direct):
            transport.close()


def _is_transient(call: Call, status_code: int) -> bool:
    """Whether the same call may get another answer; a call that must not repeat: if never begun."""
    if status_code in (401, 429, 503):
        return True
    return call.is_repeatable and _tries_for(status_code) > 1


def _tries_for(status_code: int | None) -> int:
    if status_code == 429:
        return TRIES_WHEN_THROTTLED
    if status_code == 401:
        return TRIES_WHEN_UNAUTHORIZED
    if status_code is None or status_code == 408:
        return TRIES_WHEN_FAILING
    return TRIES_WHEN_FAILING if status_code >= 500 and status_code not in (501, 505) else 1


def wait_seconds(
    status_code: int | None, tries: int, try_no: int, asked: float | None, jitter: float
) -> float | None:
    """Seconds before the try after `try_no`; None when there shall be none.

    `status_code` None is a network fault; `asked` is what the other side asked for; `jitter` is
    between 0 and 1. VTEX advises a minute's rest when a 429 names no time and persists.
    """
    if try_no >= min(tries, _tries_for(status_code)):
        return None
    if status_code == 429 and asked is None and try_no >= 3:
        return LONGEST_BACKOFF_SECONDS
    backoff = min(LONGEST_BACKOFF_SECONDS, 2.0 ** (try_no - 1)) * (0.5 + jitter / 2)
    wait = max(asked or 0.0, backoff)
    return wait if wait <= LONGEST_WAIT_SECONDS else None


def asked_seconds(headers: Mapping[str, str]) -> float | None:
    """Seconds the answer asks to wait, from Retry-After or a rate-limit reset; None if it does not.

    Moments are measured against the answer's own Date, so that this machine's clock does not count.
    """
    retry_after = headers.get("retry-after", "").strip()
    if retry_after:
        return _seconds(retry_after, headers)
    for name in ("x-ratelimit-reset", "ratelimit-reset"):
        if headers.get(name, "").strip():
            return _seconds(headers[name].strip(), headers)
    return None


def _seconds(text: str, headers: Mapping[str, str]) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return _seconds_until(_http_date(text), headers)
    if not 0 <= number < 1e15:
        return None
    if number > 1e9:  # a moment of this century, in seconds or milliseconds, not a length of time
        epoch_seconds = number / 1000 if number > 1e11 else number
        return _seconds_until(datetime.fromtimestamp(epoch_seconds, UTC), headers)
    return number


def _seconds_until(moment: datetime | None, headers: Mapping[str, str]) -> float | None:
    answered_at = _http_date(headers.get("date", ""))
    if moment is None or answered_at is None:
        return None
    return max(0.0, (moment - answered_at).total_seconds())


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def raise_for_refusal(call: Call, response: httpx.Response) -> None:
    """Nothing for a 2xx that is no web page; else the error that says what to do (see `fetch`)."""
    status_code = response.status_code
    if status_code == 401:
        raise Refused(f"{call.name}: the credentials were refused (401); check key, token and role")
    if status_code == 403:
        raise PermissionMissing(f"{call.name}: not allowed (403){_tick(call)}", call.resource)
    if status_code == 404:
        raise NotFound(f"{call.name}: not found (404)")
    if 300 <= status_code < 400 and status_code != 304:
        raise LoginPage(f"{call.name}: a redirect instead of JSON{_tick(call)}", call.resource)
    if status_code >= 400:
        raise HttpStatus(f"{call.name}: refused with {status_code}", status_code)
    if is_web_page(response):
        raise LoginPage(f"{call.name}: a web page instead of JSON{_tick(call)}", call.resource)


def _tick(call: Call) -> str:
    return f"; the role lacks {call.resource}" if call.resource else ""


def is_web_page(response: httpx.Response) -> bool:
    """Whether HTML came back, by its type or by how it begins."""
    if "html" in response.headers.get("content-type", "").lower():
        return True
    start = response.content[:64].lstrip().lower()
    return start.startswith((b"<!doctype html", b"<html"))


def parse_json(content: bytes, name: str = "") -> Any:
    """The value of a JSON text; control characters inside strings and a BOM are let pass.

    Raises BadBody, with the name of the call and without a word of the text.
    """
    content = content.removeprefix(b"\xef\xbb\xbf")
    try:
        return from_json(content, allow_inf_nan=False)
    except ValueError:
        pass
    try:
        value = json.loads(content.decode("utf-8", "replace"), strict=False, parse_constant=_null)
        # Half a surrogate pair passes here, but no file and no database takes it.
        return json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        raise BadBody(f"{name}: the answer is no JSON".removeprefix(": ")) from None


def _null(_name: str) -> None:
    """NaN and Infinity are no JSON; nothing is better than a number that spoils every sum."""
