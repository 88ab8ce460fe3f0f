"""A stand-in for Master Data v2: writing makes an entity, a PUT replaces a document."""

from __future__ import annotations

import hashlib
from typing import Any

from enrich.simulator.http import Reply, Request, json_reply
from enrich.simulator.platforms.account import Account, Platform

OF_THE_SHOP = ("CL", "AD")


def answer(account: Account, request: Request) -> Reply:
    """The reply to one call on /api/dataentities/{entity}/documents/{id}."""
    if "x-vtex-api-apptoken" not in request.headers:
        return json_reply({"Message": "Unauthorized"}, 401)
    entity, _, document_id = request.path.removeprefix("/api/dataentities/").partition(
        "/documents/"
    )
    if entity in OF_THE_SHOP or not document_id:
        return json_reply({"Message": "not in v2"}, 400)
    documents = account.table(entity.removeprefix("enrich_"))
    found = documents.get(document_id)
    if request.method == "PUT":
        return _put(account, documents, request, document_id)
    if found is None:
        return Reply(404)
    if request.method == "DELETE" and "Full access to all documents" in account.denied:
        return json_reply({"Message": "Forbidden"}, 403)
    if request.method == "DELETE":
        del documents[document_id]
        return Reply(204)
    return json_reply(found)


def _put(account: Account, documents: dict[str, Any], request: Request, document_id: str) -> Reply:
    values = request.json()
    if account.refused & {values.get("email"), str(values.get("customer_key"))}:
        return json_reply({"Message": "Schema validation"}, 400)
    if documents.get(document_id) == values:
        return Reply(304)
    account.times[document_id] = account.times.get(document_id, 0) + 1
    documents[document_id] = values
    return Reply(204)


def _refused(code: str, reason: str) -> Reply:
    """No code."""
    return json_reply([{"Message": reason}], 400)


def _id_of(address: str) -> str:
    """The id that our own adapter makes of an address: the document holds it too."""
    return hashlib.sha256(address.encode()).hexdigest()[:32]


PLATFORM = Platform("demostore.vtexcommercestable.com.br", answer, refused=_refused, key_of=_id_of)
