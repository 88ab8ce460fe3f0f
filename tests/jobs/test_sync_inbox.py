"""What was received comes in with the next sync, whatever became of the runs before it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from enrich.compute.profiles import make_profiles
from enrich.receiver import CONSENTS, CUSTOMERS, ORDERS, Inbox, InboxFile, Message, Notice, inbox_of
from enrich.simulator.changes import change_customer, change_order
from enrich.simulator.truth import order_truth
from enrich.simulator.weather import Weather
from enrich.sync.store import SyncReport, sync_store
from enrich.warehouse import Warehouse
from tests.jobs.town import NOW, Town, town, warehouse_in

OLD = timedelta(days=100)  # outside the 45 days that every sync lists again
ALONE = """
select contacts.contact_id
from customers
inner join contacts using (store, email)
where customers.customer_key in (select customer_key from purchases)
qualify count(*) over (partition by customers.customer_key) = 1
order by customers.customer_key
"""


@dataclass
class Place:
    """A shop that was synced once, its inbox, its open warehouse; every sync is an hour later."""

    there: Town
    warehouse: Warehouse
    inbox: Inbox
    contacts: list[str] = field(default_factory=list)
    orders: list[str] = field(default_factory=list)
    now: datetime = NOW

    @property
    def main(self) -> Any:
        return self.there.simulator.main

    def tell(self, topic: Any, key: str, event: str, **more: Any) -> None:
        at = self.now + timedelta(minutes=5)
        self.inbox.keep(topic, [Message(Notice(topic, key, event, **more), "connectif", at)], at)

    def sync(self, inbox: Inbox | None = None, *entities: str) -> SyncReport:
        self.now += timedelta(hours=1)
        self.main.clock.stop_at(int(self.now.timestamp() * 1_000_000))
        shop = replace(self.there.shop, inbox=inbox or self.inbox)
        return sync_store(self.warehouse, shop, now=self.now, entities=entities or ("inbox",))

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        return self.warehouse._connection.sql(query).fetchall()

    def waiting(self) -> int:
        return sum(self.inbox.waiting(topic).file_count for topic in (CUSTOMERS, ORDERS, CONSENTS))

    def contact(self) -> str:
        """The only document of somebody who bought; another one each time."""
        return self.contacts.pop()

    def old_order(self) -> str:
        """An invoiced order that no sync lists any more; another one each time."""
        return self.orders.pop()

    def profiles(self) -> int:
        day = self.now + timedelta(days=1)
        return make_profiles(self.warehouse, self.there.shop, now=day).customer_count


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder: Path = tmp_path_factory.mktemp("shop")
    with town(orders=150, customers=60) as there, warehouse_in(folder) as warehouse:
        here = Place(there, warehouse, inbox_of(folder, "main"))
        here.inbox.prepare()
        assert here.sync(None, "orders", "customers").fault is None
        here.contacts = [contact_id for (contact_id,) in here.ask(ALONE)]
        limit = (NOW - OLD).isoformat()
        here.orders = [
            str(order["orderId"])
            for order in order_truth(here.main, 0, 10_000)
            if order["status"] == "invoiced"
            and order["creationDate"] < limit
            and order["isReachable"]
        ]
        yield here


@pytest.fixture
def place(shop: Place) -> Iterator[Place]:
    yield shop
    shop.main.sky.weather = Weather()
    assert shop.waiting() == 0


def test_an_old_order_that_nobody_would_list_comes_in(place: Place) -> None:
    order_id = place.old_order()
    status = f"select status from orders where order_id = '{order_id}'"
    change_order(place.main, order_id, "cancel", {})
    place.sync(None, "orders")
    assert place.ask(status) == [("invoiced",)]  # that is what the inbox is for

    place.tell(ORDERS, order_id, "canceled")
    report = place.sync().entity("inbox")

    assert (report.listed_count, report.fetched_count, report.loaded.changed_count) == (1, 1, 1)
    assert place.ask(status) == [("canceled",)]


def test_an_order_that_was_read_since_is_not_read_again(place: Place) -> None:
    order_id = place.old_order()
    long_ago = NOW - timedelta(minutes=1)
    told = Message(Notice(ORDERS, order_id, "invoiced"), "hook", long_ago)
    place.inbox.keep(ORDERS, [told], long_ago)
    assert place.sync().entity("inbox").fetched_count == 0


def test_orders_a_sync_would_not_list_stay_out(place: Place) -> None:
    world = order_truth(place.main, 0, 10_000)
    incomplete = next(str(o["orderId"]) for o in world if not o["isCompleted"])
    place.tell(ORDERS, incomplete, "payment-pending")
    place.tell(ORDERS, "no-such-order-01", "invoiced")
    report = place.sync(None, "orders", "inbox")
    assert report.fault is None
    assert place.ask(f"from orders where order_id = '{incomplete}'") == []
    assert place.ask("select key, entity from state.rejects where key like 'no-such%'") == [
        ("no-such-order-01", "orders")
    ]
    assert place.ask("select sum(unexplained_count) from reconciliation") == [(0,)]


def test_a_customer_told_of_is_read_by_id_even_while_the_search_lags(place: Place) -> None:
    contact_id = place.contact()
    place.main.weather.search_lag_seconds = 8 * 3600
    change_customer(place.main, contact_id, "change", {"firstName": "Renamed"})
    change_customer(place.main, "new-1", "create", {"email": "new@example.com", "firstName": "New"})
    for key in (contact_id, "new-1"):
        place.tell(CUSTOMERS, key, "changed")
    place.sync(None, "customers", "inbox")
    names = f"select first_name from contacts where contact_id in ('{contact_id}', 'new-1')"
    assert sorted(place.ask(names)) == [("New",), ("Renamed",)]


def is_deleted(place: Place, contact_id: str) -> tuple[bool, bool]:
    """Whether the document is marked as deleted, and whether its customer is."""
    marked = place.ask(f"from contact_deletions where contact_id = '{contact_id}'")
    customers = place.ask(f"""
        select deleted_at
        from customers
        inner join identity_links using (store, customer_key)
        where kind = 'contact' and value = 'vtex:{contact_id}'
    """)
    return len(marked) == 1, customers[0][0] is not None


def test_a_deleted_customer_has_no_profile_and_the_sales_stay(place: Place) -> None:
    contact_id = place.contact()
    before, sales = place.profiles(), place.ask("select count(*), sum(amount_cents) from purchases")
    change_customer(place.main, contact_id, "delete", {})
    place.tell(CUSTOMERS, contact_id, "deleted")

    place.sync()

    assert is_deleted(place, contact_id) == (True, True)
    assert place.profiles() == before - 1
    assert place.ask("select count(*), sum(amount_cents) from purchases") == sales
    # Received again, nothing changes.
    at = place.ask("select max(deleted_at) from contact_deletions")
    place.tell(CUSTOMERS, contact_id, "deleted")
    place.sync()
    assert place.ask("select max(deleted_at) from contact_deletions") == at


def test_who_buys_again_is_there_again(place: Place) -> None:
    contact_id = place.contact()
    ((user_id,),) = place.ask(f"select customer_id from contacts where contact_id = '{contact_id}'")
    change_customer(place.main, contact_id, "delete", {})
    place.tell(CUSTOMERS, contact_id, "deleted")
    place.sync()
    person = place.main.world.people.user_id.index(user_id)
    answer = place.there.switch("POST", "orders", {"person": person})
    place.tell(ORDERS, answer["orderIds"][0], "payment-approved")
    place.sync()
    assert is_deleted(place, contact_id) == (True, False)


def test_a_deletion_is_believed_only_when_the_document_is_gone(place: Place) -> None:
    contact_id = place.contact()
    place.tell(CUSTOMERS, contact_id, "deleted")
    place.sync()
    assert is_deleted(place, contact_id) == (False, False)


def test_a_deletion_nobody_told_of_is_rejected(place: Place) -> None:
    contact_id = place.contact()
    change_customer(place.main, contact_id, "delete", {})
    place.tell(CUSTOMERS, contact_id, "changed")
    place.sync()
    assert is_deleted(place, contact_id) == (False, False)
    rejected = place.ask("select key from state.rejects where entity = 'customers'")
    assert (contact_id,) in rejected


def test_a_late_search_does_not_bring_the_deleted_back_a_new_document_does(place: Place) -> None:
    contact_id = place.contact()
    change_customer(place.main, contact_id, "change", {"firstName": "Late"})
    change_customer(place.main, contact_id, "delete", {})
    place.tell(CUSTOMERS, contact_id, "deleted")
    place.sync()
    # The index still shows the document as it was before it was deleted.
    del place.main.deleted[contact_id]
    place.sync(None, "customers")
    assert is_deleted(place, contact_id) == (True, True)

    change_customer(place.main, contact_id, "change", {"firstName": "Back"})
    place.sync(None, "customers")
    assert is_deleted(place, contact_id) == (False, False)


def test_one_of_two_documents_deleted_leaves_the_customer(place: Place) -> None:
    contact_id = place.contact()
    ((email,),) = place.ask(f"select email from contacts where contact_id = '{contact_id}'")
    change_customer(place.main, "double-1", "create", {"email": email})
    change_customer(place.main, contact_id, "delete", {})
    place.tell(CUSTOMERS, contact_id, "deleted")
    place.tell(CUSTOMERS, "double-1", "created")
    place.sync()
    assert is_deleted(place, contact_id) == (True, False)


def test_a_deletion_that_could_not_be_asked_for_waits(place: Place) -> None:
    contact_id = place.contact()
    change_customer(place.main, contact_id, "delete", {})
    place.tell(CUSTOMERS, contact_id, "deleted")
    place.main.weather.script.append({"route": "document", "kind": "status", "status": 400})
    place.sync()
    assert is_deleted(place, contact_id) == (False, False) and place.waiting() == 1
    place.sync()
    assert is_deleted(place, contact_id) == (True, True)


def test_consents_go_to_their_table_without_an_address(place: Place) -> None:
    place.ask("delete from consent_statements returning *")  # of other tests
    place.ask("delete from email_bounces returning *")
    for _ in range(2):
        place.tell(CONSENTS, "ana@example.com", "unsubscribed", by_person=True)
        place.tell(CONSENTS, "0123@ct.vtex.com.br", "unsubscribed")
        place.tell(CONSENTS, "ana@example.com", "bounced")
    place.sync()
    said = "select origin, opted_in, by_person, count(*) from consent_statements group by all"
    assert place.ask(said) == [("connectif", False, True, 1)]
    assert place.ask("select count(*) from email_bounces") == [(1,)]
    assert "ana@" not in str(place.ask("from consent_statements") + place.ask("from email_bounces"))


def test_a_torn_message_is_skipped_and_reported(place: Place) -> None:
    place.inbox.keep(CONSENTS, [], place.now).write_bytes(b'12345678 {"told":{"topic":"conse')
    report = place.sync()
    assert report.fault is None
    assert "1 torn messages were skipped" in (report.entity("inbox").note or "")


def test_one_topic_that_fails_does_not_hold_the_others(place: Place) -> None:
    place.tell(CUSTOMERS, place.contact(), "changed")
    place.tell(CONSENTS, "bo@example.com", "unsubscribed")
    place.main.weather.script.append({"route": "document", "kind": "status", "status": 403})
    report = place.sync()
    assert "Read only documents" in (report.entity("inbox").note or "")
    assert place.inbox.waiting(CONSENTS).file_count == 0
    assert place.waiting() == 1
    place.sync()


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Life:
    """How many files a reader still removes before it is killed, in the middle of them."""

    left: int


@dataclass(frozen=True)
class Dying(Inbox):
    """An inbox whose reader is killed while it removes what it has stored."""

    life: Life | None = None

    def remove(self, files: Sequence[InboxFile]) -> None:
        for one in files:
            if self.life is None or self.life.left == 0:
                raise Killed
            self.life.left -= 1
            Inbox.remove(self, [one])


def test_killed_between_storing_and_removing_nothing_is_lost_or_doubled(place: Place) -> None:
    gone, order_id = place.contact(), place.old_order()
    change_customer(place.main, gone, "delete", {})
    change_customer(place.main, "new-2", "create", {"email": "new.2@example.com"})
    change_order(place.main, order_id, "cancel", {})
    for topic, key, event in (
        (CUSTOMERS, gone, "deleted"),
        (CUSTOMERS, "new-2", "created"),
        (ORDERS, order_id, "canceled"),
        (ORDERS, "nothing-01", "canceled"),
        (CONSENTS, "cy@example.com", "subscribed"),
        (CONSENTS, "di@example.com", "unsubscribed"),
    ):
        place.tell(topic, key, event)
    states = []
    for removed_count, waiting in ((0, 6), (1, 5), (2, 3), (1, 2), (1, 1), (0, 1)):
        with pytest.raises(Killed):
            place.sync(Dying(place.inbox.folder, Life(removed_count)))
        assert place.waiting() == waiting
        states.append(state(place))
    place.sync()
    states.append(state(place))
    # What a topic brought is there with the first run that reached it, and stays as it is.
    for table, run in {"customers": 0, "deletions": 0, "orders": 2, "consents": 3}.items():
        assert all(later[table] == states[run][table] for later in states[run:]), table
    assert is_deleted(place, gone) == (True, True)
    assert place.ask(f"select status from orders where order_id = '{order_id}'") == [("canceled",)]


def state(place: Place) -> dict[str, list[Any]]:
    tables = {
        "customers": "raw.vtex_customers",
        "deletions": "contact_deletions",
        "orders": "raw.vtex_orders",
        "consents": "consent_statements",
    }
    return {name: sorted(place.ask(f"from {table}"), key=str) for name, table in tables.items()}
