"""The flows under one name, `enrich.flows`: in a checkout they lie beside this package, in flows/.

A wheel has them as the folder `enrich/flows/` and has not this file.
"""

from __future__ import annotations

from pathlib import Path

__path__ = [str(Path(__file__).resolve().parent.parent / "flows")]
