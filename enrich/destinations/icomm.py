"""icomm: contacts with their profile and their abandoned cart, saved into one of its profiles.

Known from icomm's help pages and its published PrestaShop module; what the maximum of contacts per
call is, and what the status codes beside 1 mean, is not public.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints

from enrich.client import BadBody, Response, parse_json
from enrich.destinations.base import Addressee, MappedField, Payload, Record, Row
from enrich.destinations.http import HttpDestination, HttpSettings, payloads_of
from enrich.destinations.kinds import CARTS, KINDS
from enrich.destinations.mapping import Format, Write, in_texts, join_list, settled
from enrich.destinations.records import RECORD_FORMATS, HttpRecords, own_fields
from enrich.destinations.sending import (
    Refusal,
    answer_of,
    refusal_in,
    rejected,
    safe_code,
    same_outcome,
)
from enrich.model import Outcome, RecordResult

SAVE = "/Contacts/SaveMultiContact.Json/"
REMOVE = "/Contacts/RemoveContact.Json/"
LIST = "/Contacts/ListFull.Json/"
SAVED = "1"
WORDS = ("StatusCode", "MessageDetail", "Message")
GONE = ("2", "101")  # removed; not found
CART_NAME = "first_name"

# icomm's word for a window -> ours.
WINDOWS = {
    "30_Days": "30d",
    "60_Days": "60d",
    "90_Days": "90d",
    "180_Days": "180d",
    "360_Days": "360d",
    "360_Plus_Days": "360d_plus",
}
# icomm documents ICOMMKT_Items_30_Days to ICOMMKT_Items_360_Days; that they hold the products
# bought, not a number of units, follows its list for VTEX ("products purchased").
FAMILIES = (
    ("Items", "products", "list"),
    ("Categories", "categories", "list"),
    ("Purchases", "orders", "integer"),
    ("Amount", "amount", "amount"),
    ("Average_Amount", "avg_amount", "amount"),
    ("RFM", "rfm", "text"),
    ("Promo_Codes", "applied_promo_codes", "list"),
)


def _family_fields() -> tuple[MappedField, ...]:
    return tuple(
        MappedField(
            f"{ours}_{window}",
            f"ICOMMKT_{theirs}_{days}",
            written,
            is_documented=theirs == "Items" and window != "360d_plus",
        )
        for theirs, ours, written in FAMILIES
        for days, window in WINDOWS.items()
    )


MAPPING: tuple[MappedField, ...] = (
    MappedField("first_purchase_date", "ICOMMKT_First_Purchase_Date", "date"),
    MappedField("last_purchase_date", "ICOMMKT_Last_Purchase_Date", "date"),
    MappedField("days_since_first_purchase", "ICOMMKT_Days_Since_First_Purchase", "integer"),
    MappedField("days_since_last_purchase", "ICOMMKT_Days_Since_Last_Purchase", "integer"),
    MappedField("last_purchase_amount", "ICOMMKT_Last_Purchase_Amount", "amount"),
    *_family_fields(),
    MappedField("last_purchase_brands", "ICOMMKT_Last_Purchase_Brands", "list", False),
    MappedField("last_purchase_categories", "ICOMMKT_Last_Purchase_Categories", "list", False),
    MappedField("last_purchase_promo_codes", "ICOMMKT_Last_Purchase_Promo_Codes", "list", False),
    MappedField("rfm_group", "ICOMMKT_RFM_Grupo", "text"),
    MappedField("rfm_segment", "ICOMMKT_RFM_Segmento", "text", False),
)


def _cart_column(name: str) -> str:
    columns = KINDS[CARTS].schema
    if name not in columns:
        raise ValueError(f"not a column of carts; there are {', '.join(columns)}")
    return name


CartColumn = Annotated[str, AfterValidator(_cart_column)]
# A dot would make it a place inside another one.
CustomField = Annotated[
    str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^.\[\]]+$")
]


class IcommSettings(HttpSettings):
    """The keys of a destination of kind `icomm`."""

    profile_key: str = Field(min_length=1)
    auth_suffix: str = Field("", pattern=r"^[\x21-\x7e]*$")
    batch_size: int = Field(100, ge=1, le=10_000)
    list_separator: str = Field("|", min_length=1)
    decimal_separator: str = Field(".", pattern=r"^[.,]$")
    clear_with: Literal["nothing", "empty"] = "nothing"
    cart_names: dict[CartColumn, CustomField] = Field(default_factory=dict)
    cart_days: int = Field(30, ge=1)


class IcommAccount(HttpDestination):
    """What contacts and carts share: both are saved into one profile, keyed by e-mail."""

    Settings = IcommSettings
    settings: IcommSettings
    host = "https://api.icommarketing.com"
    empty = ""
    max_records = 100
    fields_created_first = True
    idempotency_key = "Email"
    diff_days_since = True
    sends_empty = False

    def shape(self, row: Row, values: dict[str, Any]) -> Mapping[str, Any]:
        """A contact with its custom fields."""
        custom = [{"Key": key, "Value": value} for key, value in values.items()]
        return {"Email": row["email"], "CustomFields": custom}

    def save(self, records: Sequence[Record]) -> list[RecordResult]:
        return read_answer(records, self._post(SAVE, {"ContactList": payloads_of(records)}))

    def problems(self) -> list[str]:
        """Asks for a contact that does not exist: proves host, key and profile, writes nothing."""
        with suppress(Refusal):
            answer = answer_of(self._post(LIST, {"Filters": {"Email": "check@example.com"}}))
            if "ListContactsFullJsonResult" in answer:
                return []
        return ["icomm did not list the profile; check api_key, auth_suffix and profile_key"]

    def _post(self, path: str, body: Mapping[str, Any]) -> Response:
        whole = {"ProfileKey": self.settings.profile_key, **body}
        return self.ask("POST", path, whole)

    def headers(self) -> Mapping[str, str]:
        """The key itself, with what some accounts need behind it."""
        return {"Authorization": self.secret() + self.settings.auth_suffix}


class Icomm(IcommAccount):
    """Contacts with their profile."""

    kind = "icomm"
    version = "icomm-1"
    api_version = "none named"
    vendor_pages = ("https://github.com/ICOMMKT/PrestaShopPlugin",)
    checked_on = date(2026, 11, 22)
    example = {"api_key": {"env": "ICOMM_API_KEY"}, "profile_key": "MDE6MTIzNDU2"}
    mapping = MAPPING
    removals = ("clear", "delete")

    @property
    def formats(self) -> Mapping[str, Format]:
        """Everything a text, a date as dd/mm/yyyy."""
        separator, decimal = self.settings.list_separator, self.settings.decimal_separator
        return in_texts(separator, date="%d/%m/%Y", decimal=decimal)

    def delete(self, one: Addressee) -> RecordResult:
        """A contact that is not there is gone as well."""
        answer = answer_of(self._post(REMOVE, {"Contact": {"Email": one.remote_key}}))
        result = answer.get("RemoveContactJsonResult")
        code = _status(result) if isinstance(result, dict) else "none"
        outcome = Outcome.ACCEPTED if code in GONE else Outcome.REJECTED
        return RecordResult(one.record_id, outcome, f"removal_{code}")


class IcommCarts(HttpRecords, IcommAccount):
    """Abandoned carts as fields of a contact: the newest cart of each customer.

    The three names are those of icomm's own published cart job; `cart_names` changes them, and
    adds any other column of carts by naming it.
    """

    name = CARTS
    version = "icomm-carts-1"
    written = ("list_separator", "decimal_separator")
    tells_end = False
    mapping = (
        MappedField(CART_NAME, "nombre", "text"),
        MappedField("abandoned_on", "fecha_abandono", "date"),
        MappedField("url", "url_carrito", "text"),
    )

    def adapt(self) -> None:
        """That a cart is over can only be sent where an empty value empties a field."""
        self.max_records = self.settings.batch_size
        self.tells_end = self.settings.clear_with == "empty"

    def mapped(self) -> tuple[MappedField, ...]:
        """The mapping under the settings' names, with the columns that only they name."""
        names, ours = self.settings.cart_names, {field.source for field in self.mapping}
        added = [one for one in own_fields(CARTS) if one.source in set(names) - ours]
        return settled((*self.mapping, *added), names, diff_days_since=True)

    def shape(self, row: Row, values: dict[str, Any]) -> Payload:
        """The contact with its cart; once that is over, with nothing in its place."""
        if not row["is_abandoned"]:
            gone = {field.target: "" for field in self.fields if field.source != CART_NAME}
            values = {**values, **gone}
        return super().shape(row, values)

    @property
    def formats(self) -> Mapping[str, Write]:
        """Texts as icomm wants them; of the lines the names of the products."""
        separator, decimal = self.settings.list_separator, self.settings.decimal_separator

        def names(lines: Sequence[Mapping[str, Any]]) -> str:
            return join_list((line["product"] or line["sku"] for line in lines), separator)

        written: Mapping[str, Write] = {
            "date": lambda day: f"{day:%d/%m/%Y}",
            "moment": lambda moment: f"{moment:%d/%m/%Y %H:%M}",
            "amount": lambda amount: f"{amount:.2f}".replace(".", decimal),
            "integer": str,
            "boolean": lambda value: "true" if value else "false",
            "lines": names,
        }
        return {**RECORD_FORMATS, **written}


