"""Segments as data: which scores make which group and segment, their names and what to do.

The table shipped is `segments.toml`; a shop may replace it (setting `segments_file`). Nothing else
in the program names a segment.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from itertools import product
from typing import Any

import polars as pl

from enrich.errors import BadSettings

PROSPECTS = "PROSPECTS"
SCORES = (1, 2, 3, 4, 5)
LANGUAGES = ("en", "es", "pt")


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """One segment: the scores it takes, its names, and what to do, by language.

    PROSPECTS takes no scores: it holds the customers who never bought. `is_documented`: the name is
    icomm's own.
    """

    group: str
    segment: str
    recency: tuple[int, ...] = ()
    frequency: tuple[int, ...] = ()
    monetary: tuple[int, ...] = ()
    label: Mapping[str, str] = field(default_factory=dict)
    advice: Mapping[str, str] = field(default_factory=dict)
    is_documented: bool = False


SegmentTable = tuple[SegmentRow, ...]
"""The segments from the weakest to the strongest; PROSPECTS first."""


def parse_segments(text: str) -> SegmentTable:
    """The table of a TOML text of the form of `segments.toml`.

    Raises BadSettings that names the entry, or the scores that no segment or several take.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadSettings(f"it is not valid TOML: {error}") from None
    _refuse_unknown("the file", document, ("prospects", "segments"))
    prospects = {**_table(document.get("prospects", {}), "prospects"), "name": PROSPECTS}
    entries = document.get("segments", [])
    if not isinstance(entries, list):
        raise BadSettings("segments must be written as [[segments]]")
    rows = [_row(_table(entry, "segments")) for entry in entries]
    table = (_row({"group": PROSPECTS, "r": [], "f": [], "m": [], **prospects}), *rows)
    if found := problems(table):
        raise BadSettings("; ".join(found[:3]) + (" ..." if len(found) > 3 else ""))
    return table


def problems(table: SegmentTable) -> list[str]:
    """One line per name used twice and per triple of scores that not exactly one segment takes."""
    names = [row.segment for row in table]
    found = [f"{name} stands twice" for name in dict.fromkeys(names) if names.count(name) > 1]
    for triple in product(SCORES, repeat=3):
        takers = [row.segment for row in table if _takes(row, *triple)]
        if len(takers) != 1:
            scores = "".join(map(str, triple))
            found.append(f"the scores {scores} belong to {' and '.join(takers) or 'no segment'}")
    return found


def segment_frame(table: SegmentTable) -> pl.DataFrame:
    """One row per triple of scores: r_score, f_score, m_score, rfm_group, rfm_segment."""
    rows = [
        (*triple, row.group, row.segment)
        for triple in product(SCORES, repeat=3)
        for row in table
        if _takes(row, *triple)
    ]
    schema = dict.fromkeys(("r_score", "f_score", "m_score"), pl.Int8())
    names = dict.fromkeys(("rfm_group", "rfm_segment"), pl.String())
    return pl.DataFrame(rows, schema={**schema, **names}, orient="row")


def _takes(row: SegmentRow, recency: int, frequency: int, monetary: int) -> bool:
    return recency in row.recency and frequency in row.frequency and monetary in row.monetary


def _row(entry: Mapping[str, Any]) -> SegmentRow:
    name = entry.get("name")
    if not (isinstance(name, str) and name.strip()):
        raise BadSettings("every segment needs a name")
    _refuse_unknown(name, entry, ("name", "group", "documented", "r", "f", "m", "label", "advice"))
    group = entry.get("group")
    if not (isinstance(group, str) and group.strip()):
        raise BadSettings(f"{name} needs a group")
    if name == PROSPECTS and entry["r"]:
        raise BadSettings(f"{PROSPECTS} holds who never bought and takes no scores")
    if name != PROSPECTS and group == PROSPECTS:
        raise BadSettings(f"{name}: the group {PROSPECTS} is for customers who never bought")
    return SegmentRow(
        group=group,
        segment=name,
        recency=_scores(name, "r", entry.get("r")),
        frequency=_scores(name, "f", entry.get("f")),
        monetary=_scores(name, "m", entry.get("m")),
        label=_texts(name, "label", entry.get("label", {})),
        advice=_texts(name, "advice", entry.get("advice", {})),
        is_documented=entry.get("documented") is True,
    )


def _scores(name: str, axis: str, value: Any) -> tuple[int, ...]:
    if isinstance(value, list) and all(type(score) is int and score in SCORES for score in value):
        return tuple(value)
    raise BadSettings(f"{name}: {axis} must be a list of scores from 1 to 5, such as [4, 5]")


def _texts(name: str, key: str, value: Any) -> dict[str, str]:
    texts = _table(value, f"{name}: {key}")
    _refuse_unknown(f"{name}: {key}", texts, LANGUAGES)
    if not all(isinstance(text, str) for text in texts.values()):
        raise BadSettings(f"{name}: {key} must be texts by language, such as {key}.en")
    return texts


def _table(value: Any, place: str) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise BadSettings(f"{place} must be a table")


def _refuse_unknown(place: str, entry: Mapping[str, Any], allowed: tuple[str, ...]) -> None:
    if unknown := sorted(set(entry) - set(allowed)):
        raise BadSettings(f"{place} has unknown keys: {', '.join(unknown)}")


SEGMENTS = parse_segments(
    (resources.files("enrich.profile") / "segments.toml").read_text(encoding="utf-8")
)
