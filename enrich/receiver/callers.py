"""The kinds of callers and what their calls mean. Pure: a call in, messages out.

What VTEX and Connectif send is documented. The body of a bounce is only in part, and what a
platform's own automation sends is what the shop writes into it: there several spellings are read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hmac import compare_digest
from typing import Any
from urllib.parse import parse_qsl

from pydantic import SecretStr
from pydantic_core import from_json

from enrich.errors import BadSettings
from enrich.model import EARLIEST, LATEST, MAX_KEY, tidy_document_id
from enrich.receiver.inbox import Inbox
from enrich.receiver.messages import CONSENTS, CUSTOMERS, ORDERS, Told

SHORTEST_SECRET = 20
LONGEST_EVENT = 64  # an order state of VTEX has half as many letters
MAX_IN_ONE_CALL = 1_000


@dataclass(frozen=True, slots=True)
class Call:
    """One call as it came, once the caller is known."""

    event: str
    query: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class NotUnderstood(ValueError):
    """The call says nothing that can be kept; the text holds nothing of it."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of caller: the methods and events it uses, and how its calls are read."""

    methods: tuple[str, ...]
    events: tuple[str, ...]
    read: Callable[[Call], list[Told]]


@dataclass(frozen=True, slots=True)
class RegisteredCaller:
    """One caller of the settings: its kind, the inbox of its messages, its secret."""

    name: str
    kind: str
    origin: str
    inbox: Inbox
    secret: SecretStr

    def has_secret(self, secret: str) -> bool:
        """True if this is the secret; a wrong one takes as long to compare."""
        return compare_digest(secret.encode(), self.secret.get_secret_value().encode())


def check_secret(name: str, secret: SecretStr) -> SecretStr:
    """The secret when it may stand in an address and cannot be guessed; raises BadSettings."""
    text = secret.get_secret_value()
    if len(text) < SHORTEST_SECRET or not re.fullmatch(r"[A-Za-z0-9._~-]+", text):
        raise BadSettings(
            f"the secret of receive.callers.{name} needs at least {SHORTEST_SECRET} letters, digits"
            ' or -._~; python3 -c "import secrets; print(secrets.token_urlsafe(32))" makes one'
        )
    return secret


def read_call(kind: str, call: Call) -> list[Told]:
    """What a call tells; nothing for a mere question whether we are there. Raises NotUnderstood."""
    try:
        told = KINDS[kind].read(call)
    except NotUnderstood:
        raise
    except ValueError:  # such as a number of 5,000 digits
        raise NotUnderstood("not readable") from None
    if any(not 0 < len(one.key) <= MAX_KEY or not one.key.isprintable() for one in told):
        raise NotUnderstood("no usable id or address")
    return told


def _customers(call: Call) -> list[Told]:
    """A Master Data trigger; the id stands in the query or in the body, as the shop wrote it."""
    said = {**call.query, **_content(call.body)}
    return [Told(CUSTOMERS, tidy_document_id(_text(said, "id", "documentid")), call.event)]


def _orders(call: Call) -> list[Told]:
    """A notification of the orders hook, or the question VTEX asks when the hook is saved."""
    said = _object(call.body)
    if "hookconfig" in said:
        return []
    state = said.get("state")
    told_at = _moment(said.get("currentchange") or said.get("lastchange"))
    return [Told(ORDERS, _text(said, "orderid"), _state(state) or call.event, told_at)]


def _state(value: object) -> str | None:
    """An order state as VTEX writes one; what is no such word is not kept."""
    is_state = isinstance(value, str) and len(value) <= LONGEST_EVENT and value.isprintable()
    return value if is_state and isinstance(value, str) else None


def _connectif(call: Call) -> list[Told]:
    """(Un)subscriptions are in the query; without an ip nobody clicked, and it may be our echo."""
    if call.event == "bounced":
        said = _object(call.body)
        names = [name for name in said if name.replace("_", "").endswith("email")]
        return [Told(CONSENTS, _email(said, *names), call.event)]
    by_person = bool(call.query.get("ip", "").strip())
    return [Told(CONSENTS, _email(call.query, "email"), call.event, by_person=by_person)]


def _consents(call: Call) -> list[Told]:
    """One statement or a list of them, from any platform that can post JSON."""
    content = _json(call.body)
    found = content if isinstance(content, list) else [content]
    if len(found) > MAX_IN_ONE_CALL or not all(isinstance(one, dict) for one in found):
        raise NotUnderstood("not an object, nor a list of at most a thousand")
    return [_statement(_lower(one)) for one in found]


def _statement(said: Mapping[str, Any]) -> Told:
    agreements = said.get("agreements")
    if isinstance(agreements, dict):
        said = {**said, "opted_in": agreements.get("email")}
    names = ("opted_in", "subscribed", "newsletter_agreement", "newsletter")
    opted_in = next((_opted_in(said[name]) for name in names if name in said), None)
    if opted_in is None:
        raise NotUnderstood("neither a yes nor a no")
    told_at = _moment(said.get("changed_at"))
    by_person = _opted_in(said.get("by_person")) is True
    return Told(CONSENTS, _email(said, "email"), _EVENTS[opted_in], told_at, by_person)


_EVENTS = {True: "subscribed", False: "unsubscribed"}
_YES = frozenset({"true", "1", "yes", "enabled", "subscribed"})
_NO = frozenset({"false", "0", "no", "disabled", "unsubscribed"})


def _opted_in(value: object) -> bool | None:
    text = str(value).strip().lower()
    return True if text in _YES else False if text in _NO else None


def _content(body: bytes) -> dict[str, Any]:
    """The names and values of a body in JSON or in the form of a web form; none of an empty one."""
    if not body.strip():
        return {}
    if body.lstrip().startswith(b"{"):
        return _object(body)
    return _lower(dict(parse_qsl(body.decode("utf-8", "replace"))))


def _object(body: bytes) -> dict[str, Any]:
    content = _json(body)
    if not isinstance(content, dict):
        raise NotUnderstood("not a JSON object")
    return _lower(content)


def _json(body: bytes) -> Any:
    try:
        return from_json(body)
    except ValueError:
        raise NotUnderstood("not JSON") from None


def _lower(said: Mapping[str, Any]) -> dict[str, Any]:
    """Names in small letters: VTEX writes one and the same in several ways."""
    return {name.lower(): value for name, value in said.items()}


def _text(said: Mapping[str, Any], *names: str) -> str:
    for name in names:
        if isinstance(said.get(name), str | int) and str(said[name]).strip():
            return str(said[name]).strip()
    raise NotUnderstood("no id")


def _email(said: Mapping[str, Any], *names: str) -> str:
    address = _text(said, *names).lower()
    if address.count("@") != 1 or any(sign.isspace() for sign in address):
        raise NotUnderstood("no address")
    return address


def _moment(value: object) -> datetime | None:
    """A UTC moment of ISO 8601 text; without a zone it is UTC, as VTEX documents.

    None for what no clock of this century shows: .NET writes "no date" as the first day of year 1,
    and the last days of the calendar have no moment in UTC.
    """
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    if not EARLIEST.year <= moment.year < LATEST.year:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


KINDS: Mapping[str, Kind] = {
    "vtex-customers": Kind(("GET", "POST", "PUT"), ("created", "changed", "deleted"), _customers),
    "vtex-orders": Kind(("POST",), ("changed",), _orders),
    "connectif": Kind(("GET", "POST"), ("subscribed", "unsubscribed", "bounced"), _connectif),
    "consents": Kind(("POST", "PUT"), ("changed",), _consents),
}
