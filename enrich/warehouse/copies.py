"""Where backups and lakes outside the data folder were put: `forget` has to look there too."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from enrich.durable import append_durably, write_durably

COPIES_NAME = "copies.ndjson"
LAKE_MANIFEST = "manifest.json"
"""The file that is written last when a lake is made; it stands for the whole lake."""
S3 = "s3://"
LAKES = "lakes"
"""In the data folder: of each lake in S3 a copy to work on, in BUCKET/FOLDER."""
UNSENT = ".unsent"
"""The manifest that S3 had when work on such a copy began; there until the work is in S3."""


def remember_copy(data_dir: Path, path: Path, made_at: datetime) -> None:
    """Write down where a copy is going to be; one in the data folder is found without this."""
    place = path.resolve()
    is_found = place.is_relative_to(data_dir.resolve()) and address_of(data_dir, place) is None
    if is_found or place in remembered_copies(data_dir):
        return
    line = json.dumps({"path": str(place), "made_at": made_at.isoformat()})
    append_durably(data_dir / COPIES_NAME, f"{line}\n".encode())


def address_of(data_dir: Path, path: Path) -> str | None:
    """The s3://BUCKET/FOLDER whose copy to work on has this manifest; None of any other file."""
    place, lakes = path.resolve(), (data_dir / LAKES).resolve()
    if place.name != LAKE_MANIFEST or not place.is_relative_to(lakes):
        return None
    return f"{S3}{place.parent.relative_to(lakes).as_posix()}"


def remembered_copies(data_dir: Path) -> list[Path]:
    """The places outside the data folder, of a lake in S3 that of its copy, in order of use."""
    return list(_places(data_dir))


def drop_copies(data_dir: Path, gone: list[Path]) -> None:
    """These copies are no more."""
    kept = [line for path, line in _places(data_dir).items() if path not in gone]
    if len(kept) < len(_places(data_dir)):
        write_durably(data_dir / COPIES_NAME, "".join(f"{line}\n" for line in kept).encode())


def _places(data_dir: Path) -> dict[Path, str]:
    """The line of each place; a torn one, of a copy that was never begun, is none."""
    try:
        lines = (data_dir / COPIES_NAME).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    return {place: line for line in lines if (place := _place(line)) is not None}


def _place(line: str) -> Path | None:
    try:
        return Path(json.loads(line)["path"])
    except (ValueError, KeyError, TypeError):
        return None
