"""One shop as the jobs know it: its name, its rules, how it is reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from enrich.model import FileFormat, Rules
from enrich.predict import PredictionRules, ProductRules
from enrich.profile import SEGMENTS, SegmentTable
from enrich.profile.own import OwnField
from enrich.receiver import Inbox
from enrich.sources.source import Erasure, Newsletter, Source


@dataclass(frozen=True, slots=True)
class Shop:
    """A store of the settings; `source` is None when it has no account (imports only).

    `url` is where its customers see it. `inbox` holds what the receiver got about it; None
    where nothing can have been. `keeps_unknown`: people whom VTEX does not know are to be created.
    `file_formats` says how import files are written, by their kind.
    """

    name: str
    rules: Rules = field(default_factory=Rules)
    segments: SegmentTable = SEGMENTS
    source: Source | None = None
    extra_customer_fields: tuple[str, ...] = ()
    opt_in_fields: Mapping[str, str] = field(default_factory=dict)
    max_unexplained_share: float = 0.001
    url: str | None = None
    inbox: Inbox | None = None
    keeps_unknown: bool = False
    file_formats: Mapping[str, FileFormat] = field(default_factory=dict)
    prediction: PredictionRules = field(default_factory=PredictionRules)
    products: ProductRules = field(default_factory=ProductRules)
    own_fields: tuple[OwnField, ...] = ()

    @property
    def newsletter(self) -> Newsletter | None:
        """Where the opt-ins of its customers are read and written; None: nowhere."""
        return self.source.newsletter if self.source else None

    @property
    def erasure(self) -> Erasure | None:
        """The source's own erasure of its customers; None: it has none."""
        return self.source.erasure if self.source else None
