"""A small made-up shop whose clock stands still, and a way to ask it over ASGI."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from enrich.simulator import (
    FULL_KEY,
    REFERENCE_ROLE,
    AppKey,
    Simulation,
    Simulator,
    build_simulation,
)

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
LIMITED_KEY = AppKey("vtexappkey-demostore-LIMITE", "limited-token", REFERENCE_ROLE)
KEYS = {"x-vtex-api-appkey": FULL_KEY.app_key, "x-vtex-api-apptoken": FULL_KEY.app_token}
LIMITED = {"x-vtex-api-appkey": LIMITED_KEY.app_key, "x-vtex-api-apptoken": LIMITED_KEY.app_token}

Ask = Callable[..., httpx.Response]


@pytest.fixture(scope="session")
def untouched() -> Simulator:
    return build_simulation(
        Simulation(
            customers=150,
            orders=500,
            now=NOW,
            keys=(FULL_KEY, LIMITED_KEY),
            accounts={"walled": "login_page", "portal": "seller_portal"},
        )
    )


@pytest.fixture
def shop(untouched: Simulator) -> Simulator:
    """A copy of its own for every test: building one takes longer than most tests do."""
    return copy.deepcopy(untouched)


@pytest.fixture
def send(shop: Simulator) -> Iterator[Ask]:
    """One request over ASGI, to any path of the simulator."""
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(app=shop), base_url="http://127.0.0.1", verify=False
    )
    with asyncio.Runner() as runner:

        def once(method: str, path: str, **rest: Any) -> httpx.Response:
            return runner.run(client.request(method, path, **rest))

        yield once
        runner.run(client.aclose())


@pytest.fixture
def ask(send: Ask) -> Ask:
    """GET a VTEX path of the main account; other paths and methods by keyword."""

    def get(
        path: str, params: Mapping[str, Any] | None = None, *, method: str = "GET",
        headers: Mapping[str, str] = KEYS, json: Any = None,
    ) -> httpx.Response:  # fmt: skip
        whole = path if path.startswith("/_") else f"/vtex{path}"
        return send(method, whole, params=params, headers=headers, json=json)

    return get


@pytest.fixture
def keys() -> Mapping[str, str]:
    return KEYS


@pytest.fixture
def limited() -> Mapping[str, str]:
    return LIMITED
