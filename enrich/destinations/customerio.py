"""Customer.io: people by the Track API's batch, with a place for every error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, ClassVar, Literal

from pydantic import Field

from enrich.destinations.base import (
    Addressee,
    MappedField,
    MovesAddress,
    RateLimit,
    Record,
    Removable,
    Row,
)
from enrich.destinations.http import HttpDestination, HttpSettings, payloads_of
from enrich.destinations.lists import AttributeMembers
from enrich.destinations.mapping import COMPUTED, named
from enrich.destinations.sending import accepted_but_places, refusal_in, rejected
from enrich.model import Outcome, RecordResult

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
    kind = "customerio"
    version = "customerio-1"
    api_version = "Track v2"
    vendor_pages = ("https://docs.customer.io/integrations/api/track",)
    checked_on = date(2026, 11, 22)
    Settings = CustomerIoSettings
    settings: CustomerIoSettings
    example = {
        "api_key": {"env": "CUSTOMERIO_API_KEY"},
        "site_id": "a1b2c3",
    }
    mapping: ClassVar[tuple[MappedField, ...]] = named(COMPUTED)
    max_records = 200
    max_bytes = 500_000 - ENVELOPE_BYTES
    max_record_bytes = 32_000
    rate_limit = RateLimit(100, 1, is_shared=True)
    idempotency_key = "email"
    sends_empty = False
    removals: Removable = ("delete",)
    refusal_keys = ("reason", "message")
    moves_address: MovesAddress = "merge"

    @property
    def host(self) -> str:
        return f"https://track{'-eu' * (self.settings.region == 'eu')}.customer.io"

    def headers(self) -> dict[str, str]:
        return self.basic_auth(self.settings.site_id, self.secret())

    def shape(self, row: Row, values: dict[str, Any]) -> Mapping[str, Any]:
        return {**_person("identify", row["email"]), "attributes": values}

    def save(self, records: Sequence[Record]) -> list[RecordResult]:
        answer = self.fetch("POST", BATCH, {"batch": payloads_of(records)})
        return accepted_but_places(records, answer.get("errors"), "batch_index", self.refusal_keys)

    def leave(self, old: Addressee, address: str) -> RecordResult:
        """The old person emptied of our attributes, then merged into the new one.

        Customer.io merges in silence, and not at all while the new person is not there yet.
        """
        values = dict.fromkeys(self.emptied(old)[0], "")
        merge = {
            "type": "person",
            "action": "merge",
            "primary": {"email": address},
            "secondary": {"email": old.remote_key},
        }
        emptied = {**_person("identify", old.remote_key), "attributes": values}
        answer = self.fetch("POST", BATCH, {"batch": [emptied, merge]})
        if answer.get("errors"):
            return rejected(old, refusal_in(answer, self.refusal_keys, "merge"))
        return RecordResult(old.record_id, Outcome.ACCEPTED)

    def delete(self, one: Addressee) -> RecordResult:
        return self.done_to(one, "POST", "/api/v2/entity", _person("delete", one.remote_key))

    def problems(self) -> list[str]:
        """Asks for the account's region, which needs a good key; nothing is written."""
        wanted = self.settings.region
        region = self.fetch("GET", "/api/v1/accounts/region").get("region", wanted)
        return [] if region == wanted else [f'the account is in "{region}": set region']


class CustomerIoMembers(AttributeMembers, CustomerIo):
    """An attribute for each audience, true or false: a manual segment leaves out in silence whom it
    does not know yet.
    """

    version = "customerio-audiences-1"

    def write(self, records: Sequence[Record]) -> list[RecordResult]:
        return CustomerIo.save(self, records)

    def contact(self, email: str, name: str, *, is_member: bool) -> Mapping[str, Any]:
        """Nobody begins there by leaving."""
        only = {} if is_member else {"_update": True}
        return {**_person("identify", email), "attributes": {**only, name: is_member}}


CustomerIo.others = (CustomerIoMembers,)


def _person(action: str, email: str) -> dict[str, Any]:
    return {"type": "person", "action": action, "identifiers": {"email": email}}
