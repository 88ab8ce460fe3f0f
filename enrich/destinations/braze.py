"""Braze: attributes of users by /users/track, at most 75 in a request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pydantic import Field

from enrich.destinations.base import Capabilities, RateLimit, Record, Row
from enrich.destinations.http import HttpDestination, HttpSettings, payloads_of
from enrich.destinations.mapping import CORE, named
from enrich.destinations.sending import Answer, Refusal, accepted_but, answer_of, by_place

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
    """Attributes of users by /users/track, at most 75 in a request."""

    version = "braze-1"
    Settings = BrazeSettings
    settings: BrazeSettings
    example = {"api_key": {"env": "BRAZE_API_KEY"}, "instance": "iad-01"}
    capabilities = Capabilities(
        record_key="email",
        transport="json_batch",
        result_fidelity="rejected_only",
        null_meaning="clears",
        max_records=75,
        rate_limit=RateLimit(3_000, 3),
        idempotency_key="email",
        removals=("clear",),
    )
    mapping = named(CORE, lambda source: source)

    @property
    def host(self) -> str:
        return f"https://rest.{self.settings.instance}.braze.com"

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret()}"}

    def save(self, records: Sequence[Record]) -> Answer:
        """A 201 can hold rejections: each names the place of its user."""
        body = {"attributes": payloads_of(records)}
        # The header tells Braze that a job of its customer updates many users.
        response = self.ask("POST", TRACK, body, headers={"X-Braze-Bulk": "true"})
        if isinstance(response, Refusal):
            return response
        refused = by_place(records, answer_of(response).get("errors"), "index", "type")
        return Refusal("partial") if refused is None else accepted_but(records, refused)

    def shape(self, row: Row, values: dict[str, Any]) -> Mapping[str, Any]:
        only = {"_update_existing_only": True} if self.settings.update_only else {}
        return {"email": row["email"], **only, **values}

    def problems(self) -> list[str]:
        """An empty request: Braze judges the key, finds nothing to do, and writes nothing."""
        self.ask("POST", TRACK, {"attributes": []}, name=f"braze {TRACK}")
        return []
