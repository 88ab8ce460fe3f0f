"""Contacts saved into one of icomm's profiles with SaveMultiContact, keyed by e-mail.

Known from icomm's help pages and its published PrestaShop module; what the maximum of contacts per
call is, and what the status codes beside 1 mean, is not public.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from enrich.client import BadBody, Response, parse_json
from enrich.destinations.base import Addressee, Capabilities, MappedField, Record, Row
from enrich.destinations.kinds import CARTS, KINDS
from enrich.destinations.mapping import Format, in_texts
from enrich.destinations.remote import Remote, RemoteSettings, Wire
from enrich.destinations.sending import Answer, Refusal, post, safe_code, same_outcome
from enrich.model import Outcome, RecordResult

SAVE = "/Contacts/SaveMultiContact.Json/"
REMOVE = "/Contacts/RemoveContact.Json/"
LIST = "/Contacts/ListFull.Json/"
SAVED = "1"
GONE = ("2", "101")  # removed; not found

CAPABILITIES = Capabilities(
    entities=("profile", "erase"),
    modes=("upsert",),
    record_key="email",
    transport="json_batch",
    result_fidelity="per_record",
    null_meaning="unknown",
    max_records=100,
    concurrency=1,
    idempotency_key="Email",
    fields_created_first=True,
    diff_days_since=True,
    sends_empty=False,
    removals=("clear", "delete"),
)

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


class IcommSettings(RemoteSettings):
    """The keys of a destination of kind `icomm`."""

    profile_key: str = Field(min_length=1)
    auth_suffix: str = Field("", pattern=r"^[\x21-\x7e]*$")
    batch_size: int = Field(100, ge=1, le=10_000)
    list_separator: str = Field("|", min_length=1)
    decimal_separator: str = Field(".", pattern=r"^[.,]$")
    clear_with: Literal["nothing", "empty"] = "nothing"
    cart_names: dict[CartColumn, CustomField] = Field(default_factory=dict)
    cart_days: int = Field(30, ge=1)

    @model_validator(mode="after")
    def _can_clear(self) -> IcommSettings:
        if self.removals == "clear" and self.clear_with == "nothing":
            raise ValueError('removals = "clear" needs clear_with = "empty"')
        return self


def shape(remote: Remote, row: Row, values: dict[str, Any]) -> Mapping[str, Any]:
    """A contact with its custom fields."""
    custom = [{"Key": key, "Value": value} for key, value in values.items()]
    return {"Email": row["email"], "CustomFields": custom}


def save(remote: Remote, records: Sequence[Record]) -> Answer:
    response = _post(remote, SAVE, {"ContactList": [record.payload for record in records]})
    return response if isinstance(response, Refusal) else read_answer(records, response)


def _erase(remote: Remote, one: Addressee) -> RecordResult:
    """A contact that is not there is gone as well."""
    response = _post(remote, REMOVE, {"Contact": {"Email": one.remote_key}})
    answer = {} if isinstance(response, Refusal) else parse_json(response.content)
    result = answer.get("RemoveContactJsonResult") if isinstance(answer, dict) else None
    code = _status(result) if isinstance(result, dict) else "none"
    outcome = Outcome.ACCEPTED if code in GONE else Outcome.REJECTED
    return RecordResult(one.record_id, outcome, f"removal_{code}")


def check(remote: Remote) -> list[str]:
    """Asks for a contact that does not exist: proves host, key and profile, writes nothing."""
    response = _post(remote, LIST, {"Filters": {"Email": "check@example.com"}})
    answer = {} if isinstance(response, Refusal) else parse_json(response.content)
    if not isinstance(answer, dict) or "ListContactsFullJsonResult" not in answer:
        return ["icomm did not list the profile; check api_key, auth_suffix and profile_key"]
    return []


def _post(remote: Remote, path: str, body: Mapping[str, Any]) -> Response | Refusal:
    whole = {"ProfileKey": remote.settings.profile_key, **body}
    return post(remote.http, remote.call("POST", path, whole, name=f"icomm {path}"))


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
    return RecordResult(record.record_id, Outcome.REJECTED, f"row_{code}", "icomm refused the row")


def _status(answer: Mapping[str, Any]) -> str:
    """The StatusCode as text; icomm's documents type it as a text, its code as a number."""
    return safe_code(answer.get("StatusCode")) or "none"


def texts(settings: IcommSettings) -> Mapping[str, Format]:
    """How icomm wants values: everything a text, a date as dd/mm/yyyy."""
    return in_texts(settings.list_separator, date="%d/%m/%Y", decimal=settings.decimal_separator)


def host(settings: IcommSettings) -> str:
    return "https://api.icommarketing.com"


def headers(remote: Remote) -> Mapping[str, str]:
    """The key itself, with what some accounts need behind it."""
    return {"Authorization": remote.secret() + remote.settings.auth_suffix}


WIRE = Wire(
    version="icomm-1",
    host=host,
    headers=headers,
    shape=shape,
    save=save,
    check=check,
    formats=texts,
    empty=lambda settings: "",
    erase=_erase,
)
