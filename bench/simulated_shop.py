"""A made-up shop behind VTEX's API on loopback: python -m bench.simulated_shop ORDERS.

Prints its address and serves until its standard input ends.
"""

from __future__ import annotations

import sys

from bench.simulated import APP, NOW
from enrich.simulator import AppKey, Simulation, build_simulation, serve


def main() -> None:
    """Serves one shop."""
    orders = int(sys.argv[1])
    shop = Simulation(
        customers=max(orders // 5, 50), orders=orders, now=NOW, keys=(AppKey(APP, APP),)
    )
    with serve(build_simulation(shop)) as address:
        sys.stdout.write(f"{address}/vtex\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
