"""What each table and view of the read copy holds, and what its columns mean.

The words about tables stand above them in the SQL files, those about columns in
sql/views/columns.toml, those about profile fields where these are declared.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from itertools import takewhile

from enrich.warehouse.scripts import scripts_in, sql_folder, statement

_PREFIX = re.compile(r"^(?:\w+, a view of the read copy\. )?Grain: ")
_DECLARED = re.compile(
    r"((?:^-- .*\n)+)create (?:table|view) if not exists (?:\w+\.)?(\w+)", re.MULTILINE
)

UNDECLARED = {
    "profiles": "one row per customer: the profile of the newest day.",
    "profiles_today": "one row per customer of whom something came in since the newest profiles,"
    " as of the day it was then; beside these it has the columns of profiles.",
    "push_batches": "one row per batch sent to a platform.",
    "push_runs": "one row per push of a store to a platform.",
    "rfm_cut_point_history": "the cut points of earlier runs, one row per window, axis and score.",
    "rfm_cut_points": "one row per window, axis and score: its lowest and highest value, its size.",
    "runs": "one row per run of a job.",
    "watermarks": "one row per store and entity; everything up to watermark_at is stored.",
    "reject_counts": "one row per store and entity: how many records were rejected.",
    "push_jobs": "one row per job that a platform works on by itself.",
}
"""Notes of tables that a query or a frame makes, or that stand under the note of a neighbour."""


@cache
def table_notes() -> dict[str, str]:
    """The note of every table: what a row is, and what else stands above its declaration."""
    notes = {
        table: _text(comment)
        for script in (*scripts_in("schema"), *scripts_in("typed"))
        for comment, table in _DECLARED.findall(statement(script))
    }
    views = {name: _text(_header(f"views/{name}")) for name in view_names()}
    return {**notes, **views, **UNDECLARED}


def _header(script: str) -> str:
    lines = statement(script).splitlines(keepends=True)
    return "".join(takewhile(lambda line: line.startswith("--"), lines))


def view_names() -> list[str]:
    """The views of the read copy, one SQL file each."""
    return [script.removeprefix("views/") for script in scripts_in("views")]


def column_note(table: str, column: str) -> str | None:
    """What a column means; None when nothing tells."""
    words = _column_words()
    return words.get(table, {}).get(column) or words["shared"].get(column)


@cache
def _column_words() -> dict[str, dict[str, str]]:
    return tomllib.loads((sql_folder() / "views" / "columns.toml").read_text(encoding="utf-8"))


def _text(comment: str) -> str:
    lines = (line.removeprefix("--").strip() for line in comment.splitlines())
    return _PREFIX.sub("", " ".join(lines)).strip()
