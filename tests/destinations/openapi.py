"""Requests and answers against a vendor's published OpenAPI: path, parameters, every key of a body.

The schema files are not ours and stay outside the repository.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

import httpx
import yaml
from jsonschema import Draft202012Validator


@dataclass(frozen=True)
class Operation:
    """One path with one method of a document; `base` is what stands before its paths."""

    document: Mapping[str, Any]
    template: str
    method: str
    base: str = ""

    @property
    def names(self) -> str:
        return f"{self.method.upper()} {self.base}{self.template}"

    @property
    def spec(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.document["paths"][self.template][self.method]
        return found

    def matches(self, path: str) -> bool:
        pattern = re.sub(r"\\\{[^}]+\\\}", "[^/]+", re.escape(self.base + self.template))
        return re.fullmatch(pattern, path) is not None


def read_document(path: Path) -> dict[str, Any]:
    """A document in JSON or YAML; dates stay texts, as some are none."""
    text = path.read_text(encoding="utf-8")
    document = json.loads(text) if path.suffix == ".json" else yaml.load(text, Loader=_Plain)
    assert isinstance(document, dict)
    return document


class _Plain(yaml.CSafeLoader):
    yaml_implicit_resolvers = {  # noqa: RUF012
        first: [(tag, pattern) for tag, pattern in known if not tag.endswith("timestamp")]
        for first, known in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }


def operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    """Every operation, the fewest parameters in its path first."""
    base = document.get("basePath", "")
    servers = document.get("servers") or []
    if servers:
        base = httpx.URL(servers[0]["url"]).path.rstrip("/")
    found = [
        Operation(document, template, method, base)
        for template, methods in document["paths"].items()
        for method in methods
        if method in ("get", "put", "post", "patch", "delete")
    ]
    yield from sorted(found, key=lambda one: one.template.count("{"))


def operation_of(request: httpx.Request, known: Sequence[Operation]) -> Operation | None:
    """The operation that a request is one of."""
    path, method = _path(request), request.method.lower()
    return next((one for one in known if one.method == method and one.matches(path)), None)


def _path(request: httpx.Request) -> str:
    return unquote(request.url.raw_path.decode().partition("?")[0])


def problems(request: httpx.Request, known: Sequence[Operation]) -> list[str]:
    """What is wrong with a request by the documents, a line each without any value of it."""
    operation = operation_of(request, known)
    if operation is None:
        name = f"{request.method} {re.sub(r'[^/]*[@0-9][^/]*', '{}', _path(request))}"
        return [f"{name}: no such operation"]
    return [f"{operation.names}: {text}" for text in _problems(request, operation)]


def answer_problems(
    request: httpx.Request, response: httpx.Response, known: Sequence[Operation]
) -> list[str]:
    """What is wrong with the answer of a stand-in by the documents, a line each."""
    operation = operation_of(request, known)
    schema = answer_schema(response, operation) if operation else None
    if operation is None or schema is None or not response.content:
        return []
    left_open = OPEN_IN_REFUSALS if response.is_error else ()
    return [
        f"{operation.names}: {response.status_code}: {text}"
        for text in _breaches(response.content, operation.document, schema, left_open)
    ]


def answer_schema(response: httpx.Response, operation: Operation) -> Any:
    """The schema of an answer of this status; a success that is not named is like the others."""
    found = {str(key): one for key, one in operation.spec.get("responses", {}).items()}
    good = [key for key in sorted(found) if key.startswith("2")] if response.is_success else []
    keys = [str(response.status_code), *good, f"{response.status_code // 100}XX", "default"]
    answer = next((found[key] for key in keys if key in found), {})
    answer = _followed(operation.document, answer)
    content = next(iter((answer.get("content") or {}).values()), {})
    return answer.get("schema") or content.get("schema")


def _problems(request: httpx.Request, operation: Operation) -> Iterator[str]:
    asked = asked_parameters(request)
    parameters = parameters_of(operation)
    for one in parameters:
        if one["in"] == "query" and one.get("required") and one["name"] not in asked:
            yield f"the parameter {one['name']} is missing"
        if one["in"] == "header" and one.get("required") and one["name"] not in request.headers:
            yield f"the header {one['name']} is missing"
    unknown = asked - {one["name"] for one in parameters if one["in"] == "query"}
    if unknown and not _is_free(operation):
        yield f"unknown parameters {sorted(unknown)}"
    yield from _body_problems(request, operation)


def asked_parameters(request: httpx.Request) -> set[str]:
    return {key for key, _ in parse_qsl(request.url.query.decode(), keep_blank_values=True)}


def parameters_of(operation: Operation) -> list[Mapping[str, Any]]:
    return [_followed(operation.document, one) for one in operation.spec.get("parameters", [])]


def _is_free(operation: Operation) -> bool:
    """A search takes any field of the shop's as a parameter."""
    return operation.template.endswith("/search")


