"""The class of every destination: one kind of record at one configured platform."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar

import polars as pl

from enrich.destinations.base import (
    Addressee,
    Batch,
    Capabilities,
    DestinationSettings,
    MappedField,
    Payload,
    Row,
    Tools,
)
from enrich.destinations.kinds import KINDS, PROFILES
from enrich.destinations.mapping import (
    JSON_FORMATS,
    Format,
    render_fields,
    render_rows,
    without_computed,
)
from enrich.errors import BadSettings, EnrichError
from enrich.model import Outcome, RecordResult, Rules
from enrich.profile import fields


class DestinationEntity(ABC):
    """One kind of record that a platform takes; an instance is configured and ready to push.

    A platform is the class of its profiles and one line in REGISTRY; `others` are the classes of
    its further records, each off until the settings' `entities` name it, in the order in which
    they are pushed. `capabilities` and `mapping` of the class are what holds when the settings
    change nothing; an instance has its own `capabilities` and `fields`. `example` is what a small
    settings table needs, `needs` are the keys an entity cannot do without.
    """

    name: ClassVar[str] = PROFILES
    version: ClassVar[str]  # another one sends every record again
    Settings: ClassVar[type[DestinationSettings]]
    example: ClassVar[Mapping[str, Any]] = {}
    needs: ClassVar[tuple[str, ...]] = ()
    others: ClassVar[tuple[type[DestinationEntity], ...]] = ()
    mapping: ClassVar[tuple[MappedField, ...]]
    capabilities: Capabilities
    settings: Any

    def __init__(self, settings: Any, tools: Tools) -> None:
        self.settings = settings
        self.http = tools.http
        self.data_dir = tools.data_dir
        self.session = tools.session
        self.windows = tools.windows
        self.capabilities = self.limits()
        self.fields = self._fitted(self.mapped())

    @classmethod
    def open(cls, settings: Any, tools: Tools) -> DestinationEntity:
        """The entity as the settings describe it; raises BadSettings."""
        return cls(settings, tools)

    @classmethod
    def entities(cls) -> tuple[type[DestinationEntity], ...]:
        """Every entity of the platform, in the order in which they are pushed."""
        return (cls, *cls.others)

    @classmethod
    def entity(cls, name: str) -> type[DestinationEntity]:
        """The entity of this name; KeyError when the platform does not take it."""
        return {one.name: one for one in cls.entities()}[name]

    @property
    def after(self) -> tuple[str, ...]:
        """The entities that have to be there before."""
        return KINDS[self.name].after if self.name in KINDS else ()

    @property
    def record_options(self) -> dict[str, Any]:
        """The settings that decide which records there are."""
        names = KINDS[self.name].options if self.name in KINDS else ()
        return {name: getattr(self.settings, name) for name in names}

    # -- what a platform says of itself --------------------------------------------------------

    def limits(self) -> Capabilities:
        """The capabilities with what the settings change of them."""
        return type(self).capabilities

    def mapped(self) -> tuple[MappedField, ...]:
        """The mapping with what the settings change of it."""
        return self.mapping

    @property
    @abstractmethod
    def mapping_version(self) -> str:
        """What, beside names and formats, decides the bytes sent (separators, date format)."""

    @property
    def formats(self) -> Mapping[str, Format]:
        """How a value is written, by the format of its field."""
        return JSON_FORMATS

    @property
    def empty(self) -> Any:
        """How a computed value that no longer holds is written."""
        return None

    def shape(self, row: Row, values: dict[str, Any]) -> Payload:
        """The payload of a row from its mapped values."""
        return values

    @abstractmethod
    def problems(self) -> list[str]:
        """What is wrong with reach, credentials or set-up, a line each; nothing is written."""

    @abstractmethod
    def validate(self, row: Row) -> str | None:
        """Why this record cannot be sent, without its values; None when it can.

        A row of profiles has the contact's attributes, record_id, hash and is_known, nothing
        computed.
        """

    @abstractmethod
    def push(self, batch: Batch) -> list[RecordResult]:
        """Exactly one outcome for every record of the batch; a queued one may name its job."""

    def poll(self, job_id: str, records: Sequence[Addressee]) -> list[RecordResult] | None:
        """One outcome for every record of a job that is over; None while it is not."""
        return None

    def erase(self, records: Sequence[Addressee]) -> list[RecordResult]:
        """One outcome for every person to erase; invalid where somebody must do it by hand."""
        message = "this platform documents no erasure: delete the person there by hand"
        return [RecordResult(one.record_id, Outcome.INVALID, "by_hand", message) for one in records]

    def remember(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The rows with `memo`: what a later change has to repeat once they are sent."""
        return frame

    def drop_files(self, before: datetime) -> list[str]:
        """The names of our files from before the moment, removed from the place they lie in."""
        return []

    def requests_for(self, record_count: int, byte_count: int) -> int:
        """About how many requests a push of this size takes."""
        return self.capabilities.requests_for(record_count, byte_count)

    # -- the same for all ----------------------------------------------------------------------

    def check(self) -> list[str]:
        """The problems, or the fault that kept us from finding out."""
        try:
            return self.problems()
        except EnrichError as error:
            return [str(error)]

    def render(self, row: Row, *, is_known: bool) -> Payload:
        """The record as the platform takes it; `is_known`: it accepted this record before."""
        is_cleared = is_known and self.capabilities.sends_empty
        values = render_fields(
            row, self.fields, self.formats, is_known=is_cleared, empty=self.empty
        )
        return self.shape(row, values)

    def render_all(self, frame: pl.DataFrame) -> list[Payload]:
        """The same for every row of a frame that also has record_id, hash and is_known."""
        values = render_rows(
            frame,
            self.fields,
            self.formats,
            sends_empty=self.capabilities.sends_empty,
            empty=self.empty,
        )
        rows = without_computed(frame).iter_rows(named=True)
        return [self.shape(row, own) for row, own in zip(rows, values, strict=True)]

    def _fitted(self, mapped: tuple[MappedField, ...]) -> tuple[MappedField, ...]:
        """The fields that profiles have; a change of an ignored one alone sends nothing."""
        if self.name != PROFILES:  # the fields of the settings are those of profiles
            return mapped
        known = {field.name for field in fields(Rules(windows=self.windows))}
        _require_known(self.settings, known)
        ignored = self.settings.ignore_changes_of
        return tuple(
            replace(field, is_diffed=field.is_diffed and field.source not in ignored)
            for field in mapped
            if field.source in known
        )


def _require_known(settings: DestinationSettings, known: Set[str]) -> None:
    """Raise BadSettings when the settings name a field of a window that there is not."""
    named = (*settings.names, *settings.ignore_changes_of, *getattr(settings, "fields", ()))
    unknown = sorted(set(named) - known)
    if unknown:
        raise BadSettings(f"no profile has {', '.join(unknown)}: see `windows` in the settings")
