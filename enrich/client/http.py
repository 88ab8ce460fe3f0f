"""A paced, retrying, bounded HTTP client."""

from __future__ import annotations

import itertools
import logging
import os
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.request import getproxies

import httpx

from enrich.client.call import BadBody, Call, GaveUp, Response, Unanswered
from enrich.client.decoding import decoded
from enrich.client.reading import parse_json, raise_for_refusal
from enrich.client.transport import CALL_SECONDS, Transport
from enrich.client.waiting import Pacer, asked_seconds, spent_seconds, tries_for, wait_seconds
from enrich.errors import BadSettings, Stop

CONNECT_SECONDS = 10.0
READ_SECONDS = 60.0
ANSWER_SECONDS = 300.0  # from asking to the last byte, however steadily it drips in
DOWNLOAD_SECONDS = 3_600.0
MAX_BODY_BYTES = 32 * 1024 * 1024  # as JSON it may take 30 times as much memory
WORTH_A_WORD_SECONDS = 1.5
SILENT_SECONDS = 5.0  # threads that wait together say it once

# httpx writes whole URLs, query and all, at INFO; a query may hold an e-mail address.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


class Http:
    """A paced, retrying httpx client; safe to share between threads.

    TLS is always verified, redirects are never followed, cookies never kept, bodies bounded. It
    speaks to httpx's transport, not to its Client, whose cookie jar and header merging would cost a
    third of the processor time of a small call. `say` hears of longer waits, without a value.
    """

    def __init__(
        self,
        *,
        requests_per_second: float | None = None,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
        say: Callable[[str], None] = lambda line: None,
        max_body_bytes: int = MAX_BODY_BYTES,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        self._transport = transport or Transport(getproxies())
        self._pacer = Pacer(requests_per_second, sleep=sleep, monotonic=monotonic)
        self._sleep = sleep
        self._jitter = jitter
        self._monotonic = monotonic
        self._say = say
        self._reported_at = float("-inf")
        self._max_body_bytes = max_body_bytes
        self._answer_seconds = answer_seconds

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

    def fetch(self, call: Call) -> Response:
        """The 2xx answer to a call that wants JSON.

        Raises Refused on 401, PermissionMissing on 403, LoginPage on a redirect or a web page,
        NotFound on 404, HttpStatus on any other refusal, GaveUp when a passing fault did not pass.
        """
        response = self.send(call)
        raise_for_refusal(call, response)
        return response

    def download(self, call: Call, target: Path, max_bytes: int) -> None:
        """The body of a 2xx answer in a new file that only its owner reads, a piece at a time.

        Raises as `fetch`, and BadBody above `max_bytes`.
        """
        response = self._send(
            call, lambda answer: _saved(call, answer, target, max_bytes), DOWNLOAD_SECONDS
        )
        raise_for_refusal(call, response)

    def send(self, call: Call) -> Response:
        """The answer, whatever its status, once passing faults have passed or were not passing.

        The caller reads status and body itself. Raises GaveUp, Unanswered, BadBody.
        """
        return self._send(
            call, lambda answer: self._read_bounded(call, answer), self._answer_seconds
        )

    def _send(
        self, call: Call, read: Callable[[httpx.Response], Response], seconds: float
    ) -> Response:
        for try_no in itertools.count(1):
            self._pacer.take()
            answer = self._try_once(call, read, seconds)
            if isinstance(answer, Response) and not _is_transient(call, answer.status_code):
                spent = spent_seconds(answer.headers)
                if spent:
                    self._pacer.hold(spent)
                return answer
            wait = self._wait_or_give_up(call, answer, try_no)
            if isinstance(answer, Response) and wait is None:
                return answer
            self._tell(call, answer, wait or 0.0)
            self._sleep(wait or 0.0)
        raise AssertionError("unreachable")

    def _tell(self, call: Call, answer: Response | httpx.HTTPError, wait: float) -> None:
        """Says what is waited for, when it takes long enough to be wondered at."""
        now = self._monotonic()
        if wait < WORTH_A_WORD_SECONDS or now - self._reported_at < SILENT_SECONDS:
            return
        self._reported_at = now
        what = f"no answer ({type(answer).__name__})"
        if isinstance(answer, Response):
            what = str(answer.status_code)
        self._say(f"{call.name}: {what}; asking again in {wait:.0f} s")

    def _try_once(
        self, call: Call, read: Callable[[httpx.Response], Response], seconds: float
    ) -> Response | httpx.HTTPError:
        try:
            request = httpx.Request(
                call.method,
                call.url,
                params=call.params,
                headers=_HEADERS | _sendable(call),
                content=call.content,
                extensions={**_TIMEOUT, CALL_SECONDS: seconds},
            )
            return read(self._transport.handle_request(request))
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError):
            # The text of these errors quotes the URL or the header it dislikes.
            raise BadSettings(f"{call.name}: the address or a header is not valid") from None
        except httpx.RequestError as error:
            if "CERTIFICATE_VERIFY_FAILED" in str(error):
                raise Stop(
                    f"{call.name}: the certificate does not prove whose address it is, so nothing"
                    " was sent; see the address, this machine's clock and its certificates"
                ) from None
            return error

    def _read_bounded(self, call: Call, response: httpx.Response) -> Response:
        """The answer read whole, unless it is too large."""
        chunks: list[bytes] = []
        size = 0
        try:
            for chunk in decoded(call, response):
                size += len(chunk)
                if size > self._max_body_bytes:
                    raise BadBody(f"{call.name}: the answer is too large")
                chunks.append(chunk)
        finally:
            response.close()
        return Response(response.status_code, response.headers, b"".join(chunks))

    def _wait_or_give_up(
        self, call: Call, answer: Response | httpx.HTTPError, try_no: int
    ) -> float | None:
        """Seconds to wait before the next try; None to hand the answer out; raises GaveUp."""
        if not isinstance(answer, Response):
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
        raise GaveUp(
            f"{call.name}: still {status_code} after {try_no} tries; run it again later",
            status_code,
            asked,
        )

    def _wait_after_silence(self, call: Call, error: httpx.HTTPError, try_no: int) -> float:
        kind = type(error).__name__
        if not call.is_repeatable and not isinstance(error, _NEVER_LEFT):
            raise Unanswered(
                f"{call.name}: no answer ({kind}); it may have been carried out"
            ) from None
        wait = wait_seconds(None, call.tries, try_no, None, self._jitter())
        if wait is None:
            raise GaveUp(
                f"{call.name}: no answer after {try_no} tries ({kind}); check the network and the"
                " address, then run it again"
            ) from None
        return wait


