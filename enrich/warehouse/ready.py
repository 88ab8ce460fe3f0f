"""The ready queries for analysts: the files of sql/analysis, with the question each answers."""

from __future__ import annotations

from dataclasses import dataclass

from enrich.warehouse.scripts import scripts_in, statement


@dataclass(frozen=True, slots=True)
class ReadyQuery:
    """A query that runs on the read copy as it is; `question` is the first sentence above it."""

    question: str
    statement: str


def ready_queries() -> dict[str, ReadyQuery]:
    """Every ready query by name."""
    return {
        script.removeprefix("analysis/"): _ready(statement(script))
        for script in scripts_in("analysis")
    }


def _ready(text: str) -> ReadyQuery:
    above = " ".join(
        line.removeprefix("--").strip() for line in text.splitlines() if line.startswith("--")
    )
    return ReadyQuery(above.partition(". Grain:")[0].partition(". ")[0].rstrip("."), text)
