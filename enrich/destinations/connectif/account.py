"""A Connectif account: its keys, how a call is signed, what a wrong record is answered with."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from typing import Any, ClassVar, Literal

from pydantic import Field

from enrich.client import Call, NotFound
from enrich.destinations.base import RateLimit, SecretRef
from enrich.destinations.http import HttpDestination, HttpSettings
from enrich.destinations.records import ProductKey

ExportColumn = Literal[
    "email", "status", "subscribed_at", "subscribed_ip", "unsubscribed_at", "unsubscribed_ip"
]


class ConnectifSettings(HttpSettings):
    """The keys of a destination of kind `connectif`."""

    SECRETS: ClassVar[tuple[str, ...]] = ("api_key", "api_secret")
    OFF_LIMITS: ClassVar[frozenset[str]] = frozenset(
        [
            *("_email", "_externalId", "_newsletterSubscriptionStatus", "_smsSubscriptionStatus"),
            *("_emailStatus", "_mobilePhoneStatus"),
        ]
    )

    api_secret: SecretRef
    patch_limit: int = Field(500, ge=0, le=5_000)
    contact_path: str = Field("/contacts/email/{email}", pattern=r"^/.*\{email\}")
    delete_path: str | None = Field(None, pattern=r"^/.*\{email\}")
    list_separator: str = Field("|", min_length=1)
    clear_with: Literal["nothing", "null", "empty"] = "nothing"
    error_report_column: str | None = None
    product_key: ProductKey = "sku"
    product_report_column: str | None = None
    ask_first: Literal["doubt", "always"] = "doubt"
    purchase_events: bool = False
    coupon_set_id: str | None = Field(None, min_length=1)
    coupon_sets_path: str | None = Field(None, pattern=r"^/")
    export_segment_id: str | None = Field(None, min_length=1)
    export_columns: dict[ExportColumn, str] = Field({})


class ConnectifAccount(HttpDestination):
    """What every kind of record at Connectif shares."""

    api_version = "none named"
    vendor_pages = (
        "https://api-docs.connectif.cloud/connectif-api/guides/authentication",
        "https://api-docs.connectif.cloud/connectif-api/reference/imports/create-import",
    )
    checked_on = date(2026, 11, 22)
    Settings = ConnectifSettings
    settings: ConnectifSettings
    host = "https://api.connectif.cloud"
    rate_limit = RateLimit(100, 60, is_shared=True)  # for everything that anybody sends there
    wrong_record = frozenset({400, 404, 413, 422})
    refusal_keys = ("code", "reason", "detail")

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"apiKey {self.secret()}:{self.secret('api_secret')}"}

    def problems(self) -> list[str]:
        """`GET /store/`: 404 means that the host was reached and the key not refused."""
        with suppress(NotFound):
            self.ask("GET", "/store/")
        return []

    def contact_call(self, email: str, body: dict[str, Any]) -> Call:
        """The call that creates or updates one contact."""
        return self.call("PATCH", self.settings.contact_path, body, at={"email": email})

    def product_call(self, product: Mapping[str, Any]) -> Call:
        """The call that creates or updates one product, given with its productId."""
        body = {name: value for name, value in product.items() if name != "productId"}
        at = {"id": product["productId"]}
        return self.call("PATCH", "/products/product-id/{id}", body, at=at)
