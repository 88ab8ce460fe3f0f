"""The words that files write, and the statuses they mean."""

import re

import pytest

from enrich.sources.files.words import NO, NOBODY, STATUSES, VTEX_STATUSES, YES, folded
from enrich.warehouse.scripts import statement


def test_the_statuses_are_those_that_sql_judges() -> None:
    known = set(re.findall(r"'([a-z-]+)'", statement("macros/status")))
    assert known == set(VTEX_STATUSES)
    assert set(STATUSES.values()) <= known


@pytest.mark.parametrize("words", [NOBODY, YES, NO, frozenset(STATUSES)])
def test_words_are_listed_as_they_are_compared(words: frozenset[str]) -> None:
    assert [word for word in words if folded(word) != word] == []


def test_no_word_is_yes_and_no() -> None:
    assert not YES & NO
