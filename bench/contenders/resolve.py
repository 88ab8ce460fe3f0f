"""Customers and purchases from the typed tables: python -m bench.contenders.resolve SHOP FOLDER."""

import sys
from pathlib import Path

from bench.prepare import resolve

if __name__ == "__main__":
    resolve(Path(sys.argv[2]))
