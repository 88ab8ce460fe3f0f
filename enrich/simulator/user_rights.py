"""VTEX's User Rights API: a job an address, which erases the person when its time has come.

From the published schema (vtex/openapi-schemas, "VTEX - User Rights API.json") and the guide
"User Rights: Automating data erasure requests", both of October 2026. What becomes of orders is
not documented: they stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import NAMESPACE_URL, uuid5

import polars as pl

from enrich.simulator.documents import current_view, delete_document
from enrich.simulator.http import Reply, Request, RequestError, json_reply
from enrich.simulator.moments import MINUTE, SECOND
from enrich.simulator.vtex_state import Vtex

LOOK_US = 30 * SECOND  # whoever asks more often may be throttled
MESSAGES = {
    "InProgress": "Processing deletion request.",
    "Success": "The user's data has been deleted.",
    "Failed": "The deletion could not be completed after all retry attempts.",
}


@dataclass(slots=True)
class ErasureJob:
    """One job; `status` is InProgress until its time has come."""

    email: str = field(repr=False)
    filed_us: int
    status: str = "InProgress"
    looked_us: int | None = None


def file_job(vtex: Vtex, request: Request) -> Reply:
    """The answer to `POST /api/user-rights/forget/jobs`; the same address gets another job."""
    content = request.json()
    email = content.get("email") if isinstance(content, dict) else None
    if not isinstance(email, str) or "@" not in email:
        raise RequestError("email is required")
    job_id = str(uuid5(NAMESPACE_URL, f"{vtex.account} {len(vtex.erasures)}"))
    vtex.erasures[job_id] = ErasureJob(email.lower(), vtex.now_us())
    return json_reply({"jobId": job_id}, 201)


def show_job(vtex: Vtex, request: Request, job_id: str) -> Reply:
    """The answer to `GET /api/user-rights/forget/jobs/{jobId}`."""
    job, now_us = vtex.erasures.get(job_id), vtex.now_us()
    if job is None:
        return json_reply({"message": "Job not found"}, 404)
    if job.looked_us is not None and now_us - job.looked_us < LOOK_US:
        return json_reply({"message": "Too many requests"}, 429, {"retry-after": "30"})
    job.looked_us = now_us
    return json_reply({"status": job.status, "message": MESSAGES[job.status]})


def work_off(vtex: Vtex) -> None:
    """End the jobs whose time has come: an unknown address is a success, a company is none."""
    takes_us = int(vtex.weather.erasure_minutes * MINUTE)
    for job in vtex.erasures.values():
        if job.status == "InProgress" and job.filed_us + takes_us <= vtex.now_us():
            found = current_view(vtex).filter(pl.col("email").str.to_lowercase() == job.email)
            is_refused = vtex.weather.erasures_fail or bool(found["isCorporate"].any())
            job.status = "Failed" if is_refused else "Success"
            for document_id in [] if is_refused else found["id"]:
                delete_document(vtex, document_id)
