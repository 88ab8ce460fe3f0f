"""What ad platforms share: audiences alone, of people known by hashes of their addresses.

A hash is as personal as the address: it stands in requests and nowhere else. What the platforms
take as the same address differs, so each normalises by its own rule first.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any, ClassVar

from enrich.destinations.base import MappedField, RecordKey, Row
from enrich.destinations.http import HttpSettings
from enrich.destinations.kinds import AUDIENCES
from enrich.destinations.lists import MemberRecords
from enrich.errors import BadSettings

GMAIL = re.compile(r"(?P<local>[^@+]*)(\+[^@]*)?@(?P<domain>gmail\.com|googlemail\.com)")
ADS = "ads"


class AdSettings(HttpSettings):
    """The keys of a platform that takes audiences alone."""

    entities: tuple[str, ...] = (AUDIENCES,)


class AdMembers(MemberRecords):
    """Members by the hashes of their e-mail and phone; only of audiences by the channel `ads`."""

    after = ()
    record_key: RecordKey = "record_id"
    idempotency_key = "the hashes"
    mapping: ClassVar[tuple[MappedField, ...]] = (
        MappedField("audience_name", "list", "text"),
        MappedField("email", "email", "text"),
        MappedField("phone", "phone", "text"),
        MappedField("amount", "value", "amount"),
        MappedField("is_member", "is_member", "boolean"),
    )

    def adapt(self) -> None:
        super().adapt()
        if wrong := [one.key for one in self.audiences if one.channel != ADS]:
            raise BadSettings(
                f'{self.platform} takes audiences with channel = "{ADS}" alone, not'
                f" {', '.join(wrong)}: an agreement to mails is none to ads"
            )

    def validate(self, row: Row) -> str | None:
        return None if row["email"] or row["phone"] else "neither e-mail nor phone"

    def email_there(self, email: str) -> str:
        """The address as the platform wants it before it is hashed."""
        return clean_email(email)

    def phone_there(self, phone: str) -> str:
        """The same of a phone, from E.164."""
        return phone

    def hashes(self, email: str | None, phone: str | None) -> Mapping[str, str | None]:
        return {
            "email": hashed(self.email_there(email)) if email else None,
            "phone": hashed(self.phone_there(phone)) if phone else None,
        }

    def knows(self, address: str) -> bool:
        return True

    def identity(self, address: str) -> Mapping[str, Any]:
        return self.hashes(*((address, None) if "@" in address else (None, address)))

    def shape(self, row: Row, values: dict[str, Any]) -> Mapping[str, Any]:
        shaped = super().shape(row, {"value": None, **values})
        return {**shaped, **self.hashes(row["email"], row["phone"])}

    def new_memo(self, row: Row, memo: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**super().new_memo(row, memo), "phone": row["phone"]}


def hashed(text: str) -> str:
    """SHA-256 as 64 hex digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def clean_email(email: str) -> str:
    """In small letters, without any white space."""
    return re.sub(r"\s", "", email).lower()


def clean_gmail(email: str) -> str:
    """The same; of Gmail also without dots and what follows a plus, which reach the same person."""
    cleaned = clean_email(email)
    found = GMAIL.fullmatch(cleaned)
    return f"{found['local'].replace('.', '')}@{found['domain']}" if found else cleaned
