"""Text as it may be shown: nothing in it moves a cursor, ends a line or turns letters round."""

from __future__ import annotations

import json
import re
from typing import Any

# Control characters except tab and newline; line separators; marks that change the direction of
# letters. Python and Rust (polars) both read this class.
HIDDEN = r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
LINE_END = r"\r\n|[\r\x0b\x0c\x85\u2028\u2029]"
INSTEAD = "\N{REPLACEMENT CHARACTER}"

_HIDDEN = re.compile(HIDDEN[:-1] + r"\ud800-\udfff]")  # half surrogates are in no polars text
_BREAK = re.compile(LINE_END + r"|[\t\n]")


def visible(text: str) -> str:
    """The text with U+FFFD for every hidden character; tabs and newlines stay."""
    return _HIDDEN.sub(INSTEAD, text)


def json_text(value: Any, indent: int | None = None) -> str:
    """The value as JSON in which every hidden character is escaped, none lost; days as text."""
    text = json.dumps(value, default=str, ensure_ascii=False, indent=indent)
    return _HIDDEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def one_line(text: str) -> str:
    """The text as one visible line: tabs and ends of lines are spaces."""
    return visible(_BREAK.sub(" ", text))
