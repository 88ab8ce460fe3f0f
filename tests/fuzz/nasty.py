"""Hypothesis strategies: documents with anything where something should be, as bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

from hypothesis import strategies as st

Path: TypeAlias = tuple[str | int, ...]

GONE = "@gone@"
DEEP = "@deep@"
NESTED = "@nested@"
DIGITS = "@digits@"
RAW: Mapping[str, bytes] = {
    f'"{DEEP}"': b"[" * 5_000 + b"]" * 5_000,
    f'"{NESTED}"': b"[" * 300 + b"]" * 300,
    f'"{DIGITS}"': b"9" * 5_000,
}
"""What no JSON writer writes, put in its place afterwards."""

NUMBERS = (
    0, -1, 1, 7, 10**9, 10**12, 10**15, 10**15 + 1, 2**53 + 1, 2**63 - 1, 2**63, -(2**63) - 1,
    2**64, 10**30, 0.5, -0.5, 7453.0, 7453.5, -7453.5, 1e15, 1.7e9, 1e22, 1e308, 5e-324,
    float("nan"), float("inf"), -0.0,
)  # fmt: skip
MOMENTS = (
    "2026-03-02T14:05:09.1234567+00:00", "2026-03-02T14:05:09.1234567Z", "2026-03-02T14:05:09",
    "2026-03-02T23:59:59.9999999-03:00", "2026-03-02", "2026-03-02 14:05", "0001-01-01T00:00:00",
    "0001-01-01T00:00:00Z", "1999-12-31T23:30:00-03:00", "1999-12-31T23:59:59.9999999Z",
    "2099-12-31T23:59:59.9999999Z", "2100-01-01T00:00:00Z", "9999-12-31T23:59:59.9999999Z",
    "2026-02-29T00:00:00Z", "2026-13-45T00:00:00Z", "2026-03-02T24:00:00Z",
    "2026-03-02T14:05:60Z", "2026-03-02T14:05:09+99:00", "1700000000", "2026", "yesterday",
    "/Date(1700000000000)/",
)  # fmt: skip
TEXTS = (
    "", " ", "\t", "0", "7453", "7453.0", "7453.5", "-7", "+5", "1_000", " 12 ", "1e3", "٣",
    "0x1f", "NaN", "null", "true", "false", "yes", "no", "a\x00b", "\x00", "a\tb\nc", "\x1f",
    "\x7f", "\u2028", "\ud800", "x\udfffy", "🎉", "É", "***", "=1+1", "{}", "[]", "'", '"', "\\",
    "a" * 5_000, "Input", "canceled", "CANCELED", "invoiced", "payment-pending", "BRL", "brl",
    "ana@example.com", "ANA@Example.com ", "ana@example.com-1a2b3c.ct.vtex.com.br",
)  # fmt: skip

_ODD = st.sampled_from(
    [*NUMBERS, *MOMENTS, *TEXTS, None, True, False, GONE, GONE, DEEP, NESTED, DIGITS]
)
_FREE = st.one_of(
    st.text(st.characters(), max_size=6),
    st.integers(),
    st.floats(),
)
_LEAF = st.one_of(_ODD, _ODD, _FREE)
VALUES = st.recursive(
    _LEAF,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["id", "value", "items", "x"]), inner, max_size=3),
    ),
    max_leaves=4,
)


_DAMAGE = st.tuples(st.integers(0, 19), st.floats(0, 1), st.integers(0, 255))


def places(document: Any, path: Path = ()) -> Iterator[Path]:
    """Where something stands in the document: every field and every element of a list."""
    inside = document.items() if isinstance(document, dict) else enumerate(document)
    for name, value in inside:
        yield (*path, name)
        if isinstance(value, dict | list):
            yield from places(value, (*path, name))


def documents(base: Mapping[str, Any], most_changes: int = 3) -> st.SearchStrategy[bytes]:
    """The document with up to so many places changed, written as VTEX or a broken proxy might."""
    places_of = st.sampled_from(list(places(base)))
    changes = st.lists(st.tuples(places_of, VALUES), max_size=most_changes)
    make = partial(_made, json.dumps(base))
    return st.builds(make, changes, st.booleans(), _DAMAGE)


def _made(
    base: str, changes: Sequence[tuple[Path, Any]], ascii_only: bool, damage: tuple[int, float, int]
) -> bytes:
    document = json.loads(base)
    for path, value in changes:
        put(document, path, value)
    return damaged(written(document, ascii_only=ascii_only), *damage)


def batches(base: Mapping[str, Any], key: str, size: int) -> st.SearchStrategy[list[bytes]]:
    """So many documents, each with an id of its own unless it is among what was changed."""
    numbered = [{**base, key: f"{base[key]}-{number}"} for number in range(size)]
    return st.tuples(*map(documents, numbered)).map(list)


def put(document: Any, path: Path, value: Any) -> None:
    """Set or take away what is at the place; nothing when an earlier change took the way there."""
    holder = document
    for part in path[:-1]:
        holder = _inside(holder, part)
    if _inside(holder, path[-1]) is None and not isinstance(holder, dict):
        return
    if value == GONE:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value


def _inside(holder: Any, part: str | int) -> Any:
    if isinstance(holder, dict) and isinstance(part, str):
        return holder.get(part, "")
    if isinstance(holder, list) and isinstance(part, int) and part < len(holder):
        return "" if holder[part] is None else holder[part]
    return None


def written(document: Any, *, ascii_only: bool) -> bytes:
    """JSON bytes; without `ascii_only` control characters and half surrogates stand there raw."""
    text = json.dumps(document, ensure_ascii=ascii_only)
    if not ascii_only:
        for code in (*range(1, 10), *range(11, 13), *range(14, 32)):
            text = text.replace(f"\\u{code:04x}", chr(code))
        text = text.replace("\\t", "\t").replace("\\n", "\n")
    content = text.encode("utf-8", "surrogatepass")
    for marker, raw in RAW.items():
        content = content.replace(marker.encode(), raw)
    return content


def damaged(content: bytes, kind: int, share: float, byte: int) -> bytes:
    """Mostly as it is; now and then cut off, with a byte changed, or with a mark at its front."""
    place = int(share * (len(content) - 1))
    if kind == 0:
        return content[:place]
    if kind == 1:
        return content[:place] + bytes([byte]) + content[place + 1 :]
    return b"\xef\xbb\xbf" + content if kind == 2 else content
