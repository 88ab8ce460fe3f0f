"""Order files from elsewhere (a till, a former shop system) as frames the store can load."""

from enrich.sources.files.online_retail import Converted, convert
from enrich.sources.files.reading import COLUMNS, FileCount, FileSeen, ImportFrames, read_import

__all__ = [
    "COLUMNS",
    "Converted",
    "FileCount",
    "FileSeen",
    "ImportFrames",
    "convert",
    "read_import",
]
