"""Time for a sender that skips its waits: real time, and the waits on top of it."""

from __future__ import annotations

import threading
import time

import httpx

NOW_HEADER, RUN_HEADER = "x-simulated-now", "x-run"


class Clock:
    """Seconds since the long run began; a wait moves it and takes no real time."""

    def __init__(self, begin: float) -> None:
        self._skipped = begin
        self._started = time.monotonic()
        self._lock = threading.Lock()

    def now(self) -> float:
        return self._skipped + time.monotonic() - self._started

    def sleep(self, seconds: float) -> None:
        """Waits of several threads overlap, as they would."""
        until = self.now() + seconds
        with self._lock:
            self._skipped += max(0.0, until - self.now())


class Stamped(httpx.BaseTransport):
    """Real sockets; every request says what time it is, so that the platform's limits count.

    All of it goes to `base`: a platform's answer may name its own host, which is not asked here.
    """

    def __init__(self, clock: Clock, run_no: int, base: str) -> None:
        self._clock = clock
        self._run_no = str(run_no)
        self._base = httpx.URL(base)
        self._inner = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.host != self._base.host:
            path = self._base.raw_path + request.url.raw_path
            request.url = self._base.copy_with(raw_path=path)
        request.headers[NOW_HEADER] = repr(self._clock.now())
        request.headers[RUN_HEADER] = self._run_no
        return self._inner.handle_request(request)

    def close(self) -> None:
        self._inner.close()
