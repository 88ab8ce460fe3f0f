"""A stand-in for Brevo: imports as processes; attributes that do not exist go without a word."""

from __future__ import annotations

from enrich.simulator.http import Reply, Request, RequestError, json_reply
from enrich.simulator.platforms.account import Account, Platform

MAX_BYTES = 10_000_000


def answer(account: Account, request: Request) -> Reply:
    """The reply to one call."""
    if not request.headers.get("api-key"):
        return json_reply({"code": "unauthorized"}, 401)
    if request.path == "/v3/contacts/attributes":
        return json_reply({"attributes": account.listed("name", "type")})
    if request.path == "/v3/contacts/import":
        return _import(account, request)
    job_id = f"job-{request.path.rpartition('/')[2]}"
    if job_id not in account.jobs:
        return json_reply({"code": "document_not_found"}, 404)
    status = "completed" if account.is_done(account.jobs[job_id]) else "in_process"
    return json_reply({"id": request.path.rpartition("/")[2], "status": status})


def _import(account: Account, request: Request) -> Reply:
    body = request.json()
    if len(request.body) > MAX_BYTES:
        return json_reply({"code": "too_large"}, 413)
    if not body["listIds"] or not body["updateExistingContacts"]:
        raise RequestError("a list and updates are needed")
    for contact in body["jsonBody"]:
        known = {
            name: value
            for name, value in contact["attributes"].items()
            if account.known_fields is None or name in account.known_fields
        }
        if contact["email"] not in account.refused:
            account.keep(contact["email"], known)
    job = account.new_job(total=len(body["jsonBody"]))
    return json_reply({"processId": int(job["id"].rpartition("-")[2])}, 202)


PLATFORM = Platform("api.brevo.com", answer)
