"""Mailchimp: merge fields of the members an audience already has; nobody is added or subscribed."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, ClassVar

from pydantic import Field

from enrich.client import BadBody, Call, NotFound, parse_json, raise_for_refusal
from enrich.destinations.base import (
    Addressee,
    MappedField,
    MovesAddress,
    Record,
    Removable,
    Row,
    is_safe_to_send_to,
)
from enrich.destinations.batches import payload_bytes
from enrich.destinations.http import HttpDestination, HttpSettings
from enrich.destinations.lists import MemberRecords
from enrich.destinations.mapping import named
from enrich.destinations.sending import (
    GONE,
    LATER,
    Refusal,
    answer_of,
    ask,
    queued_in,
    refusal_in,
    rejected,
    safe_code,
    same_outcome,
)
from enrich.errors import Stop
from enrich.model import Outcome, RecordResult

BATCHES = "/3.0/batches"
MAX_RESULT_BYTES = 64 * 1024 * 1024  # of one batch, unpacked
NOT_A_MEMBER = "not_a_member"
NO_AUDIENCE = "the audience does not exist; check list_id"
# A merge tag has at most ten characters, and an audience at most some dozens of them.
TAGS = {
    "rfm_group": "RFMGROUP",
    "rfm_segment": "RFMSEGMENT",
    "rfm_30d": "RFM30",
    "rfm_360d": "RFM360",
    "first_purchase_date": "FIRSTBUY",
    "last_purchase_date": "LASTBUY",
    "days_since_last_purchase": "DAYSSINCE",
    "last_purchase_amount": "LASTAMOUNT",
    "orders_360d": "ORDERS360",
    "amount_360d": "AMOUNT360",
    "orders_lifetime": "ORDERSALL",
    "amount_lifetime": "AMOUNTALL",
    "last_purchase_brands": "LASTBRANDS",
}
_NUMBER = ("number", "text")
TYPES = {
    "text": ("text", "dropdown", "radio"),
    "list": ("text",),
    "integer": _NUMBER,
    "amount": _NUMBER,
    "date": ("date", "text"),
    "boolean": ("text",),
}


class MailchimpSettings(HttpSettings):
    """The keys of a destination of kind `mailchimp`."""

    NAME: ClassVar[str] = r"[A-Z][A-Z0-9_]{0,9}"
    OFF_LIMITS: ClassVar[frozenset[str]] = frozenset(["EMAIL"])

    data_center: str = Field(pattern=r"^[a-z]{2}[0-9]{1,3}$")
    list_id: str = Field(pattern=r"^[A-Za-z0-9]+$")
    list_separator: str = Field("|", min_length=1)


class Mailchimp(HttpDestination):
    kind = "mailchimp"
    version = "mailchimp-1"
    api_version = "3.0"
    vendor_pages = (
        "https://mailchimp.com/developer/marketing/docs/fundamentals",
        "https://mailchimp.com/developer/marketing/guides/run-async-requests-batch-endpoint",
        "https://mailchimp.com/developer/marketing/api/list-member-tags/add-or-remove-member-tags",
        "https://mailchimp.com/developer/marketing/api/list-members",
    )
    checked_on = date(2026, 11, 30)
    Settings = MailchimpSettings
    settings: MailchimpSettings
    example = {
        "api_key": {"env": "MAILCHIMP_API_KEY"},
        "data_center": "us1",
        "list_id": "a1b2c3d4e5",
    }
    mapping: ClassVar[tuple[MappedField, ...]] = named(TAGS, TAGS.__getitem__)
    empty = ""
    writes_texts = True
    job_path = f"{BATCHES}/{{id}}"
    transport = "job"
    max_records = 1_000  # as in Mailchimp's own example; it names no most
    max_open_jobs = 20  # of the 500 that an account may have waiting
    fields_created_first = True
    idempotency_key = "md5 of the e-mail"
    null_meaning = "clears"
    removals: Removable = ("clear",)
    moves_address: MovesAddress = "update"
    refusal_keys = ("", "message", "detail")  # no code; the message is of one field

    @property
    def host(self) -> str:
        return f"https://{self.settings.data_center}.api.mailchimp.com"

    def headers(self) -> dict[str, str]:
        return self.basic_auth("enrich", self.secret())

    def shape(self, row: Row, values: dict[str, Any]) -> Mapping[str, Any]:
        return {"email_address": row["email"], "merge_fields": values}

    def save(self, records: Sequence[Record]) -> list[RecordResult]:
        body = {"operations": [self._operation(record) for record in records]}
        call = self.call("POST", BATCHES, body)
        response = self.http.send(call)
        if _is_throttled(response.status_code, response.content):
            return same_outcome(records, Outcome.RETRYABLE, "throttled", LATER)
        if response.status_code in self.wrong_record:
            raise self.refusal_of(response)
        raise_for_refusal(call, response)
        return queued_in(records, safe_code(answer_of(response).get("id")))

    def _operation(self, record: Record) -> dict[str, Any]:
        """Merge fields alone: a status that is not sent cannot change."""
        fields = {"merge_fields": record.payload["merge_fields"]}
        return {
            "method": "PATCH",
            "path": self._member(str(record.payload["email_address"])),
            "params": UNCHECKED,
            "operation_id": record.record_id,
            "body": payload_bytes(fields).decode(),
        }

    def end_of_job(
        self, job_id: str, job: Mapping[str, Any], records: Sequence[Addressee]
    ) -> list[RecordResult] | None:
        """`finished` says that every operation was tried; which of them failed is in an archive."""
        if job.get("status") != "finished":
            return None
        if job.get("errored_operations") == 0:
            return same_outcome(records, Outcome.ACCEPTED)
        ended = self._results(job.get("response_body_url"))
        return [_outcome_of(one, ended.get(one.record_id)) for one in records]

    def _results(self, url: object) -> dict[str, Mapping[str, Any]]:
        """What became of each operation by its id; empty when the archive cannot be had or read."""
        if not isinstance(url, str) or not is_safe_to_send_to(url):
            return {}
        try:  # without our key: the archive lies on another host
            archive = ask(self.http, Call("GET", url, "mailchimp batch results")).content
            return {str(one.get("operation_id")): one for one in _unpacked(archive)}
        except (Stop, NotFound, Refusal, BadBody):
            return {}

    def _sent(self, record_id: str, call: Call) -> RecordResult:
        response = self.http.send(call)
        if _is_throttled(response.status_code, response.content):
            return RecordResult(record_id, Outcome.RETRYABLE, "throttled", LATER)
        if response.status_code == 404:
            return _not_a_member(record_id)
        return self.saved(Record(record_id, "", {}), call, response)

    def _member(self, address: str) -> str:
        member = hashlib.md5(address.encode(), usedforsecurity=False).hexdigest()
        return f"/lists/{self.settings.list_id}/members/{member}"

    def move(self, old: Addressee, address: str) -> RecordResult:
        """The member keeps the status: only the address is sent."""
        return self._change(old, {"email_address": address})

    def clear(self, one: Addressee) -> RecordResult:
        return self._change(one, {"merge_fields": self.emptied(one)[0]})

    def _change(self, one: Addressee, changes: Mapping[str, Any]) -> RecordResult:
        path, name = f"/3.0{self._member(one.remote_key)}", "mailchimp PATCH member"
        call = self.call("PATCH", path, changes, name=name, params=UNCHECKED)
        return self._unless_gone(one, call)

    def delete(self, one: Addressee) -> RecordResult:
        """For good: only the person can come back, by subscribing."""
        path = f"/3.0{self._member(one.remote_key)}/actions/delete-permanent"
        return self._unless_gone(one, self.call("POST", path, name="mailchimp delete-permanent"))

    def _unless_gone(self, one: Addressee, call: Call) -> RecordResult:
        """Who is not a member of the audience is gone from it; without the audience, Stop.

        Mailchimp answers both with the same words.
        """
        done = self._sent(one.record_id, call)
        if done.code != NOT_A_MEMBER:
            return done
        try:
            self._merge_fields()
        except NotFound:
            raise Stop(f"mailchimp: {NO_AUDIENCE}") from None
        return RecordResult(one.record_id, Outcome.ACCEPTED, GONE)

    def problems(self) -> list[str]:
        """Which merge fields of the mapping the audience does not have, or of another type."""
        try:
            found = self._merge_fields()
        except NotFound:
            return [NO_AUDIENCE]
        return self.unfit_fields(found.get("merge_fields"), "tag", "merge field", TYPES)

    def _merge_fields(self) -> dict[str, Any]:
        """The answer about the audience itself; raises NotFound when there is none."""
        path, at = "/3.0/lists/{list}/merge-fields", {"list": self.settings.list_id}
        return self.fetch("GET", path, at=at, params={"count": "1000"})


LEFT = "left "


class MailchimpMembers(MemberRecords, Mailchimp):
    """Tags of the members an audience there already has; a tag changes no status."""

    version = "mailchimp-audiences-1"

    def change(self, records: Sequence[Record]) -> list[RecordResult]:
        return Mailchimp.save(self, records)

    def _operation(self, record: Record) -> dict[str, Any]:
        is_member = record.payload["is_member"]
        tag = {"name": record.payload["list"], "status": "active" if is_member else "inactive"}
        return {
            "method": "POST",
            "path": f"{self._member(str(record.payload['email']))}/tags",
            "operation_id": record.record_id if is_member else f"{LEFT}{record.record_id}",
            "body": payload_bytes({"tags": [tag]}).decode(),
        }

    def _results(self, url: object) -> dict[str, Mapping[str, Any]]:
        """Who left and is no member there is gone."""
        return {
            name.removeprefix(LEFT): {**one, "status_code": 204}
            if name.startswith(LEFT) and one.get("status_code") == 404
            else one
            for name, one in super()._results(url).items()
        }


Mailchimp.others = (MailchimpMembers,)

UNCHECKED = {"skip_merge_validation": "true"}  # a merge field of the shop's own may be required


def _is_throttled(status_code: int, content: bytes | str) -> bool:
    """Whether it is one of Mailchimp's ways to say later: 429, or a 403 without a body."""
    return status_code == 429 or (status_code == 403 and not content.strip())


