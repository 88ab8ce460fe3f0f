"""The switches of the simulator under /_simulator, for tests, demos and curious people."""

from __future__ import annotations

from typing import Any

from enrich.simulator import icomm_app, platforms, webhook_app
from enrich.simulator.app import Simulator
from enrich.simulator.changes import add_orders, change_customer, change_order
from enrich.simulator.hooks import trigger_from
from enrich.simulator.http import Reply, Request, RequestError, json_reply
from enrich.simulator.moments import DAY, HOUR, MINUTE, SECOND, parse_us, seven_digits
from enrich.simulator.platforms import PLATFORMS, Account, newsletter, synerise
from enrich.simulator.truth import order_truth, total_truth
from enrich.simulator.weather import Weather, weather_from

_UNITS = {"seconds": SECOND, "minutes": MINUTE, "hours": HOUR, "days": DAY}


def control(simulator: Simulator, request: Request) -> Reply:
    """The reply to one switch; 400 with a message for what cannot be done."""
    head, *rest = [part for part in request.path.split("/") if part] or ["status"]
    action = _SWITCHES.get((request.method, head))
    if action is None:
        return json_reply({"message": "no such switch"}, 404)
    try:
        return json_reply(action(simulator, request, rest))
    except (RequestError, ValueError, TypeError, KeyError) as problem:
        return json_reply({"message": str(problem)}, 400)


def _status(simulator: Simulator, request: Request, rest: list[str]) -> Any:
    statuses = simulator.statuses
    return {
        "now": seven_digits(simulator.main.now_us()),
        "requests": dict(simulator.counts),
        "statuses": {route: dict(counts) for route, counts in statuses.items()},
        "detail_fetches": statuses["order"]["200"] if "order" in statuses else 0,
        "throttled": {route: counts["429"] for route, counts in statuses.items() if counts["429"]},
        "order_count": len(simulator.main.world.book),
        "contact_count": simulator.main.world.contacts.height,
        "open_scrolls": len(simulator.main.scrolls),
    }


def _reset_counts(simulator: Simulator, request: Request, rest: list[str]) -> Any:
    simulator.counts.clear()
    simulator.statuses.clear()
    return {}


def _set_clock(simulator: Simulator, request: Request, rest: list[str]) -> Any:
    """{"now": moment} stops the clock there; {"now": null} lets it follow the real one."""
    now = request.json()["now"]
    if now is None:
        simulator.main.clock.follow_wall()
    else:
        simulator.main.clock.stop_at(parse_us(now))
    return {"now": seven_digits(simulator.main.now_us())}


def _advance(simulator: Simulator, request: Request, rest: list[str]) -> Any:
    """{"days": 1, "hours": 2 ...}: later by that much; orders move along on their own."""
    lengths = request.json()
    unknown = set(lengths) - set(_UNITS)
    if unknown:
        raise RequestError("use days, hours, minutes, seconds")
    simulator.main.clock.advance(sum(int(_UNITS[name] * n) for name, n in lengths.items()))
    return {"now": seven_digits(simulator.main.now_us())}


def _get_weather(simulator: Simulator, request: Request, rest: list[str]) -> Any:
    weather = simulator.main.weather
    return {name: getattr(weather, name) for name in Weather.__dataclass_fields__}


def _set_weather(simulator: Simulator, request: Request, rest: list[str]) -> Any:
    """PUT starts from fair weather, PATCH from the present one."""
    sky = simulator.main.sky
    base = sky.weather if request.method == "PATCH" else Weather()
    sky.weather = weather_from(request.json() or {}, base)
    sky.buckets.clear()
    sky.burst_left.clear()
    return _get_weather(simulator, request, rest)


def _set_account(simulator: Simulator, request: Request, rest: list[str]) -> Any:
    """PUT /_simulator/accounts/{name} {"mode": "open", "login_page" or "seller_portal"}."""
    state = simulator.vtex[rest[0]]
    mode = request.json()["mode"]
    if mode not in ("open", "login_page", "seller_portal"):
        raise RequestError("mode is open, login_page or seller_portal")
    state.mode = mode
    return {"account": rest[0], "mode": mode}


def _orders(simulator: Simulator, request: Request, rest: list[str]) -> Any:
    """POST /_simulator/orders adds; POST /_simulator/orders/{id}/{action} changes one."""
    values = request.json() or {}
    if not rest:
        return {"orderIds": add_orders(simulator.main, values)}
    order_id, action = rest
    change_order(simulator.main, order_id, action, values)
    return {"orderId": order_id}


