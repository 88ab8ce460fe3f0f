"""A real process on a real socket: what it answered with 200 outlives its death."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import httpx

from enrich.receiver import ORDERS, inbox_of
from enrich.simulator.build import FULL_KEY
from enrich.sync.store import sync_store
from tests.jobs.town import NOW, Town, town, warehouse_in
from tests.receiver.process import PATIENCE_SECONDS, SECRETS, SETTINGS, receiving

HEADERS = {"X-Enrich-Secret": SECRETS["HOOK_SECRET"]}


def kept(data: Path) -> set[str]:
    files = list(inbox_of(data, "main").open(ORDERS))
    assert sum(file.torn_count for file in files) == 0
    return {one.notice.key for file in files for one in file.messages}


def test_killed_at_any_moment_it_loses_nothing_it_answered_for(tmp_path: Path) -> None:
    config, data = tmp_path / "enrich.toml", tmp_path / "data"
    config.write_text(SETTINGS)
    answered: set[str] = set()
    with receiving(config, data) as running:

        def call(caller: int) -> None:
            with httpx.Client(timeout=PATIENCE_SECONDS, trust_env=False) as client:
                for number in range(10_000):
                    order = {"OrderId": f"v{caller}-{number}"}
                    url = f"{running.address}/hook/changed"
                    if client.post(url, json=order, headers=HEADERS).status_code == 200:
                        answered.add(order["OrderId"])

        def until_it_dies(caller: int) -> None:
            try:
                call(caller)
            except httpx.TransportError:
                return

        callers = [threading.Thread(target=until_it_dies, args=(n,)) for n in range(4)]
        for caller in callers:
            caller.start()
        while len(answered) < 200:
            assert callers[0].is_alive()
            callers[0].join(0.01)
        running.kill()
        for caller in callers:
            caller.join(PATIENCE_SECONDS)
    assert len(answered) >= 200
    assert answered <= kept(data)


def test_what_a_shop_tells_comes_in_and_what_is_said_names_nobody(tmp_path: Path) -> None:
    config, data = tmp_path / "enrich.toml", tmp_path / "data"
    config.write_text(SETTINGS)
    with receiving(config, data) as running, town(orders=30, customers=10) as there:
        set_up(there, running.address)
        there.switch("POST", "customers/new-1/create", {"email": "new@example.com"})
        order_id = there.switch("POST", "orders", {"person": 1})["orderIds"][0]
        there.switch("POST", "customers/new-1/delete")
        wrong = f"{running.address}/crm/changed/wrong-wrong-wrong-wrong?id=a"
        turned_away = httpx.get(wrong, timeout=PATIENCE_SECONDS)
        assert turned_away.status_code == 404
        until(lambda: there.switch("GET", "calls")["statuses"].values(), total=3)
        assert there.switch("GET", "calls")["statuses"] == {
            "trigger created 200": 1,
            "hook 200": 1,
            "trigger deleted 200": 1,
        }
        code, said = running.stop()
        shop = replace(there.shop, inbox=inbox_of(data, "main"))
        with warehouse_in(data) as warehouse:
            done = sync_store(warehouse, shop, now=NOW, entities=["inbox"])
            orders = warehouse._connection.sql("select order_id from orders").fetchall()
    assert code == 130
    assert "callers 1 turned away; crm 2 kept; hook 2 kept" in said  # the ping is the second
    words = (*SECRETS.values(), "example.com", "wrong-wrong", "new-1", order_id)
    assert [word for word in words if word in said] == []
    assert (done.fault, done.entity("inbox").listed_count) == (None, 3)
    assert orders == [(order_id,)]


def set_up(there: Town, receiver: str) -> None:
    """What a person does in VTEX: two triggers, and the hook, which VTEX tries at once."""
    there.switch(
        "PUT",
        "triggers",
        [
            {"event": event, "url": f"{receiver}/crm/{event}/{SECRETS['CRM_SECRET']}"}
            for event in ("created", "deleted")
        ],
    )
    answer = httpx.post(
        f"{there.address}/vtex/api/orders/hook/config",
        headers={
            "X-VTEX-API-AppKey": FULL_KEY.app_key,
            "X-VTEX-API-AppToken": FULL_KEY.app_token,
        },
        json={"filter": {}, "hook": {"url": f"{receiver}/hook/changed", "headers": HEADERS}},
        timeout=PATIENCE_SECONDS,
        trust_env=False,
    )
    assert answer.status_code == 200, answer.text


def until(counts: Callable[[], Iterable[int]], *, total: int) -> None:
    """Wait until so many calls were made."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while sum(counts()) < total:
        assert time.monotonic() < deadline, "they never came"
        time.sleep(0.01)
