"""The newsletter opt-in of a customer document (CL): read by id, written by PATCH, never by PUT.

A write fires every trigger the shop has on a customer and moves the document's dates, so nothing
is written that stands there already, and nothing over a word that came meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeAlias
from uuid import NAMESPACE_URL, uuid5

from enrich.client import BadBody, GaveUp, HttpStatus, LoginPage, NotFound, parse_json
from enrich.model import Outcome
from enrich.sources.source import Newsletter, WantedOptIn, WroteOptIn
from enrich.sources.vtex.access import VtexClient
from enrich.sources.vtex.entities import (
    CUSTOMER,
    CUSTOMER_SEARCH,
    CUSTOMER_UPSERT,
    CUSTOMER_WRITE,
)
from enrich.sources.vtex.records.entity import Route
from enrich.threads import in_parallel

OPT_IN = "isNewsletterOptIn"
_FIELDS = f"id,email,{OPT_IN}"


@dataclass(frozen=True, slots=True)
class OptIn:
    """What a document says: whose it is, and whether the newsletter is wanted (None: neither)."""

    email: str | None = field(repr=False)
    opted_in: bool | None


_Write: TypeAlias = Callable[[VtexClient, WantedOptIn], WroteOptIn]


@dataclass(frozen=True)
class VtexNewsletter(Newsletter):
    """The opt-ins of an account, a few documents at a time."""

    client: VtexClient
    threads: int = 5

    def read(self, contact_ids: Sequence[str]) -> dict[str, bool | None]:
        found = in_parallel(partial(_tried, self.client), contact_ids, self.threads)
        pairs = zip(contact_ids, found, strict=True)
        return {contact_id: one.opted_in for contact_id, one in pairs if one is not None}

    def write(self, wanted: Sequence[WantedOptIn]) -> Iterator[WroteOptIn]:
        """What became of each, in their order. Raises Refused and PermissionMissing."""
        return in_parallel(partial(_safely, _write, self.client), wanted, self.threads)

    def create(self, wanted: Sequence[WantedOptIn]) -> Iterator[WroteOptIn]:
        """Documents with nothing but an address and a yes, of people VTEX does not know.

        The id is made from the address, so that the same document is made however often it is
        tried. (VTEX documents an update by id that creates; that it keeps a given id of CL is
        inferred.)
        """
        return in_parallel(partial(_safely, _create, self.client), wanted, self.threads)


def new_contact_id(store: str, email: str) -> str:
    """The id of the document we would make for an address."""
    return str(uuid5(NAMESPACE_URL, f"enrich:{store}:{email}"))


def _write(client: VtexClient, one: WantedOptIn) -> WroteOptIn:
    found = _read(client, one.contact_id)
    if found is None:
        return WroteOptIn(one.contact_id, Outcome.INVALID, "gone")
    if (found.email or "").strip().lower() != one.email:
        return WroteOptIn(one.contact_id, Outcome.INVALID, "other_address", found.opted_in)
    if found.opted_in == one.opted_in:
        return WroteOptIn(one.contact_id, Outcome.UNCHANGED, "same", found.opted_in)
    if found.opted_in != one.was:
        # Somebody decided since the last pull: the next run weighs it.
        return WroteOptIn(one.contact_id, Outcome.RETRYABLE, "said_meanwhile", found.opted_in)
    path = {"document_id": one.contact_id}
    code = _patch(client, CUSTOMER_WRITE, {OPT_IN: one.opted_in}, path)
    return WroteOptIn(one.contact_id, Outcome.ACCEPTED, code, found.opted_in)


def _create(client: VtexClient, one: WantedOptIn) -> WroteOptIn:
    if _find(client, one.email):
        return WroteOptIn(one.contact_id, Outcome.RETRYABLE, "not_pulled_yet")
    ours = _read(client, one.contact_id)
    if ours is not None:
        return WroteOptIn(one.contact_id, Outcome.UNCHANGED, "same", ours.opted_in)
    document = {"id": one.contact_id, "email": one.email, OPT_IN: one.opted_in}
    code = _patch(client, CUSTOMER_UPSERT, document, {})
    return WroteOptIn(one.contact_id, Outcome.ACCEPTED, code or "created")


def _patch(
    client: VtexClient, route: Route, body: dict[str, Any], path: dict[str, str]
) -> str | None:
    """304 says that nothing differed; every other success is one."""
    response = client.send(route, method="PATCH", body=body, path=path)
    if response.status_code == 304:
        return "http_304"
    client.refuse(route, response)
    return None


def _read(client: VtexClient, contact_id: str) -> OptIn | None:
    """The document as it is now: a read by id is never late. None when there is none."""
    path, params = {"document_id": contact_id}, {"_fields": _FIELDS}
    try:
        found = client.fetch_json(CUSTOMER, path=path, params=params)
    except NotFound:
        return None
    if not isinstance(found, dict) or not found.get("id"):
        return None
    value = found.get(OPT_IN)
    return OptIn(found.get("email"), value if isinstance(value, bool) else None)


def _find(client: VtexClient, email: str) -> list[str]:
    """The documents that a search knows for an address."""
    response = client.send(
        CUSTOMER_SEARCH,
        params={"email": email, "_fields": "id"},
        headers={"REST-Range": "resources=0-10"},
    )
    client.refuse(CUSTOMER_SEARCH, response)
    found = parse_json(response.content, f"VTEX {CUSTOMER_SEARCH.name}")
    return [str(one["id"]) for one in found if isinstance(one, dict) and one.get("id")]


def _tried(client: VtexClient, contact_id: str) -> OptIn | None:
    try:
        return _read(client, contact_id)
    except (BadBody, GaveUp, HttpStatus, LoginPage):
        return None


def _safely(write: _Write, client: VtexClient, one: WantedOptIn) -> WroteOptIn:
    """One document's fault stays its own; silence leaves it unknown."""
    try:
        return write(client, one)
    except HttpStatus as fault:
        return WroteOptIn(one.contact_id, Outcome.REJECTED, f"http_{fault.status_code}")
    except GaveUp as fault:
        is_silence = fault.status_code is None
        code = "no_answer" if is_silence else f"http_{fault.status_code}"
        return WroteOptIn(
            one.contact_id, Outcome.UNKNOWN if is_silence else Outcome.RETRYABLE, code
        )
    except BadBody:
        return WroteOptIn(one.contact_id, Outcome.UNKNOWN, "no_answer")
