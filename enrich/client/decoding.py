"""A body unpacked a piece at a time: it is never larger in memory than what was read of it."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import httpx

from enrich.client.call import BadBody, Call

PIECE_BYTES = 1024 * 1024
_AUTO = zlib.MAX_WBITS | 32  # gzip or zlib, by how it begins
_BARE = -zlib.MAX_WBITS  # what some servers call deflate


def decoded(call: Call, response: httpx.Response) -> Iterator[bytes]:
    """The pieces of the body, none larger than PIECE_BYTES when it was packed.

    One layer of gzip or deflate is what was asked for; raises BadBody for anything else, and
    DecodingError, which is worth another try, when the body is not whole.
    """
    assert isinstance(response.stream, httpx.SyncByteStream)
    names = response.headers.get("content-encoding", "").lower().split(",")
    layers = [name.strip() for name in names if name.strip() not in ("", "identity")]
    if not layers:
        return iter(response.stream)
    if layers[1:] or layers[0] not in ("gzip", "x-gzip", "deflate"):
        raise BadBody(f"{call.name}: the answer is packed in a way that was not asked for")
    return _unpacked(response.stream)


def _unpacked(stream: httpx.SyncByteStream) -> Iterator[bytes]:
    unpacker = None
    for chunk in stream:
        left = chunk
        while left and not (unpacker and unpacker.eof):
            unpacker = unpacker or zlib.decompressobj(_AUTO if _is_framed(left) else _BARE)
            try:
                piece = unpacker.decompress(left, PIECE_BYTES)
            except zlib.error:
                raise httpx.DecodingError("the body is not what it is packed as") from None
            left = unpacker.unconsumed_tail
            if piece:
                yield piece
    if unpacker and not unpacker.eof:
        yield unpacker.flush()  # what of a repetition did not fit into the last piece
    if unpacker and not unpacker.eof:
        raise httpx.DecodingError("the body ends too early")


def _is_framed(start: bytes) -> bool:
    """Whether it begins as gzip or as zlib, and not with the bare data."""
    return start[:1] == b"\x1f" or (
        start[0] & 15 == 8 and (len(start) < 2 or int.from_bytes(start[:2], "big") % 31 == 0)
    )
