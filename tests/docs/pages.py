"""What stands in README and docs/ between the fences: commands, queries, and which are not run.

A block is left out of the tests by a line before it: `<!-- not run: the reason -->`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_BLOCK = re.compile(
    r"(?:<!-- not run: (?P<reason>[^\n]+) -->\n)?^ *```(?P<kind>\w+)\n(?P<text>.*?)^ *```",
    re.MULTILINE | re.DOTALL,
)
_INLINE = re.compile(r"`(enrich [^`]+)`")


@dataclass(frozen=True)
class Block:
    """One fenced block; `reason` says why it is not run, None when it is."""

    page: str
    kind: str
    text: str
    reason: str | None


def blocks(page: Path) -> list[Block]:
    name = str(page.relative_to(ROOT))
    return [
        Block(name, found["kind"], found["text"], found["reason"])
        for found in _BLOCK.finditer(page.read_text())
    ]


def all_blocks(kind: str) -> list[Block]:
    return [block for page in PAGES for block in blocks(page) if block.kind == kind]


def commands() -> list[str]:
    """Every `enrich ...` of the pages, in blocks and within sentences, on one line each."""
    text = "\n".join(page.read_text() for page in PAGES)
    inline = [" ".join(found.split()) for found in _INLINE.findall(text)]
    lines = [
        line.strip()
        for block in all_blocks("sh")
        for line in block.text.replace("\\\n", " ").splitlines()
    ]
    return sorted({*inline, *(line for line in lines if line.startswith("enrich "))})
