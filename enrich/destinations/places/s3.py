"""A bucket of S3 or of anything that speaks its protocol, through obstore (the extra `s3`).

An object of S3 is there whole or not at all, so a name of its own for the unfinished is not needed.
obstore signs, cuts large files, and waits and retries by itself, within the limits given here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from enrich.client.waiting import LONGEST_BACKOFF_SECONDS, TRIES_WHEN_FAILING
from enrich.destinations.base import SecretRef, is_safe_to_send_to
from enrich.destinations.places.place import FileEntry, Write, described, load_extra, spooled
from enrich.errors import EnrichError, Refused, Stop, TryAgain

Done = TypeVar("Done")


class S3Settings(BaseModel):
    """The table `s3` of a file drop."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    bucket: str = Field(min_length=1)
    prefix: str = Field("", pattern=r"^([^/].*)?$")
    region: str = "us-east-1"
    endpoint: str | None = None
    access_key_id: SecretRef
    secret_access_key: SecretRef

    @field_validator("endpoint")
    @classmethod
    def _not_in_clear(cls, endpoint: str | None) -> str | None:
        if endpoint is not None and not is_safe_to_send_to(endpoint):
            raise ValueError("http sends personal data in clear; use https")
        return endpoint


@dataclass(frozen=True)
class S3Bucket:
    """The objects of one S3 bucket under one prefix."""

    settings: S3Settings
    access_key_id: SecretStr
    secret_access_key: SecretStr
    data_dir: Path = field(repr=False)
    is_searched: bool = False

    def check(self) -> list[str]:
        """Lists the first objects, which proves the key, the bucket and the right to list."""
        try:
            self._asked(lambda: next(iter(self._obstore.list(self._store)), None))
        except EnrichError as fault:
            return [str(fault)]
        return []

    def put(self, name: str, write: Write) -> dict[str, Any]:
        with spooled(self.data_dir, write) as file:
            entry = described(name, file)
            file.seek(0)
            self._asked(lambda: self._obstore.put(self._store, name, file))
        return entry

    def entries(self) -> list[FileEntry]:
        pages = self._asked(lambda: list(self._obstore.list(self._store)))
        return [FileEntry(one["path"], one["last_modified"]) for page in pages for one in page]

    def fetch(self, name: str) -> bytes:
        return self._asked(lambda: bytes(self._obstore.get(self._store, name).bytes()))

    def chunks(self, name: str) -> Iterator[bytes]:
        """The content of an object, some megabytes at a time."""
        stream = self._asked(lambda: iter(self._obstore.get(self._store, name).stream()))
        while (chunk := self._asked(lambda: next(stream, None))) is not None:
            yield bytes(chunk)

    def remove(self, name: str) -> None:
        self._asked(lambda: self._obstore.delete(self._store, name))

    def close(self) -> None:
        """The connections are obstore's, which ends them when they idle."""

    @cached_property
    def _obstore(self) -> Any:
        return load_extra("obstore", "s3")

    @cached_property
    def _store(self) -> Any:
        wanted = self.settings
        return load_extra("obstore.store", "s3").S3Store(
            wanted.bucket,
            prefix=wanted.prefix or None,
            region=wanted.region,
            access_key_id=self.access_key_id.get_secret_value(),
            secret_access_key=self.secret_access_key.get_secret_value(),
            virtual_hosted_style_request=False,
            client_options={
                "connect_timeout": timedelta(seconds=10),
                "timeout": timedelta(seconds=60),
                "allow_http": wanted.endpoint is not None,  # only this machine passed the check
            },
            retry_config={
                "max_retries": TRIES_WHEN_FAILING - 1,
                "backoff": {
                    "init_backoff": timedelta(seconds=0.5),
                    "max_backoff": timedelta(seconds=LONGEST_BACKOFF_SECONDS),
                    "base": 2,
                },
            },
            **({"endpoint": wanted.endpoint} if wanted.endpoint else {}),
        )

    def _asked(self, act: Callable[[], Done]) -> Done:
        """What the bucket answers; its errors quote keys and addresses: only their kind stays."""
        errors = load_extra("obstore.exceptions", "s3")
        try:
            return act()
        except (errors.BaseError, FileNotFoundError) as fault:
            raise self._fault(errors, fault) from None

    def _fault(self, errors: Any, fault: Exception) -> EnrichError:
        where = f"s3 bucket {self.settings.bucket}"
        status = _STATUS.search(str(fault))
        code = status[1] if status else ""
        refusals = (errors.PermissionDeniedError, errors.UnauthenticatedError)
        if isinstance(fault, refusals) or code in ("401", "403"):
            return Refused(
                f"{where}: refused; check the keys, the region and the rights to list, read,"
                " write and delete"
            )
        if isinstance(fault, (errors.NotFoundError, FileNotFoundError)) or code == "404":
            return Stop(f"{where}: not found; check bucket and endpoint")
        return TryAgain(f"{where}: no good answer ({code or type(fault).__name__})")


# A refused listing is an error without a kind; only its text has the status.
_STATUS = re.compile(r"status code: (\d{3})")
