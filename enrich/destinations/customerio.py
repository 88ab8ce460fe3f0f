"""Customer.io: people by the Track API's batch, with a place for every error."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from pydantic import Field

from enrich.destinations.base import Addressee, Capabilities, RateLimit, Record, Row
from enrich.destinations.http import HttpDestination, HttpSettings, payloads_of
from enrich.destinations.mapping import COMPUTED, named
from enrich.destinations.sending import Answer, Refusal, accepted_but, answer_of, by_place, removed
from enrich.model import RecordResult

BATCH = "/api/v2/batch"
ENVELOPE_BYTES = 100


class CustomerIoSettings(HttpSettings):
    """The keys of a destination of kind `customerio`."""

    NAME: ClassVar[str] = r".{1,150}"
    OFF_LIMITS: ClassVar[frozenset[str]] = frozenset(
        ["email", "id", "cio_id", "_update", "unsubscribed", "cio_subscription_preferences"]
    )

    site_id: str = Field(min_length=1)
    region: Literal["us", "eu"] = "us"
    clear_with: Literal["nothing", "null", "empty"] = "nothing"


class CustomerIo(HttpDestination):
    """People by the Track API's batch, with a place for every error."""

    version = "customerio-1"
    Settings = CustomerIoSettings
    settings: CustomerIoSettings
    example = {"api_key": {"env": "CUSTOMERIO_API_KEY"}, "site_id": "a1b2c3"}
    capabilities = Capabilities(
        record_key="email",
        transport="json_batch",
        result_fidelity="per_record",
        null_meaning="unknown",
        max_records=200,
        max_bytes=500_000 - ENVELOPE_BYTES,
        max_record_bytes=32_000,
        rate_limit=RateLimit(100, 1, is_shared=True),
        idempotency_key="email",
        sends_empty=False,
        removals=("delete",),
    )
    mapping = named(COMPUTED, lambda source: source)

    @property
    def host(self) -> str:
        return f"https://track{'-eu' * (self.settings.region == 'eu')}.customer.io"

    @property
    def empty(self) -> str | None:
        return "" if self.settings.clear_with == "empty" else None

    def save(self, records: Sequence[Record]) -> Answer:
        response = self.ask("POST", BATCH, {"batch": payloads_of(records)})
        if isinstance(response, Refusal):
            return response
        refused = by_place(records, answer_of(response).get("errors"), "batch_index", "reason")
        return Refusal("partial") if refused is None else accepted_but(records, refused)

    def shape(self, row: Row, values: dict[str, Any]) -> Mapping[str, Any]:
        return _person("identify", row["email"]) | {"attributes": values}

    def delete(self, one: Addressee) -> RecordResult:
        person = _person("delete", one.remote_key)
        response = self.ask("POST", "/api/v2/entity", person, name="customerio /api/v2/entity")
        return removed(response, one)

    def problems(self) -> list[str]:
        """Asks for the account's region, which needs a good key; nothing is written."""
        path = "/api/v1/accounts/region"
        answer = answer_of(self.ask("GET", path, name=f"customerio {path}"))
        region = answer.get("region", self.settings.region)
        return (
            [] if region == self.settings.region else [f'the account is in "{region}": set region']
        )

    def headers(self) -> dict[str, str]:
        pair = b64encode(f"{self.settings.site_id}:{self.secret()}".encode()).decode()
        return {"Authorization": f"Basic {pair}"}


def _person(action: str, email: str) -> dict[str, Any]:
    return {"type": "person", "action": action, "identifiers": {"email": email}}
