"""Newsletter statuses at a platform: when, from where and by whom, and the webhooks."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from enrich.simulator.http import RequestError
from enrich.simulator.outbox import MAX_TRIES, Outgoing, json_call
from enrich.simulator.platforms.account import Account

SUBSCRIBED, UNSUBSCRIBED, BOUNCED = "subscribed", "unsubscribed", "bounced"
OUR_API, FORM = "api", "form"
TITLES = {
    "email": "Email",
    "status": "Newsletter subscription status",
    "subscribed_at": "Date of last newsletter subscription",
    "subscribed_ip": "IP of the last newsletter subscription",
    "subscribed_origin": "Origin of the last newsletter subscription",
    "unsubscribed_at": "Date of last newsletter unsubscription",
    "unsubscribed_ip": "IP of the last newsletter unsubscription",
    "unsubscribed_origin": "Origin of the last newsletter unsubscription",
}


def set_status(
    account: Account, email: str, status: str, *, ip: str = "", origin: str = OUR_API
) -> None:
    """Keep a status with its date and call the webhooks; nothing when it is there already.

    A subscription is sent when a form made it, an unsubscription whoever made it, also an import or
    a call of the API: then without an IP.
    """
    if status not in (SUBSCRIBED, UNSUBSCRIBED):
        raise RequestError("a status is subscribed or unsubscribed")
    kept = account.table("consents").setdefault(email, {})
    if kept.get("status") == status:
        return
    kept["status"] = status
    kept[f"{status}_at"] = moment_of(account)
    kept[f"{status}_ip"], kept[f"{status}_origin"] = ip, origin
    if status == UNSUBSCRIBED or origin == FORM:
        _call_webhook(account, status, {"email": email, "ip": ip})


def bounce(account: Account, email: str) -> None:
    """Let the webhook of mails that came back go off."""
    body = {"email": email, "bounceErrorMessage": "550 mailbox unavailable"}
    if BOUNCED in account.webhooks:
        url = account.webhooks[BOUNCED]
        account.outbox.post(json_call(f"webhook {BOUNCED}", url, {}, body, MAX_TRIES))


def exported(account: Account, version: str) -> str:
    """The contacts as a CSV; only version 5 has the dates of subscriptions."""
    names = list(TITLES) if version == "v5" else ["email", "status"]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([TITLES[name] for name in names])
    for email in sorted({*account.contacts, *account.table("consents")}):
        row = {"email": email, "status": "none", **account.table("consents").get(email, {})}
        writer.writerow([row.get(name, "") for name in names])
    return text.getvalue()


def moment_of(account: Account) -> str:
    """What time it is at the platform."""
    return datetime.fromtimestamp(account.seconds, UTC).isoformat(timespec="milliseconds")


def _call_webhook(account: Account, event: str, query: dict[str, Any]) -> None:
    if event in account.webhooks:
        url = f"{account.webhooks[event]}?{urlencode(query)}"
        account.outbox.post(Outgoing(f"webhook {event}", "GET", url, tries=MAX_TRIES))
