"""Abandoned carts as fields of an icomm contact: the newest cart of each customer.

The three names are those of icomm's own published cart job; `cart_names` changes them, and adds
any other column of carts by naming it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from enrich.destinations.base import Capabilities, MappedField, Payload, Row
from enrich.destinations.icomm import contacts
from enrich.destinations.icomm.contacts import IcommSettings
from enrich.destinations.kinds import CARTS, KINDS
from enrich.destinations.mapping import Format, settled
from enrich.destinations.records import RECORD_FORMATS, RecordWire, own_fields
from enrich.destinations.remote import Remote

NAME = "first_name"

CAPABILITIES = replace(contacts.CAPABILITIES, entities=(CARTS,), removals=(), tells_end=False)

MAPPING = (
    MappedField(NAME, "nombre", "text"),
    MappedField("abandoned_on", "fecha_abandono", "date"),
    MappedField("url", "url_carrito", "text"),
)


def _named(settings: IcommSettings, mapping: Sequence[MappedField]) -> Sequence[MappedField]:
    """The mapping under the settings' names, with the columns that only they name."""
    names = settings.cart_names
    ours = {field.source for field in mapping}
    added = [
        one for one in own_fields(KINDS[CARTS]) if one.source in names and one.source not in ours
    ]
    return settled((*mapping, *added), names, diff_days_since=True)


def _limited(settings: IcommSettings, limits: Capabilities) -> Capabilities:
    """An end can only be told where an empty value empties a field."""
    return replace(
        limits, max_records=settings.batch_size, tells_end=settings.clear_with == "empty"
    )


def _shape(remote: Remote, row: Row, values: dict[str, Any]) -> Payload:
    """The contact with its cart; once that is over, with nothing in its place."""
    if not row["is_abandoned"]:
        gone = {field.target: "" for field in remote.fields if field.source != NAME}
        values = {**values, **gone}
    return contacts.shape(remote, row, values)


def _formats(settings: IcommSettings) -> Mapping[str, Format]:
    """Texts as icomm wants them; of the lines the names of the goods."""
    separator = settings.list_separator

    def names(lines: Sequence[Mapping[str, Any]]) -> str:
        said = [line["product"] or line["sku"] for line in lines]
        return separator.join(name.replace(separator, " ") for name in said)

    written: Mapping[str, Callable[[Any], Any]] = {
        "date": lambda day: f"{day:%d/%m/%Y}",
        "moment": lambda moment: f"{moment:%d/%m/%Y %H:%M}",
        "amount": lambda amount: f"{amount:.2f}".replace(".", settings.decimal_separator),
        "integer": str,
        "boolean": lambda value: "true" if value else "false",
        "lines": names,
    }
    return {**RECORD_FORMATS, **written}


WIRE = RecordWire(
    version="icomm-carts-1",
    host=contacts.host,
    headers=contacts.headers,
    shape=_shape,
    save=contacts.save,
    check=contacts.check,
    refuses=lambda remote, row: None,
    formats=_formats,
    written=("list_separator", "decimal_separator"),
    limited=_limited,
    named=_named,
)
