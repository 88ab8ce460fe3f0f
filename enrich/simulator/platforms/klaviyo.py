"""A stand-in for Klaviyo: import jobs with pages of errors, and a revision in every call.

The shapes are those of github.com/klaviyo/openapi; the rules of developers.klaviyo.com:
use_klaviyos_bulk_profile_import_api, rate_limits_and_error_handling.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from math import ceil
from typing import Any

from enrich.simulator.http import Reply, Request, RequestError, json_reply
from enrich.simulator.platforms.account import Account, Platform

MAX_PROFILES, MAX_BYTES, MAX_PROFILE_BYTES = 10_000, 5_000_000, 100_000
MAX_MEMBERS, MAX_FILTERED = 1_000, 100
JOBS, PROFILES, LISTS = "/api/profile-bulk-import-jobs", "/api/profiles", "/api/lists"
REVISION = re.compile(r"\d{4}-\d{2}-\d{2}")
ERRORS_PER_PAGE, ERROR_ID = 2, "6a3f1f2e-0c70-4b87-a7e4-0c7f5b5d7f5f"


def answer(account: Account, request: Request) -> Reply:
    """The reply to one call."""
    if not request.headers.get("authorization", "").startswith("Klaviyo-API-Key "):
        return _problem(401, "not_authenticated")
    if not REVISION.fullmatch(request.headers.get("revision", "")):
        return _problem(400, "missing_revision")
    if request.path == "/api/accounts":
        return json_reply({"data": []})
    if request.path == "/api/data-privacy-deletion-jobs":
        return _delete(account, request)
    if request.path.startswith(LISTS):
        return _lists(account, request)
    if request.path.startswith(PROFILES):
        return _profile(account, request)
    if request.path == JOBS:
        return _new_job(account, request)
    job_id, _, rest = request.path.removeprefix(f"{JOBS}/").partition("/")
    if job_id not in account.jobs:
        return _problem(404, "not_found")
    job = account.jobs[job_id]
    return _errors(job, request) if rest == "import-errors" else _job(account, job)


def _new_job(account: Account, request: Request) -> Reply:
    data = request.json()["data"]
    if data["type"] != "profile-bulk-import-job":
        raise RequestError("no import job")
    profiles = data["attributes"]["profiles"]["data"]
    sizes = [len(json.dumps(profile, ensure_ascii=False).encode()) for profile in profiles]
    if len(profiles) > MAX_PROFILES or len(request.body) > MAX_BYTES:
        return _problem(413, "too_large")
    if max(sizes) > MAX_PROFILE_BYTES:
        return _problem(400, "profile_too_large")
    refused = []
    for profile in profiles:
        attributes = profile["attributes"]
        if attributes["email"] in account.refused:
            refused.append(profile)
        else:
            _keep(account, attributes["email"], profile)
    job = account.new_job(total=len(profiles), refused=refused)
    return json_reply({"data": _shown(job)}, 202)


def _keep(account: Account, email: str, profile: dict[str, Any]) -> None:
    """A null changes nothing; only `unset` takes a property away."""
    given = profile["attributes"].get("properties", {})
    values = {name: value for name, value in given.items() if value is not None}
    unset = profile.get("meta", {}).get("patch_properties", {}).get("unset", [])
    account.keep(email, {**values, **dict.fromkeys(unset)})


def _profile(account: Account, request: Request) -> Reply:
    """A profile asked for by its address, or changed by its id."""
    profile_id = request.path.removeprefix(PROFILES).strip("/")
    if not profile_id:
        wanted = _wanted(request, "email")
        found = [(number, name) for number, name in account.ids.items() if name in wanted]
        data = [_resource("profile", at, email=one) for at, one in found]
        return json_reply({"data": data, "links": {"self": PROFILES}})
    kept, data = account.by_id(profile_id), request.json()["data"]
    if kept is None or data["id"] != profile_id:
        return _problem(404, "not_found")
    email = data["attributes"].get("email", kept)
    if email != kept and not account.rename(kept, email):
        return _problem(409, "duplicate_profile")
    _keep(account, email, data)
    return json_reply({"data": _resource("profile", profile_id, email=email)})


def _resource(kind: str, number: str, **attributes: str) -> dict[str, Any]:
    links = {"self": f"https://a.klaviyo.com/api/{kind}s/{number}/"}
    return {"type": kind, "id": number, "attributes": attributes, "links": links}


def _wanted(request: Request, field: str) -> list[str]:
    """The values of a filter: equals(field,"one") or any(field,["one","two"])."""
    verb, _, rest = request.query["filter"].partition("(")
    name, _, values = rest.removesuffix(")").partition(",")
    if name != field or verb not in ("equals", "any"):
        raise RequestError("no such filter")
    found = json.loads(values)
    if verb == "any" and len(found) > MAX_FILTERED:
        raise RequestError("too many values")
    return found if verb == "any" else [found]


def _lists(account: Account, request: Request) -> Reply:
    """The lists of a name, or people added to one and taken out by their ids."""
    lists, members = account.table("lists"), account.table("audiences")
    list_id, _, rest = request.path.removeprefix(LISTS).strip("/").partition("/")
    if not list_id:
        wanted = _wanted(request, "name")
        found = [_resource("list", at, name=one) for at, one in lists.items() if one in wanted]
        return json_reply({"data": found, "links": {"self": LISTS}})
    people = [account.by_id(one["id"]) for one in request.json()["data"]]
    if list_id not in lists or rest != "relationships/profiles" or None in people:
        return _problem(404, "not_found")
    if len(people) > MAX_MEMBERS or account.refused.intersection(map(str, people)):
        return _problem(400, "invalid")
    for email in people:
        if request.method == "POST":
            members[f"{list_id}:{email}"] = {"count": 1}
        else:
            members.pop(f"{list_id}:{email}", None)
    return Reply(204)


def _job(account: Account, job: dict[str, Any]) -> Reply:
    return json_reply({"data": _shown(job, is_done=account.is_done(job))})


def _shown(job: dict[str, Any], *, is_done: bool = False) -> dict[str, Any]:
    """A job as its own resource."""
    failed = len(job["refused"])
    attributes = {
        "status": "complete" if is_done else "processing",
        "created_at": "2026-10-15T00:00:00+00:00",
        "total_count": job["total"],
        "completed_count": job["total"] - failed if is_done else 0,
        "failed_count": failed if is_done else 0,
    }
    links = {"self": f"https://a.klaviyo.com{JOBS}/{job['id']}"}
    kind = {"type": "profile-bulk-import-job", "id": job["id"]}
    return {**kind, "attributes": attributes, "links": links}


def _errors(job: dict[str, Any], request: Request) -> Reply:
    start = request.number("page", 0)
    page = job["refused"][start : start + ERRORS_PER_PAGE]
    following = start + ERRORS_PER_PAGE
    here = f"https://a.klaviyo.com{request.path}"
    items = [
        {
            "type": "import-error",
            "id": str(start + at),
            "attributes": {**_error(profile), "source": {}, "original_payload": profile},
        }
        for at, profile in enumerate(page)
    ]
    more = {"next": f"{here}?page={following}"} if following < len(job["refused"]) else {}
    return json_reply({"data": items, "links": {"self": here, **more}})


def _error(profile: dict[str, Any]) -> dict[str, Any]:
    email = profile["attributes"]["email"]
    return {"code": "invalid", "title": "Invalid input.", "detail": f"Invalid email {email}"}


def _delete(account: Account, request: Request) -> Reply:
    profile = request.json()["data"]["attributes"]["profile"]["data"]["attributes"]
    account.contacts.pop(profile["email"], None)
    return Reply(202)


def _problem(
    status: int, code: str, headers: Mapping[str, str] | None = None, detail: str = ""
) -> Reply:
    error = {"id": ERROR_ID, "code": code, "status": status, "title": "Invalid input."}
    error |= {"detail": detail or code}
    return json_reply({"errors": [error]}, status, headers)


def _throttled(wait: float) -> Reply:
    headers = {"retry-after": str(ceil(wait)), "ratelimit-reset": str(ceil(wait))}
    return _problem(429, "throttled", headers)


def _refused(code: str, reason: str) -> Reply:
    return _problem(400, code, detail=reason)


PLATFORM = Platform(
    "a.klaviyo.com",
    answer,
    150,
    60,
    _throttled,
    windows=lambda request: [("burst", 10, 1), ("steady", 150, 60)],
    refused=_refused,
)
