"""Checklist 9: throttling, failures, and when they come."""

from email.utils import parsedate_to_datetime

import pytest

from enrich.simulator import Weather
from enrich.simulator.weather import Sky

LIST = "/api/oms/pvt/orders"


def set_weather(ask, **weather):
    assert ask("/_simulator/weather", method="PUT", json=weather).status_code == 200


def statuses(ask, count, path=LIST):
    return [ask(path).status_code for _ in range(count)]


def test_a_script_is_used_up_call_by_call(ask):
    set_weather(ask, script=[{"route": "order_list", "status": 503, "times": 2, "after": 1}])
    assert statuses(ask, 5) == [200, 503, 503, 200, 200]


@pytest.mark.parametrize("shape", ["seconds", "date", "none"])
def test_429_says_how_long_to_wait_in_three_ways(ask, shape):
    set_weather(ask, throttled=1.0, retry_after=shape, retry_after_seconds=7)
    reply = ask(LIST)
    assert reply.status_code == 429
    wait = reply.headers.get("retry-after")
    if shape == "date":
        assert parsedate_to_datetime(wait).isoformat() == "2026-06-01T12:00:07+00:00"
    else:
        assert wait == {"seconds": "7", "none": None}[shape]


def test_the_same_seed_brings_the_same_weather():
    def drawn(seed):
        sky = Sky(Weather(seed=seed, throttled=0.5), lambda: 0.0)
        return [sky.fault("order") is not None for _ in range(50)]

    assert drawn(1) == drawn(1) != drawn(2)
    assert 10 < sum(drawn(1)) < 40


def test_a_burst_fails_several_times_in_a_row(ask):
    set_weather(ask, broken=0.1, burst=3, seed=5)
    text = "".join("x" if status == 503 else "." for status in statuses(ask, 60))
    assert "xxx" in text and "." in text
    assert "x" not in text.replace("xxx", "").rstrip("x")


def test_a_token_bucket_per_route(ask):
    set_weather(ask, limits={"order_list": [0.001, 3]})
    assert statuses(ask, 5) == [200, 200, 200, 429, 429]
    assert ask("/api/catalog_system/pvt/brand/list").status_code == 200
    assert ask("/_simulator/status").json()["throttled"] == {"order_list": 2}


@pytest.mark.parametrize(("kind", "status"), [("html", 502), ("login", 200)])
def test_html_where_json_belongs(ask, kind, status):
    set_weather(ask, script=[{"kind": kind}])
    reply = ask(LIST)
    assert reply.status_code == status
    assert reply.headers["content-type"].startswith("text/html")


def test_only_the_routes_named_are_touched(ask):
    set_weather(ask, broken=1.0, routes=["brand_list"])
    assert ask(LIST).status_code == 200
    assert ask("/api/catalog_system/pvt/brand/list").status_code == 503


def test_weather_that_does_not_exist_is_refused(ask):
    assert ask("/_simulator/weather", method="PUT", json={"rain": 1}).status_code == 400


def test_expired_scrolls(ask):
    token = ask("/api/dataentities/CL/scroll", {"_size": 10}).headers["X-VTEX-MD-TOKEN"]
    set_weather(ask, expired_scrolls=1.0)
    assert ask("/api/dataentities/CL/scroll", {"_token": token}).status_code == 400
