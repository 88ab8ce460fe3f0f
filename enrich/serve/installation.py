"""What an installation makes once and keeps in its data folder: its id, and the API password."""

from __future__ import annotations

import hashlib
import os
import secrets
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from pydantic import SecretStr

from enrich.errors import BadSettings
from enrich.settings import Settings

ID_NAME, PASSWORD_NAME = "installation-id", "prefect-password"


def installation_name(settings: Settings) -> str:
    """Return `installation` of the settings, else eight characters made from the folder's id.

    The place is part of them, so that a copy of the data folder is an installation of its own.
    """
    if settings.installation is not None:
        return settings.installation
    folder = settings.data_dir.resolve()
    made = _kept_once(folder / ID_NAME, lambda: secrets.token_hex(16))
    return hashlib.sha256(f"{made} {folder}".encode()).hexdigest()[:8]


def api_password(data_dir: Path) -> SecretStr:
    """Return the API password of our own Prefect server as `user:password`."""
    path = data_dir / PASSWORD_NAME
    return SecretStr(_kept_once(path, lambda: f"enrich:{secrets.token_urlsafe(32)}"))


def _kept_once(path: Path, make: Callable[[], str]) -> str:
    """Return the text of the file, written first when there is none; mode 0600."""
    if not path.exists():
        _write_once(path, make())
    path.chmod(0o600)
    if text := path.read_text(encoding="utf-8").strip():
        return text
    raise BadSettings(f"{path} is empty: delete it, and a new one is made")


def _write_once(path: Path, text: str) -> None:
    """Write the whole file or nothing; of two processes at once the first one's text stays."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.") as draft:
        draft.write(text + "\n")
        draft.flush()
        os.fsync(draft.fileno())
        with suppress(FileExistsError):
            os.link(draft.name, path)
