"""The read copy: analysts query it while the writer works."""

from __future__ import annotations

from pathlib import Path

from enrich.profile import FIELDS
from enrich.store import READ_COPY_NAME, Warehouse

COMMENTS = {"profiles": {field.name: field.definition for field in FIELDS}}


def publish(warehouse: Warehouse) -> Path:
    """The path of the fresh read copy; the one before is replaced at once, readers keep theirs."""
    return warehouse.publish(warehouse.path.with_name(READ_COPY_NAME), COMMENTS)
