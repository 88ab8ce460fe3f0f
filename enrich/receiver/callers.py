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
from enrich.receiver.messages import CONSENTS, CUSTOMERS, ORDERS, Notice

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
    read: Callable[[Call], list[Notice]]


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


def read_call(kind: str, call: Call) -> list[Notice]:
    """What a call reports; nothing when it only asks whether we are there. Raises NotUnderstood."""
    try:
        notices = KINDS[kind].read(call)
    except NotUnderstood:
        raise
    except ValueError:  # such as a number of 5,000 digits
        raise NotUnderstood("not readable") from None
    if any(not 0 < len(one.key) <= MAX_KEY or not one.key.isprintable() for one in notices):
        raise NotUnderstood("no usable id or address")
    return notices


def _customers(call: Call) -> list[Notice]:
    """A Master Data trigger; the id stands in the query or in the body, as the shop wrote it."""
    content = {**call.query, **_content(call.body)}
    return [Notice(CUSTOMERS, tidy_document_id(_text(content, "id", "documentid")), call.event)]


def _orders(call: Call) -> list[Notice]:
    """A notification of the orders hook, or the question VTEX asks when the hook is saved."""
    content = _object(call.body)
    if "hookconfig" in content:
        return []
    state = content.get("state")
    changed_at = _moment(content.get("currentchange") or content.get("lastchange"))
    return [Notice(ORDERS, _text(content, "orderid"), _state(state) or call.event, changed_at)]


def _state(value: object) -> str | None:
    """An order state as VTEX writes one; what is no such word is not kept."""
    is_state = isinstance(value, str) and len(value) <= LONGEST_EVENT and value.isprintable()
    return value if is_state and isinstance(value, str) else None


def _connectif(call: Call) -> list[Notice]:
    """(Un)subscriptions are in the query; without an ip nobody clicked, and it may be our echo."""
    if call.event == "bounced":
        content = _object(call.body)
        names = [name for name in content if name.replace("_", "").endswith("email")]
        return [Notice(CONSENTS, _email(content, *names), call.event)]
    by_person = bool(call.query.get("ip", "").strip())
    return [Notice(CONSENTS, _email(call.query, "email"), call.event, by_person=by_person)]


def _consents(call: Call) -> list[Notice]:
    """One statement or a list of them, from any platform that can post JSON."""
    found = _json(call.body)
    found = found if isinstance(found, list) else [found]
    if len(found) > MAX_IN_ONE_CALL or not all(isinstance(one, dict) for one in found):
        raise NotUnderstood("not an object, nor a list of at most a thousand")
    return [_statement(_lower(one)) for one in found]


def _statement(content: Mapping[str, Any]) -> Notice:
    agreements = content.get("agreements")
    if isinstance(agreements, dict):
        content = {**content, "opted_in": agreements.get("email")}
    names = ("opted_in", "subscribed", "newsletter_agreement", "newsletter")
    opted_in = next((_opted_in(content[name]) for name in names if name in content), None)
    if opted_in is None:
        raise NotUnderstood("neither a yes nor a no")
    changed_at = _moment(content.get("changed_at"))
    by_person = _opted_in(content.get("by_person")) is True
    return Notice(CONSENTS, _email(content, "email"), _EVENTS[opted_in], changed_at, by_person)


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


def _lower(content: Mapping[str, Any]) -> dict[str, Any]:
    """Names in small letters: VTEX writes one and the same in several ways."""
    return {name.lower(): value for name, value in content.items()}


def _text(content: Mapping[str, Any], *names: str) -> str:
    for name in names:
        if isinstance(content.get(name), str | int) and str(content[name]).strip():
            return str(content[name]).strip()
    raise NotUnderstood("no id")


def _email(content: Mapping[str, Any], *names: str) -> str:
    address = _text(content, *names).lower()
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
