"""The dashboard as a file: asked from the read copy, written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from enrich.dashboard import StoreDashboard, dashboard_page
from enrich.model import Rules, last_complete_day
from enrich.profile import SEGMENTS, SegmentTable
from enrich.warehouse import ReadCopy

DASHBOARD_NAME = "dashboard.html"


def make_dashboard(
    copy: ReadCopy,
    stores: Mapping[str, Rules],
    path: Path,
    now: datetime,
    segments: SegmentTable = SEGMENTS,
) -> Path:
    """The path of the page over all `stores`, as of the last complete day of each at `now`.

    The file of before is replaced at once; it is readable by its owner only.
    """
    dashboards = []
    for name, rules in stores.items():
        day = last_complete_day(now, rules.time_zone)
        dashboards.append(
            StoreDashboard(name, rules.currency, day, copy.dashboard.frames(name, day))
        )
    return _write(path, dashboard_page(dashboards, now, segments))


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
