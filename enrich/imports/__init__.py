"""Order files from elsewhere (a till, a former shop system) as frames the store can load."""

from enrich.imports.online_retail import Converted, convert
from enrich.imports.reading import FileCount, ImportFrames, read_import

__all__ = ["Converted", "FileCount", "ImportFrames", "convert", "read_import"]
