"""The sources that `enrich sync` pulls from: a store of the settings names its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from enrich.errors import BadSettings
from enrich.sources.source import Source, SourceAccount
from enrich.sources.vtex import Vtex

SOURCES: Mapping[str, Callable[[SourceAccount], Source]] = {
    "vtex": Vtex.open,
}


def open_source(kind: str, account: SourceAccount) -> Source:
    """The source of this kind; raises BadSettings, naming those there are."""
    if kind not in SOURCES:
        raise BadSettings(f"there is no source {kind!r}; known are {', '.join(SOURCES)}")
    return SOURCES[kind](account)
