"""How long answers are read page by page, without a server."""

from __future__ import annotations

import pytest

from enrich.sources.vtex.paging import (
    Page,
    PageGuard,
    Pager,
    RepeatedPage,
    content_range_total,
    pages_after_first,
    range_pages,
    scroll_pages,
    turn,
)


def conversation(pager: Pager, *pages: Page) -> list[dict[str, str] | None]:
    """What the pager asks for first and after each page."""
    return [next(pager), *(turn(pager, page) for page in pages)]


def page(*keys: str, **headers: str) -> Page:
    return Page(keys, {name.replace("_", "-"): value for name, value in headers.items()})


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


def test_a_search_ends_with_a_short_page() -> None:
    asked = conversation(range_pages("search", 2), page("a", "b"), page("c"))
    assert asked == [{"REST-Range": "resources=0-2"}, {"REST-Range": "resources=2-4"}, None]


def test_a_search_of_exactly_full_pages_ends_with_an_empty_one() -> None:
    assert conversation(range_pages("search", 1), page("a"), page())[-1] is None


def test_a_search_never_asks_beyond_its_depth() -> None:
    pages = [page(str(n), str(-n)) for n in range(1, 5001)]
    asked = conversation(range_pages("search", 2), *pages)
    assert asked[-2:] == [{"REST-Range": "resources=9998-10000"}, None]


def test_a_scroll_follows_the_newest_token_to_the_empty_page() -> None:
    asked = conversation(
        scroll_pages("scroll", {"_size": "2"}),
        page("a", "b", x_vtex_md_token="t1"),
        page("c", x_vtex_md_token="t2"),
        page("d"),
        page(),
    )
    assert asked == [{"_size": "2"}, {"_token": "t1"}, {"_token": "t2"}, {"_token": "t2"}, None]


def test_a_scroll_without_a_token_ends() -> None:
    assert conversation(scroll_pages("scroll", {}), page("a")) == [{}, None]


@pytest.mark.parametrize("pager", [range_pages("x", 2), scroll_pages("x", {})])
def test_the_same_whole_page_twice_stops(pager: Pager) -> None:
    with pytest.raises(RepeatedPage):
        conversation(
            pager, *[page("a", "b", x_vtex_md_token="t"), page("a", "b", x_vtex_md_token="t")]
        )


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
