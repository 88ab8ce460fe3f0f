"""Klaviyo: profiles by bulk import jobs of at most 10,000; consent, another API, is not touched."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import Field

from enrich.destinations.base import Addressee, RateLimit, Record, Row
from enrich.destinations.http import HttpDestination, HttpSettings, payloads_of
from enrich.destinations.lists import ListMembersById
from enrich.destinations.mapping import COMPUTED, named
from enrich.destinations.sending import (
    GONE,
    Refusal,
    of_job,
    queued_in,
    refusal_in,
    safe_code,
    same_outcome,
)
from enrich.model import Outcome, RecordResult

REVISION = "2026-10-15"
JOBS = "/api/profile-bulk-import-jobs"
PROFILES_PATH = "/api/profiles"
LISTS = "/api/lists"
ENVELOPE_BYTES = 1_000
NATIVE = frozenset({"first_name", "last_name", "phone_number", "external_id", "locale"})


class KlaviyoSettings(HttpSettings):
    """The keys of a destination of kind `klaviyo`."""

    NAME: ClassVar[str] = r"[^$].*"  # what begins with a $ is Klaviyo's own, such as $consent
    OFF_LIMITS: ClassVar[frozenset[str]] = frozenset(["email"])

    revision: str = Field(REVISION, pattern=r"^\d{4}-\d{2}-\d{2}$")
    batch_size: int = Field(10_000, ge=1, le=10_000)


class KlaviyoAccount(HttpDestination):
    """What every kind of record at Klaviyo shares: one key, one pace."""

    Settings = KlaviyoSettings
    settings: KlaviyoSettings
    host = "https://a.klaviyo.com"
    rate_limit = RateLimit(150, 60)
    refusal_keys = ("code", "detail")

    def headers(self) -> dict[str, str]:
        return {
            "Authorization": f"Klaviyo-API-Key {self.secret()}",
            "revision": self.settings.revision,
            "Content-Type": "application/vnd.api+json",
            "Accept": "application/vnd.api+json",
        }


class Klaviyo(KlaviyoAccount):
    kind = "klaviyo"
    version = "klaviyo-2"
    api_version = REVISION
    vendor_pages = (
        "https://developers.klaviyo.com/en/reference/bulk_import_profiles",
        "https://developers.klaviyo.com/en/docs/use_klaviyos_bulk_profile_import_api",
        "https://developers.klaviyo.com/en/docs/rate_limits_and_error_handling",
        "https://developers.klaviyo.com/en/reference/add_profiles_to_list",
        "https://developers.klaviyo.com/en/reference/remove_profiles_from_list",
    )
    checked_on = date(2026, 11, 30)
    example = {"api_key": {"env": "KLAVIYO_API_KEY"}}
    mapping = named(COMPUTED)
    job_path = f"{JOBS}/{{id}}"
    transport = "job"
    max_records = 10_000
    max_bytes = 5_000_000 - ENVELOPE_BYTES
    max_record_bytes = 100_000
    max_open_jobs = 10
    idempotency_key = "email"
    null_meaning = "clears"
    removals = ("clear", "delete")
    moves_address = "update"

    def shape(self, row: Row, values: dict[str, Any]) -> Mapping[str, Any]:
        native = {name: value for name, value in values.items() if name in NATIVE}
        free = {name: value for name, value in values.items() if name not in NATIVE}
        attributes = {"email": row["email"], **native, "properties": without_nulls(free)}
        return {"type": "profile", "attributes": attributes, **_unset(free)}

    def save(self, records: Sequence[Record]) -> list[RecordResult]:
        attributes = {"profiles": {"data": payloads_of(records)}}
        job = {"data": {"type": "profile-bulk-import-job", "attributes": attributes}}
        answer = self.fetch("POST", JOBS, job)
        return queued_in(records, safe_code((answer.get("data") or {}).get("id")))

    def end_of_job(
        self, job_id: str, job: Mapping[str, Any], records: Sequence[Addressee]
    ) -> list[RecordResult] | None:
        state = (job.get("data") or {}).get("attributes") or {}
        if state.get("status") == "cancelled":
            return same_outcome(records, Outcome.RETRYABLE, "job_cancelled")
        if state.get("status") != "complete":
            return None
        failed_count = int(state.get("failed_count") or 0)
        return of_job(records, self._errors(job_id) if failed_count else {}, failed_count)

    def _errors(self, job_id: str) -> dict[str, Refusal]:
        """Why each profile was refused, by its address, over all pages."""
        refused = {}
        path = f"{JOBS}/{job_id}/import-errors"
        while path:
            answer = self.fetch("GET", path, name="klaviyo import-errors")
            for item in answer.get("data") or []:
                error = item.get("attributes") or {}
                sent = error.get("original_payload")
                why = refusal_in(error, self.refusal_keys)
                refused[_email_in(sent)] = Refusal(why.code, reason=why.reason, sent=sent)
            following = urlsplit((answer.get("links") or {}).get("next") or "")
            path = f"{following.path}?{following.query}" if following.path else ""
        return refused

    def move(self, old: Addressee, address: str) -> RecordResult:
        return self._update(old, {"attributes": {"email": address}})

    def clear(self, one: Addressee) -> RecordResult:
        values, _ = self.emptied(one)
        names = dict.fromkeys(name for name in values if name not in NATIVE)
        return self._update(one, {"attributes": {}, **_unset(names)})

    def _update(self, one: Addressee, changes: Mapping[str, Any]) -> RecordResult:
        """The profile of an address changed by its id, which is asked for first."""
        wanted = {"filter": f'equals(email,"{one.remote_key}")', "fields[profile]": "email"}
        found = self.fetch("GET", PROFILES_PATH, params=wanted).get("data") or [{}]
        profile_id = safe_code(found[0].get("id"))
        if profile_id is None:
            return RecordResult(one.record_id, Outcome.ACCEPTED, GONE)
        body = {"data": {"type": "profile", "id": profile_id, **changes}}
        return self.done_to(one, "PATCH", f"{PROFILES_PATH}/{{id}}", body, at={"id": profile_id})

    def delete(self, one: Addressee) -> RecordResult:
        """Queued there; Klaviyo deletes the person and all that belongs to the profile."""
        profile = {"data": {"type": "profile", "attributes": {"email": one.remote_key}}}
        body = {"data": {"type": "data-privacy-deletion-job", "attributes": {"profile": profile}}}
        return self.done_to(one, "POST", "/api/data-privacy-deletion-jobs", body)

    def problems(self) -> list[str]:
        """Asks for the account; nothing is written."""
        self.ask("GET", "/api/accounts")
        return []


class KlaviyoMembers(ListMembersById, KlaviyoAccount):
    """Members of lists; a list gives no consent."""

    version = "klaviyo-audiences-1"
    max_records = 100  # addresses in one filter

    def find_lists(self, names: Sequence[str]) -> Mapping[str, Sequence[str]]:
        found: dict[str, list[str]] = {}
        for name in names:
            wanted = {"filter": f"equals(name,{json.dumps(name, ensure_ascii=False)})"}
            answer = self.fetch("GET", LISTS, params={**wanted, "fields[list]": "name"})
            found[name] = [str(one["id"]) for one in answer.get("data") or []]
        return found

    def change_list(
        self, verb: Literal["add", "remove"], list_id: str, ids: Sequence[str]
    ) -> frozenset[str]:
        method = "POST" if verb == "add" else "DELETE"
        members = [{"type": "profile", "id": one} for one in ids]
        path = f"{LISTS}/{{id}}/relationships/profiles"
        self.ask(method, path, {"data": members}, at={"id": list_id})
        return frozenset()

    def ids_of(self, emails: Sequence[str]) -> Mapping[str, str]:
        wanted = {
            "filter": f"any(email,{json.dumps(list(emails), ensure_ascii=False)})",
            "fields[profile]": "email",
            "page[size]": "100",
        }
        found = self.fetch("GET", PROFILES_PATH, params=wanted).get("data") or []
        return {
            str((one.get("attributes") or {}).get("email")).lower(): str(one["id"]) for one in found
        }


Klaviyo.others = (KlaviyoMembers,)


def without_nulls(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that are there."""
    return {name: value for name, value in values.items() if value is not None}


def _unset(values: Mapping[str, Any]) -> dict[str, Any]:
    """What takes away the properties without a value: a null alone is ignored."""
    names = [name for name, value in values.items() if value is None]
    return {"meta": {"patch_properties": {"unset": names}}} if names else {}


def _email_in(payload: object) -> str:
    """The address of the profile as it was sent, however deep it stands."""
    if not isinstance(payload, dict):
        return ""
    found = payload.get("email") or payload.get("attributes") or payload.get("data")
    return found.lower() if isinstance(found, str) else _email_in(found)
