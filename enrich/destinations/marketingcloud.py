"""Salesforce Marketing Cloud: a row per customer in a data extension of the shop, by e-mail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from enrich.client import NotFound
from enrich.destinations.base import Addressee, Record, Row
from enrich.destinations.http import HttpSettings, payloads_of
from enrich.destinations.mapping import CORE, named
from enrich.destinations.sending import accepted_but, answer_of, ask, by_hand, objects_in
from enrich.destinations.tokens import TokenDestination
from enrich.model import RecordResult

REFERENCES = "https://developer.salesforce.com/docs/marketing/marketing-cloud/references"
GUIDE = "https://developer.salesforce.com/docs/marketing/marketing-cloud/guide"
MAX_COLUMNS = 50  # the vendor's advice for one call, the address among them
TYPES = {
    "text": ("Text",),
    "list": ("Text",),
    "integer": ("Number", "Decimal", "Text"),
    "amount": ("Decimal", "Text"),
    "date": ("Date", "Text"),
    "boolean": ("Boolean", "Text"),
}


class MarketingCloudSettings(HttpSettings):
    """The keys of a destination of kind `marketingcloud`; `api_key` is the client secret."""

    OFF_LIMITS: ClassVar[frozenset[str]] = frozenset(
        ["EmailAddress", "SubscriberKey", "ContactKey", "HasOptedOutOfEmail"]
    )

    subdomain: str = Field(pattern=r"^[a-z0-9-]+$")
    client_id: str = Field(min_length=1)
    account_id: str | None = Field(None, pattern=r"^[0-9]+$")
    data_extension_id: str = Field(pattern=r"^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$")
    email_column: str = Field("EmailAddress", min_length=1)
    list_separator: str = Field("|", min_length=1)
    clear_with: Literal["nothing", "null"] = "nothing"
    deletes_contacts: bool = False

    @model_validator(mode="after")
    def _fits(self) -> MarketingCloudSettings:
        if self.email_column in self.names.values():
            raise ValueError(f"not a name that can be written there: {self.email_column}")
        return self


class MarketingCloud(TokenDestination):
    """Rows go by the synchronous call: the asynchronous one names no row that it refused."""

    kind = "marketingcloud"
    version = "marketingcloud-1"
    api_version = "hub v1, data v1, contacts v1"
    vendor_pages = (
        f"{REFERENCES}/mc_rest_data_extensions/postDataExtensionRowsetByKey.html",
        f"{REFERENCES}/mc-custom_objects",
        f"{GUIDE}/access-token-s2s",
        f"{GUIDE}/DeleteByContactKeys.html",
        "https://help.salesforce.com/s/articleView?id=mktg.mc_overview_limits_api.htm",
    )
    checked_on = date(2026, 11, 30)
    Settings = MarketingCloudSettings
    settings: MarketingCloudSettings
    example = {
        "api_key": {"env": "MARKETING_CLOUD_CLIENT_SECRET"},
        "subdomain": "mc-demo",
        "client_id": "your-client-id",
        "data_extension_id": "00000000-0000-0000-0000-000000000000",
    }
    mapping = named(CORE)
    written = ("data_extension_id", "email_column")
    login_keys = "subdomain, client_id and api_key"
    max_records = 50
    fields_created_first = True
    idempotency_key = "primary key of the data extension: the e-mail"
    sends_empty = False
    removals = ("clear",)
    erases_with = {"deletes_contacts": True}
    refusal_keys = ("errorcode", "message")

    @property
    def host(self) -> str:
        return f"https://{self.settings.subdomain}.rest.marketingcloudapis.com"

    def shape(self, row: Row, values: dict[str, Any]) -> Mapping[str, Any]:
        return {"keys": {self.settings.email_column: row["email"]}, "values": values}

    def save(self, records: Sequence[Record]) -> list[RecordResult]:
        """All rows or none: a request that is refused is halved down to the row at fault."""
        at = {"id": self.settings.data_extension_id}
        self.ask("POST", "/hub/v1/dataevents/{id}/rowset", payloads_of(records), at=at)
        return accepted_but(records, {})

    def delete(self, one: Addressee) -> RecordResult:
        """The whole contact, queued there; only where the shop says that its key is the e-mail."""
        if not self.settings.deletes_contacts:
            message = "delete the row and the contact there, or set deletes_contacts"
            return by_hand(one, message)
        path = "/contacts/v1/contacts/actions/delete?type=keys"
        body = {"values": [one.remote_key], "DeleteOperationType": "ContactAndAttributes"}
        return self.done_to(one, "POST", path, body)

    def log_in(self) -> object:
        """A token for twenty minutes."""
        body = {
            "grant_type": "client_credentials",
            "client_id": self.settings.client_id,
            "client_secret": self.secret(),
        }
        account = {"account_id": self.settings.account_id} if self.settings.account_id else {}
        call = self.call("POST", "/v2/token", {**body, **account})
        if not self.settings.base_url:
            call = replace(call, url=call.url.replace(".rest.", ".auth.", 1))
        return answer_of(ask(self.http, call)).get("access_token")

    def problems(self) -> list[str]:
        """Which columns the data extension does not have, or of another type, and its key."""
        path, at = "/data/v1/customobjects/{id}/fields", {"id": self.settings.data_extension_id}
        try:
            found = self.fetch("GET", path, at=at).get("fields")
        except NotFound:
            return ["the data extension does not exist; check data_extension_id"]
        missing = self.unfit_fields(found, "name", "column", TYPES)
        return [*missing, *self._key_problems(found), *self._width_problems()]

    def _key_problems(self, found: object) -> list[str]:
        keys = [one.get("name") for one in objects_in(found) if one.get("isPrimaryKey")]
        column = self.settings.email_column
        return [] if keys == [column] else [f"make {column}, and it alone, the primary key"]

    def _width_problems(self) -> list[str]:
        count = len(self.fields) + 1
        if count <= MAX_COLUMNS:
            return []
        return [f"{count} columns: the vendor advises at most {MAX_COLUMNS}; see leave_out"]
