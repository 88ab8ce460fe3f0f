"""A run page shows every value letter by letter: it makes no image, link, HTML or table."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from enrich.errors import Stop
from enrich.flows.pages import Markdown, markdown, push_page, table
from enrich.push.planned import PushSummary

RENDERER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
LINKED_BARE = re.compile(r"https?://|ftp://|(?<!\w)(www|WWW)\.|[\w.+-]@\w")  # by GitHub, Prefect
OURS = re.compile("table|thead|tbody|t[rhd]_|strong|bullet|list|heading|paragraph|inline|text")
PRINTED = [chr(code) for code in range(32, 127)]
EVIL = st.text(st.sampled_from(r"ab1![](){}<>/\|`~*_#+-.=:@&;$ ") | st.sampled_from(PRINTED))
ANYTHING = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)


def inner(tokens: list[Token]) -> list[Token]:
    return [one for token in tokens for one in (token, *inner(token.children or []))]


def rendered(page: str) -> tuple[set[str], str]:
    """The kinds of elements of the page, and the text that a reader sees."""
    tokens = inner(RENDERER.parse(page))
    text = "".join(one.content for one in tokens if one.type in ("text", "text_special"))
    return {one.type for one in tokens}, " ".join(text.split())


@settings(deadline=None, max_examples=300)
@given(EVIL)
@example("![x](http://127.0.0.1/a.png)")
@example("<img src=x onerror=alert(1)> &lt; &#60; \\")
@example("[a](javascript:alert(1)) https://example.com www.example.com a@example.com")
@example("`code` **bold** __bold__ ~~gone~~ <http://example.com>")
@example("```")
@example("1. a")
@example("- - -")
def test_a_value_is_shown_letter_by_letter(value: str) -> None:
    for page, before, after in (
        (table(("c",), [(value,)]), "c", ""),
        (markdown("**{}:** end", value), "", ": end"),
        (markdown("* {}", value), "", ""),
        (markdown("## {}", value), "", ""),
    ):
        kinds, text = rendered(page)
        assert {kind for kind in kinds if not OURS.match(kind)} == set(), page
        assert ("heading_open" in kinds, "list_item_open" in kinds) == (
            page.startswith("##"),
            page.startswith("* "),
        )
        assert not LINKED_BARE.search(page), page
        assert text == f"{before}{' '.join(value.split())}{after}", page


@settings(deadline=None)
@given(ANYTHING)
@example("a|b\n| --- | --- |\n# c")
@example("a\x1b[31m\u202e\r\n    code")
def test_no_letter_of_the_world_makes_an_element(value: str) -> None:
    kinds, _ = rendered(f"{table(('c',), [(value,)])}\n\n{markdown('* {}', value)}")
    assert {kind for kind in kinds if not OURS.match(kind)} == set()


def test_what_is_markdown_already_stays() -> None:
    rows = [(Markdown("`x`"),), (1234,), (None,)]
    assert table(("a",), rows).splitlines()[2:] == ["| `x` |", "| 1,234 |", "|  |"]


@pytest.mark.parametrize("value", ["![x](http://127.0.0.1/a)", "<b>x</b>"])
def test_a_platforms_answer_is_text_on_the_page(value: str) -> None:
    done = PushSummary("files", "main", False, fault=Stop(value), invalid=Counter({value: 3}))
    kinds, text = rendered(push_page([done]))
    assert kinds & {"image", "link_open", "html_inline", "html_block"} == set()
    assert text.count(value) == 3
