"""The simulator's weather: what goes wrong, how often or when exactly, changeable at run time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from email.utils import format_datetime
from typing import Any

from enrich.simulator.chance import chance
from enrich.simulator.http import Reply, RequestError, html_reply, json_reply
from enrich.simulator.moments import SECOND, from_us


@dataclass(slots=True)
class Weather:
    """Shares are between 0 and 1 and apply to every request of `routes` (empty: all routes).

    `limits` maps a route to [requests per second, burst]. `script` is a list of faults to
    come, used up first: {"route": "order" or "*", "kind": status|html|login|slow|cut|lost,
    "status": 503, "times": 1, "retry_after": seconds|date|none, "after": requests to let pass}.
    `customer_fields` are those a person added to CL in the admin: name to type.
    """

    seed: int = 0
    routes: list[str] = field(default_factory=list)
    throttled: float = 0.0
    retry_after: str = "seconds"
    retry_after_seconds: float = 1
    broken: float = 0.0
    broken_status: int = 503
    burst: int = 1
    html: float = 0.0
    slow: float = 0.0
    slow_seconds: float = 0.2
    cut: float = 0.0
    lost: float = 0.0
    limits: dict[str, list[float]] = field(default_factory=dict)
    script: list[dict[str, Any]] = field(default_factory=list)
    index_lag_minutes: float = 4.0
    moving_rows: float = 0.0
    stale_status_minutes: float = 0.0
    float_totals: bool = False
    hide_last_change: bool = False
    refuse_big_pages: bool = False
    range_header: str = "real"
    wrong_range_total: bool = False
    expired_scrolls: float = 0.0
    repeated_events: float = 0.0
    unfilterable_fields: list[str] = field(default_factory=list)
    private_fields: list[str] = field(default_factory=lambda: ["internalNote"])
    repeated_pages: bool = False
    search_lag_seconds: float = 0.0
    refuse_unknown_fields: bool = False
    customer_fields: dict[str, str] = field(default_factory=dict)
    erasure_minutes: float = 10.0
    erasures_fail: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong with one request."""

    kind: str
    status: int = 0
    retry_after: str = "none"
    seconds: float = 0


@dataclass(slots=True)
class Sky:
    """The weather and what it has done so far; `monotonic` feeds the token buckets."""

    weather: Weather
    monotonic: Callable[[], float]
    seen: Counter[str] = field(default_factory=Counter)
    burst_left: Counter[str] = field(default_factory=Counter)
    buckets: dict[str, tuple[float, float]] = field(default_factory=dict)

    def fault(self, route: str) -> Fault | None:
        """What befalls the next request of this route, if anything."""
        self.seen[route] += 1
        return self._scripted(route) or self._over_limit(route) or self._drawn(route)

    def share(self, name: str, route: str) -> bool:
        """Whether a thing that happens in a share of requests happens to the present one."""
        share: float = getattr(self.weather, name)
        return share > 0 and chance(self.weather.seed, f"{name} {route}", self.seen[route]) < share

    def _scripted(self, route: str) -> Fault | None:
        for entry in self.weather.script:
            if entry.get("route", "*") not in ("*", route):
                continue
            if entry.get("after", 0) > 0:
                entry["after"] -= 1
                continue
            if entry.get("times", 1) > 0:
                entry["times"] = entry.get("times", 1) - 1
                return _fault_of(entry)
        return None

    def _over_limit(self, route: str) -> Fault | None:
        limit = self.weather.limits.get(route)
        if limit is None:
            return None
        per_second, burst = limit
        tokens, last = self.buckets.get(route, (burst, self.monotonic()))
        now = self.monotonic()
        tokens = min(burst, tokens + (now - last) * per_second)
        allowed = tokens >= 1
        self.buckets[route] = (tokens - 1 if allowed else tokens, now)
        return None if allowed else self._throttle()

    def _drawn(self, route: str) -> Fault | None:
        weather = self.weather
        if weather.routes and route not in weather.routes:
            return None
        if self.burst_left[route] > 0:
            self.burst_left[route] -= 1
            return Fault("status", weather.broken_status)
        if self.share("broken", route):
            self.burst_left[route] = weather.burst - 1
            return Fault("status", weather.broken_status)
        if self.share("throttled", route):
            return self._throttle()
        for kind in ("html", "slow", "cut", "lost"):
            if self.share(kind, route):
                return Fault(kind, 502, seconds=weather.slow_seconds)
        return None

    def _throttle(self) -> Fault:
        return Fault("status", 429, self.weather.retry_after, self.weather.retry_after_seconds)


def weather_from(values: Mapping[str, Any], base: Weather) -> Weather:
    """The weather with some fields changed; raises RequestError for a field it does not have."""
    known = {entry.name: getattr(base, entry.name) for entry in fields(Weather)}
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise RequestError(f"no such weather: {', '.join(unknown)}")
    return Weather(**known | dict(values))


def fault_reply(fault: Fault, now_us: int) -> Reply:
    """The answer of a fault that replaces the real one."""
    if fault.kind == "login":
        return html_reply(200, "Login")
    if fault.kind == "html":
        return html_reply(fault.status or 502, "Bad Gateway")
    error = {"error": {"code": "1", "message": f"Simulated {fault.status}", "exception": None}}
    return json_reply(error, fault.status, _wait_header(fault, now_us))


def _wait_header(fault: Fault, now_us: int) -> dict[str, str]:
    if fault.retry_after == "seconds":
        return {"retry-after": f"{fault.seconds:g}"}
    if fault.retry_after == "date":
        until = from_us(now_us + int(fault.seconds * SECOND))
        return {"retry-after": format_datetime(until.replace(microsecond=0), usegmt=True)}
    return {}


def _fault_of(entry: Mapping[str, Any]) -> Fault:
    kind = entry.get("kind", "status")
    status = entry.get("status", 502 if kind == "html" else 503)
    return Fault(kind, status, entry.get("retry_after", "none"), entry.get("seconds", 0.2))
