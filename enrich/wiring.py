"""From settings to live objects: the only place that chooses real adapters and reads secrets."""

from __future__ import annotations

import grp
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from pydantic import SecretStr

from enrich.audiences.audience import Audience
from enrich.client import Http
from enrich.consent.exports import ConsentSource
from enrich.dashboard.goals import Goal
from enrich.destinations import (
    AUDIENCES,
    NamedAudience,
    Tools,
    open_consent_reader,
    open_entities,
    open_entity,
    open_members,
    requests_per_second,
    switched_on,
    written_back,
)
from enrich.destinations.base import is_safe_to_send_to
from enrich.destinations.places.s3 import S3Bucket, S3Settings
from enrich.errors import BadSettings
from enrich.forget.cases import Places
from enrich.model import Rules
from enrich.predict import PredictionRules, ProductRules
from enrich.profile import SegmentTable
from enrich.profile.own import OwnField, declared
from enrich.push.destination import Destination
from enrich.receiver import (
    CUSTOMERS,
    ORDERS,
    Inbox,
    RegisteredCaller,
    check_secret,
    inbox_of,
)
from enrich.runs.reporting import ignore_message
from enrich.settings import (
    DestinationEntry,
    SecretSource,
    Settings,
    check_header,
    read_secret,
    read_segments,
    shipped_audiences,
)
from enrich.shop import Shop
from enrich.sources.registry import open_source
from enrich.sources.source import Erasure, Source, SourceAccount
from enrich.warehouse import (
    WAREHOUSE_NAME,
    ReadCopy,
    Sharing,
    Warehouse,
    open_warehouse,
    read_warehouse,
)

OWN_KEYS = frozenset(DestinationEntry.model_fields)