_HEADERS = {"accept": "*/*", "accept-encoding": "gzip, deflate", "user-agent": "enrich"}
_TIMEOUT = {"timeout": httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS).as_dict()}
_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


def _sendable(call: Call) -> dict[str, str]:
    """The headers of a call; raises BadSettings naming the one that HTTP cannot carry."""
    for name, text in call.headers.items():
        if not (text.isascii() and (text.isprintable() or not text)):
            raise BadSettings(
                f"{call.name}: the header {name} holds a letter with an accent, a line break or"
                " another character that HTTP cannot carry; correct the key, token or header in"
                " the settings that it is made of"
            )
    return {name.lower(): text for name, text in call.headers.items()}


def _saved(call: Call, response: httpx.Response, target: Path, max_bytes: int) -> Response:
    """The answer without its body, which is in the file when it was a success."""
    left = max_bytes
    descriptor = os.open(target, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as out:
            for chunk in decoded(call, response) if response.is_success else ():
                left -= len(chunk)
                if left < 0:
                    raise BadBody(f"{call.name}: the file is too large")
                out.write(chunk)
    finally:
        response.close()
    return Response(response.status_code, response.headers)


def _is_transient(call: Call, status_code: int) -> bool:
    """Whether the same call may get another answer; a call that must not repeat: if never begun."""
    if status_code in (401, 429, 503):
        return True
    return call.is_repeatable and tries_for(status_code) > 1
