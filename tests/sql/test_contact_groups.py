"""Which contacts are one person, against plain Python that joins two sets at a time."""

from __future__ import annotations

from pathlib import Path

import duckdb
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import costly

SCRIPT = Path(__file__).resolve().parents[2] / "sql" / "identity" / "contact_groups.sql"
CONTACTS = """
create table identified_contacts (contact_no bigint, email varchar, customer_id varchar);
"""

emails = st.sampled_from([None, *(f"u{n}" for n in range(8))])
customer_ids = st.sampled_from([None, "P1", *(f"p{n}" for n in range(8))])
people = st.lists(st.tuples(emails, customer_ids), min_size=1, max_size=20)


@given(people)
@costly(60)
def test_contacts_are_one_person_by_any_chain(
    contacts: list[tuple[str | None, str | None]],
) -> None:
    assert found(contacts) == slowly(contacts)


def found(contacts: list[tuple[str | None, str | None]]) -> set[frozenset[int]]:
    """The contacts of each person, by the SQL file."""
    with duckdb.connect() as connection:
        connection.execute(CONTACTS)
        for number, (email, customer_id) in enumerate(contacts):
            row = [number, email, customer_id]
            connection.execute("insert into identified_contacts values (?, ?, ?)", row)
        connection.execute(SCRIPT.read_text())
        groups = connection.sql("select list(contact_no) from contact_groups group by group_no")
        return {frozenset(members) for (members,) in groups.fetchall()}


def slowly(contacts: list[tuple[str | None, str | None]]) -> set[frozenset[int]]:
    """The same: whoever shares something with a person joins that person's set."""
    persons: list[tuple[set[int], set[str]]] = []
    for number, (email, customer_id) in enumerate(contacts):
        members, names = {number}, {f"email {email}", f"id {customer_id}"}
        names -= {"email None", "id None"}
        for person in [one for one in persons if one[1] & names]:
            persons.remove(person)
            members, names = members | person[0], names | person[1]
        persons.append((members, names))
    return {frozenset(members) for members, _ in persons}
