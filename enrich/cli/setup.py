"""Commands for the first hour: write a settings file, see what the credentials may do."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Annotated

import typer

from enrich.cli.config import schema_text
from enrich.cli.options import StoreOption
from enrich.cli.shell import DEFAULT_CONFIG, Shell
from enrich.cli.shows import show_findings
from enrich.errors import BadSettings, Refused, TryAgain
from enrich.installed import page
from enrich.verify import Finding, verify_destination, verify_store

SCHEMA_NAME = "enrich.schema.json"


def template() -> str:
    """The settings file that `enrich init` writes."""
    text = (resources.files("enrich.cli") / "template.toml").read_text(encoding="utf-8")
    return text.replace("DOCS", str(page("")), 1)


def init(
    shell: Shell,
    target: Annotated[Path, typer.Argument(help="The file to write")] = DEFAULT_CONFIG,
) -> None:
    """Write a commented settings file to start from, and the schema with which editors check it."""
    try:
        with target.open("x", encoding="utf-8") as file:
            file.write(template())
    except FileExistsError:
        raise BadSettings(f"{target} exists already; it is left as it is") from None
    target.with_name(SCHEMA_NAME).write_text(schema_text(), encoding="utf-8")
    shell.say(f"{target} is written; fill in the account, export the two keys, `enrich verify`")


def verify(shell: Shell, store: StoreOption = None) -> None:
    """Ask VTEX one cheap question per permission and show what works and what to tick."""
    findings: list[Finding] = []
    only_pushes = store is None and not shell.wiring.vtex_stores and shell.wiring.pushed_stores()
    for name in () if only_pushes else shell.vtex_stores(store):
        with shell.wiring.shop(name, shell.say) as shop:
            findings += verify_store(shop)
    with shell.wiring.destinations(say=shell.say) as destinations:
        for destination in destinations:
            findings += verify_destination(destination, shell.now.date())
    show_findings(shell.out, findings)
    missing = [finding for finding in findings if finding.needed and not finding.works]
    if missing and not any(finding.is_answered for finding in missing):
        raise TryAgain("nothing answered; check the network and the address, and try again")
    if missing:
        raise Refused(f"{len(missing)} needed permission(s) do not work; the table says what to do")
