"""The dashboard as a file: asked from the read copy, written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType

import polars as pl

from enrich.dashboard import StoreDashboard, dashboard_page
from enrich.dashboard.experiments import experiments_of
from enrich.dashboard.goals import Goal, progress
from enrich.model import Rules, last_complete_day
from enrich.predict import curve_of, kept_model, with_winners
from enrich.profile import SEGMENTS, SegmentTable
from enrich.warehouse import ReadCopy

DASHBOARD_NAME = "dashboard.html"
MAX_DAYS = 10_000
"""The longest that a customer is known when the curve of expected orders ends."""


def make_dashboard(
    copy: ReadCopy,
    stores: Mapping[str, Rules],
    path: Path,
    now: datetime,
    segments: SegmentTable = SEGMENTS,
    goals: Mapping[str, Mapping[str, Goal]] | None = None,
) -> Path:
    """The path of the page over all `stores`, as of the last complete day of each at `now`.

    `goals` are those of each store by name. The file of before is replaced at once; it is readable
    by its owner only.
    """
    dashboards = []
    for name, rules in stores.items():
        day = last_complete_day(now, rules.time_zone)
        frames = frames_of(copy, name, day, (goals or {}).get(name, {}))
        dashboards.append(StoreDashboard(name, rules.currency, day, frames))
    return _write(path, dashboard_page(dashboards, now, segments))


def frames_of(
    copy: ReadCopy, store: str, day: date, goals: Mapping[str, Goal] = MappingProxyType({})
) -> dict[str, pl.DataFrame]:
    """Every frame of one store's dashboard; see `Dashboard.frames`."""
    model = kept_model(copy.dashboard.models(store, day), day)
    frames = copy.dashboard.frames(store, day, curve_of(model.buying if model else None, MAX_DAYS))
    return {
        **frames,
        "backtest": with_winners(frames["backtest"]),
        "goals": progress(goals, frames["to_date"]),
        **experiments_of(copy.audiences, store, day),
    }


def _write(path: Path, text: str) -> Path:
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.new")
    unfinished.unlink(missing_ok=True)
    try:
        unfinished.touch(mode=0o600)
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path
