"""The values of a shop's own fields: one question each, to tables that are limited to a day."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import duckdb
import polars as pl
from polars import selectors

from enrich.errors import BadSettings
from enrich.profile.own import TYPES, OwnField
from enrich.warehouse.connection import another, in_time
from enrich.warehouse.scripts import frame_of, read, registered, run, statement, transaction

TABLES = frozenset(re.findall(r"temp view (\w+)", statement("own_fields/views")))
"""What an expression may ask."""

_FUNCTIONS_OF_TABLES = frozenset({"unnest", "range", "generate_series"})
_SOURCES = frozenset({"BASE_TABLE", "SUBQUERY", "JOIN", "EMPTY", "EXPRESSION_LIST"})
_REFUSED = frozenset({"current_setting", "write_log", "nextval", "currval", "current_query"})
_NUMBERS = r"(TINY|SMALL|BIG|HUGE|U\w*)?INT(EGER)?"
_FITS = {
    "text": r"VARCHAR",
    "integer": _NUMBERS,
    "number": rf"{_NUMBERS}|DOUBLE|FLOAT|DECIMAL.*",
    "amount": rf"{_NUMBERS}|DOUBLE|FLOAT|DECIMAL.*",
    "date": r"DATE",
    "boolean": r"BOOLEAN",
    "list": r"VARCHAR\[\]",
}
_HELD_AS = {"integer": "bigint", "number": "double", "amount": "decimal(18, 2)"}


@dataclass(frozen=True, slots=True)
class OwnValues:
    """The answers to the expressions of a store's settings, and how they went."""

    _connection: duckdb.DuckDBPyConnection = field(repr=False)

    @contextmanager
    def limited(self, store: str, as_of: date, time_zone: str) -> Iterator[LimitedTables]:
        """The tables of the store up to the day, in its own calendar."""
        values = {"store": store, "as_of": as_of, "time_zone": time_zone}
        with closing(another(self._connection)) as reader:
            run(reader, "own_fields/views", **values)
            yield LimitedTables(reader)

    def keep(self, store: str, as_of: date, fields: pl.DataFrame) -> None:
        """Keep what fields there were, and what was wrong with each: field, type, unit,
        definition, problem."""
        with transaction(self._connection), registered(self._connection, {"incoming": fields}):
            run(self._connection, "own_fields/replace", store=store, as_of=as_of)

    def definitions(self) -> dict[str, str]:
        """What each field of the newest runs means."""
        return dict(read(self._connection, "own_fields/definitions").iter_rows())


@dataclass(frozen=True, slots=True)
class LimitedTables:
    """What an expression sees of the warehouse."""

    _reader: duckdb.DuckDBPyConnection = field(repr=False)

    def values(self, own: OwnField) -> pl.DataFrame:
        """customer_key, value: a row per customer; raises BadSettings with what is wrong.

        Its text holds no value of a customer. A number that is none (NaN, infinity) is null.
        """
        _refuse_more_than_a_question(_tree(self._reader, own.sql))
        with in_time(self._reader, own.max_seconds) as is_late:
            try:
                found = frame_of(_typed(self._reader.sql(own.sql), own.type))
            except (duckdb.ParserException, duckdb.BinderException, duckdb.CatalogException) as no:
                raise BadSettings(str(no).splitlines()[0]) from None
            except duckdb.OutOfMemoryException:
                raise BadSettings("it takes more memory than there is") from None
            except duckdb.Error as error:  # its text may quote a customer's value
                if is_late.is_set():
                    raise BadSettings(f"no answer within {own.max_seconds:g} seconds") from None
                raise BadSettings(
                    f"it fails on a value ({type(error).__name__}); try_cast gives null instead"
                ) from None
        found = found.drop_nulls("customer_key")
        if found["customer_key"].is_duplicated().any():
            raise BadSettings("some customer_key has several rows: group by customer_key")
        whole = selectors.float().replace([float("nan"), float("inf"), -float("inf")], None)
        return found.with_columns(whole).cast({"value": TYPES[own.type]}).sort("customer_key")


def _typed(answer: duckdb.DuckDBPyRelation, wanted: str) -> duckdb.DuckDBPyRelation:
    """customer_key and value in their types; raises BadSettings when they are others."""
    types = dict(zip(answer.columns, map(str, answer.types), strict=True))
    others = [name for name in answer.columns if name != "customer_key"]
    if len(answer.columns) != 2 or len(others) != 1:
        raise BadSettings("it should give two columns: customer_key and the value")
    if not re.fullmatch(_NUMBERS, types["customer_key"]):
        raise BadSettings(f"its customer_key is {types['customer_key']}, not a number")
    (name,) = others
    if types[name] != '"NULL"' and not re.fullmatch(_FITS[wanted], types[name]):
        raise BadSettings(f"its value is {types[name]}, not {wanted}")
    value = duckdb.ColumnExpression(name)
    held = _HELD_AS.get(wanted)
    return answer.select(
        duckdb.ColumnExpression("customer_key").cast("bigint").alias("customer_key"),
        (value.cast(held) if held else value).alias("value"),
    )


def _tree(connection: duckdb.DuckDBPyConnection, text: str) -> dict[str, Any]:
    found = connection.execute("select json_serialize_sql($text)", {"text": text}).fetchall()
    tree: dict[str, Any] = json.loads(found[0][0])
    if tree.get("error"):
        raise BadSettings(str(tree["error_message"]).splitlines()[0])
    return tree


def _refuse_more_than_a_question(tree: dict[str, Any]) -> None:
    """Raise BadSettings unless it is one select from the limited tables: no file, no setting."""
    if len(tree["statements"]) != 1:
        raise BadSettings("give one question")
    nodes = list(_nodes(tree["statements"][0]))
    withs = (part for node in nodes for part in node.get("cte_map", {}).get("map", ()))
    parts = {part["key"].lower() for part in withs}
    known = TABLES | {name for name in parts if re.fullmatch(r"[a-z_]\w*", name)}
    for node in nodes:
        name = str(node.get("function_name", "")).lower()
        if name in _REFUSED:
            raise BadSettings(f"{name} is not allowed")
        if "sample" in node and "select_list" not in node:
            _refuse_source(node, known)


def _refuse_source(node: dict[str, Any], known: frozenset[str]) -> None:
    kind = node["type"]
    if kind == "TABLE_FUNCTION":
        name = str(node["function"].get("function_name")).lower()
        if name not in _FUNCTIONS_OF_TABLES:
            raise BadSettings(f"{name} is not allowed: only {', '.join(sorted(TABLES))}")
    elif kind == "BASE_TABLE":
        path = [node["catalog_name"], node["schema_name"], node["table_name"]]
        if any(path[:2]) or path[2].lower() not in known:
            name = ".".join(filter(None, path))
            raise BadSettings(f"there is no {name} here, only {', '.join(sorted(TABLES))}")
    elif kind not in _SOURCES:
        raise BadSettings("only a select is allowed")


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Every object of a syntax tree."""
    if isinstance(tree, dict):
        yield tree
    for part in tree.values() if isinstance(tree, dict) else tree:
        if isinstance(part, dict | list):
            yield from _nodes(part)
