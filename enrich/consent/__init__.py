"""Consent, the pure part: what was said, what is an echo, who wins, who has to be told."""

from enrich.consent.deciding import Decisions, decide, winners
from enrich.consent.echoes import CLOCKS_APART, without_echoes
from enrich.consent.facts import (
    CONTACTS,
    STATEMENTS,
    THERE,
    VTEX,
    WRITES,
    ConsentRules,
    Facts,
)

__all__ = [
    "CLOCKS_APART",
    "CONTACTS",
    "STATEMENTS",
    "THERE",
    "VTEX",
    "WRITES",
    "ConsentRules",
    "Decisions",
    "Facts",
    "decide",
    "winners",
    "without_echoes",
]
