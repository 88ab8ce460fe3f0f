"""The command line, one module a group of commands."""

from enrich.cli.main import build_app, run

__all__ = ["build_app", "run"]
