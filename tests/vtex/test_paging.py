"""How long answers are read page by page, without a server."""

from __future__ import annotations

import pytest

from enrich.sources.vtex.paging import (
    PageGuard,
    content_range_total,
    pages_after_first,
)


@pytest.mark.parametrize(
    ("total", "pages"),
    [
        (0, []),
        (100, []),
        (101, [2]),
        (250, [2, 3]),
        (3000, list(range(2, 31))),
        (9999, list(range(2, 31))),
    ],
)
def test_numbered_pages_never_go_past_the_thirtieth(total: int, pages: list[int]) -> None:
    assert list(pages_after_first(total)) == pages


def test_overlapping_pages_and_empty_pages_are_no_repetition() -> None:
    guard = PageGuard("x")
    for keys in (["a", "b"], ["b", "c"], ["b", "a"], [], []):
        guard.check(keys)


@pytest.mark.parametrize(
    ("text", "total"),
    [
        ("resources=0-10/98", 98),
        ("resources 0-100/136108", 136108),
        ("resources 0-100/*", None),
        ("", None),
    ],
)
def test_both_spellings_of_a_range(text: str, total: int | None) -> None:
    assert content_range_total({"rest-content-range": text}) == total
