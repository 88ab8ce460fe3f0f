"""What an audience is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

CHANNELS = ("email", "sms", "whatsapp", "ads")


@dataclass(frozen=True, slots=True)
class Audience:
    """People whom a rule fits and who agreed to be reached by a channel.

    `rule` and `order_by` are SQL over one customer; `hold_out` is the share that is never reached.
    `destinations`: what it is called there. `is_shipped`: the rule is ours, so a field that this
    installation lacks is no mistake of the shop's.
    """

    name: str
    rule: str
    channel: str = "email"
    order_by: str = "amount_lifetime desc"
    max_members: int | None = None
    hold_out: float = 0.0
    destinations: Mapping[str, str] = field(default_factory=dict)
    is_shipped: bool = False
