"""Commands around the simulator: run it, or run the whole job against it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from enrich.cli.demo_steps import DEMO, Demo, prepare_folder, run_demo, write_settings
from enrich.cli.import_files import formats_of
from enrich.cli.shell import Entry, Shell
from enrich.destinations import REGISTRY
from enrich.errors import BadSettings
from enrich.settings import read_settings
from enrich.simulator.build import FULL_KEY, ICOMM_KEY, Simulation, build_simulation
from enrich.simulator.server import run_forever, serve
from enrich.sources.files import Files

PortOption = Annotated[
    int, typer.Option("--port", min=0, max=65535, help="Loopback port; 0 takes a free one")
]
CustomersOption = Annotated[int, typer.Option("--customers", min=1, help="People of the shop")]
OrdersOption = Annotated[
    int, typer.Option("--orders", min=1, help="Orders of two years and a half")
]
SeedOption = Annotated[int, typer.Option("--seed", help="The same seed makes the same shop")]
ReplayOption = Annotated[
    Path | None, typer.Option("--replay-orders", help="Replay this import file instead")
]
ReplayItemsOption = Annotated[Path | None, typer.Option("--replay-items", help="Its lines")]
ReplayCustomersOption = Annotated[
    Path | None, typer.Option("--replay-customers", help="Its customers")
]


def simulate(
    shell: Shell,
    port: PortOption = 8555,
    customers: CustomersOption = 2_000,
    orders: OrdersOption = 10_000,
    seed: SeedOption = 7,
    replay_orders: ReplayOption = None,
    replay_items: ReplayItemsOption = None,
    replay_customers: ReplayCustomersOption = None,
) -> None:
    """Run a made-up VTEX and the platforms on this machine, until interrupted."""
    if replay_orders is None and (replay_items or replay_customers):
        raise BadSettings("--replay-items and --replay-customers need --replay-orders")
    replay = None
    if replay_orders is not None:
        (rows,) = Files(
            replay_orders, replay_items, replay_customers, formats_of(shell, {})
        ).entities
        rules = next(iter(shell.wiring.rules.values()))
        replay = rows.changed(None, shell.now, replace(rules, currency=rules.currency or "BRL"))
    app = build_simulation(
        Simulation(
            customers=customers,
            orders=orders,
            seed=seed,
            now=shell.settings.now,
            wall=shell.entry.clock,
            replay=replay,
        )
    )
    run_forever(app, port, shell.answer)


def demo(
    shell: Shell,
    folder: Annotated[Path, typer.Option("--folder", help="rebuilt at each demo")] = DEMO,
) -> None:
    """Run the whole job against a made-up shop: verify, sync, profiles, push, and once more."""
    now = shell.entry.clock().replace(microsecond=0)
    prepare_folder(folder)
    simulation = Simulation(customers=1_200, orders=3_000, now=now, wall=shell.entry.clock)
    simulator = build_simulation(simulation)
    for kind in ("klaviyo", "hubspot"):
        account = simulator.account(kind)  # with what somebody makes there first
        account.table("lists")["1"] = "Win back"
        account.known_fields = {field.target for field in REGISTRY[kind].mapping}
    with serve(simulator) as address:
        config = write_settings(folder, address, now)
        environ = {
            "DEMO_APP_KEY": FULL_KEY.app_key,
            "DEMO_APP_TOKEN": FULL_KEY.app_token,
            "DEMO_ICOMM_KEY": ICOMM_KEY,
            "DEMO_PLATFORM_KEY": "any",
        }
        entry = Entry(environ, shell.entry.clock, shell.entry.out, shell.entry.err)
        run_demo(Demo(Shell(entry, read_settings(config), config), address))
