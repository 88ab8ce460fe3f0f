"""How VTEX cuts long answers into pages.

A whole page that came before is refused: a server that ignores the page number would be read for
ever, and the missing rows would pass for absent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from enrich.errors import Stop

PER_PAGE = 100
MAX_PAGES = 30
MAX_SEARCHED = 10_000


class RepeatedPage(Stop):
    """The same whole page came twice."""


class PageGuard:
    """Remembers the pages of one listing; `check` raises RepeatedPage on one that came before."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._seen: set[int] = set()

    def check(self, keys: Sequence[str]) -> None:
        """Takes the keys of a page in order; an empty page is never a repetition."""
        page = hash(tuple(keys))
        if keys and page in self._seen:
            raise RepeatedPage(
                f"{self._name}: the same page came twice; stopped before data is lost"
            )
        self._seen.add(page)


def pages_after_first(total: int) -> range:
    """The numbers of the pages of a listing after its first, as far as VTEX lets read."""
    return range(2, min(MAX_PAGES, -(-total // PER_PAGE)) + 1)


def content_range_total(headers: Mapping[str, str]) -> int | None:
    """The total of a REST-Content-Range in either of its spellings; None without one."""
    match = re.search(r"(\d+)-(\d+)/(\d+)\s*$", headers.get("rest-content-range", ""))
    return int(match[3]) if match else None
