"""How VTEX cuts long answers into pages: what to ask next, from what came. No I/O here.

Every pager refuses a whole page that came before: a server that ignores the page number would be
read for ever, and the missing rows would pass for absent.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

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


@dataclass(frozen=True, slots=True)
class Page:
    """What a pager needs of an answer: how many rows it held, their keys, its headers."""

    keys: tuple[str, ...]
    headers: Mapping[str, str]


Pager: TypeAlias = Generator[dict[str, str], Page, None]


def range_pages(name: str, size: int = PER_PAGE) -> Pager:
    """Yields the headers of each search call; is sent each Page; ends with the last one.

    VTEX's total is wrong with some custom indexes, so a short page ends it, not the total.
    """
    guard = PageGuard(name)
    for start in range(0, MAX_SEARCHED, size):
        page = yield {"REST-Range": f"resources={start}-{start + size}"}
        guard.check(page.keys)
        if len(page.keys) < size:
            return


def content_range_total(headers: Mapping[str, str]) -> int | None:
    """The total of a REST-Content-Range in either of its spellings; None without one."""
    match = re.search(r"(\d+)-(\d+)/(\d+)\s*$", headers.get("rest-content-range", ""))
    return int(match[3]) if match else None


def scroll_pages(name: str, query: Mapping[str, str]) -> Pager:
    """Yields the parameters of each scroll call; is sent each Page; ends with an empty one.

    The token may be renewed by any answer, and stands for the whole query.
    """
    guard = PageGuard(name)
    params = dict(query)
    while True:
        page = yield params
        guard.check(page.keys)
        token = page.headers.get("x-vtex-md-token") or params.get("_token")
        if not page.keys or not token:
            return
        params = {"_token": token}


def turn(pager: Pager, page: Page) -> dict[str, str] | None:
    """What to ask for after this page; None when it was the last."""
    try:
        return pager.send(page)
    except StopIteration:
        return None