def _not_a_member(record_id: str) -> RecordResult:
    message = "not a member of the audience"
    return RecordResult(record_id, Outcome.INVALID, NOT_A_MEMBER, message)


def _outcome_of(one: Addressee, ended: Mapping[str, Any] | None) -> RecordResult:
    """The outcome of a member by the end of its operation."""
    status_code = (ended or {}).get("status_code")
    if ended is None or not isinstance(status_code, int):
        return RecordResult(one.record_id, Outcome.UNKNOWN, "no_result", LATER)
    code = f"http_{status_code}"
    if _is_throttled(status_code, str(ended.get("response") or "")) or status_code >= 500:
        return RecordResult(one.record_id, Outcome.RETRYABLE, code, LATER)
    if status_code == 404:
        return _not_a_member(one.record_id)
    if status_code >= 400:
        return rejected(one, refusal_in(_parsed(ended), Mailchimp.refusal_keys, code))
    return RecordResult(one.record_id, Outcome.ACCEPTED)


def _parsed(ended: Mapping[str, Any]) -> object:
    """The answer of one operation, which is a text in the archive."""
    try:
        return parse_json(str(ended.get("response")).encode())
    except BadBody:
        return None


def _unpacked(archive: bytes) -> Iterator[Mapping[str, Any]]:
    """Every result in the files of a .tar.gz; raises BadBody for one that is no such archive."""
    left = MAX_RESULT_BYTES
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r|gz") as files:
            for entry in files:
                left -= entry.size
                if left < 0:
                    raise BadBody("mailchimp batch results: the archive is too large")
                file = files.extractfile(entry)
                found = parse_json(file.read()) if file else None
                yield from (one for one in found or [] if isinstance(one, dict))
    except (tarfile.TarError, OSError, EOFError, zlib.error):
        raise BadBody("mailchimp batch results: no archive that can be read") from None
