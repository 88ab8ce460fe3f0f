"""Order files from elsewhere (a till, a former shop system) as frames the store can load."""

from enrich.imports.reading import ImportFrames, read_import

__all__ = ["ImportFrames", "read_import"]
