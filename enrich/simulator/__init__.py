"""A made-up shop behind VTEX's API, and the platforms, on loopback: for demos, tests and others."""

from enrich.simulator.access import REFERENCE_ROLE, AppKey
from enrich.simulator.app import Simulator
from enrich.simulator.build import FULL_KEY, Simulation, build_simulation
from enrich.simulator.server import serve
from enrich.simulator.weather import Weather

__all__ = [
    "FULL_KEY",
    "REFERENCE_ROLE",
    "AppKey",
    "Simulation",
    "Simulator",
    "Weather",
    "build_simulation",
    "serve",
]
