"""Alerts by the Prefect server: who of the settings hears of failed runs, old data, held pushes.

The server sends them, so that they come even when the process that runs the schedules is gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from prefect.blocks.core import Block
from prefect.blocks.notifications import (
    CustomWebhookNotificationBlock,
    MicrosoftTeamsWebhook,
    SlackWebhook,
)
from prefect.client.orchestration import SyncPrefectClient
from prefect.events import emit_event
from prefect.events.actions import SendNotification
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from pydantic import SecretStr

from enrich.errors import BadSettings
from enrich.settings import Alerts

LOOK = "enrich.needs-a-look"
FAILED = ("prefect.flow-run.Failed", "prefect.flow-run.Crashed", "prefect.flow-run.TimedOut")
RUNS = {"prefect.resource.id": "prefect.flow-run.*"}
HOW_RUN_ENDED = "{{ flow_run.name }}: {{ flow_run.state.name }}. {{ flow_run.state.message }}"


def ask_for_a_look(installation: str, line: str) -> None:
    """An event with what a person should look at although the run did not fail; no person's value.

    Without a server, as in a test of the flow alone, nobody hears it.
    """
    emit_event(LOOK, resource=_resource(installation), payload={"line": line})


def set_alerts(
    client: SyncPrefectClient,
    installation: str,
    sync_name: str,
    alerts: Alerts,
    urls: Mapping[str, SecretStr],
) -> int:
    """How many automations the installation has now, as its settings say; 0 without targets.

    `sync_name` is the deployment whose runs keep the data fresh, `urls` the address of each target.
    What an earlier version of the settings asked for is replaced or deleted. Raises BadSettings
    when an address does not fit its kind.
    """
    blocks = [
        _saved(f"enrich-{installation}-{name}", target.kind, urls[name])
        for name, target in alerts.targets.items()
    ]
    wanted = automations_of(installation, sync_name, alerts.max_data_age_hours, blocks)
    for automation in wanted:
        _set(client, automation if blocks else None, automation.name)
    return len(wanted) if blocks else 0


def _set(client: SyncPrefectClient, wanted: AutomationCore | None, name: str) -> None:
    """The automation of the name is as wanted, under the id it had: what it waits for stays."""
    known = client.read_automations_by_name(name)
    for former in known:
        if wanted is None:
            client.delete_automation(former.id)
        else:
            # an update sends only what was set, so defaults are set as well
            whole = AutomationCore.model_validate(wanted.model_dump(exclude={"owner_resource"}))
            client.update_automation(former.id, whole)
    if wanted is not None and not known:
        client.create_automation(wanted)


def automations_of(
    installation: str, sync_name: str, max_data_age_hours: float, blocks: Iterable[UUID]
) -> list[AutomationCore]:
    """The three automations of an installation, each sending to every block."""
    of_ours = {
        "prefect.resource.role": "tag",
        "prefect.resource.id": f"prefect.tag.{installation}",
    }
    of_sync = {"prefect.resource.role": "deployment", "prefect.resource.name": sync_name}
    failed = EventTrigger(
        expect=set(FAILED), match=RUNS, match_related=of_ours, for_each={"prefect.resource.id"}
    )
    old = EventTrigger(
        expect={"prefect.flow-run.Completed"},
        match=RUNS,
        match_related=of_sync,
        posture=Posture.Proactive,
        within=timedelta(hours=max_data_age_hours),
    )
    held = EventTrigger(expect={LOOK}, match=_resource(installation))
    stale = f"No sync has completed for {max_data_age_hours:g} hours; see whether it still runs."
    kinds = (
        ("a run failed", failed, HOW_RUN_ENDED),
        ("the data is old", old, stale),
        ("something needs a look", held, "{{ event.payload.line }}"),
    )
    return [
        AutomationCore(
            name=f"enrich {installation}: {what}",
            description="Made from [alerts] of the settings; `enrich serve` makes it again.",
            trigger=trigger,
            actions=[
                SendNotification(
                    block_document_id=block, subject=f"enrich {installation}: {what}", body=body
                )
                for block in blocks
            ],
        )
        for what, trigger, body in kinds
    ]


def _resource(installation: str) -> dict[str, str]:
    return {"prefect.resource.id": f"enrich.installation.{installation}"}


def _saved(name: str, kind: str, url: SecretStr) -> UUID:
    """The id of the block that sends to the address; the former one of the name is replaced."""
    address = url.get_secret_value()
    if not address.startswith(SCHEMES[kind]):
        allowed = " or ".join(SCHEMES[kind])
        raise BadSettings(f"the address of an alert target of kind {kind} begins with {allowed}")
    try:
        block: Block = _block(kind, address)
    except (ValueError, TypeError):
        raise BadSettings(f"no {kind} address of an alert target; copy it again") from None
    saved: Any = block.save(name, overwrite=True)
    return UUID(str(saved))


SCHEMES: dict[str, tuple[str, ...]] = {
    "email": ("mailtos://", "mailto://"),
    "slack": ("https://hooks.slack",),
    "teams": ("https://",),
    "webhook": ("https://", "http://"),
}


def _block(kind: str, address: str) -> Block:
    match kind:
        case "teams":
            return MicrosoftTeamsWebhook(url=SecretStr(address))
        case "webhook":
            text = {"subject": "{{subject}}", "text": "{{body}}"}
            secrets: Any = {"address": address}
            return CustomWebhookNotificationBlock(
                name="enrich", url="{{address}}", json_data=text, secrets=secrets
            )
    # Prefect has no block for mail by SMTP; that of Slack hands any other address to Apprise.
    return SlackWebhook(url=SecretStr(address))
