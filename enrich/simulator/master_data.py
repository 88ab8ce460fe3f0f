"""Master Data v1 over HTTP: search with ranges, scroll with tokens, single documents."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import polars as pl

from enrich.simulator.contacts import DATE_FIELDS
from enrich.simulator.documents import (
    FILTERABLE,
    current_view,
    documents_of,
    find_document,
    write_document,
)
from enrich.simulator.http import Reply, Request, RequestError, json_reply
from enrich.simulator.moments import MINUTE
from enrich.simulator.vtex_state import Scroll, Vtex
from enrich.simulator.where import WhereError, equals, parse_where

ENTITIES = ("CL", "AD")
DEFAULT_ROWS, MAX_ROWS, DEPTH = 15, 100, 10_000
MAX_SCROLL_SIZE, MAX_SCROLLS, SCROLL_LIFE_US = 1_000, 10, 20 * MINUTE
_RANGE = re.compile(r"^resources=(\d+)-(\d+)$")


class PrivateFieldError(Exception):
    """A field was asked for that this key may not read."""


def search(vtex: Vtex, request: Request, entity: str) -> Reply:
    """The answer to `GET /api/dataentities/{entity}/search`."""
    first, last = _range(request)
    if last > DEPTH:
        raise RequestError(f"Only the first {DEPTH} documents can be reached")
    found = _matching(vtex, request)
    page = documents_of(vtex, entity, found[first:last])
    return json_reply(
        _chosen(vtex, page, request.query.get("_fields", "")),
        headers={"rest-content-range": _content_range(vtex, first, last, found.height)},
    )


def scroll(vtex: Vtex, request: Request, entity: str) -> Reply:
    """The answer to `GET /api/dataentities/{entity}/scroll`: the first call and those after it."""
    token = request.query.get("_token")
    _forget_old_scrolls(vtex)
    if token is None:
        token = _open_scroll(vtex, request, entity)
    elif token not in vtex.scrolls or vtex.sky.share("expired_scrolls", "scroll"):
        vtex.scrolls.pop(token, None)
        raise RequestError(f"Operation not found for this token: '{token}'")
    state = vtex.scrolls[token]
    documents = _next_documents(vtex, state)
    if not documents:
        del vtex.scrolls[token]
    headers = {"x-vtex-md-token": token, "rest-content-total": str(state.view.height)}
    return json_reply(_chosen(vtex, documents, state.fields), headers=headers)


def documents(vtex: Vtex, request: Request, entity: str, document_id: str) -> Reply:
    """The answers to GET, PATCH and PUT of one document. PUT forgets what it does not name."""
    found = find_document(vtex, entity, document_id)
    if request.method == "GET":
        if found is None:
            return Reply(404)
        return json_reply(_chosen(vtex, [found], request.query.get("_fields", "_all"))[0])
    content = _content(request)
    _refuse_unknown(vtex, content)
    if found is None and request.method == "PATCH":
        return _create(vtex, entity, document_id, content)
    if found is not None and _says_nothing_new(found, content):
        return Reply(304)
    base = found if found and request.method == "PATCH" else {}
    write_document(
        vtex, (found or {}).get("id", document_id), base | content, created=found is None
    )
    return Reply(204)


def new_document(vtex: Vtex, request: Request, entity: str) -> Reply:
    """The answers to POST (a new document) and PATCH (upsert by id) of the whole entity."""
    content = _content(request)
    document_id = content.get("id")
    if request.method == "PATCH" and document_id and find_document(vtex, entity, document_id):
        return documents(vtex, request, entity, document_id)
    made = document_id or f"dddddddd-0000-4000-8000-{len(vtex.edits) + 1:012d}"
    return _create(vtex, entity, made, content)


def structure(vtex: Vtex, request: Request, entity: str) -> Reply:
    """The answer to `GET /api/dataentities/{entity}`: the fields and whether they filter."""
    names = ("id", *sorted(FILTERABLE), *vtex.weather.private_fields)
    types = dict.fromkeys(names, "Text") | vtex.weather.customer_fields
    fields = [
        {"name": name, "type": kind, "isNullable": True, "isFilter": name in FILTERABLE,
         "isSearchable": name in FILTERABLE}
        for name, kind in types.items()
    ]  # fmt: skip
    return json_reply({"acronym": entity, "name": entity, "fields": fields})


def _create(vtex: Vtex, entity: str, document_id: str, content: dict[str, Any]) -> Reply:
    write_document(vtex, document_id, content, created=True)
    href = f"http://{vtex.account}.example.com/dataentities/{entity}/documents/{document_id}"
    body = {"Id": f"{entity}-{document_id}", "Href": href, "DocumentId": document_id}
    return json_reply(body, 201)


def _content(request: Request) -> dict[str, Any]:
    content = request.json()
    if not isinstance(content, dict):
        raise RequestError("a document is a JSON object")
    return content


def _refuse_unknown(vtex: Vtex, content: Mapping[str, Any]) -> None:
    known = {*FILTERABLE, *vtex.weather.customer_fields, "id", "checkouttag", "rclastsession"}
    if vtex.weather.refuse_unknown_fields and set(content) - known:
        raise RequestError("Field is not part of the entity")


def _says_nothing_new(found: Mapping[str, Any], content: Mapping[str, Any]) -> bool:
    return all(name in found and found[name] == value for name, value in content.items())


def _range(request: Request) -> tuple[int, int]:
    """From (inside) and to (outside); without a header the first fifteen."""
    raw = request.headers.get("rest-range")
    if raw is None:
        return 0, DEFAULT_ROWS
    match = _RANGE.match(raw.strip())
    if match is None:
        raise RequestError("REST-Range is not resources=from-to")
    first, last = int(match[1]), int(match[2])
    if not 0 < last - first <= MAX_ROWS:
        raise RequestError(f"REST-Range is wider than {MAX_ROWS} or empty")
    return first, last


def _content_range(vtex: Vtex, first: int, last: int, total: int) -> str:
    shown = total + 7 if vtex.weather.wrong_range_total else total
    sign = "=" if vtex.weather.range_header == "documented" else " "
    return f"resources{sign}{first}-{min(last, max(total, first))}/{shown}"


def _matching(vtex: Vtex, request: Request) -> pl.DataFrame:
    view = current_view(vtex)
    for condition in _conditions(vtex, request.query):
        view = view.filter(condition)
    return _sorted(vtex, view, request.query.get("_sort"))


def _conditions(vtex: Vtex, query: Mapping[str, str]) -> list[pl.Expr]:
    fields = FILTERABLE - set(vtex.weather.unfilterable_fields)
    try:
        found = [
            equals(name, value, fields, DATE_FIELDS)
            for name, value in query.items()
            if not name.startswith("_")
        ]
        if query.get("_where"):
            found.append(parse_where(query["_where"], fields, DATE_FIELDS))
    except WhereError as problem:
        raise RequestError(str(problem)) from None
    return found


def _sorted(vtex: Vtex, view: pl.DataFrame, sort: str | None) -> pl.DataFrame:
    if not sort:
        # Without _sort VTEX promises no order; this one is far from the order of creation.
        return view.sort(pl.col("id").hash(vtex.world.seed))
    field, _, direction = sort.partition(" ")
    if field not in view.columns or field in vtex.weather.unfilterable_fields:
        raise RequestError(f"Cannot sort by {field}")
    return view.sort(field, "id", descending=direction.strip().lower() == "desc", nulls_last=True)


def _open_scroll(vtex: Vtex, request: Request, entity: str) -> str:
    if len(vtex.scrolls) >= MAX_SCROLLS:
        raise RequestError(f"Maximum simultaneous scrolls rate exceeded ({MAX_SCROLLS})")
    size = request.number("_size", DEFAULT_ROWS)
    if not 1 <= size <= MAX_SCROLL_SIZE:
        raise RequestError(f"_size is between 1 and {MAX_SCROLL_SIZE}")
    fields = request.query.get("_fields", "")
    _refuse_private(vtex, fields)
    vtex.scroll_count += 1
    token = f"scroll-{vtex.scroll_count}"
    view = _matching(vtex, request)
    vtex.scrolls[token] = Scroll(view, entity, fields, size, vtex.now_us())
    return token


def _next_documents(vtex: Vtex, state: Scroll) -> list[dict[str, Any]]:
    """The next page; documents show what they hold now, not what they held at the first call."""
    ids = state.view["id"][state.position : state.position + state.size]
    state.position += state.size
    state.used_us = vtex.now_us()
    if not len(ids):
        return []
    order = ids.rename("wanted").to_frame().with_row_index("place")
    rows = order.join(current_view(vtex), left_on="wanted", right_on="id", how="inner")
    page = rows.sort("place").rename({"wanted": "id"}).drop("place")
    return documents_of(vtex, state.entity, page)


def _forget_old_scrolls(vtex: Vtex) -> None:
    oldest = vtex.now_us() - SCROLL_LIFE_US
    for token in [token for token, state in vtex.scrolls.items() if state.used_us < oldest]:
        del vtex.scrolls[token]


def _refuse_private(vtex: Vtex, fields: str) -> None:
    if set(fields.split(",")) & set(vtex.weather.private_fields):
        raise PrivateFieldError


def _chosen(vtex: Vtex, found: list[dict[str, Any]], fields: str) -> list[dict[str, Any]]:
    """Only the fields asked for; without `_fields` the id alone. Unknown ones are null."""
    _refuse_private(vtex, fields)
    names = [name.strip() for name in fields.split(",") if name.strip()] or ["id"]
    if "_all" in names:
        return found
    return [{name: document.get(name) for name in names} for document in found]
