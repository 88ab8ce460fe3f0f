"""Every call to a platform held against what its vendor publishes.

In every run: against published/KIND.json, the part of the vendor's document that we speak. It is
what was sent and answered when all of it was last held against the whole document, which is the
vendor's and stands in no repository of ours. To hold it again and write these files:

python -m tests.destinations.held FOLDER
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest

from enrich.simulator.platforms.mailchimp import RESULTS
from tests.destinations.conftest import World
from tests.destinations.openapi import (
    Operation,
    answer_problems,
    answer_schema,
    asked_parameters,
    body_schema,
    operation_of,
    operations,
    parameters_of,
    plain,
    problems,
    read_document,
)
from tests.destinations.shapes import Shape

PUBLISHED = Path(__file__).parent / "published"
FOLDER = os.environ.get("PLATFORM_SCHEMAS")
GITHUB = "https://github.com"
# Where the documents are published, by their names in the folder; the first part is the kind.
DOCUMENTS: Mapping[str, str] = {
    "braze.yml": f"{GITHUB}/api-evangelist/braze: openapi/braze-user-data-api-openapi.yml",
    "brevo.yml": f"{GITHUB}/getbrevo/brevo-php at c795929: swagger_definition_v3.yml",
    "customerio.json": f"{GITHUB}/api-evangelist/customer-io: customer-io-track-api-openapi.json",
    "egoi.yaml": f"{GITHUB}/E-goi/sdk-java: api/openapi.yaml",
    "hubspot-contacts.json": f"{GITHUB}/HubSpot/HubSpot-public-api-spec-collection: Contacts",
    "hubspot-lists.json": f"{GITHUB}/HubSpot/HubSpot-public-api-spec-collection: Lists",
    "hubspot-properties.json": f"{GITHUB}/HubSpot/HubSpot-public-api-spec-collection: Properties",
    "hubspot-schemas.json": f"{GITHUB}/HubSpot/HubSpot-public-api-spec-collection: Schemas",
    "klaviyo.json": f"{GITHUB}/klaviyo/openapi: openapi/stable.json",
    "mailchimp-batches.yml": f"{GITHUB}/api-evangelist/mailchimp: batches",
    "mailchimp-members.yml": f"{GITHUB}/api-evangelist/mailchimp: members",
    "mailchimp-merge-fields.yml": f"{GITHUB}/api-evangelist/mailchimp: merge",
    "mailchimp-segments.yml": f"{GITHUB}/api-evangelist/mailchimp: segments",
    "masterdata-user-rights.json": f"{GITHUB}/vtex/openapi-schemas: VTEX - User Rights API.json",
    "masterdata-v1.json": f"{GITHUB}/vtex/openapi-schemas: VTEX - MasterData API - v10.2.json",
    "masterdata-v2.json": f"{GITHUB}/vtex/openapi-schemas: VTEX - Master Data API - v2.json",
}
KINDS = tuple(sorted({name.partition(".")[0].partition("-")[0] for name in DOCUMENTS}))


class NotPublished(BaseException):
    """A call that the vendor's document does not have; nothing on the way may catch it."""


