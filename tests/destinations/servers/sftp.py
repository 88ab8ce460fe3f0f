"""A real SFTP server on a loopback socket (asyncssh), over a real folder."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh

USER, PASSWORD = "shop", "sftp-secret-of-these-tests"


@dataclass
class SftpState:
    """Where the server keeps files, what it did, and what is still to go wrong.

    `drops` is how many more sessions end when a file is opened for writing.
    """

    root: Path
    port: int = 0
    host_key: asyncssh.SSHKey = field(default_factory=lambda: asyncssh.generate_private_key(_KIND))
    user_key: asyncssh.SSHKey = field(default_factory=lambda: asyncssh.generate_private_key(_KIND))
    renamed: list[str] = field(default_factory=list)
    seen_while_writing: set[str] = field(default_factory=set)
    drops: int = 0
    logins: int = 0
    has_posix_rename: bool = True

    def known_hosts(self, folder: Path) -> Path:
        """A known_hosts file that names this server."""
        path = folder / "known_hosts"
        public = self.host_key.export_public_key().decode().strip()
        path.write_text(f"[127.0.0.1]:{self.port} {public}\n")
        return path


_KIND = "ssh-ed25519"


@contextmanager
def serve_sftp(root: Path) -> Iterator[SftpState]:
    """The running server; files are under `root`."""
    root.mkdir(exist_ok=True)
    state = SftpState(root)
    ready, finished = threading.Event(), asyncio.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    async def live() -> None:
        loops.append(asyncio.get_running_loop())
        server = await asyncssh.listen(
            "127.0.0.1",
            0,
            server_factory=lambda: _Server(state),
            server_host_keys=[state.host_key],
            sftp_factory=lambda channel: _Sftp(channel, state),
        )
        state.port = server.get_port()
        ready.set()
        await finished.wait()
        server.close()
        await server.wait_closed()

    thread = threading.Thread(target=asyncio.run, args=(live(),), daemon=True)
    thread.start()
    assert ready.wait(60)
    try:
        yield state
    finally:
        loops[0].call_soon_threadsafe(finished.set)
        thread.join(10)


class _Server(asyncssh.SSHServer):
    def __init__(self, state: SftpState) -> None:
        self._state = state

    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        self._state.logins += 1
        return (username, password) == (USER, PASSWORD)

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        mine = self._state.user_key.convert_to_public()
        return username == USER and key.public_data == mine.public_data


class _Sftp(asyncssh.SFTPServer):
    def __init__(self, channel: Any, state: SftpState) -> None:
        super().__init__(channel, chroot=str(state.root).encode())
        self._channel = channel
        self._state = state

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        if pflags & asyncssh.FXF_WRITE and self._state.drops:
            self._state.drops -= 1
            self._channel.get_connection().abort()
            raise asyncssh.SFTPFailure("gone")
        return super().open(path, pflags, attrs)

    def write(self, file_obj: Any, offset: int, data: bytes) -> int:
        self._state.seen_while_writing.update(
            path.name for path in self._state.root.rglob("*") if path.is_file()
        )
        return int(super().write(file_obj, offset, data))

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        if not self._state.has_posix_rename:
            raise asyncssh.SFTPOpUnsupported("no such extension")
        self._state.renamed.append(newpath.decode().rpartition("/")[2])
        super().posix_rename(oldpath, newpath)
