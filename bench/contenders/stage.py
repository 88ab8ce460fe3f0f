"""The project's own profile stage: python -m bench.contenders.stage SHOP OUT [PARTS].

OUT becomes a folder with one Parquet file per part.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.parquet_parts import parts_of
from bench.scales import AS_OF
from enrich.model import Rules
from enrich.profile import profile_parts, score_parts


def write_profiles(shop: Path, out: Path, count: int) -> None:
    """Reads the four tables of the shop and writes its profiles."""
    out.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=out, prefix=".parts.") as folder:
        parts = parts_of(shop, Path(folder), count)
        scored = score_parts(parts, AS_OF, Rules())
        for number, profiles in enumerate(profile_parts(scored)):
            target = out / f"part-{number:03d}.parquet"
            profiles.write_parquet(target, compression="zstd", compression_level=1)


if __name__ == "__main__":
    write_profiles(Path(sys.argv[1]), Path(sys.argv[2]), int((*sys.argv, "1")[3]))
