"""What runs that ended early left in a lake: the next run of the same takes it up."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from enrich.lake.manifest import read_manifest


def unfinished(lake: Path) -> Iterator[str]:
    """A line for each kind of work that waits, with how much of it is done."""
    for store, entry in read_manifest(lake).items():
        named = {part["folder"] for part in entry.values()}
        for folder in sorted((lake / f"store={store}").iterdir()):
            if folder.name in named:
                continue
            for answers in sorted(folder.rglob("answers/*")) if folder.is_dir() else ():
                done = len(list(answers.glob("*.json")))
                if done:
                    yield f"{store}: {folder.name} ended early with {done} {answers.name} done"