class HeldWorld(World):
    """A world in which every call is one that its vendor publishes, and every answer too."""

    def simulated(self, name: str, request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith(RESULTS):  # a file on another host
            return super().simulated(name, request)
        for one in (request, *_within(name, request)):
            hold_request(name, one)
        response = super().simulated(name, request)
        hold_answer(name, request, response)
        return response


def _within(kind: str, request: httpx.Request) -> Iterator[httpx.Request]:
    """The calls that a batch of Mailchimp's carries, each as the call it is."""
    if kind != "mailchimp" or request.method != "POST" or request.url.path != "/3.0/batches":
        return
    for one in json.loads(request.content)["operations"]:
        url = request.url.copy_with(path=f"/3.0{one['path']}", params=one.get("params"))
        headers = {"content-type": "application/json"}
        yield httpx.Request(one["method"], url, headers=headers, content=one["body"])


NOTHING = "\0"  # in no line
_HELD: set[int] = set()  # the same call is made hundreds of times


def hold_request(kind: str, request: httpx.Request, but: str = NOTHING) -> None:
    """Raise NotPublished for a call that the vendor does not have, but for lines with that text."""
    if kind not in KINDS or _was_held(kind, request, request.content):
        return
    _refuse(one for one in problems(request, documents(kind)) if but not in one)
    if FOLDER:
        LEARNED[kind].learn_request(request, documents(kind))


def hold_answer(kind: str, request: httpx.Request, response: httpx.Response) -> None:
    """Raise NotPublished for an answer of a stand-in that the vendor would not give.

    A fault of the way there is in no document; what a limit answers, the written pages say.
    """
    if response.status_code == 429 or b'"simulated"' in response.content:
        return
    if kind not in KINDS or _was_held(kind, request, response.content, response.status_code):
        return
    _refuse(answer_problems(request, response, documents(kind)))
    if FOLDER:
        LEARNED[kind].learn_answer(request, response, documents(kind))


def _refuse(found: Iterable[str]) -> None:
    if lines := sorted(set(found)):
        raise NotPublished("\n".join(lines))


def _was_held(kind: str, request: httpx.Request, content: bytes, status: int = 0) -> bool:
    call = (kind, request.method, request.url.raw_path, tuple(request.headers), status, content)
    is_known = hash(call) in _HELD
    _HELD.add(hash(call))
    return is_known


@cache
def documents(kind: str) -> tuple[Operation, ...]:
    """The operations of what a kind's vendor publishes: of the whole, or of the part we speak."""
    if FOLDER is None:
        paths = [PUBLISHED / f"{kind}.json"]
    else:
        paths = [Path(FOLDER) / name for name in DOCUMENTS if name.startswith(kind)]
    return tuple(one for path in paths for one in operations(read_document(path)))


@dataclass
class Part:
    """What was sent by one operation and answered to it."""

    operation: Operation
    query: set[str] = field(default_factory=set)
    bodies: dict[str, Shape] = field(default_factory=dict)
    answers: dict[str, Shape] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        headers = [
            {"name": one["name"], "in": "header", "required": True}
            for one in parameters_of(self.operation)
            if one["in"] == "header" and one.get("required")
        ]
        asked = [{"name": name, "in": "query"} for name in sorted(self.query)]
        found: dict[str, Any] = {"parameters": [*headers, *asked]}
        if self.bodies:
            found["requestBody"] = {"content": _contents(self.bodies)}
        found["responses"] = {
            status: {"content": _contents({"application/json": shape})}
            for status, shape in sorted(self.answers.items())
        }
        return found


def _contents(shapes: Mapping[str, Shape]) -> dict[str, Any]:
    return {kind: {"schema": shape.schema()} for kind, shape in sorted(shapes.items())}


@dataclass
class Learned:
    """All of one kind that was held against the whole documents."""

    parts: dict[str, Part] = field(default_factory=dict)

    def _part(self, operation: Operation) -> Part:
        return self.parts.setdefault(operation.names, Part(operation))

    def learn_request(self, request: httpx.Request, known: tuple[Operation, ...]) -> None:
        operation = operation_of(request, known)
        assert operation is not None
        part = self._part(operation)
        part.query |= asked_parameters(request)
        schema = body_schema(request, operation)
        if request.content and schema is not None:
            kind = request.headers.get("content-type", "").partition(";")[0]
            shape = part.bodies.setdefault(kind, Shape())
            shape.learn(json.loads(request.content), plain(operation.document, schema))

    def learn_answer(
        self, request: httpx.Request, response: httpx.Response, known: tuple[Operation, ...]
    ) -> None:
        operation = operation_of(request, known)
        schema = answer_schema(response, operation) if operation else None
        if operation and schema is not None and response.content:
            shape = self._part(operation).answers.setdefault(f"{response.status_code}", Shape())
            shape.learn(json.loads(response.content), plain(operation.document, schema))

    def document(self, kind: str) -> dict[str, Any]:
        paths: dict[str, Any] = defaultdict(dict)
        for part in sorted(self.parts.values(), key=lambda one: one.operation.names):
            operation = part.operation
            paths[operation.base + operation.template][operation.method] = part.document()
        return {"openapi": "3.1.0", "info": _info(kind), "paths": paths}


LEARNED: Mapping[str, Learned] = {kind: Learned() for kind in KINDS}


def _info(kind: str) -> dict[str, Any]:
    paths = [Path(str(FOLDER)) / name for name in DOCUMENTS if name.startswith(kind)]
    return {
        "title": f"{kind}: what we send and read of it, no more",
        "held_on": f"{datetime.now(UTC).date()}",
        "against": [
            {
                "published": DOCUMENTS[path.name],
                "version": f"{read_document(path)['info']['version']}",
                "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            }
            for path in paths
        ],
    }


def main(folder: str) -> int:
    """Hold every call of the contract against the documents in a folder; write what was held."""
    os.environ["PLATFORM_SCHEMAS"] = folder
    from tests.destinations import held  # as the tests know it, and not as __main__

    names = ("test_contract.py", "test_schemas.py")
    paths = (str(Path(__file__).parent / name) for name in names)
    chosen = f"({' or '.join((*KINDS, 'written_back', 'own_erasure'))}) and not part_we_speak"
    imported = "ignore::pytest.PytestAssertRewriteWarning"  # by this module
    code = pytest.main(["-q", "-W", imported, "-k", chosen, *paths])
    for kind, learned in held.LEARNED.items() if code == 0 else ():
        text = json.dumps(learned.document(kind), indent=1, sort_keys=True)
        (PUBLISHED / f"{kind}.json").write_text(f"{text}\n", encoding="utf-8")
    return int(code)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
