"""The dashboard: the frames of every store as one HTML file that needs nothing else.

Nothing is counted here or in the page: every number stands in the frames already.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from importlib import resources
from typing import Any

import polars as pl

from enrich.profile import SEGMENTS, SegmentTable

SCRIPTS = (
    "words.js",
    "charts.js",
    "sales.js",
    "people.js",
    "outlook.js",
    "week.js",
    "state.js",
    "page.js",
)


@dataclass(frozen=True, slots=True)
class StoreDashboard:
    """One store: its name, its currency (None when the settings name none) and its frames."""

    name: str
    currency: str | None
    as_of: date
    frames: Mapping[str, pl.DataFrame]


def dashboard_page(
    stores: Sequence[StoreDashboard], made_at: datetime, segments: SegmentTable = SEGMENTS
) -> str:
    """The HTML of the dashboard; `made_at` is the UTC moment it shows as its own."""
    data = {
        "made_at": _plain(made_at),
        "segments": [
            {"name": row.segment, "label": row.label, "advice": row.advice} for row in segments
        ],
        "stores": [
            {
                "name": store.name,
                "currency": store.currency,
                "as_of": _plain(store.as_of),
                "tables": {name: table(frame) for name, frame in store.frames.items()},
            }
            for store in stores
        ],
    }
    parts = {
        "STYLE": _part("page.css"),
        "WORDS": _part("words.json"),
        "SCRIPT": "\n".join(map(_part, SCRIPTS)),
        "DATA": embedded(data),  # last: no other part is looked for in it
    }
    page = _part("page.html")
    for mark, text in parts.items():
        page = page.replace(f"/*{mark}*/", text)
    return page


def table(frame: pl.DataFrame) -> dict[str, Any]:
    """`columns` and `rows`, in plain JSON values; days and moments as ISO text."""
    rows = [[_plain(value) for value in row] for row in frame.iter_rows()]
    return {"columns": frame.columns, "rows": rows}


def embedded(value: Any) -> str:
    """JSON that cannot end the script element it stands in, whatever a product is called."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
    if isinstance(value, date):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else value


def _part(name: str) -> str:
    return (resources.files("enrich.dashboard") / name).read_text(encoding="utf-8")
