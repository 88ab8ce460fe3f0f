"""Platforms whose calls are signed with a token that runs out, shared by the entities of one."""

from __future__ import annotations

from abc import abstractmethod
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from enrich.client import BadBody, Response, parse_json
from enrich.destinations.http import HttpDestination
from enrich.errors import Refused

# A token is replaced so long before its end: one call may take that long.
MARGIN_SECONDS = 120.0


class TokenDestination(HttpDestination):
    """One kind of record at such a platform.

    A token that names its end, as a JWT does, is replaced shortly before; any other one once it is
    refused.
    """

    login_keys: ClassVar[str]  # which settings to look at when no token comes

    @abstractmethod
    def log_in(self) -> object:
        """A new token, or what came instead of one; the call is not signed."""

    @property
    def needs_token(self) -> bool:
        return True

    def headers(self) -> Mapping[str, str]:
        token = self.session.get("token")
        return {"Authorization": f"Bearer {token}"} if token else {}

    def check(self) -> list[str]:
        """The problems; without any, that a new token ends at once: one of two clocks is wrong."""
        found = super().check()
        short = self.session.get("short_token")
        return [short] if short and not found else found

    def ask(self, method: str, path: str, body: Any = None, **rest: Any) -> Response:
        """The answer; a token that ran out is replaced once."""
        if self.needs_token and self._is_due():
            self._renew()
        try:
            return super().ask(method, path, body, **rest)
        except Refused as fault:
            if type(fault) is not Refused or not self.needs_token:
                raise  # a missing permission is no old token
        self._renew()
        try:
            return super().ask(method, path, body, **rest)
        except Refused as fault:
            short = self.session.get("short_token")
            if type(fault) is not Refused or not short:
                raise
            raise Refused(f"{fault}; {short}") from None

    def _is_due(self) -> bool:
        ends = self.session.get("token_ends_at")
        return "token" not in self.session or (
            ends is not None and self.clock() + MARGIN_SECONDS > float(ends)
        )

    def _renew(self) -> None:
        for name in ("token", "token_ends_at", "short_token"):
            self.session.pop(name, None)
        token = self.log_in()
        if not isinstance(token, str):
            raise Refused(f"{self.platform} login: no token came back; check {self.login_keys}")
        self.session["token"] = token
        end, now = end_of(token), self.clock()
        if end is not None and end > now + MARGIN_SECONDS:
            self.session["token_ends_at"] = str(end)
        elif end is not None:
            self.session["short_token"] = (
                f"{self.platform}: a new token ends at {_moment(end)}, and here it is"
                f" {_moment(now)}; see whether the clock of this machine is right"
            )


def end_of(token: str) -> float | None:
    """When a JWT ends by its `exp` (epoch seconds); None for any other token, or no such moment.

    Its signature is the platform's to judge.
    """
    claims = token.split(".")[1:2]
    try:
        read = parse_json(urlsafe_b64decode(claims[0] + "=" * (-len(claims[0]) % 4)))
        end = float(read["exp"])
        _moment(end)
    except (LookupError, TypeError, ValueError, OverflowError, BadBody):
        return None
    return end


def _moment(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"
