"""What each kind of caller may say, and what is kept of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import get_args, get_type_hints

import pytest
from pydantic import SecretStr

from enrich.errors import BadSettings
from enrich.receiver import KINDS, Notice, check_secret
from enrich.receiver.callers import Call, NotUnderstood, read_call
from enrich.settings import Caller

AT = datetime(2026, 3, 2, 14, 7, 42, 715383, tzinfo=UTC)
HOOK = b"""{"Domain":"Marketplace","OrderId":"1401230000017-01","State":"payment-approved",
"LastState":"approve-payment","LastChange":"2026-03-02T14:07:41.1340570Z",
"CurrentChange":"2026-03-02T14:07:42.7153839Z","Origin":{"Account":"demostore","Key":"k"}}"""
ANA = "ana@example.com"

UNDERSTOOD = [
    # kind, event, query, body, what is kept
    ("vtex-customers", "changed", {}, b'{"id": "CL-ABC-1"}', [("customers", "abc-1", "changed")]),
    ("vtex-customers", "created", {"id": "abc"}, b"", [("customers", "abc", "created")]),
    ("vtex-customers", "deleted", {}, b"id=abc&x=1", [("customers", "abc", "deleted")]),
    ("vtex-customers", "changed", {}, b'{"documentId": "abc"}', [("customers", "abc", "changed")]),
    ("vtex-orders", "changed", {}, b'{"hookConfig":"ping"}', []),
    ("vtex-orders", "changed", {}, HOOK, [("orders", "1401230000017-01", "payment-approved", AT)]),
    ("vtex-orders", "changed", {}, b'{"orderId":"v1-01"}', [("orders", "v1-01", "changed")]),
    ("connectif", "subscribed", {"email": "Ana@Example.com", "ip": "203.0.113.7"}, b"",
     [("consents", ANA, "subscribed", None, True)]),
    ("connectif", "unsubscribed", {"email": ANA, "ip": ""}, b"",
     [("consents", ANA, "unsubscribed", None, False)]),
    ("connectif", "bounced", {}, b'{"bounceErrorMessage": "", "contactEmail": "ana@example.com"}',
     [("consents", ANA, "bounced")]),
    ("consents", "changed", {}, b'{"email": "ana@example.com", "opted_in": true}',
     [("consents", ANA, "subscribed")]),
    ("consents", "changed", {}, b'{"email": "ana@example.com", "newsletter_agreement": "disabled",'
     b' "changed_at": "2026-03-02T15:07:42.715383+01:00"}',
     [("consents", ANA, "unsubscribed", AT)]),
    ("consents", "changed", {}, b'[{"email": "ana@example.com", "agreements": {"email": 1}},'
     b' {"email": "bo@example.com", "subscribed": "no", "by_person": true}]',
     [("consents", ANA, "subscribed"), ("consents", "bo@example.com", "unsubscribed", None, True)]),
]  # fmt: skip
NOT_UNDERSTOOD = [
    ("vtex-customers", "changed", {}, b""),
    ("vtex-customers", "changed", {}, b'{"id": null}'),
    ("vtex-customers", "changed", {}, b'{"id": ""}'),
    ("vtex-customers", "changed", {"id": "x" * 321}, b""),
    ("vtex-customers", "changed", {"id": "a\x00b"}, b""),
    ("vtex-orders", "changed", {}, b"[]"),
    ("vtex-orders", "changed", {}, b'{"Domain":"Marketplace"}'),
    ("vtex-orders", "changed", {}, b"{"),
    ("connectif", "subscribed", {"email": "nobody"}, b""),
    ("connectif", "subscribed", {"email": "a b@example.com"}, b""),
    ("connectif", "subscribed", {}, b""),
    ("connectif", "bounced", {}, b'{"bounceErrorMessage": "full"}'),
    ("consents", "changed", {}, b'{"email": "ana@example.com"}'),
    ("consents", "changed", {}, b'{"email": "ana@example.com", "opted_in": "perhaps"}'),
    ("consents", "changed", {}, b'{"opted_in": true}'),
    ("consents", "changed", {}, b"[1]"),
    ("consents", "changed", {}, b'"text"'),
    ("consents", "changed", {}, b"[" + b"{}," * 1_000 + b"{}]"),
]


@pytest.mark.parametrize(("kind", "event", "query", "body", "kept"), UNDERSTOOD)
def test_a_call_that_says_something(
    kind: str, event: str, query: dict[str, str], body: bytes, kept: list[tuple[object, ...]]
) -> None:
    assert event in KINDS[kind].events
    assert read_call(kind, Call(event, query, body)) == [Notice(*one) for one in kept]


@pytest.mark.parametrize(("kind", "event", "query", "body"), NOT_UNDERSTOOD)
def test_a_call_that_says_nothing_usable(
    kind: str, event: str, query: dict[str, str], body: bytes
) -> None:
    with pytest.raises(NotUnderstood) as fault:
        read_call(kind, Call(event, query, body))
    assert "example.com" not in str(fault.value)


def test_the_settings_know_every_kind() -> None:
    assert set(get_args(get_type_hints(Caller)["kind"])) == set(KINDS)


@pytest.mark.parametrize(
    "secret", ["", "short", "x" * 19, "with a space " * 3, "a/b" * 10, "ü" * 30]
)
def test_a_secret_that_can_be_guessed_or_breaks_an_address_is_refused(secret: str) -> None:
    with pytest.raises(BadSettings, match="token_urlsafe") as fault:
        check_secret("hook", SecretStr(secret))
    assert not secret or secret not in str(fault.value)
