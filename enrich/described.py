"""Attribute docstrings as JSON schema descriptions, read only when a schema is built.

Pydantic's `use_attribute_docstrings` reads the sources at every start, which is a twentieth of the
start of every command.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise
from typing import Any

from pydantic import GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema


class Described:
    """Mix-in of a model: its JSON schema describes each field by the text below the field."""

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        schema = handler(core_schema)
        properties = handler.resolve_ref_schema(schema).get("properties", {})
        for name, text in texts_below(cls).items():
            properties[name]["description"] = text
        return schema


def texts_below(model: type[Any]) -> dict[str, str]:
    """The text below each field of a model that has one, by the field's name."""
    classes = [one for one in reversed(model.__mro__) if issubclass(one, Described)]
    found = {name: text for one in classes for name, text in _own_texts(one).items()}
    return {name: found[name] for name in model.model_fields if name in found}


def _own_texts(model: type[Any]) -> Mapping[str, str]:
    found = _classes_in(model.__module__).get(model.__qualname__)
    return {
        one.target.id: inspect.cleandoc(below.value.value)
        for one, below in pairwise(found.body if found else [])
        if isinstance(one, ast.AnnAssign)
        and isinstance(one.target, ast.Name)
        and isinstance(below, ast.Expr)
        and isinstance(below.value, ast.Constant)
        and isinstance(below.value.value, str)
    }


@cache
def _classes_in(module: str) -> Mapping[str, ast.ClassDef]:
    """Every class of the module by its qualified name; its source is parsed once for all.

    None where there is no source, as of a module that is compiled alone: its fields have no texts.
    """
    try:
        source = inspect.getsource(sys.modules[module])
    except (KeyError, OSError, TypeError):
        return {}
    return dict(_classes_below(ast.parse(source)))


def _classes_below(node: ast.AST, prefix: str = "") -> Iterator[tuple[str, ast.ClassDef]]:
    for one in ast.iter_child_nodes(node):
        if isinstance(one, ast.ClassDef):
            yield f"{prefix}{one.name}", one
            yield from _classes_below(one, f"{prefix}{one.name}.")
        elif isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _classes_below(one, f"{prefix}{one.name}.<locals>.")
        elif isinstance(one, ast.stmt | ast.excepthandler):
            yield from _classes_below(one, prefix)
