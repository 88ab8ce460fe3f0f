"""A stand-in for Connectif: contacts, import jobs, and 100 requests a minute for everything."""

from __future__ import annotations

import csv
import io
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

from enrich.simulator.http import Reply, Request, RequestError, json_reply
from enrich.simulator.platforms.account import Account, Platform

MAX_QUEUED_IMPORTS = 10
MAX_FILE_BYTES = 50 * 1024 * 1024
REPORT = "/reports/"


def answer(account: Account, request: Request) -> Reply:
    """The reply to one call; a wrong key gets a 401 without a body."""
    head, _, rest = request.path.removeprefix("/").partition("/")
    if request.path.startswith(REPORT):
        return _report(account, rest)
    if not request.headers.get("authorization", "").startswith("apiKey "):
        return Reply(401)
    if head == "contacts":
        return _contact(account, request, rest.removeprefix("email/"))
    if (request.method, head, rest) == ("POST", "imports", ""):
        return _import(account, request)
    if head == "imports" and rest in account.jobs:
        return json_reply(_job(account, account.jobs[rest]))
    return json_reply({"status": 404, "title": "Not Found"}, 404)


def _contact(account: Account, request: Request, email: str) -> Reply:
    if request.method == "DELETE":
        return Reply(204 if account.contacts.pop(email, None) is not None else 404)
    if request.method == "GET":
        found = account.contacts.get(email)
        return Reply(404) if found is None else json_reply({"_email": email, **found})
    values = request.json()
    reasons = [{"path": name, "reason": "unknown"} for name in values if _is_unknown(account, name)]
    if email in account.refused or reasons:
        body = {"status": 422, "detail": "validation failed", "validationErrors": reasons}
        return json_reply(body, 422)
    account.keep(email, values)
    return json_reply({"_email": email})


def _is_unknown(account: Account, name: str) -> bool:
    return account.known_fields is not None and name not in account.known_fields


def _import(account: Account, request: Request) -> Reply:
    if account.open_jobs() >= MAX_QUEUED_IMPORTS:
        return json_reply({"status": 400, "title": "Bad Request", "code": "E0401"}, 400)
    if len(request.body) > MAX_FILE_BYTES:
        return json_reply({"status": 413}, 413)
    parts = _parts(request)
    if parts["type"] != "contacts" or parts["overrideExisting"] != "true":
        raise RequestError("only contacts that override")
    rows = list(csv.DictReader(io.StringIO(parts["file"]), delimiter=parts["delimiter"]))
    if rows and "_email" not in rows[0]:
        return json_reply({"status": 422, "detail": "_email is missing"}, 422)
    refused = [row["_email"] for row in rows if row["_email"] in account.refused]
    for row in rows:
        if row["_email"] not in account.refused:
            account.keep(row["_email"], {k: v for k, v in row.items() if k != "_email" and v})
    job = account.new_job(total=len(rows), refused=refused)
    return json_reply({"id": job["id"], "status": "queued", "total": len(rows)}, 201)


def _parts(request: Request) -> dict[str, str]:
    kind = request.headers["content-type"].encode()
    message = BytesParser(policy=HTTP).parsebytes(
        b"Content-Type: " + kind + b"\r\n\r\n" + request.body
    )
    parts: list[Message] = list(message.iter_parts())
    return {
        str(part.get_param("name", header="content-disposition")): _text(part) for part in parts
    }


def _text(part: Message) -> str:
    content = part.get_payload(decode=True)
    return content.decode() if isinstance(content, bytes) else ""


def _job(account: Account, job: dict[str, Any]) -> dict[str, Any]:
    shown = {"id": job["id"], "type": "contacts", "total": job["total"], "status": "running"}
    if not account.is_done(job):
        return shown
    errors = len(job["refused"])
    done = {"status": "finished", "success": job["total"] - errors, "errors": errors}
    url = f"https://api.connectif.cloud{REPORT}{job['id']}" if errors else None
    return {**shown, **done, "errorReportFileUrl": url, "finishedAt": "2026-01-01T00:00:00Z"}


def _report(account: Account, job_id: str) -> Reply:
    rows = "".join(f"{email},refused\n" for email in account.jobs[job_id]["refused"])
    return Reply(200, f"_email,reason\n{rows}".encode(), content_type="text/csv")


def _throttled(wait: float) -> Reply:
    """429 with the moment of the reset in epoch seconds; the Date is the epoch itself."""
    headers = {
        "x-ratelimit-limit": "100",
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": str(2_000_000_000 + max(1, round(wait + 0.5))),
        "date": "Wed, 18 May 2033 03:33:20 GMT",
    }
    return Reply(429, b"", headers)


PLATFORM = Platform("api.connectif.cloud", answer, 100, 60, _throttled)
