"""The shape of bodies that were sent or answered, as a JSON Schema of no more than was seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Schemas = list[Mapping[str, Any]]


@dataclass
class Shape:
    """What stood at one place of all bodies.

    A vendor's schema says which keys are names of the shop's own, which values are words of the
    vendor's, and which keys may not be left out; without one, nothing is said of the place.
    """

    types: set[str] = field(default_factory=set)
    words: set[str | None] = field(default_factory=set)
    keys: dict[str, Shape] = field(default_factory=dict)
    others: Shape | None = None
    items: Shape | None = None
    required: set[str] | None = None
    is_anything: bool = False

    def learn(self, value: Any, published: Any) -> None:
        schemas = list(_branches(published))
        self.is_anything |= not any(schemas)
        self.types.add(_type(value, schemas))
        if any("enum" in one or "const" in one for one in schemas):
            self.words.add(value)
        if isinstance(value, dict):
            self._learn_keys(value, schemas)
        if isinstance(value, list):
            self.items = self.items or Shape()
            for one in value:
                self.items.learn(one, _all([one["items"] for one in schemas if "items" in one]))

    def _learn_keys(self, value: Mapping[str, Any], schemas: Schemas) -> None:
        needed = {name for one in schemas for name in one.get("required", ()) if name in value}
        self.required = needed if self.required is None else self.required & needed
        for name, inner in value.items():
            known = [one["properties"][name] for one in schemas if name in _properties(one)]
            if known:
                self.keys.setdefault(name, Shape()).learn(inner, _all(known))
            else:
                free = [one.get("additionalProperties", {}) for one in schemas]
                self.others = self.others or Shape()
                self.others.learn(inner, _all([one for one in free if isinstance(one, dict)]))

    def schema(self) -> dict[str, Any]:
        if self.is_anything or not self.types:
            return {}
        types = sorted(self.types)
        found: dict[str, Any] = {"type": types[0] if len(types) == 1 else types}
        if self.words:
            found["enum"] = sorted(self.words, key=str)
        if "object" in self.types:
            found["properties"] = {name: one.schema() for name, one in sorted(self.keys.items())}
            found["additionalProperties"] = self.others.schema() if self.others else False
        if self.required:
            found["required"] = sorted(self.required)
        if self.items:
            found["items"] = self.items.schema()
        return found


def _properties(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = schema.get("properties", {})
    return found


def _all(schemas: Schemas) -> Any:
    return {"anyOf": schemas} if schemas else {}


def _branches(schema: Any) -> Iterator[Mapping[str, Any]]:
    """The schema and every one that it combines."""
    if not isinstance(schema, dict):
        return
    yield {key: value for key, value in schema.items() if key not in ("anyOf", "allOf")}
    for one in (*schema.get("anyOf", ()), *schema.get("allOf", ())):
        yield from _branches(one)


def _type(value: Any, schemas: Schemas) -> str:
    known = {name for one in schemas for name in _listed(one.get("type", ()))}
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int) and "integer" in known:
        return "integer"
    names = {int: "number", float: "number", str: "string", list: "array", dict: "object"}
    return names.get(type(value), "null")


def _listed(types: Any) -> list[str]:
    return [types] if isinstance(types, str) else list(types)
