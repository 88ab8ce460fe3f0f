"""A platform's own words about a refusal, without anything a person could be known by."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

MAX_LENGTH = 160
HIDDEN = "…"
# An address, a link, something encoded: whatever stands between two spaces around such a mark.
_MARKED = re.compile(r"\S*(?:@|%|://)\S*")
_QUOTED = re.compile(r"""(?<!\w)(["'`“”«»‘’])(.*?)(["'`“”«»‘’])(?!\w)""")
# Five digits or more, however they are divided: a phone, a document, a birthday.
_NUMBER = re.compile(r"\+?(?:\d[\s().,/-]{0,3}){4,}\d")
_WORD = re.compile(r"\w+")
_CODE = re.compile(r"[A-Z]+(?:_[A-Z]+)+")
_BEGINS = re.compile(r"(?:^|[.:!?]\s*)$")
# All that is kept of a reason whose record is not known: words that are nobody's.
_COMMON = frozenset(
    """
    a address already an and are as at be because blank can cannot character characters contact
    contains could create date does duplicate duplicated e-mail email empty enter error exceeded
    exist exists expected expired failed field fields for form format found from has have in
    incorrect instead integer invalid is it length limit list long mail match maximum member merge
    message minimum missing must name no not null number object of on one only or out phone please
    profile properties property provide range reached rejected request required resource same
    schema set short string subscribed supported suppressed text than that the this to too type
    unknown unique unsubscribed update updated url use valid validated value values was were with
    wrong you your
    """.split()  # noqa: SIM905
)
# What payloads hold beside the values of a person.
_PLAIN = frozenset({"email", "profile", "person", "contact", "identify"})


def harmless(reason: object, sent: object) -> str | None:
    """The reason of a refusal without personal values; None where that is in doubt.

    `sent` is the record as it was sent. Its values are taken out word by word, and so is every name
    in the middle of a sentence; what is quoted stays where it is a name of one of its fields.
    Without it (empty or None) only common words stay.
    """
    if not isinstance(reason, str):
        return None
    fields = set(_fields_of(sent))
    values = {word for value in _values_of(sent) for word in _words_of(value)} - _PLAIN

    def quoted(found: re.Match[str]) -> str:
        is_field = found[2] in fields or _CODE.fullmatch(found[2])
        return f"{found[1]}{found[2] if is_field else HIDDEN}{found[3]}"

    def word(found: re.Match[str]) -> str:
        if found[0] in fields or _plain(found[0]) in _PLAIN:
            return found[0]
        if not sent:
            is_kept = _plain(found[0]) in _COMMON or _CODE.fullmatch(found[0])
            return found[0] if is_kept else HIDDEN
        is_name = found[0].istitle() and not _BEGINS.search(found.string[: found.start()])
        return HIDDEN if is_name or _plain(found[0]) in values else found[0]

    composed = unicodedata.normalize("NFC", reason[: 10 * MAX_LENGTH])
    text = "".join(one if one.isprintable() else " " for one in composed)
    for pattern, instead in (
        (_MARKED, HIDDEN),
        (_QUOTED, quoted),
        (_NUMBER, HIDDEN),
        (_WORD, word),
        (re.compile(r"\s+"), " "),
    ):
        text = pattern.sub(instead, text)
    text = text.strip()[:MAX_LENGTH]
    return text if any(one.isalpha() for one in text) else None


def _fields_of(sent: object) -> Iterator[str]:
    if isinstance(sent, dict):
        yield from map(str, sent)
    for part in _parts_of(sent):
        yield from _fields_of(part)


def _values_of(sent: object) -> Iterator[str]:
    if not isinstance(sent, dict | list | tuple | bool | None):
        yield str(sent)
    for part in _parts_of(sent):
        yield from _values_of(part)


def _parts_of(sent: Any) -> list[Any]:
    return list(sent.values()) if isinstance(sent, dict) else list(sent) if _is_list(sent) else []


def _is_list(sent: object) -> bool:
    return isinstance(sent, list | tuple)


def _words_of(text: str) -> Iterator[str]:
    return (_plain(word) for word in _WORD.findall(text) if len(word) > 1)


def _plain(word: str) -> str:
    """The word without accents and letter case."""
    apart = unicodedata.normalize("NFKD", word.casefold())
    return "".join(one for one in apart if not unicodedata.combining(one))
