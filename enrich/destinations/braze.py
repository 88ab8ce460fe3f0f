"""Braze: attributes of users by /users/track, at most 75 in a request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pydantic import Field

from enrich.client import Response
from enrich.destinations.base import Adapter, Capabilities, RateLimit, Record, Row
from enrich.destinations.mapping import CORE, named
from enrich.destinations.remote import Remote, RemoteSettings, Wire, in_one_call, opener
from enrich.destinations.sending import Answer, Refusal, accepted_but, answer_of, by_place

TRACK = "/users/track"

CAPABILITIES = Capabilities(
    entities=("profile",),
    modes=("upsert", "update_only"),
    record_key="email",
    transport="json_batch",
    result_fidelity="rejected_only",
    null_meaning="clears",
    max_records=75,
    rate_limit=RateLimit(3_000, 3),
    idempotency_key="email",
    removals=("clear",),
)

MAPPING = named(CORE, lambda source: source)


class BrazeSettings(RemoteSettings):
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


def _shape(remote: Remote, row: Row, values: dict[str, Any]) -> Mapping[str, Any]:
    only = {"_update_existing_only": True} if remote.settings.update_only else {}
    return {"email": row["email"], **only, **values}


def _read(records: Sequence[Record], response: Response) -> Answer:
    """A 201 can hold rejections: each names the place of its user."""
    refused = by_place(records, answer_of(response).get("errors"), "index", "type")
    return Refusal("partial") if refused is None else accepted_but(records, refused)


def _check(remote: Remote) -> list[str]:
    """An empty request: Braze judges the key, finds nothing to do, and writes nothing."""
    remote.ask("POST", TRACK, {"attributes": []}, name=f"braze {TRACK}")
    return []


WIRE = Wire(
    version="braze-1",
    host=lambda settings: f"https://rest.{settings.instance}.braze.com",
    headers=lambda remote: {"Authorization": f"Bearer {remote.secret()}"},
    shape=_shape,
    # The header tells Braze that a job of its customer updates many users.
    save=in_one_call(
        TRACK, lambda remote, payloads: {"attributes": payloads}, _read, **{"X-Braze-Bulk": "true"}
    ),
    check=_check,
)

ADAPTER = Adapter(
    settings=BrazeSettings,
    capabilities=CAPABILITIES,
    mapping=MAPPING,
    open=opener(WIRE, CAPABILITIES, MAPPING),
    example={"api_key": {"env": "BRAZE_API_KEY"}, "instance": "iad-01"},
)
