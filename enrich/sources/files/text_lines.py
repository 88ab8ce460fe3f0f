"""Text files as lines, a chunk at a time: encoding, line ends, and lines that no row can be."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from dataclasses import dataclass

from enrich.sources.files.batches import (
    CHUNK_BYTES,
    HAS_NUL,
    MAX_LINE_LENGTH,
    SHOWN_CHARACTERS,
    TOO_LONG,
    Broken,
)
from enrich.sources.files.spec import FileSpec

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_OTHER_KINDS = (
    (b"PK\x03\x04", "is a zipped workbook (.xlsx) or archive, not text: rename it to .xlsx"),
    (b"\xd0\xcf\x11\xe0", "is an Excel file of before 2007 (.xls): save it as .xlsx or CSV"),
    (b"\x1f\x8b", "is compressed (gzip): unpack it first"),
    (b"PAR1", "is a Parquet file: rename it to .parquet"),
    (b"%PDF", "is a PDF: export the table as CSV or .xlsx"),
)


@dataclass(frozen=True)
class Lines:
    """Consecutive lines of a text file; `first` is the 1-based number of the first one.

    A line that no row can be read from is `broken`, and empty in its place.
    """

    first: int
    texts: list[str]
    broken: tuple[Broken, ...] = ()


def encoding_of(spec: FileSpec) -> str:
    """The encoding by the file's mark, else the one that is set, else UTF-8.

    Raises BadSettings on what is no text at all.
    """
    with spec.path.open("rb") as file:
        head = file.read(4096)
    for magic, problem in _OTHER_KINDS:
        if head.startswith(magic):
            raise spec.refusal(problem)
    if head.removeprefix(codecs.BOM_UTF8).lstrip()[:1] == b"<":
        raise spec.refusal("is a web page (HTML or XML), not CSV: open it and save it as CSV")
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    if spec.format.encoding is None and head.count(b"\0") > len(head) // 4:
        ending = "le" if head[1:2] == b"\0" else "be"
        setting = spec.setting("encoding", f"utf-16-{ending}")
        raise spec.refusal(f"is UTF-16 without a byte-order mark; say {setting}")
    return spec.format.encoding or "utf-8"


def read_lines(spec: FileSpec, encoding: str, chunk_bytes: int = CHUNK_BYTES) -> Iterator[Lines]:
    """The lines of a text file, whatever ends them; raises BadSettings for another encoding.

    No more than a chunk and a line of the greatest length is in memory.
    """
    decoder = _Decoder(spec, encoding)
    first, rest = 1, ""
    with spec.path.open("rb") as file:
        while block := file.read(chunk_bytes):
            head, newline, tail = decoder.decoded(block, first).rpartition("\n")
            if newline:
                lines = _without_unusable(first, rest + head)
                yield lines
                first, rest = first + len(lines.texts), ""
            # one character more than a line may have: the rest is not needed to know that
            rest += tail[: MAX_LINE_LENGTH + 1 - len(rest)]
    rest += decoder.decoded(b"", first, final=True)
    decoder.check()
    if rest:
        yield _without_unusable(first, rest)


class _Decoder:
    """Bytes as text with one kind of line end."""

    def __init__(self, spec: FileSpec, encoding: str) -> None:
        self._spec, self._encoding = spec, encoding
        decoder = codecs.getincrementaldecoder(encoding)()
        self._newlines = io.IncrementalNewlineDecoder(decoder, translate=True)
        one_byte = spec.format.encoding and not encoding.lower().startswith("utf")
        self._utf8 = codecs.getincrementaldecoder("utf-8")() if one_byte else None
        self._is_beyond_ascii = False

    def decoded(self, block: bytes, first: int, *, final: bool = False) -> str:
        """The text of the next bytes; raises BadSettings with the line of what is none."""
        self._compare(block, final=final)
        try:
            return str(self._newlines.decode(block, final=final))
        except UnicodeDecodeError as error:
            before = error.object[: error.start].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
            line = first + before.count(b"\n")
        spec = self._spec
        if spec.format.encoding is None and self._encoding == "utf-8":
            setting = spec.setting("encoding", "cp1252")
            raise spec.refusal(
                f"line {line} is not UTF-8; if Excel wrote it in Portuguese or Spanish, say"
                f" {setting}; or save it as CSV UTF-8"
            )
        raise spec.refusal(
            f"line {line} is not {self._encoding}; say its encoding, or save it as UTF-8"
        )

    def check(self) -> None:
        """Raises BadSettings when another encoding is set and every accent is plain UTF-8."""
        if self._utf8 is not None and self._is_beyond_ascii:
            raise self._spec.refusal(
                f"is UTF-8 and not {self._encoding}: read so, every accent would be two signs;"
                f" say {self._spec.setting('encoding', 'utf-8')}"
            )

    def _compare(self, block: bytes, *, final: bool) -> None:
        if self._utf8 is None:
            return
        try:
            self._is_beyond_ascii |= not self._utf8.decode(block, final).isascii()
        except UnicodeDecodeError:
            self._utf8 = None


def _without_unusable(first: int, text: str) -> Lines:
    """The lines, those emptied that are too long or hold a NUL byte."""
    lines = text.split("\n")
    if "\0" not in text and max(map(len, lines)) <= MAX_LINE_LENGTH:
        return Lines(first, lines)
    broken = []
    for place, line in enumerate(lines):
        reason = TOO_LONG if len(line) > MAX_LINE_LENGTH else HAS_NUL if "\0" in line else None
        if reason:
            broken.append(Broken(first + place, reason, line[:SHOWN_CHARACTERS].replace("\0", "")))
            lines[place] = ""
    return Lines(first, lines, tuple(broken))
