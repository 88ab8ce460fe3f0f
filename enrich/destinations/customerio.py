"""Customer.io: people by the Track API's batch, with a place for every error."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from pydantic import Field

from enrich.client import Response
from enrich.destinations.base import Adapter, Addressee, Capabilities, RateLimit, Record, Row
from enrich.destinations.mapping import COMPUTED, named
from enrich.destinations.remote import Remote, RemoteSettings, Wire, in_one_call, opener
from enrich.destinations.sending import Answer, Refusal, accepted_but, answer_of, by_place, removed
from enrich.model import RecordResult

BATCH = "/api/v2/batch"
ENVELOPE_BYTES = 100

CAPABILITIES = Capabilities(
    entities=("profile", "erase"),
    modes=("upsert",),
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

MAPPING = named(COMPUTED, lambda source: source)


class CustomerIoSettings(RemoteSettings):
    """The keys of a destination of kind `customerio`."""

    NAME: ClassVar[str] = r".{1,150}"
    OFF_LIMITS: ClassVar[frozenset[str]] = frozenset(
        ["email", "id", "cio_id", "_update", "unsubscribed", "cio_subscription_preferences"]
    )

    site_id: str = Field(min_length=1)
    region: Literal["us", "eu"] = "us"
    clear_with: Literal["nothing", "null", "empty"] = "nothing"


def _shape(remote: Remote, row: Row, values: dict[str, Any]) -> Mapping[str, Any]:
    return _person("identify", row["email"]) | {"attributes": values}


def _person(action: str, email: str) -> dict[str, Any]:
    return {"type": "person", "action": action, "identifiers": {"email": email}}


def _read(records: Sequence[Record], response: Response) -> Answer:
    refused = by_place(records, answer_of(response).get("errors"), "batch_index", "reason")
    return Refusal("partial") if refused is None else accepted_but(records, refused)


def _erase(remote: Remote, one: Addressee) -> RecordResult:
    person = _person("delete", one.remote_key)
    response = remote.ask("POST", "/api/v2/entity", person, name="customerio /api/v2/entity")
    return removed(response, one)


def _check(remote: Remote) -> list[str]:
    """Asks for the account's region, which needs a good key; nothing is written."""
    path = "/api/v1/accounts/region"
    answer = answer_of(remote.ask("GET", path, name=f"customerio {path}"))
    region = answer.get("region", remote.settings.region)
    return [] if region == remote.settings.region else [f'the account is in "{region}": set region']


def _headers(remote: Remote) -> dict[str, str]:
    pair = b64encode(f"{remote.settings.site_id}:{remote.secret()}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


WIRE = Wire(
    version="customerio-1",
    host=lambda settings: f"https://track{'-eu' * (settings.region == 'eu')}.customer.io",
    headers=_headers,
    shape=_shape,
    save=in_one_call(BATCH, lambda remote, payloads: {"batch": payloads}, _read),
    check=_check,
    empty=lambda settings: "" if settings.clear_with == "empty" else None,
    erase=_erase,
)

ADAPTER = Adapter(
    settings=CustomerIoSettings,
    capabilities=CAPABILITIES,
    mapping=MAPPING,
    open=opener(WIRE, CAPABILITIES, MAPPING),
    example={"api_key": {"env": "CUSTOMERIO_API_KEY"}, "site_id": "a1b2c3"},
)
