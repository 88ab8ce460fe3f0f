"""icomm: contacts saved into one of its profiles with SaveMultiContact, keyed by e-mail.

Known from icomm's help pages and its published PrestaShop module; what the maximum of contacts per
call is, and what the status codes beside 1 mean, is not public.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import httpx
from pydantic import Field, SecretStr, field_validator

from enrich.client import BadBody, Call, parse_json
from enrich.destinations.base import (
    Adapter,
    Addressee,
    Batch,
    Capabilities,
    DestinationSettings,
    FieldName,
    MappedField,
    Payload,
    Policy,
    Record,
    Row,
    SecretRef,
    Sender,
    Tools,
    is_safe_to_send_to,
)
from enrich.destinations.batches import payload_bytes, requests_needed
from enrich.destinations.mapping import (
    Format,
    join_list,
    own_names,
    render_fields,
    settled,
    version_of,
)
from enrich.destinations.sending import (
    Answer,
    Refusal,
    erase_one,
    post,
    safe_code,
    same_outcome,
    send_halving,
)
from enrich.errors import EnrichError
from enrich.model import Outcome, RecordResult

SAVE = "/Contacts/SaveMultiContact.Json/"
REMOVE = "/Contacts/RemoveContact.Json/"
LIST = "/Contacts/ListFull.Json/"
SAVED = "1"
GONE = ("2", "101")  # removed; not found
MAX_REQUESTS_PER_BATCH = 100

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


class IcommSettings(DestinationSettings):
    """The keys of a destination of kind `icomm`."""

    api_key: SecretRef
    profile_key: str = Field(min_length=1)
    base_url: str = Field("https://api.icommarketing.com", pattern=r"^https?://[^?#]+$")
    auth_suffix: str = Field("", pattern=r"^[\x21-\x7e]*$")
    batch_size: int = Field(100, ge=1, le=10_000)
    list_separator: str = Field("|", min_length=1)
    decimal_separator: str = Field(".", pattern=r"^[.,]$")
    leave_out: tuple[FieldName, ...] = ()

    @field_validator("base_url")
    @classmethod
    def _not_in_clear(cls, url: str) -> str:
        if not is_safe_to_send_to(url):
            raise ValueError("http sends the key and personal data in clear; use https")
        return url


@dataclass(frozen=True)
class Icomm:
    """One icomm profile (a list of contacts) of one account."""

    settings: IcommSettings
    capabilities: Capabilities
    fields: tuple[MappedField, ...]
    http: Sender
    api_key: SecretStr

    @property
    def policy(self) -> Policy:
        return self.settings.policy

    @property
    def mapping_version(self) -> str:
        return version_of("icomm-1", self.settings.list_separator, self.settings.decimal_separator)

    def check(self) -> list[str]:
        """Asks for a contact that does not exist: proves host, key and profile, writes nothing."""
        body = {"ProfileKey": self.settings.profile_key, "Filters": {"Email": "check@example.com"}}
        try:
            response = post(self.http, self._call(LIST, body))
            answer = {} if isinstance(response, Refusal) else parse_json(response.content)
        except EnrichError as error:
            return [str(error)]
        if not isinstance(answer, dict) or "ListContactsFullJsonResult" not in answer:
            return ["icomm did not list the profile; check api_key, auth_suffix and profile_key"]
        return []

    def validate(self, row: Row) -> str | None:
        """Only the address must be there; it was judged when the plan was made."""
        return None if row["email"] else "no real e-mail"

    def render(self, row: Row, *, is_known: bool) -> Payload:
        """`{Email, CustomFields: [{Key, Value}]}`, every value a text, dates dd/mm/yyyy."""
        values = render_fields(row, self.fields, self._formats(), is_known=is_known, empty="")
        custom = [{"Key": key, "Value": value} for key, value in values.items()]
        return {"Email": row["email"], "CustomFields": custom}

    def push(self, batch: Batch) -> list[RecordResult]:
        """One SaveMultiContact call; a batch refused whole is halved down to the rows at fault."""
        return send_halving(batch.records, self._save, MAX_REQUESTS_PER_BATCH)

    def poll(self, job_id: str, records: Sequence[Addressee]) -> None:
        """icomm answers at once; there is no job."""

    def erase(self, records: Sequence[Addressee]) -> list[RecordResult]:
        """One RemoveContact call each; a contact that is not there is gone as well."""
        return [erase_one(one, self._remove) for one in records]

    def requests_for(self, record_count: int, byte_count: int) -> int:
        return requests_needed(self.capabilities, record_count, byte_count)

    def _remove(self, one: Addressee) -> RecordResult:
        body = {"ProfileKey": self.settings.profile_key, "Contact": {"Email": one.remote_key}}
        response = post(self.http, self._call(REMOVE, body))
        answer = {} if isinstance(response, Refusal) else parse_json(response.content)
        result = answer.get("RemoveContactJsonResult") if isinstance(answer, dict) else None
        code = _status(result) if isinstance(result, dict) else "none"
        outcome = Outcome.ACCEPTED if code in GONE else Outcome.REJECTED
        return RecordResult(one.record_id, outcome, f"removal_{code}")

    def _save(self, records: Sequence[Record]) -> Answer:
        body = {
            "ProfileKey": self.settings.profile_key,
            "ContactList": [record.payload for record in records],
        }
        response = post(self.http, self._call(SAVE, body))
        return response if isinstance(response, Refusal) else read_answer(records, response)

    def _call(self, path: str, body: Mapping[str, Any]) -> Call:
        authorization = self.api_key.get_secret_value() + self.settings.auth_suffix
        return Call(
            method="POST",
            url=self.settings.base_url.rstrip("/") + path,
            name=f"icomm {path}",
            headers={"Authorization": authorization, "Content-Type": "application/json"},
            content=payload_bytes(body),
        )

    def _formats(self) -> Mapping[str, Format]:
        separator, point = self.settings.list_separator, self.settings.decimal_separator
        return {
            "text": str,
            "integer": str,
            "boolean": lambda value: "true" if value else "false",
            "amount": lambda value: f"{value:.2f}".replace(".", point),
            "date": lambda value: value.strftime("%d/%m/%Y"),
            "list": lambda values: join_list(values, separator),
            "object": str,
        }


def read_answer(records: Sequence[Record], response: httpx.Response) -> list[RecordResult]:
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


def _open(settings: IcommSettings, tools: Tools) -> Icomm:
    ours = {field.source for field in MAPPING}
    added = [source for source in settings.names if source not in ours]
    fields = (*MAPPING, *(own_names(added) if added else ()))
    kept = [field for field in fields if field.source not in settings.leave_out]
    is_diffed = CAPABILITIES.diff_days_since
    if settings.diff_days_since is not None:
        is_diffed = settings.diff_days_since
    return Icomm(
        settings=settings,
        capabilities=replace(
            CAPABILITIES, max_records=settings.batch_size, diff_days_since=is_diffed
        ),
        fields=settled(kept, settings.names, diff_days_since=is_diffed),
        http=tools.http,
        api_key=tools.secret(settings.api_key),
    )


ADAPTER = Adapter(
    settings=IcommSettings,
    capabilities=CAPABILITIES,
    mapping=MAPPING,
    open=_open,
    example={"api_key": {"env": "ICOMM_API_KEY"}, "profile_key": "MDE6MTIzNDU2"},
)
