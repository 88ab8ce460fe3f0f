"""A simulator from a handful of options."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from enrich.errors import BadSettings
from enrich.simulator.access import AppKey
from enrich.simulator.app import Simulator
from enrich.simulator.clock import Clock
from enrich.simulator.control import control
from enrich.simulator.icomm_app import Icomm
from enrich.simulator.moments import to_us
from enrich.simulator.outbox import Outbox
from enrich.simulator.replay import replay_world
from enrich.simulator.vtex_state import Vtex
from enrich.simulator.weather import Sky, Weather
from enrich.simulator.webhook_app import Webhook
from enrich.simulator.world import World, build_world
from enrich.sources.source import ImportFrames

FULL_KEY = AppKey("vtexappkey-demostore-SIMULA", "simulated-app-token")
ICOMM_KEY = "simulated-icomm-key"


@dataclass(frozen=True, slots=True)
class Simulation:
    """What to simulate.

    Give `now` (UTC) to stop the clock there, or `wall` to follow a running one. With `replay` the
    shop is made from import files (see `replay_world`), else it is made up.
    `accounts` maps further account names to a mode: open, login_page or seller_portal.
    """

    customers: int = 2_000
    orders: int = 10_000
    seed: int = 7
    now: datetime | None = None
    wall: Callable[[], datetime] | None = None
    future_days: int = 30
    replay: ImportFrames | None = field(default=None, repr=False)
    account: str = "demostore"
    mode: str = "open"
    accounts: Mapping[str, str] = field(default_factory=dict)
    keys: tuple[AppKey, ...] = (FULL_KEY,)
    icomm_key: str = field(default=ICOMM_KEY, repr=False)
    icomm_fields: frozenset[str] | None = None
    weather: Weather = field(default_factory=Weather)
    monotonic: Callable[[], float] = time.monotonic


def build_simulation(options: Simulation) -> Simulator:
    """The ASGI application; raises BadSettings when neither `now` nor `wall` is given."""
    clock = _clock(options)
    world = _world(options, clock)
    sky = Sky(options.weather, options.monotonic)
    modes = {options.account: options.mode, **options.accounts}
    outbox = Outbox()
    states = {
        name: Vtex(world, clock, sky, name, mode, outbox=outbox) for name, mode in modes.items()
    }
    return Simulator(
        vtex=states,
        main_account=options.account,
        keys={key.app_key: key for key in options.keys},
        icomm=Icomm(options.icomm_key, fields=options.icomm_fields),
        webhook=Webhook(),
        control=control,
    )


def _clock(options: Simulation) -> Clock:
    if options.now is not None:
        stopped = options.now
        return Clock(options.wall or (lambda: stopped), to_us(stopped))
    if options.wall is None:
        raise BadSettings("the simulator needs a moment to stop at, or a clock to follow")
    return Clock(options.wall)


def _world(options: Simulation, clock: Clock) -> World:
    now = options.now or clock.wall()
    if options.replay is not None:
        return replay_world(options.replay, name=options.account, seed=options.seed)
    return build_world(
        order_count=options.orders,
        customer_count=options.customers,
        seed=options.seed,
        now=now,
        name=options.account,
        future_days=options.future_days,
    )
