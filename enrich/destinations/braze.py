"""Braze: attributes of users by /users/track, at most 75 in a request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import Any, ClassVar

from pydantic import Field

from enrich.destinations.base import Addressee, MappedField, RateLimit, Record, Removable, Row
from enrich.destinations.http import HttpDestination, HttpSettings, payloads_of
from enrich.destinations.lists import AttributeMembers
from enrich.destinations.mapping import CORE, named
from enrich.destinations.sending import Refusal, accepted_but_places
from enrich.model import RecordResult

TRACK = "/users/track"


class BrazeSettings(HttpSettings):
    """The keys of a destination of kind `braze`."""

    OFF_LIMITS: ClassVar[frozenset[str]] = frozenset(
        [
            *("email", "phone", "external_id", "braze_id", "user_alias", "_update_existing_only"),
            *("email_subscribe", "push_subscribe", "subscription_groups"),
        ]
    )

    instance: str = Field(pattern=r"^[a-z]{2,6}-[0-9]{2}$")
    update_only: bool = False
    batch_size: int = Field(75, ge=1, le=75)


class Braze(HttpDestination):
    kind = "braze"
    version = "braze-1"
    api_version = "none named"
    vendor_pages = (
        "https://www.braze.com/docs/api/api_limits",
        "https://www.braze.com/docs/api/endpoints/user_data/post_user_track",
        "https://www.braze.com/docs/api/objects_filters/user_attributes_object",
    )
    checked_on = date(2026, 11, 22)
    Settings = BrazeSettings
    settings: BrazeSettings
    example = {
        "api_key": {"env": "BRAZE_API_KEY"},
        "instance": "iad-01",
    }
    mapping: ClassVar[tuple[MappedField, ...]] = named(CORE)
    max_records = 75
    rate_limit = RateLimit(3_000, 3)
    idempotency_key = "email"
    null_meaning = "clears"
    removals: Removable = ("clear",)
    result_fidelity = "rejected_only"
    refusal_keys = ("type", "type", "message")  # the type may be a sentence

    @property
    def host(self) -> str:
        return f"https://rest.{self.settings.instance}.braze.com"

    def headers(self) -> dict[str, str]:
        """Bulk: that a job of its customer updates many users."""
        return {"Authorization": f"Bearer {self.secret()}", "X-Braze-Bulk": "true"}

    def shape(self, row: Row, values: dict[str, Any]) -> Mapping[str, Any]:
        only = {"_update_existing_only": True} if self.settings.update_only else {}
        return {"email": row["email"], **only, **values}

    def save(self, records: Sequence[Record]) -> list[RecordResult]:
        """A 201 can hold rejections: each names the place of its user."""
        answer = self.fetch("POST", TRACK, {"attributes": payloads_of(records)})
        return accepted_but_places(records, answer.get("errors"), "index", self.refusal_keys)

    def clear(self, one: Addressee) -> RecordResult:
        """Only of a user who is there: nobody begins at an address that is gone."""
        values, _ = self.emptied(one)
        user = {"email": one.remote_key, "_update_existing_only": True, **values}
        return self.save([Record(one.record_id, "", user)])[0]

    def problems(self) -> list[str]:
        """An empty request: Braze judges the key, finds nothing to do, and writes nothing."""
        with suppress(Refusal):
            self.ask("POST", TRACK, {"attributes": []})
        return []


class BrazeMembers(AttributeMembers, Braze):
    """A custom attribute for each audience, true for its members; cohorts are for partners."""

    version = "braze-audiences-1"

    def write(self, records: Sequence[Record]) -> list[RecordResult]:
        return Braze.save(self, records)

    def contact(self, email: str, name: str, *, is_member: bool) -> Mapping[str, Any]:
        """Nobody begins there by leaving."""
        only = (
            {} if is_member and not self.settings.update_only else {"_update_existing_only": True}
        )
        return {"email": email, **only, name: True if is_member else None}


Braze.others = (BrazeMembers,)