Icomm.others = (IcommCarts,)


def read_answer(records: Sequence[Record], response: Response) -> list[RecordResult]:
    """One outcome per contact from the envelope and its Responses, which follow request order.

    A 200 can carry a failure. Where the answer cannot be matched to the contacts, or contradicts
    itself (envelope failed, every row saved), nobody knows what was stored: unknown.
    """
    try:
        answer = parse_json(response.content)
    except BadBody:
        return same_outcome(records, Outcome.UNKNOWN, "no_json", "the answer is no JSON")
    envelope = answer.get("SaveMultiContactJsonResult") if isinstance(answer, dict) else None
    if not isinstance(envelope, dict):
        return same_outcome(records, Outcome.UNKNOWN, "no_envelope", "the answer has no result")
    code, rows = _status(envelope), envelope.get("Responses")
    if code != SAVED and not rows:
        return same_outcome(
            records, Outcome.REJECTED, f"envelope_{code}", "icomm refused the whole call"
        )
    if not isinstance(rows, list) or len(rows) != len(records):
        return same_outcome(
            records, Outcome.UNKNOWN, "row_count", "the answer has another number of rows"
        )
    results = [_of_row(record, row) for record, row in zip(records, rows, strict=True)]
    if code != SAVED and all(result.outcome is Outcome.ACCEPTED for result in results):
        return same_outcome(
            records, Outcome.UNKNOWN, f"envelope_{code}", "the answer contradicts itself"
        )
    return results


def _of_row(record: Record, row: object) -> RecordResult:
    code = _status(row) if isinstance(row, dict) else "none"
    if code == SAVED:
        return RecordResult(record.record_id, Outcome.ACCEPTED, code)
    return rejected(record, Refusal(f"row_{code}", reason=refusal_in(row, WORDS).reason))


def _status(answer: Mapping[str, Any]) -> str:
    """The StatusCode as text; icomm's documents type it as a text, its code as a number."""
    return safe_code(answer.get("StatusCode")) or "none"