def _body_problems(request: httpx.Request, operation: Operation) -> Iterator[str]:
    schema = body_schema(request, operation)
    if isinstance(schema, str):
        yield schema
    elif schema is None:
        if request.content and request.method not in ("GET", "DELETE"):
            yield "a body where none is known"
    else:
        yield from _breaches(request.content, operation.document, schema)


# A refusal has keys and codes that documents leave out: the written pages have them.
OPEN_IN_REFUSALS = ("additionalProperties", "enum")


def _breaches(
    content: bytes, document: Mapping[str, Any], schema: Any, left_open: Sequence[str] = ()
) -> Iterator[str]:
    whole = Draft202012Validator(plain(document, schema))
    for error in whole.iter_errors(json.loads(content)):
        if error.validator in left_open:
            continue
        at = "/".join(str(part) if isinstance(part, str) else "*" for part in error.path)
        yield f"body {at or '/'}: breaks {error.validator} ({_said(error)})"


def _said(error: Any) -> str:
    """The rule that is broken, and the keys at fault; never a value."""
    if error.validator == "additionalProperties":
        extra = set(error.instance) - set(error.schema.get("properties", {}))
        return f"unknown keys {sorted(extra)}"
    if error.validator == "required":
        return f"missing {sorted(set(error.validator_value) - set(error.instance))}"
    return f"{str(error.validator_value)[:60]}"


def body_schema(request: httpx.Request, operation: Operation) -> Any:
    """The schema of a body; None where none is known; a text that says what is wrong."""
    for one in parameters_of(operation):  # Swagger 2
        if one["in"] == "body":
            return one["schema"]
    body = _followed(operation.document, operation.spec.get("requestBody") or {})
    if not body:
        return None
    sent = request.headers.get("content-type", "").partition(";")[0]
    if sent not in body["content"]:
        return f"content type {sent}, known are {sorted(body['content'])}"
    return body["content"][sent].get("schema") or {}


def _followed(document: Mapping[str, Any], node: Any) -> Any:
    """The node, or what its $ref names."""
    while isinstance(node, dict) and "$ref" in node:
        found: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[unquote(part).replace("~1", "/").replace("~0", "~")]
        node = found
    return node


_REFERRED: dict[tuple[int, str, bool], dict[str, Any]] = {}
_PLAIN: dict[int, tuple[Any, Any]] = {}  # the node is kept too, so that its id stays its own


def plain(document: Mapping[str, Any], node: Any) -> Any:
    """The schema without references, made once."""
    if id(node) not in _PLAIN:
        _PLAIN[id(node)] = (node, _plain(document, node))
    return _PLAIN[id(node)][1]


def _plain(document: Mapping[str, Any], node: Any, *, is_strict: bool = True) -> Any:
    """The schema without references, in today's JSON Schema; objects know all their keys.

    A choice between objects is not made strict: its branches share keys. What is referred to is
    made once, and so may hold itself.
    """
    if isinstance(node, dict) and "$ref" in node:
        return _referred(document, node["$ref"], is_strict)
    if isinstance(node, list):
        return [_plain(document, one, is_strict=is_strict) for one in node]
    if not isinstance(node, dict):
        return node
    kept: dict[str, Any] = {}
    for key, value in node.items():
        if key in ("example", "examples", "description", "default", "title", "discriminator"):
            continue
        if key == "properties":
            kept[key] = {
                name: _plain(document, one, is_strict=is_strict) for name, one in value.items()
            }
        elif key in ("items", "additionalProperties", "not"):
            kept[key] = _plain(document, value, is_strict=is_strict)
        elif key in ("allOf", "anyOf", "oneOf"):
            # Of several that fit, a key that is only read tells which: it is never sent.
            kept[key.replace("oneOf", "anyOf")] = _plain(document, value, is_strict=False)
        elif key in _KEPT:
            kept[key] = value
    return _modern(kept, node, is_strict)


def _referred(document: Mapping[str, Any], name: str, is_strict: bool) -> Any:
    key = (id(document), name, is_strict)
    if key not in _REFERRED:
        _REFERRED[key] = {}
        _REFERRED[key].update(
            _plain(document, _followed(document, {"$ref": name}), is_strict=is_strict)
        )
    return _REFERRED[key]


def _modern(kept: dict[str, Any], node: Mapping[str, Any], is_strict: bool) -> dict[str, Any]:
    if kept.get("required") in (True, False) or not kept.get("required", True):
        kept.pop("required", None)  # Swagger of older days
    if node.get("nullable") and isinstance(kept.get("type"), str):
        kept["type"] = [kept["type"], "null"]
        if "enum" in kept:
            kept["enum"] = [*kept["enum"], None]
    if is_strict and kept.get("properties") and "additionalProperties" not in kept:
        kept["additionalProperties"] = False
    return kept


_KEPT = frozenset(
    [
        *("type", "enum", "const", "required", "minItems", "maxItems", "minLength", "maxLength"),
        *("pattern", "minimum", "maximum", "uniqueItems"),
    ]
)
