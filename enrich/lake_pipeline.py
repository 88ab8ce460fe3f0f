"""Build and profile a lake, on disk or in S3; `enrich lake` and the scheduled flow call this."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from enrich.lake.build import MAX_COMPONENT, Build, Kind, build_lake, input_files
from enrich.lake.engines import Engine
from enrich.lake.manifest import Entry
from enrich.lake.objects import download_files, downloaded_lake, has_lake, split_address
from enrich.lake.profiles import Resources, lake_profiles
from enrich.runs.reporting import Reporter
from enrich.settings import import_format
from enrich.sources.files.reading import COLUMNS
from enrich.warehouse.copies import LAKE_MANIFEST, LAKES, S3, drop_copies, remember_copy
from enrich.wiring import Wiring


def build(
    wiring: Wiring,
    store: str,
    globs: Mapping[Kind, str | None],
    out: str | None,
    resources: Resources,
    report: Reporter,
    *,
    buckets: int,
    max_component: int = MAX_COMPONENT,
) -> tuple[Entry, bool]:
    """What the manifest says of the store, and whether anything was done; see `build_lake`."""
    with lake_at(wiring, out, is_written=True) as lake:
        wanted = Build(
            lake=lake,
            store=store,
            rules=wiring.plain_shop(store).rules,
            files=input_files({kind: _downloaded(wiring, glob) for kind, glob in globs.items()}),
            buckets=buckets,
            now=wiring.now,
            formats={kind: import_format(wiring.settings, kind, {}) for kind in COLUMNS},
            memory=resources.memory,
            max_component=max_component,
        )
        remember(wiring, wanted)
        return build_lake(wanted, resources.engine, report)


def profiles(
    wiring: Wiring, store: str, lake: str | None, resources: Resources, report: Reporter
) -> tuple[Entry, bool]:
    """What the manifest says of the store, and whether anything was done; see `lake_profiles`."""
    with lake_at(wiring, lake, is_written=True) as folder:
        return lake_profiles(folder, wiring.plain_shop(store), wiring.now, resources, report)


def resources_of(wiring: Wiring) -> Resources:
    """The engine and memory limit of the settings."""
    wanted = wiring.settings.lake
    return Resources(Engine(wanted.engine, wanted.workers, wanted.address), wanted.memory)


@contextmanager
def lake_at(wiring: Wiring, named: str | None, *, is_written: bool = False) -> Iterator[Path]:
    """The folder of the lake; of one in S3 its local copy, which is uploaded after the block."""
    data_dir = wiring.settings.data_dir.resolve()
    if named is None or not named.startswith(S3):
        yield data_dir / "lake" if named is None else Path(named).resolve()
        return
    where = split_address(named)
    folder, s3_bucket = data_dir.joinpath(LAKES, *where), wiring.s3_bucket(*where)
    with downloaded_lake(s3_bucket, folder, wiring.now, is_written):
        manifest = folder / LAKE_MANIFEST
        if is_written or manifest.is_file() or has_lake(s3_bucket):
            remember_copy(data_dir, manifest, wiring.now)
        else:
            drop_copies(data_dir, [manifest.resolve()])
        yield folder


def remember(wiring: Wiring, build: Build) -> None:
    """`forget` names the lake, wherever it is."""
    remember_copy(wiring.settings.data_dir, build.lake / LAKE_MANIFEST, build.now)


def _downloaded(wiring: Wiring, glob: str | None) -> str | None:
    """The glob of files of this machine; those of S3 are downloaded."""
    if glob is None or not glob.startswith(S3):
        return glob
    s3_bucket, pattern = split_address(glob)
    folder = wiring.settings.data_dir.resolve() / "lake-input" / s3_bucket
    return str(download_files(wiring.s3_bucket(s3_bucket), pattern, folder))
