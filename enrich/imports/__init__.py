"""Order files from elsewhere (a till, a former shop system) as frames the store can load."""

from enrich.imports.online_retail import Converted, convert
from enrich.imports.reading import ImportFrames, read_import

__all__ = ["Converted", "ImportFrames", "convert", "read_import"]
