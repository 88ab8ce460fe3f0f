"""Whether texts name a person: the traces somebody leaves, looked for in columns and files.

An e-mail, a GUID or a long number is looked for anywhere, as a whole word. A short id such as
`1001` is also a price or a SKU, so it counts only as the whole value of a column of identifiers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import polars as pl

IDENTIFIER_COLUMNS = frozenset(
    {"contact_id", "customer_id", "document", "email", "phone", "user_profile_id", "value"}
)
"""Columns, ours and those of files, whose whole value is somebody's identifier."""

_SHORTEST_WORD = 9
_DIGIT_GAP = r"(\d)[./ -](\d)"  # 529.982.247-25 and 11 98765-4321 are read as digits
_BEFORE, _AFTER = r"(?<![0-9a-z@._+])", r"(?![0-9a-z@_+]|\.[0-9a-z])"


@dataclass(frozen=True, slots=True)
class Traces:
    """What people left: `words` are looked for anywhere, `values` in columns of identifiers."""

    words: tuple[str, ...] = field(repr=False)
    values: tuple[str, ...] = field(repr=False)

    @property
    def are_none(self) -> bool:
        return not self.values

    def in_texts(self, texts: pl.Series) -> pl.Series:
        """Which of the texts name somebody, as booleans; null texts do not."""
        if not self.words:
            return pl.Series([False]).new_from_index(0, len(texts))
        joined = texts.str.replace_all(_DIGIT_GAP, "$1$2")
        hits = self._candidates(texts) | self._candidates(joined)
        if not hits.any():
            return hits
        named = [
            self._is_named(text) or self._is_named(digits)
            for text, digits in zip(texts.filter(hits), joined.filter(hits), strict=True)
        ]
        return (
            hits.to_frame("hit")
            .with_columns(pl.when("hit").then(None).otherwise(False).alias("hit"))["hit"]
            .scatter(hits.arg_true(), named)
        )

    def in_values(self, texts: pl.Series) -> pl.Series:
        """Which of the texts are somebody's identifier as a whole, as booleans."""
        whole = texts.str.strip_chars().str.strip_prefix("'").str.to_lowercase()
        return whole.is_in(list(self.values)).fill_null(False)

    def _candidates(self, texts: pl.Series) -> pl.Series:
        found = texts.str.contains_any(list(self.words), ascii_case_insensitive=True)
        return found.fill_null(False)

    def _is_named(self, text: str) -> bool:
        """Whether one of the words stands in the text as a whole word."""
        lowered = text.lower()
        found = pl.Series([lowered]).str.extract_many(list(self.words), overlapping=True)[0]
        return any(re.search(_BEFORE + re.escape(word) + _AFTER, lowered) for word in set(found))


def traces_of(found: Iterable[Sequence[str]]) -> Traces:
    """The traces of (kind, text) pairs, as `traces` of sql/forget.sql gives them."""
    pairs = {(kind, text.strip().lower()) for kind, text in found}
    words = {text for kind, text in pairs if kind == "email" or len(text) >= _SHORTEST_WORD}
    return Traces(tuple(sorted(words)), tuple(sorted({text for _, text in pairs})))
