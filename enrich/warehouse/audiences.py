"""Audiences in the warehouse: whom a rule fits, who was a member when, who has which arm."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import duckdb
import polars as pl

from enrich.errors import BadSettings
from enrich.warehouse.scripts import (
    frame_of,
    quoted_name,
    read,
    registered,
    run,
    table_exists,
    transaction,
)
from enrich.warehouse.tombstones import make_salt

_ADDRESSES = {
    "email": "email is not null",
    "sms": "{phone} is not null",
    "whatsapp": "{phone} is not null",
    "ads": "(email is not null or {phone} is not null)",
}
_NAMES = ("customer_key", "customer_id", "first_name", "last_name")
_ALWAYS = (
    "rfm_segment",
    "orders_lifetime",
    "amount_lifetime",
    "last_purchase_date",
    "days_since_last_purchase",
)
_FORBIDDEN_NODES = ("SUBQUERY", "STAR")
"""What reaches further than the columns that an expression names."""
_CONSENTS = {channel: f"{channel}_opt_in" for channel in _ADDRESSES}


@dataclass(frozen=True, slots=True)
class Audiences:
    """The audiences of an open warehouse or a read copy; what writes needs the warehouse."""

    _connection: duckdb.DuckDBPyConnection = field(repr=False)

    def look_at(self, store: str, as_of: date, time_zone: str) -> tuple[str, ...]:
        """The columns that a rule may name; what follows is about this store and its profiles."""
        if not table_exists(self._connection, "profiles"):
            raise BadSettings(f"{store} has no profiles yet: `enrich profiles`")
        run(self._connection, "audiences/person", store=store, as_of=as_of, time_zone=time_zone)
        return tuple(read(self._connection, "audiences/person_columns")["column_name"])

    def named_fields(self, name: str, rule: str, order_by: str) -> list[str]:
        """The columns that rule and order name, whether there are such or not.

        Raises BadSettings when they are no condition and no order on the columns of one customer.
        """
        parts = _parsed(self._connection, name, "rule", f"select ({rule}\n)", "select (true)")
        order = f"select true order by {order_by}\n"
        parts += _parsed(self._connection, name, "order_by", order, "select true order by 1")
        return sorted({part.lower() for part in parts})

    def people(self, name: str, rule: str, order_by: str, channel: str) -> pl.DataFrame:
        """Whom the rule fits: customer_key, place, amount, has_address, consent, and by channel.

        `place` counts from 1 in the order; `consent` is null where no source says yes or no, and
        so are email, sms, whatsapp and ads. The rule was checked by `named_fields`.
        """
        columns = set(read(self._connection, "audiences/person_columns")["column_name"])
        phone = "phone_e164" if "phone_e164" in columns else "phone"
        consents = {
            one: column if column in columns else "null::boolean"
            for one, column in _CONSENTS.items()
        }
        query = f"""
            select
                customer_key,
                row_number() over (order by {order_by}
                , customer_key) as place,
                amount_lifetime as amount,
                {_ADDRESSES[channel].format(phone=phone)} as has_address,
                {consents[channel]} as consent,
                {", ".join(f"{column} as {one}" for one, column in consents.items())}
            from (select *, ({rule}
            ) as rule_fits from person)
            where rule_fits
        """  # noqa: S608 - the shop's own condition, checked by `named_fields`
        try:
            kind = self._connection.sql(f"select ({rule}\n) as fits, * from person").types[0]  # noqa: S608
            if str(kind) != "BOOLEAN":
                raise BadSettings(f"audience {name}: its rule is no condition but a {kind}")
            return frame_of(self._connection.sql(query))
        except (duckdb.BinderException, duckdb.CatalogException) as error:
            raise BadSettings(f"audience {name}: {str(error).splitlines()[0]}") from None
        except duckdb.Error as error:  # its text may quote a customer's value
            raise BadSettings(
                f"audience {name}: its rule or order_by fails on a value"
                f" ({type(error).__name__}); try_cast gives null instead"
            ) from None

    def rows(self, members: pl.Series, channel: str, fields: Sequence[str]) -> pl.DataFrame:
        """The members in their order: who they are, the address of the channel, some fields.

        No other contact data than the channel needs. `look_at` said of which store.
        """
        columns = set(read(self._connection, "audiences/person_columns")["column_name"])
        phone = "phone_e164" if "phone_e164" in columns else "phone"
        addresses = {"email": ["email"], "ads": ["email", phone]}.get(channel, [phone])
        wanted = [*_NAMES, *addresses, *_ALWAYS, *(one for one in fields if one in columns)]
        names = ", ".join(map(quoted_name, dict.fromkeys(wanted)))
        with registered(self._connection, {"members": members.to_frame().with_row_index("place")}):
            return frame_of(
                self._connection.sql(
                    f"select {names} from person inner join members using (customer_key)"  # noqa: S608
                    " order by members.place"
                )
            )

    def assigned(self, store: str, name: str) -> pl.DataFrame:
        """customer_key, arm, assigned_on, is_mixed: who has an arm, by the key of today."""
        self._follow_keys(store)
        return read(self._connection, "audiences/assigned", store=store, audience=name)

    def salt(self) -> str:
        """The salt of this warehouse, by which arms are drawn."""
        make_salt(self._connection)
        found = self._connection.execute("select salt from state.tombstone_salt").fetchall()
        return str(found[0][0])

    def keep(
        self,
        store: str,
        as_of: date,
        decided: pl.DataFrame,
        counts: pl.DataFrame,
        assignments: pl.DataFrame,
        *,
        computed: Sequence[str],
        known: Sequence[str],
        run_id: str,
    ) -> None:
        """The members of the day replaced, changes and arms written down: all or nothing.

        `decided` (audience, customer_key, outcome), `counts` (audience, outcome, people, amount)
        and `assignments` (audience, customer_key, arm) are of the `computed` audiences. Members of
        one that is not `known` any more have left it.
        """
        day: dict[str, Any] = {"store": store, "as_of": as_of, "computed": list(computed)}
        with transaction(self._connection):
            self._follow_keys(store)
            with registered(self._connection, {"incoming": decided}):
                run(self._connection, "audiences/continue", known=list(known), **day)
            with registered(self._connection, {"incoming": counts}):
                run(self._connection, "audiences/count", **day)
            with registered(self._connection, {"incoming": assignments}):
                run(self._connection, "audiences/assign", run_id=run_id, **day)

    def kept_days(self, store: str, name: str) -> list[date]:
        """The two newest days of which the audience was kept, newest first."""
        found = read(self._connection, "audiences/days", store=store, audience=name)
        return list(found["as_of"])

    def changes(self, store: str, name: str, after_on: date, as_of: date) -> pl.DataFrame:
        """change (joined, left), because, people: since a day."""
        days = {"after_on": after_on, "as_of": as_of}
        return read(self._connection, "audiences/changes", store=store, audience=name, **days)

    def arms(self, store: str, name: str) -> pl.DataFrame:
        """arm, people, since_on."""
        return read(self._connection, "audiences/arms", store=store, audience=name)

    def running(self, store: str) -> list[str]:
        """The audiences that held people out when they were last counted; none before the first."""
        if not table_exists(self._connection, "audience_counts"):
            return []
        return list(read(self._connection, "audiences/running", store=store)["audience"])

    def purchases_of_assigned(
        self, store: str, name: str, from_on: date, to_on: date
    ) -> pl.DataFrame:
        """arm, is_mixed, purchases, amount_cents: one row per person assigned by `to_on`."""
        days = {"from_on": from_on, "to_on": to_on}
        with registered(self._connection, {"assigned": self.assigned(store, name)}):
            return read(self._connection, "audiences/purchases_of_assigned", store=store, **days)

    def purchases_of_members(self, store: str, name: str, as_of: date, days: int) -> pl.DataFrame:
        """purchases, amount_cents in the days up to `as_of` of who was a member before them."""
        about = {"store": store, "audience": name, "as_of": as_of, "days": days}
        return read(self._connection, "audiences/purchases_of_members", **about)

    def _follow_keys(self, store: str) -> None:
        run(self._connection, "audiences/kept_keys", store=store)


def _parsed(
    connection: duckdb.DuckDBPyConnection, name: str, setting: str, text: str, pattern: str
) -> list[str]:
    """The columns that an expression names; raises BadSettings unless it is one, as in `pattern`.

    It may hold no subquery and no star: it reaches the columns of its own row and nothing else.
    """
    tree, wanted = _tree(connection, text), _tree(connection, pattern)
    if "error_message" in tree:
        problem = str(tree["error_message"]).splitlines()[0]
        raise BadSettings(f"audience {name}: {setting} is not SQL: {problem}")
    nodes = list(_nodes(tree))
    if _frame(tree) != _frame(wanted) or any(
        node.get("class") in _FORBIDDEN_NODES for node in nodes
    ):
        raise BadSettings(
            f"audience {name}: {setting} must be one expression over the fields of a customer,"
            " without select"
        )
    named = {_column(node) for node in nodes if "column_names" in node}
    lambdas = [one["lhs"] for one in nodes if one.get("class") == "LAMBDA"]
    own = {_column(node) for part in lambdas for node in _nodes(part) if "column_names" in node}
    return sorted(named - own)


def _column(node: Mapping[str, Any]) -> str:
    """The column of a reference such as amount, person.amount or a_record.part."""
    first, *others = map(str, node["column_names"])
    return others[0] if first == "person" and others else first


def _tree(connection: duckdb.DuckDBPyConnection, text: str) -> dict[str, Any]:
    found = connection.execute("select json_serialize_sql($text)", {"text": text}).fetchall()
    tree = json.loads(found[0][0])
    return tree if isinstance(tree, dict) else {}


def _frame(tree: dict[str, Any]) -> object:
    """The statement around the expressions: nothing of it may differ from the pattern's."""
    statements = tree.get("statements", [])
    frames = []
    for one in statements:
        node = dict(one["node"])
        kinds = [part["type"] for part in node.get("modifiers", [])]
        count = len(node.pop("select_list", []))
        rest = {key: value for key, value in node.items() if key != "modifiers"}
        frames.append((kinds, count, json.dumps(rest, sort_keys=True)))
    return frames


def _nodes(part: object) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        yield part
        for value in part.values():
            yield from _nodes(value)
    elif isinstance(part, list):
        for value in part:
            yield from _nodes(value)
