"""Google Ads: members of Customer Match lists by the Data Manager API, by hashes; nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, ClassVar
from urllib.parse import urlencode

from pydantic import Field

from enrich.destinations.ads import AdMembers, AdSettings, clean_gmail, hashed
from enrich.destinations.base import Addressee, RateLimit, Record, SecretRef
from enrich.destinations.lists import grouped
from enrich.destinations.sending import answer_of, ask, queued_in, safe_code, same_outcome
from enrich.destinations.tokens import TokenDestination
from enrich.model import Outcome, RecordResult

DOCS = "https://developers.google.com/data-manager/api"
LOGIN = "https://oauth2.googleapis.com"
MEMBERS = "/v1/audienceMembers"
AGREED = {"adUserData": "CONSENT_GRANTED", "adPersonalization": "CONSENT_GRANTED"}


class GoogleAdsSettings(AdSettings):
    """The keys of a destination of kind `googleads`; `api_key` is the refresh token."""

    SECRETS: ClassVar[tuple[str, ...]] = ("api_key", "client_secret")

    client_id: str = Field(min_length=1)
    client_secret: SecretRef
    account_id: str = Field(pattern=r"^[0-9]{10}$")
    login_account_id: str | None = Field(None, pattern=r"^[0-9]{10}$")


class GoogleAds(AdMembers, TokenDestination):
    """Members of Customer Match lists; the audience is called there by the list's number."""

    kind = "googleads"
    version = "googleads-1"
    api_version = "Data Manager v1"
    vendor_pages = (
        f"{DOCS}/devguides/audiences/send-audience-members",
        f"{DOCS}/devguides/concepts/formatting",
        f"{DOCS}/devguides/limits",
    )
    checked_on = date(2026, 11, 30)
    Settings = GoogleAdsSettings
    settings: GoogleAdsSettings
    example: ClassVar[Mapping[str, Any]] = {
        "api_key": {"env": "GOOGLE_REFRESH_TOKEN"},
        "client_id": "your-client-id",
        "client_secret": {"env": "GOOGLE_CLIENT_SECRET"},
        "account_id": "1234567890",
    }
    host = "https://datamanager.googleapis.com"
    login_keys = "client and refresh token"
    transport = "job"
    job_path = "/v1/requestStatus:retrieve?requestId={id}"
    max_records = 10_000
    max_open_jobs = 100
    rate_limit = RateLimit(300, 60)
    result_fidelity = "counts_only"
    refusal_keys = ("status", "message")

    def email_there(self, email: str) -> str:
        return clean_gmail(email)

    def change(self, records: Sequence[Record]) -> list[RecordResult]:
        return [one for key, some in grouped(records).items() for one in self._send(*key, some)]

    def _send(self, number: str, is_member: bool, records: Sequence[Record]) -> list[RecordResult]:
        """Consent is granted: nobody else is in an audience by `ads`."""
        terms = {"customerMatchTermsOfServiceStatus": "ACCEPTED"}
        body = {
            "destinations": [self._list(number)],
            "audienceMembers": [_member(one.payload) for one in records],
            "encoding": "HEX",
            **({"consent": AGREED, "termsOfService": terms} if is_member else {}),
        }
        answer = self.fetch("POST", f"{MEMBERS}:{'ingest' if is_member else 'remove'}", body)
        return queued_in(records, safe_code(answer.get("requestId")))

    def _list(self, number: str) -> dict[str, Any]:
        login = self.settings.login_account_id
        return {
            "operatingAccount": _account(self.settings.account_id),
            **({"loginAccount": _account(login)} if login else {}),
            "productDestinationId": number,
        }

    def end_of_job(
        self, job_id: str, job: Mapping[str, Any], records: Sequence[Addressee]
    ) -> list[RecordResult] | None:
        """Of a part that failed Google gives a count alone."""
        found = job.get("requestStatusPerDestination") or [{}]
        status = found[0].get("requestStatus")
        if status == "SUCCESS":
            return same_outcome(records, Outcome.ACCEPTED)
        if status == "FAILED":
            return same_outcome(records, Outcome.RETRYABLE, "job_failed")
        is_partial = status == "PARTIAL_SUCCESS"
        return same_outcome(records, Outcome.UNKNOWN, "partial") if is_partial else None

    def log_in(self) -> object:
        """A new access token for the refresh token."""
        form = {
            "grant_type": "refresh_token",
            "client_id": self.settings.client_id,
            "client_secret": self.secret("client_secret"),
            "refresh_token": self.secret(),
        }
        call = self.call(
            "POST",
            "/token",
            name="googleads login",
            content=urlencode(form).encode(),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
        url = (self.settings.base_url or LOGIN) + "/token"
        return answer_of(ask(self.http, replace(call, url=url))).get("access_token")

    def problems(self) -> list[str]:
        """A request that Google only validates, where an audience goes there; else a login."""
        names = [one.name for one in self.audiences]
        for name in names:
            nobody = {"email": hashed("nobody@example.com"), "phone": None}
            body = {
                "destinations": [self._list(name)],
                "audienceMembers": [_member(nobody)],
                "encoding": "HEX",
                "consent": AGREED,
                "validateOnly": True,
            }
            self.ask("POST", f"{MEMBERS}:ingest", body)
        if not names:
            self._renew()
        return []


def _account(number: str) -> dict[str, str]:
    return {"accountType": "GOOGLE_ADS", "accountId": number}


def _member(payload: Mapping[str, Any]) -> dict[str, Any]:
    found = {"emailAddress": payload["email"], "phoneNumber": payload["phone"]}
    identifiers = [{name: value} for name, value in found.items() if value]
    return {"userData": {"userIdentifiers": identifiers}}