@dataclass(frozen=True, slots=True)
class Wiring:
    """The world as the settings describe it; `block` reads a Prefect Secret block, in a flow.

    Without `reads_keys` destinations can be asked for what they would send, and for nothing else.
    """

    settings: Settings
    environ: Mapping[str, str] = field(repr=False)
    clock: Callable[[], datetime]
    block: Callable[[str], str] | None = None
    reads_keys: bool = True

    @property
    def now(self) -> datetime:
        """The UTC moment this run takes as now."""
        return self.settings.moment(self.clock)

    @property
    def vtex_stores(self) -> tuple[str, ...]:
        """The stores that are pulled; the others live from imports."""
        return tuple(name for name, store in self.settings.stores.items() if store.account)

    @property
    def rules(self) -> dict[str, Rules]:
        """What the numbers of every store mean."""
        windows = self.settings.windows
        return {name: store.rules(windows) for name, store in self.settings.stores.items()}

    @property
    def segments(self) -> SegmentTable:
        """The segment table of the installation; raises BadSettings."""
        return read_segments(self.settings)

    def audiences(self, store: str) -> tuple[Audience, ...]:
        """The audiences of a store that are computed."""
        ours = shipped_audiences()
        return tuple(
            Audience(
                name,
                is_shipped=name in ours and ours[name]["rule"] == one.rule,
                **one.model_dump(exclude={"stores", "enabled"}),
            )
            for name, one in self.settings.audiences.items()
            if one.enabled and (one.stores == "all" or store in one.stores)
        )

    @property
    def goals(self) -> dict[str, dict[str, Goal]]:
        """The goals of each store by name."""
        found: dict[str, dict[str, Goal]] = {store: {} for store in self.settings.stores}
        for name, one in self.settings.goals.items():
            store = one.store or next(iter(found))
            found[store][name] = Goal(one.figure, one.target, one.period)
        return found

    @property
    def has_warehouse(self) -> bool:
        """Whether anything was ever stored; opening the warehouse would make an empty one."""
        return (self.settings.data_dir / WAREHOUSE_NAME).is_file()

    def warehouse(self, job: str) -> AbstractContextManager[Warehouse]:
        """The warehouse, held for `job` until the block ends; raises Locked."""
        return open_warehouse(
            self.settings.data_dir,
            job=job,
            started_at=self.clock(),
            memory_limit=self.settings.warehouse.memory_limit,
            sharing=self.sharing,
        )

    @property
    def sharing(self) -> Sharing:
        """How the read copy is shared; raises BadSettings when this machine has no such group."""
        wanted = self.settings.read_copy
        return Sharing(
            folder=wanted.folder,
            file_mode=int(wanted.file_mode, 8),
            group_id=None if wanted.file_group is None else _group_id(wanted.file_group),
            contacts=wanted.contacts,
            parquet=wanted.parquet,
        )

    def read_copy(self) -> AbstractContextManager[ReadCopy]:
        """The analysts' copy; needs no lock."""
        return read_warehouse(self.settings.data_dir)

    def inbox(self, store: str) -> Inbox:
        """What was received about the store and waits for a sync."""
        return inbox_of(self.settings.data_dir, store)

    def stores_waiting(self) -> tuple[str, ...]:
        """The stores about whose orders or customers something waits that a sync would pull."""
        return tuple(
            store
            for store in self.vtex_stores
            if any(self.inbox(store).waiting(topic).file_count for topic in (ORDERS, CUSTOMERS))
        )

    def registered_callers(self) -> list[RegisteredCaller]:
        """The callers of the receiver, their secrets read now; raises BadSettings."""
        receive = self.settings.receive
        return [
            RegisteredCaller(
                name=name,
                kind=caller.kind,
                origin=caller.destination or name,
                inbox=self.inbox(self.settings.store_of(caller)),
                secret=check_secret(name, self._secret(caller.secret)),
            )
            for name, caller in receive.callers.items()
        ]

    def s3_bucket(self, name: str, prefix: str = "") -> S3Bucket:
        """An S3 bucket, reached as the usual variables of the environment say."""
        endpoint = self.environ.get("AWS_ENDPOINT_URL")
        if endpoint is not None and not is_safe_to_send_to(endpoint):
            raise BadSettings("AWS_ENDPOINT_URL: http sends personal data in clear; use https")
        key_id, key = {"env": "AWS_ACCESS_KEY_ID"}, {"env": "AWS_SECRET_ACCESS_KEY"}
        settings = S3Settings(
            bucket=name,
            prefix=prefix,
            region=self.environ.get("AWS_REGION", "us-east-1"),
            endpoint=endpoint,
            access_key_id=key_id,
            secret_access_key=key,
        )
        read = self._destination_secret
        return S3Bucket(settings, read(key_id), read(key), self.settings.data_dir)

    def alert_urls(self) -> dict[str, SecretStr]:
        """The address of each target of alerts, read now; raises BadSettings."""
        targets = self.settings.alerts.targets
        return {name: self._secret(target.url) for name, target in targets.items()}

    def ping_url(self, job: str) -> SecretStr | None:
        """The address to call after a good run of the job; None without one."""
        found = {str(name): source for name, source in self.settings.alerts.ping.items()}
        return self._secret(found[job]) if job in found else None

    @property
    def own_fields(self) -> tuple[OwnField, ...]:
        """The fields of the shop's own, which every store has."""
        return tuple(
            OwnField(name, **one.model_dump()) for name, one in self.settings.fields.items()
        )

    def plain_shop(self, name: str) -> Shop:
        """The store without a way to VTEX."""
        self._refuse_echo(name)
        return self._shop(name, None)

    def _shop(self, name: str, source: Source | None) -> Shop:
        store = self.settings.stores[name]
        return Shop(
            name=name,
            rules=store.rules(self.settings.windows),
            segments=self.segments,
            source=source,
            extra_customer_fields=store.extra_customer_fields,
            opt_in_fields=dict(store.opt_in_fields.items()),
            max_unexplained_share=store.max_unexplained_share,
            url=store.store_url,
            inbox=self.inbox(name),
            prediction=PredictionRules(**self.settings.prediction.model_dump()),
            products=ProductRules(**self.settings.products.model_dump()),
            own_fields=self.own_fields,
            keeps_unknown=self.settings.consent.create_unknown,
            file_formats={kind: one.as_format() for kind, one in self.settings.imports.items()},
        )

    @contextmanager
    def shop(self, name: str, say: Callable[[str], None] = ignore_message) -> Iterator[Shop]:
        """The store with its source, if it has an account; the keys are read now.

        `say` hears what a longer wait is for.
        """
        store = self.settings.stores[name]
        if store.account is None:
            yield self.plain_shop(name)
            return
        self._refuse_echo(name)
        with Http(requests_per_second=store.pace.requests_per_second, say=say) as http:
            yield self._shop(name, self._source(name, http))

    def _source(self, name: str, http: Http) -> Source:
        store = self.settings.stores[name]
        account = SourceAccount(
            store.url,
            check_header(f"stores.{name}.app_key", self._secret(store.app_key)),
            check_header(f"stores.{name}.app_token", self._secret(store.app_token)),
            http,
            sales_channels=() if store.sales_channels == "all" else store.sales_channels,
            extra_fields=store.own_customer_fields,
            detail_threads=store.pace.concurrent_details,
            list_threads=store.pace.concurrent_lists,
            first_sync_days=store.first_sync_days,
            erases=store.erase_in_vtex,
        )
        return open_source(store.source, account)

    def _refuse_echo(self, name: str) -> None:
        """Our own values, pulled as the customer's, would be a change that we make every day."""
        pulled = set(self.settings.stores[name].own_customer_fields)
        for destination, entry in self.settings.destinations.items():
            echoed = sorted(pulled & written_back(entry.kind, _options(entry)))
            if echoed and name in self._stores_of(entry):
                raise BadSettings(
                    f"destination {destination} writes {', '.join(echoed)}, which"
                    f" stores.{name} would pull back: take it out of extra_customer_fields"
                    " and opt_in_fields"
                )

    def pushed_stores(self) -> dict[str, tuple[str, ...]]:
        """The enabled destinations, each with the stores it serves."""
        return {
            name: self._stores_of(entry)
            for name, entry in self.settings.destinations.items()
            if entry.enabled
        }

    def pushed_entities(self, destination: str) -> tuple[str, ...]:
        """The entities that are pushed to a destination of the settings."""
        entry = self.settings.destinations[destination]
        return switched_on(entry.kind, self._options_of(destination, entry))

    def takers_of(self, audience: str | None) -> tuple[str, ...]:
        """The enabled destinations that get the members of an audience, or of any."""
        return tuple(
            name
            for name in self.pushed_stores()
            if any(audience in (None, one.key) for one in self._audiences_at(name))
        )

    def _audiences_at(self, destination: str) -> tuple[NamedAudience, ...]:
        """The audiences that go there; of one that is switched off the members leave."""
        return tuple(
            NamedAudience(name, one.destinations[destination], one.channel)
            for name, one in self.settings.audiences.items()
            if destination in one.destinations
        )

    def _options_of(self, name: str, entry: DestinationEntry) -> dict[str, Any]:
        """The platform's own keys; an audience that goes there switches their entity on."""
        options = _options(entry)
        on = switched_on(entry.kind, options)
        if self._audiences_at(name) and AUDIENCES not in on:
            return {**options, "entities": (*on, AUDIENCES)}
        return options

    def _stores_of(self, entry: DestinationEntry) -> tuple[str, ...]:
        return tuple(self.settings.stores) if entry.stores == "all" else entry.stores

    @contextmanager
    def destinations(
        self, wanted: str | None = None, say: Callable[[str], None] = ignore_message
    ) -> Iterator[list[Destination]]:
        """The enabled destinations, or the one asked for even when it is not enabled."""
        entries = self.settings.destinations
        if wanted is not None and wanted not in entries:
            known = ", ".join(entries) or "none"
            raise BadSettings(f"there is no destination {wanted!r} in the settings; known: {known}")
        chosen = {
            name: entry
            for name, entry in entries.items()
            if (entry.enabled if wanted is None else name == wanted)
        }
        with ExitStack() as stack:
            yield [self._destination(name, entry, stack, say) for name, entry in chosen.items()]

    @contextmanager
    def consent_sources(
        self, say: Callable[[str], None] = ignore_message
    ) -> Iterator[list[ConsentSource]]:
        """The platforms that are asked for consents, each with a client of its own."""
        with ExitStack() as stack:
            yield [self._consents_of(name, stack, say) for name in self.settings.consent.read_from]

    def _consents_of(
        self, name: str, stack: ExitStack, say: Callable[[str], None]
    ) -> ConsentSource:
        entry = self.settings.destinations[name]
        http, tools = self._tools(entry, stack, say)
        reader = open_consent_reader(name, entry.kind, _options(entry), tools)
        return ConsentSource(name, self._stores_of(entry), reader, http)

    @property
    def places(self) -> Places:
        """Where people are forgotten."""
        return Places(
            data_dir=self.settings.data_dir,
            shops={name: self.plain_shop(name) for name in self.settings.stores},
            open_warehouse=lambda: self.warehouse("forget"),
            open_destination=self._destination_to_erase,
            now=self.now,
            erasing_stores=frozenset(
                name for name, store in self.settings.stores.items() if store.erase_in_vtex
            ),
            open_erasure=self._erasure,
        )

    @contextmanager
    def _erasure(self, store: str) -> Iterator[Erasure | None]:
        """The erasure of the store's source; None when the settings have the store no more."""
        if store not in self.settings.stores:
            yield None
            return
        with self.shop(store) as shop:
            yield shop.erasure

    @contextmanager
    def _destination_to_erase(self, name: str) -> Iterator[Destination | None]:
        """The destination, enabled or not; None when the settings have it no more."""
        if name not in self.settings.destinations:
            yield None
            return
        with self.destinations(name) as (destination,):
            yield destination

    def _destination(
        self, name: str, entry: DestinationEntry, stack: ExitStack, say: Callable[[str], None]
    ) -> Destination:
        """The destination with a client of its own: one platform's limit slows no other."""
        options = self._options_of(name, entry)
        _, tools = self._tools(entry, stack, say)
        tools = replace(tools, audiences=self._audiences_at(name))
        profiles = open_entity(name, entry.kind, options, tools)
        if entry.within_minutes and profiles.whole_table:
            raise BadSettings(
                f"destination {name} writes all profiles when one changed, which cannot be"
                ' within_minutes: set mode = "changes"'
            )
        return Destination(
            name,
            self._stores_of(entry),
            profiles,
            requests_per_second(entry.kind, options),
            open_entities(name, entry.kind, options, tools),
            shops={store: self.plain_shop(store) for store in self._stores_of(entry)},
            keep_days=self.settings.retention.exports_days,
            members=open_members(name, entry.kind, options, tools),
            within_minutes=entry.within_minutes,
        )

    def _tools(
        self, entry: DestinationEntry, stack: ExitStack, say: Callable[[str], None]
    ) -> tuple[Http, Tools]:
        """An HTTP client at the destination's own pace, and what opens its entities with it."""
        pace = requests_per_second(entry.kind, _options(entry))
        http = stack.enter_context(Http(requests_per_second=pace, say=say))
        settings = self.settings
        secret, folder = self._destination_secret, settings.data_dir
        return http, Tools(
            http,
            secret,
            folder,
            clock=lambda: self.clock().timestamp(),
            windows=settings.windows,
            own_fields=declared(self.own_fields),
        )

    def _destination_secret(self, source: Mapping[str, str]) -> SecretStr:
        if not self.reads_keys:
            return SecretStr("")
        return self._secret(SecretSource.model_validate(dict(source)))

    def _secret(self, source: SecretSource | None) -> SecretStr:
        if source is None:
            raise BadSettings("a store with an account needs app_key and app_token")
        return read_secret(source, self.environ, self.block)


def _group_id(name: str) -> int:
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        raise BadSettings(
            f"read_copy.file_group: there is no group {name!r} on this machine"
        ) from None


def _options(entry: DestinationEntry) -> dict[str, Any]:
    """The keys that are the platform's own."""
    return {key: value for key, value in entry.model_dump().items() if key not in OWN_KEYS}
