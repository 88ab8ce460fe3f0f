"""VTEX's own erasure of a person (User Rights API): a job an address, filed once, then looked at.

It is for shoppers alone, no company and no user of the admin, and leaves out the Master Data
entities that a shop made itself: those are to be emptied first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from enrich.client import BadBody, NotFound, Unanswered, parse_json
from enrich.sources.source import Erasure, JobState
from enrich.sources.vtex.access import VtexClient
from enrich.sources.vtex.entities import ERASURE_JOB, ERASURE_JOBS

STATES: Mapping[str, JobState] = {
    "InProgress": JobState.IN_PROGRESS,
    "Success": JobState.DONE,
    "Failed": JobState.FAILED,
}


@dataclass(frozen=True)
class VtexErasure(Erasure):
    """The erasure jobs of an account."""

    client: VtexClient

    def file(self, email: str) -> str:
        route = ERASURE_JOBS
        response = self.client.send(
            route, method="POST", body={"email": email}, is_repeatable=False
        )
        if response.status_code < 500:
            self.client.refuse(route, response)
            job_id = _part(response.content, "jobId")
            if job_id:
                return job_id
        raise Unanswered(f"VTEX {route.name}: no job id came back; it may have been filed")

    def state(self, job_id: str) -> JobState:
        """One try: VTEX throttles whoever asks for a job more than every 30 seconds."""
        try:
            answer = self.client.fetch(ERASURE_JOB, path={"job_id": job_id}, tries=1)
        except NotFound:
            return JobState.FAILED
        state = STATES.get(_part(answer.content, "status") or "")
        if state is None:
            raise BadBody(f"VTEX {ERASURE_JOB.name}: a status that VTEX does not document")
        return state


def _part(content: bytes, name: str) -> str | None:
    """A text of the answer; None when there is none."""
    try:
        found = parse_json(content)
    except BadBody:
        return None
    text = found.get(name) if isinstance(found, dict) else None
    return text if isinstance(text, str) else None
