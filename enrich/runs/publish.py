"""The read copy: analysts query it while the writer works."""

from __future__ import annotations

from pathlib import Path

from enrich.profile import FIELDS
from enrich.warehouse import Warehouse

COMMENTS = {"profiles": {field.name: field.definition for field in FIELDS}}


def publish(warehouse: Warehouse) -> Path:
    """The path of the fresh read copy; the one before is replaced at once, readers keep theirs."""
    return warehouse.publish(COMMENTS)
