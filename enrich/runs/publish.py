"""The read copy: analysts query it while the writer works."""

from __future__ import annotations

from pathlib import Path

from enrich.model import Rules
from enrich.profile import fields, windows_of
from enrich.warehouse import Warehouse


def publish(warehouse: Warehouse, *, keep_before: bool = True) -> Path:
    """The path of the fresh read copy; the one before is replaced at once, readers keep theirs.

    Without `keep_before` the Parquet files of the one before are gone too.
    """
    rules = Rules(windows=windows_of(warehouse.profiles.columns()))
    definitions = {field.name: field.definition for field in fields(rules)}
    definitions = {**warehouse.own_values.definitions(), **definitions}
    comments = {"profiles": definitions, "profiles_today": definitions}
    return warehouse.publish(comments, keep_before=keep_before)
