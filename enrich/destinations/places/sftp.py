"""A folder of an SFTP server, through paramiko (the extra `sftp`).

The host key is always checked: by a known_hosts file or by its fingerprint, never taken on trust.
"""

from __future__ import annotations

import errno
import hashlib
import io
import logging
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from enrich.destinations.base import SecretRef
from enrich.destinations.places.place import (
    FileEntry,
    Write,
    described,
    load_extra,
    patiently,
    spooled,
)
from enrich.errors import BadSettings, EnrichError, Refused, Stop

CONNECT_SECONDS = 10.0
READ_SECONDS = 60.0

# Every fault is raised as one of ours; paramiko would also print it, with the user's name.
logging.getLogger("paramiko").setLevel(logging.CRITICAL)

Done = TypeVar("Done")


class SftpSettings(BaseModel):
    """The table `sftp` of a file drop."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    host: str = Field(min_length=1)
    port: int = Field(22, ge=1, le=65_535)
    user: str = Field(min_length=1)
    folder: str = Field(".", min_length=1)
    password: SecretRef | None = None
    private_key: SecretRef | None = None
    passphrase: SecretRef | None = None
    known_hosts: Path | None = None
    fingerprint: str | None = Field(None, pattern=r"^SHA256:[A-Za-z0-9+/]{43}=?$")

    @model_validator(mode="after")
    def _whole(self) -> SftpSettings:
        if (self.password is None) == (self.private_key is None):
            raise ValueError("give password or private_key")
        if (self.known_hosts is None) == (self.fingerprint is None):
            raise ValueError(
                "give known_hosts (a file) or fingerprint (SHA256:..., as `ssh-keygen -l` shows"
                " it): a server nobody knows gets no customers"
            )
        return self


@dataclass
class SftpFolder:
    """One folder of one server; the connection is opened when it is needed, and again when lost."""

    settings: SftpSettings
    secrets: dict[str, SecretStr]
    data_dir: Path = field(repr=False)
    sleep: Callable[[float], None] = field(repr=False)
    is_searched: bool = False
    _open: tuple[Any, Any] | None = field(default=None, repr=False)

    def check(self) -> list[str]:
        """Logs in and looks for the folder."""
        try:
            self._asked("stat", lambda sftp: sftp.stat(self.settings.folder))
        except EnrichError as fault:
            return [str(fault)]
        finally:
            self.close()
        return []

    def put(self, name: str, write: Write) -> dict[str, Any]:
        """Uploaded under a name of its own, then renamed: a reader never sees half of it."""
        with spooled(self.data_dir, write) as file:
            entry = described(name, file)
            self._asked("put", lambda sftp: self._upload(sftp, name, file))
        return entry

    def _upload(self, sftp: Any, name: str, file: Any) -> None:
        unfinished = self._path(f".{name}.unfinished")
        file.seek(0)
        sftp.putfo(file, unfinished)  # asks for the size afterwards
        try:
            sftp.posix_rename(unfinished, self._path(name))
        except OSError as error:
            if error.errno is not None:
                raise
            # A server without that extension does not rename over a file.
            self._forget(sftp, self._path(name))
            sftp.rename(unfinished, self._path(name))

    def entries(self) -> list[FileEntry]:
        found = self._asked("list", lambda sftp: sftp.listdir_attr(self.settings.folder))
        return [
            FileEntry(one.filename, datetime.fromtimestamp(one.st_mtime or 0, UTC))
            for one in sorted(found, key=lambda one: str(one.filename))
        ]

    def fetch(self, name: str) -> bytes:
        def read(sftp: Any) -> bytes:
            out = io.BytesIO()
            sftp.getfo(self._path(name), out)
            return out.getvalue()

        return self._asked("get", read)

    def remove(self, name: str) -> None:
        self._asked("remove", lambda sftp: self._forget(sftp, self._path(name)))

    def close(self) -> None:
        if self._open is not None:
            self._open[0].close()
            self._open = None

    def _forget(self, sftp: Any, path: str) -> None:
        try:
            sftp.remove(path)
        except FileNotFoundError:
            return

    def _path(self, name: str) -> str:
        return f"{self.settings.folder.rstrip('/')}/{name}"

    def _asked(self, what: str, act: Callable[[Any], Done]) -> Done:
        """What the server answers; a lost connection is opened again, a refusal is final."""
        ssh = load_extra("paramiko", "sftp")
        where = f"sftp {self.settings.host} {what}"

        def attempt() -> Done:
            try:
                return act(self._connected(ssh))
            except (ssh.AuthenticationException, ssh.BadHostKeyException) as fault:
                raise self._refusal(where, fault, ssh) from None
            except OSError as error:
                if error.errno in (errno.EACCES, errno.ENOENT):
                    raise Stop(
                        f"{where}: the folder {self.settings.folder} is missing or not allowed"
                    ) from None
                self.close()
                raise
            except (ssh.SSHException, EOFError):
                self.close()
                raise

        return patiently(where, attempt, (ssh.SSHException, EOFError, OSError), self.sleep)

    def _refusal(self, where: str, fault: Exception, ssh: Any) -> EnrichError:
        self.close()
        if isinstance(fault, ssh.BadHostKeyException):
            return _unknown_host(where, self.settings, fault.key)
        return Refused(f"{where}: the credentials were refused; check user, password or key")

    def _connected(self, ssh: Any) -> Any:
        if self._open is None:
            client = ssh.SSHClient()
            try:
                self._open = (client, self._log_in(client, ssh))
            except BaseException:
                client.close()
                raise
        return self._open[1]

    def _log_in(self, client: Any, ssh: Any) -> Any:
        wanted = self.settings
        if wanted.known_hosts is not None:
            _load_known_hosts(client, wanted.known_hosts)
        client.set_missing_host_key_policy(_Policy(wanted))
        client.connect(
            wanted.host,
            wanted.port,
            wanted.user,
            password=self._secret("password"),
            pkey=self._key(ssh),
            timeout=CONNECT_SECONDS,
            banner_timeout=CONNECT_SECONDS,
            auth_timeout=CONNECT_SECONDS,
            channel_timeout=CONNECT_SECONDS,
            allow_agent=False,
            look_for_keys=False,
        )
        sftp = client.open_sftp()
        sftp.get_channel().settimeout(READ_SECONDS)
        return sftp

    def _key(self, ssh: Any) -> Any:
        text = self._secret("private_key")
        if text is None:
            return None
        for kind in (ssh.Ed25519Key, ssh.ECDSAKey, ssh.RSAKey):
            try:
                return kind.from_private_key(io.StringIO(f"{text}\n"), self._secret("passphrase"))
            except (ssh.SSHException, ValueError):
                continue
        raise BadSettings("sftp private_key: no Ed25519, ECDSA or RSA key, or a wrong passphrase")

    def _secret(self, name: str) -> str | None:
        return self.secrets[name].get_secret_value() if name in self.secrets else None


class _Policy:
    """What to do about a server that the known_hosts file, if any, does not name."""

    def __init__(self, settings: SftpSettings) -> None:
        self._settings = settings

    def missing_host_key(self, client: Any, hostname: str, key: Any) -> None:
        wanted = self._settings.fingerprint
        if wanted is None or wanted.rstrip("=") != fingerprint_of(key.asbytes()):
            raise _unknown_host(f"sftp {self._settings.host}", self._settings, key)


def fingerprint_of(key: bytes) -> str:
    """SHA256:... of a public host key, as `ssh-keygen -l` shows it."""
    return "SHA256:" + b64encode(hashlib.sha256(key).digest()).decode().rstrip("=")


def _unknown_host(where: str, settings: SftpSettings, key: Any) -> Refused:
    expected = "the fingerprint of the settings" if settings.fingerprint else "known_hosts"
    return Refused(
        f"{where}: the server shows the host key {fingerprint_of(key.asbytes())}, which is not in"
        f" {expected}; ask its owner before you believe it"
    )


def _load_known_hosts(client: Any, path: Path) -> None:
    try:
        client.load_host_keys(str(path.expanduser()))
    except OSError as error:
        raise BadSettings(f"sftp known_hosts {path} cannot be read: {error.strerror}") from None
