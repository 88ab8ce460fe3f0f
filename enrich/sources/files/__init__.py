"""Order files from elsewhere (a till, a former shop system) as frames the store can load."""

from enrich.sources.files.online_retail import Converted, convert
from enrich.sources.files.reading import FileCount, ImportFrames, read_import

__all__ = ["Converted", "FileCount", "ImportFrames", "convert", "read_import"]
