"""From a VTEX answer to a RawRecord, or to a Reject whose reason holds no customer's value."""

from __future__ import annotations

import json
import re
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from enrich.client import BadBody, parse_json
from enrich.errors import SkipRecord
from enrich.model import MAX_CENTS, RawRecord, Reject
from enrich.sources.source import Documents
from enrich.sources.vtex.records.base import Document, Location
from enrich.sources.vtex.records.entity import Entity
from enrich.sources.vtex.spans import next_watermark

_Model = TypeVar("_Model", bound=Document)
_REPAIR_ROUNDS = 4
# Card digits and streets, also in what is rejected.
_NEVER_KEPT = frozenset({"paymentData", "shippingData"})
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+(?:[eE][+-]?\d+)?")
_THREE_AFTER_COMMA = re.compile(r"[+-]?\d+,\d{3}")


class Unusable(SkipRecord):
    """A document that would corrupt the data; the text names the field and the kind of error."""


class VtexDocuments(Documents):
    """What all entities of VTEX share."""

    @property
    @abstractmethod
    def entity(self) -> Entity:
        """What VTEX calls it and what is kept of it."""

    @property
    def name(self) -> str:
        return self.entity.name

    def known_until(self, now: datetime) -> datetime:
        return next_watermark(now)

    def parse(self, document: bytes) -> RawRecord | Reject:
        return parse_record(self.entity, document)


def parse_record(entity: Entity, source: bytes | Mapping[str, Any]) -> RawRecord | Reject:
    """The record of one document, pruned to the entity's fields, or why it is rejected.

    Rounds money that came as a float, and drops optional fields of the wrong kind. A reject keeps
    the top-level fields of the entity as they came, except payments.
    """
    try:
        record = read_document(entity.model, source)
    except Unusable as error:
        return _reject(entity, str(error), source)
    changed_at = getattr(record, entity.changed, None) if entity.changed else None
    return RawRecord(
        key=entity.tidy_key(getattr(record, entity.key)),
        payload=record.model_dump_json(exclude_unset=True),
        changed_at=utc(changed_at) if changed_at else None,
    )


def parse_records(entity: Entity, documents: Sequence[Any]) -> list[RawRecord | Reject]:
    """`parse_record` of each document of a list; what is no object is rejected."""
    return [parse_record(entity, document) for document in documents]


def read_document(model: type[_Model], source: bytes | Mapping[str, Any]) -> _Model:
    """The validated document; raises Unusable.

    Nearly every document passes the first, compiled validation; only the others pay for repair.
    """
    try:
        if isinstance(source, bytes):
            document = model.model_validate_json(source)
        else:
            document = model.model_validate(source)
    except ValidationError:
        document = _repaired(model, source)
    problem = document.problem()
    if problem:
        raise Unusable(problem)
    return document


def utc(moment: datetime) -> datetime:
    """The moment in UTC; one without a zone is UTC already, as VTEX documents."""
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _repaired(model: type[_Model], source: bytes | Mapping[str, Any]) -> _Model:
    document = _as_object(source)
    for _ in range(_REPAIR_ROUNDS):
        try:
            return model.model_validate(document)
        except ValidationError as error:
            # From the last to the first, so that leaving out a list element shifts no other.
            for fault in reversed(error.errors(include_url=False, include_context=False)):
                _repair(model, document, fault)
    raise Unusable("document: too many wrong fields")


def _as_object(source: bytes | Mapping[str, Any]) -> dict[str, Any]:
    """A copy that may be changed."""
    try:
        value = parse_json(source) if isinstance(source, bytes) else json.loads(json.dumps(source))
    except (BadBody, TypeError, ValueError):
        raise Unusable("document: not JSON") from None
    if not isinstance(value, dict):
        raise Unusable("document: not an object")
    return value


def _repair(model: type[Document], document: dict[str, Any], fault: ErrorDetails) -> None:
    location, kind, value = fault["loc"], fault["type"], fault["input"]
    number = _as_number(kind, value)
    if number is not None:
        _put(document, location, number)
    elif value is None and location and isinstance(location[-1], int):
        _put(document, location, None)
    elif kind == "missing" or (model.is_critical(location) and not _means_nothing(kind, value)):
        raise Unusable(f"{'.'.join(str(part) for part in location)}: {kind}")
    elif location:
        _put(document, location, None)


def _as_number(kind: str, value: object) -> int | float | None:
    """The number that another shape of it stands for, a text or a float; None for what is none.

    Whole ones are rounded half away from zero. A comma is taken as the decimal sign, unless three
    digits after it may as well be thousands of cents.
    """
    is_whole = kind.startswith("int_")
    if not (is_whole or kind.startswith("float_")) or isinstance(value, bool):
        return None
    number = _decimal(value, is_whole) if isinstance(value, int | float | str) else None
    if number is None or abs(number) > MAX_CENTS:
        return None
    return int(number.to_integral_value(ROUND_HALF_UP)) if is_whole else float(number)


def _decimal(value: float | str, is_whole: bool) -> Decimal | None:
    text = str(value).strip()
    if not text.isascii() or (is_whole and _THREE_AFTER_COMMA.fullmatch(text)):
        return None
    if _DECIMAL_COMMA.fullmatch(text):
        text = text.replace(",", ".")
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _means_nothing(kind: str, value: object) -> bool:
    """Whether a text stands for "no date" or for no number."""
    if not isinstance(value, str):
        return False
    if kind.startswith(("datetime", "greater_than")):
        return not value.strip() or value.startswith("0001-01-01")
    return kind.startswith(("int_", "float_")) and not value.strip()


def _put(document: dict[str, Any], location: Location, value: object) -> None:
    """Sets the value at a place; None leaves a list element out."""
    last: Any = location[-1]
    holder: Any = document
    for part in location[:-1]:
        holder = holder[part]
    if isinstance(holder, list) and value is None:
        del holder[last]
    else:
        holder[last] = value


def _reject(entity: Entity, reason: str, source: bytes | Mapping[str, Any]) -> Reject:
    try:
        document = _as_object(source)
    except Unusable:
        return Reject(key=None, reason=f"{entity.name}: {reason}", payload="")
    kept = {
        name: value
        for name, value in document.items()
        if name in entity.model.model_fields and name not in _NEVER_KEPT
    }
    key = kept.get(entity.key)
    return Reject(
        key=entity.tidy_key(str(key)) if isinstance(key, str | int) and key != "" else None,
        reason=f"{entity.name}: {reason}",
        payload=json.dumps(kept, ensure_ascii=False),
    )
