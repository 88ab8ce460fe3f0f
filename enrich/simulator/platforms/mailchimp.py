"""A stand-in for Mailchimp: members that are there are updated, others are a 404.

Batches run single operations and leave their results in an archive on another host. The rules are
those of mailchimp.com/developer/marketing: fundamentals, run-async-requests-batch-endpoint.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from dataclasses import replace
from typing import Any

from enrich.simulator.http import Reply, Request, RequestError, json_reply
from enrich.simulator.platforms.account import Account, Platform

THROTTLED = "throttled"  # a token: the next write meets the bare 403
NO_AUDIENCE = "no audience"  # a token: its answers are those about a member that is not there
MAX_WAITING, OPERATIONS_A_FILE = 500, 2
INSTANCE = "995c5cb0-3280-4a6e-808b-3b096d0bb219"
API, BATCHES, RESULTS = "/3.0", "/3.0/batches", "/batch-results/"


def answer(account: Account, request: Request) -> Reply:
    """The reply to one call; `account.refused` are members that are not there."""
    if request.path.startswith(RESULTS):
        return _results(account, request)
    if not request.headers.get("authorization", "").startswith("Basic "):
        return _problem(401, "API Key Invalid")
    if request.path.startswith(f"{BATCHES}/"):
        return _batch(account, request.path.rpartition("/")[2])
    if NO_AUDIENCE in account.tokens and request.path.startswith(f"{API}/lists/"):
        return _problem(404, "Resource Not Found")
    if request.path.endswith("/merge-fields"):
        return json_reply({"merge_fields": account.listed("tag", "type")})
    if THROTTLED in account.tokens:
        account.tokens.discard(THROTTLED)
        return Reply(403)
    if request.path == BATCHES:
        return _new_batch(account, request)
    return _member(account, request)


def _member(account: Account, request: Request) -> Reply:
    """One member by the digest of its address; `account.denied` are met with a 429."""
    if request.method == "POST" and request.path.endswith("/tags"):
        return _tags(account, request.path.split("/")[-2], request.json())
    if request.method == "POST" and request.path.endswith("/actions/delete-permanent"):
        gone = account.contacts.pop(request.path.split("/")[-3], None)
        return _problem(404, "Resource Not Found") if gone is None else Reply(204)
    member = request.path.rpartition("/")[2]
    if request.method != "PATCH" or "/members/" not in request.path or member in account.refused:
        return _problem(404, "Resource Not Found")
    if member in account.denied:
        return _problem(429, "Too Many Requests")
    body = request.json()
    if set(body) == {"email_address"}:
        return _move(account, member, body["email_address"])
    if set(body) != {"merge_fields"}:
        raise RequestError("a status must not change here")
    if account.known_fields is not None and not set(body["merge_fields"]) <= account.known_fields:
        return _problem(400, "Invalid Resource")
    account.keep(member, {name: value or None for name, value in body["merge_fields"].items()})
    return json_reply({"id": member})


def _tags(account: Account, member: str, body: dict[str, Any]) -> Reply:
    """Tags given and taken away; what is not named stays."""
    if member not in account.contacts or member in account.refused:
        return _problem(404, "Resource Not Found")
    changes = {tag["name"]: tag["status"] for tag in body["tags"]}
    if not set(changes.values()) <= {"active", "inactive"}:
        raise RequestError("a tag is active or inactive")
    kept = [tag for tag in account.contacts[member].get("tags", ()) if tag not in changes]
    given = [name for name, status in changes.items() if status == "active"]
    account.contacts[member]["tags"] = [*kept, *given]
    return Reply(204)


def _move(account: Account, member: str, address: str) -> Reply:
    """The member is known by the digest of its address."""
    if member not in account.contacts:
        return _problem(404, "Resource Not Found")
    digest = _digest(address)
    if not account.rename(member, digest):
        return _problem(400, "Member Exists")
    return json_reply({"id": digest})


def _digest(address: str) -> str:
    return hashlib.md5(address.encode(), usedforsecurity=False).hexdigest()


def _new_batch(account: Account, request: Request) -> Reply:
    if account.open_jobs() >= MAX_WAITING:
        return _problem(429, "Too Many Requests")
    results = [_operation(account, request, one) for one in request.json()["operations"]]
    job = account.new_job(results=results)
    return json_reply({"id": job["id"], "status": "pending", "total_operations": len(results)})


def _operation(account: Account, request: Request, one: dict[str, Any]) -> dict[str, Any]:
    """One operation carried out; its body and its answer are texts."""
    if not isinstance(one["body"], str) or not one["path"].startswith("/"):
        raise RequestError("a body as a text and a relative path are needed")
    single = replace(
        request, method=one["method"], path=API + one["path"], body=one["body"].encode()
    )
    try:
        reply = _member(account, single)
    except RequestError:
        reply = _problem(400, "Invalid Resource")
    return {
        "status_code": reply.status,
        "operation_id": one.get("operation_id"),
        "response": reply.body.decode(),
    }


def _batch(account: Account, job_id: str) -> Reply:
    """How far a batch is; only a finished one has an address of its results."""
    if job_id not in account.jobs:
        return _problem(404, "Resource Not Found")
    job = account.jobs[job_id]
    state: dict[str, Any] = {"id": job_id, "total_operations": len(job["results"])}
    if not account.is_done(job):
        return json_reply({**state, "status": "started", "finished_operations": 0})
    errored = sum(one["status_code"] >= 400 for one in job["results"])
    url = f"{account.url or f'https://{PLATFORM.host}'}{RESULTS}{job_id}.tar.gz"
    return json_reply(
        {
            **state,
            "status": "finished",
            "finished_operations": len(job["results"]),
            "errored_operations": errored,
            "response_body_url": url,
        }
    )


def _results(account: Account, request: Request) -> Reply:
    """The archive: a signed address on another host, which takes no key of ours."""
    job = account.jobs.get(request.path.removeprefix(RESULTS).removesuffix(".tar.gz"))
    if job is None or "authorization" in request.headers:
        return Reply(400)
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as files:
        files.addfile(_entry("results", directory=True))
        for start in range(0, len(job["results"]), OPERATIONS_A_FILE):
            text = json.dumps(job["results"][start : start + OPERATIONS_A_FILE]).encode()
            files.addfile(_entry(f"results/{start}.json", len(text)), io.BytesIO(text))
    return Reply(200, out.getvalue(), content_type="application/gzip")


def _entry(name: str, size: int = 0, *, directory: bool = False) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.type = size, tarfile.DIRTYPE if directory else tarfile.REGTYPE
    return entry


def _problem(status: int, title: str) -> Reply:
    return json_reply(_problem_of(status, title), status)


def _problem_of(status: int, title: str, detail: str = "") -> dict[str, Any]:
    kind = "https://mailchimp.com/developer/marketing/docs/errors/"
    return {"type": kind, "title": title, "status": status, "detail": detail, "instance": INSTANCE}


def _refused(code: str, reason: str) -> Reply:
    """No code but a title; what is wrong with a field stands in the list."""
    errors = [{"field": code, "message": reason}]
    detail = "For field-specific details, see the 'errors' array."
    return json_reply({**_problem_of(400, "Invalid Resource", detail), "errors": errors}, 400)


# It documents no header about its limits.
PLATFORM = Platform(
    "us1.api.mailchimp.com",
    answer,
    refused=_refused,
    throttled=lambda wait: _problem(429, "Too Many Requests"),
    key_of=_digest,
)
