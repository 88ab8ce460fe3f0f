"""One customer among those that a word means, and how a person is shown masked."""

from __future__ import annotations

import polars as pl

from enrich.errors import BadSettings

HIDDEN = "***"
SHOWN_PEOPLE = 20


def the_only_one(people: pl.DataFrame) -> tuple[str, int]:
    """store and customer_key of the one person; raises BadSettings when it is none or several."""
    if people.is_empty():
        raise BadSettings("no customer has this e-mail, document, id, key or order")
    if people.height > 1:
        meant = ", ".join(
            _described(row) for row in people.head(SHOWN_PEOPLE).iter_rows(named=True)
        )
        more = f" and {people.height - SHOWN_PEOPLE:,} more" if people.height > SHOWN_PEOPLE else ""
        raise BadSettings(
            f"several customers are meant; choose with --store and --key: {meant}{more}"
        )
    store, key = people.select("store", "customer_key").row(0)
    return str(store), int(key)


def _described(row: dict[str, object]) -> str:
    return f"{row['store']} {row['customer_key']} ({masked_person(row)})"


def masked_person(row: dict[str, object]) -> str:
    """`A*** S***, a***@e***` of the names and the e-mail of a row, as far as they are known."""
    names = [masked(str(row[name])) for name in ("first_name", "last_name") if row[name]]
    email = [masked_email(str(row["email"]))] if row["email"] else []
    return ", ".join([" ".join(names)] * bool(names) + email) or "no name"


def masked(text: str) -> str:
    """Only the first letter."""
    return f"{text[:1]}{HIDDEN}"


def masked_email(email: str) -> str:
    """`ana@example.com` as `a***@e***`."""
    local, _, domain = email.partition("@")
    return f"{masked(local)}@{masked(domain)}"