def _customers(simulator: Simulator, request: Request, rest: list[str]) -> Any:
    """POST /_simulator/customers/{id}/create, change or delete, with the fields to write."""
    document_id, action = rest
    change_customer(simulator.main, document_id, action, request.json() or {})
    return {"id": document_id}


def _triggers(simulator: Simulator, request: Request, rest: list[str]) -> Any:
    """PUT [{"event": created, changed or deleted, "url", "method", "headers", "body"}, ...]."""
    simulator.main.triggers = [trigger_from(entry) for entry in request.json() or []]
    return {"triggers": len(simulator.main.triggers)}


def _calls(simulator: Simulator, request: Request, rest: list[str]) -> Any:
    """What came of the calls to others, and how many wait for another try."""
    outbox = simulator.main.outbox
    return {"statuses": dict(outbox.statuses), "waiting": len(outbox.waiting)}


def _truth(simulator: Simulator, request: Request, rest: list[str]) -> Any:
    """/truth?from=0&to=1000 by positions in the book; /truth/totals for counts and sums."""
    if rest == ["totals"]:
        return total_truth(simulator.main)
    last = request.number("to", len(simulator.main.world.book))
    return order_truth(simulator.main, request.number("from", 0), last)


def _icomm(simulator: Simulator, request: Request, rest: list[str]) -> Any:
    """GET shows what is kept; POST {"faults": [...], "fields": [...] or null} tells what comes."""
    if request.method == "POST":
        values = request.json() or {}
        simulator.icomm.faults.extend(values.get("faults", []))
        if "fields" in values:
            names = values["fields"]
            simulator.icomm.fields = None if names is None else frozenset(names)
    return icomm_app.report(simulator.icomm)


def _webhook(simulator: Simulator, request: Request, rest: list[str]) -> Any:
    """GET shows what is kept; POST sets statuses, refused_ids, refuses_whole, lists_results."""
    if request.method == "POST":
        for name, value in (request.json() or {}).items():
            if name not in ("statuses", "refused_ids", "refuses_whole", "lists_results"):
                raise RequestError("no such switch of the webhook")
            setattr(simulator.webhook, name, value)
    return webhook_app.report(simulator.webhook)


def _platforms(simulator: Simulator, request: Request, rest: list[str]) -> Any:
    """/platforms/{name}: GET shows what is kept; POST sets what is named below.

    faults, refused, domains, denied and webhooks add to those there are; tables are records put in
    place. /platforms/{name}/people: POST {"email", "event"}: somebody decides there.
    """
    if not rest or rest[0] not in PLATFORMS:
        return sorted(PLATFORMS)
    account = simulator.account(rest[0])
    values = (request.json() or {}) if request.method == "POST" else {}
    if rest[1:] == ["people"]:
        account.seconds = simulator.main.now_us() / 1_000_000
        _decide(account, rest[0], values)
    elif request.method == "POST":
        account.webhooks.update(values.get("webhooks", {}))
        account.faults.extend(values.get("faults", []))
        for name in ("refused", "domains", "denied"):
            getattr(account, name).update(values.get(name, []))
        account.polls_until_done = int(values.get("polls_until_done", account.polls_until_done))
        account.now = str(values.get("now", account.now))
        for entity, records in values.get("tables", {}).items():
            account.table(entity).update(records)
    return platforms.report(account)


def _decide(account: Account, platform: str, values: dict[str, Any]) -> None:
    """subscribed, unsubscribed (by form, with an IP unless it is empty) or bounced."""
    email, event = values["email"], values["event"]
    if platform == "synerise":
        synerise.agree(account, email, event == newsletter.SUBSCRIBED)
    elif event == newsletter.BOUNCED:
        newsletter.bounce(account, email)
    else:
        ip = values.get("ip", "203.0.113.7")
        newsletter.set_status(account, email, event, ip=ip, origin=newsletter.FORM)


_SWITCHES = {
    ("GET", "status"): _status,
    ("DELETE", "status"): _reset_counts,
    ("PUT", "clock"): _set_clock,
    ("POST", "advance"): _advance,
    ("GET", "weather"): _get_weather,
    ("PUT", "weather"): _set_weather,
    ("PATCH", "weather"): _set_weather,
    ("PUT", "accounts"): _set_account,
    ("POST", "orders"): _orders,
    ("POST", "customers"): _customers,
    ("PUT", "triggers"): _triggers,
    ("GET", "calls"): _calls,
    ("GET", "truth"): _truth,
    ("GET", "icomm"): _icomm,
    ("POST", "icomm"): _icomm,
    ("GET", "webhook"): _webhook,
    ("POST", "webhook"): _webhook,
    ("GET", "platforms"): _platforms,
    ("POST", "platforms"): _platforms,
}
