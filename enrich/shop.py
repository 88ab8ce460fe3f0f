"""One shop as the jobs know it: its name, its rules, how it is reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from enrich.model import FileFormat, Rules
from enrich.profile import SEGMENTS, SegmentTable
from enrich.receiver import Inbox
from enrich.sources.vtex import VtexClient


@dataclass(frozen=True, slots=True)
class Shop:
    """A store of the settings; `client` is None when it has no VTEX account (imports only).

    `url` is where its customers see it. `inbox` holds what the receiver was told about it; None
    where nothing can have been. `keeps_unknown`: people whom VTEX does not know are to be created.
    `file_formats` says how import files are written, by their kind.
    """

    name: str
    rules: Rules = field(default_factory=Rules)
    segments: SegmentTable = SEGMENTS
    client: VtexClient | None = None
    extra_customer_fields: tuple[str, ...] = ()
    first_sync_days: int = 730
    detail_threads: int = 5
    list_threads: int = 2
    max_unexplained_share: float = 0.001
    url: str | None = None
    inbox: Inbox | None = None
    keeps_unknown: bool = False
    file_formats: Mapping[str, FileFormat] = field(default_factory=dict)
