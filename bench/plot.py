"""The figures as one small picture: horizontal bars, drawn by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from bench.measure import Run, medians
from bench.table import says

_LABEL, _BAR, _ROW, _TOP = 230, 330, 26, 44
_STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.small { font-size: 12px; fill: #59636e }
.bar { fill: #8c959f } .ours { fill: #0969da }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc } .small { fill: #9198a1 } .bar { fill: #656c76 } .ours { fill: #4493f8 }
}
"""


def bars(runs: Mapping[str, Sequence[Run]], title: str) -> str:
    """An SVG picture: median wall time as a bar, seconds and peak memory beside it."""
    found = {name: medians(each) for name, each in runs.items()}
    longest = max(run.wall_seconds for run in found.values())
    rows = [_row(place, name, run, longest) for place, (name, run) in enumerate(found.items())]
    width, height = _LABEL + _BAR + 150, _TOP + _ROW * len(rows) + 8
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
            f"<title>{escape(title)}</title>",
            f"<style>{_STYLE}</style>",
            f'<text x="8" y="22" font-weight="600">{escape(title)}</text>',
            *rows,
            "</svg>\n",
        ]
    )


def _row(place: int, name: str, run: Run, longest: float) -> str:
    y = _TOP + _ROW * place
    length = max(2.0, _BAR * run.wall_seconds / longest)
    kind = (
        "ours"
        if name.startswith(("stage", "warehouse", "job", "dashboard", "orders", "sync"))
        else "bar"
    )
    label = escape(says(name).rsplit(" (", 1)[0])
    figures = f"{run.wall_seconds:.3g} s, {run.peak_mib * 2**20 / 1e9:.2g} GB"
    return (
        f'<text x="{_LABEL - 8}" y="{y + 14}" text-anchor="end">{label}</text>'
        f'<rect class="{kind}" x="{_LABEL}" y="{y}" width="{length:.1f}" height="18" rx="2"/>'
        f'<text class="small" x="{_LABEL + length + 6:.1f}" y="{y + 14}">{figures}</text>'
    )
