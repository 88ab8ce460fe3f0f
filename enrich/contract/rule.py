"""What a rule of the contract is, and for which destinations it is one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from enrich.contract.trial import Case

Need: TypeAlias = Callable[[Case], str | None]


class Broken(AssertionError):
    """A rule does not hold: what was found instead."""


@dataclass(frozen=True, slots=True)
class Rule:
    """`holds` raises Broken; each of `needs` says why the rule is not for a case."""

    holds: Callable[[Case], None]
    needs: tuple[Need, ...] = ()

    def not_for(self, case: Case) -> str | None:
        """Why the rule is about something that this destination does not have; None: it has."""
        return next((why for need in self.needs if (why := need(case))), None)


def require(found: object, wanted: object, what: str) -> None:
    """Raise Broken unless both are the same."""
    if found != wanted:
        raise Broken(f"{what}: {found!r} instead of {wanted!r}")


def simulated(case: Case) -> str | None:
    return None if case.is_simulated else "it has no stand-in here"


def shows_people(case: Case) -> str | None:
    """Whether one can look at what it holds of every person."""
    if case.is_profiles and case.is_visible:
        return None
    return "nobody can look at the people it holds"


def knows_by_email(case: Case) -> str | None:
    is_known = case.platform.record_key == "email"
    return None if is_known else "it knows people by another key than their address"


def clears(case: Case) -> str | None:
    return None if "clear" in case.platform.removals else "nobody is cleared there"
