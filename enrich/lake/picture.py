"""The times of the buckets as a picture: a line a worker, a bar a bucket from begin to end."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

WIDTH, LINE, LEFT, TOP = 960, 26, 150, 46
COLOURS = {"resolve": "#4e79a7", "profile": "#f28e2b"}


def picture(times: Sequence[dict[str, Any]], title: str) -> str:
    """An SVG of `times` (kind, number, worker, began, seconds); workers share one clock."""
    began = min(one["began"] for one in times)
    whole = max(one["began"] + one["seconds"] for one in times) - began
    scale = (WIDTH - LEFT - 20) / max(whole, 0.001)
    workers = sorted({one["worker"] for one in times})
    height = TOP + LINE * len(workers) + 30
    lines = [
        f'<text x="4" y="{TOP + LINE * place + 17}">worker {place + 1}</text>'
        for place in range(len(workers))
    ]
    bars = [
        f'<rect x="{LEFT + scale * (one["began"] - began):.1f}"'
        f' y="{TOP + LINE * workers.index(one["worker"]) + 3}"'
        f' width="{max(scale * one["seconds"] - 1, 1):.1f}" height="{LINE - 6}"'
        f' fill="{COLOURS[one["kind"]]}"><title>{one["kind"]} bucket {one["number"]}:'
        f" {one['seconds']:.2f} s</title></rect>"
        for one in times
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}"'
            ' font-family="sans-serif" font-size="13">',
            f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
            f'<text x="4" y="18" font-size="15">{escape(title)}</text>',
            f'<text x="4" y="36" fill="{COLOURS["resolve"]}">resolve and count</text>',
            f'<text x="{LEFT}" y="36" fill="{COLOURS["profile"]}">profiles</text>',
            *lines,
            *bars,
            f'<text x="{LEFT}" y="{height - 10}">0 s</text>',
            f'<text x="{WIDTH - 20}" y="{height - 10}" text-anchor="end">{whole:.1f} s</text>',
            "</svg>\n",
        ]
    )
