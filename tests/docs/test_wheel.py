"""A wheel installs one package, and what it holds works without a checkout."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from importlib.metadata import Distribution, PathDistribution
from pathlib import Path

import pytest

from enrich.installed import install_command
from tests.docs.pages import ROOT


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of packages with the wheel of this checkout in it."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=600)
    (wheel,) = folder.glob("enrich_rfm-*.whl")
    zipfile.ZipFile(wheel).extractall(folder / "site")
    return folder / "site"


def test_one_package_and_its_types_are_installed(site: Path) -> None:
    assert sorted(path.name.partition("-")[0] for path in site.iterdir()) == [
        "enrich",
        "enrich_rfm",
    ]
    assert (site / "enrich" / "py.typed").exists()
    assert not (site / "enrich" / "flows.py").exists()


def test_flows_pages_and_statements_are_those_of_the_wheel(site: Path, tmp_path: Path) -> None:
    program = (
        "import enrich.flows.deploy as deploy, enrich.installed as installed\n"
        "from enrich.warehouse.scripts import statement, sql_folder\n"
        "from enrich.flows.profiles import profiles_flow\n"
        "statement('typed/orders')\n"
        "print(deploy.__file__, installed.page('settings.md'), sql_folder(),"
        " profiles_flow.__module__, sep='\\n')"
    )
    said = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={"PYTHONPATH": str(site), "HOME": str(tmp_path)},
        check=True,
        capture_output=True,
        text=True,
        timeout=600,
    ).stdout.splitlines()
    assert [Path(line).is_relative_to(site) for line in said[:3]] == [True, True, True]
    assert all(Path(line).exists() for line in said[:3])
    assert said[3] == "enrich.flows.profiles"


def copy_from(folder: Path, origin: str | None) -> Distribution:
    """An installed copy that says it is from `origin`."""
    (folder / "METADATA").write_text(
        "Metadata-Version: 2.4\nName: enrich-rfm\nVersion: 1\n"
        "Requires-Dist: httpx\nRequires-Dist: paramiko<6,>=3.5; extra == 'sftp'\n"
        "Requires-Dist: obstore; extra == 's3'\n"
    )
    if origin is not None:
        (folder / "direct_url.json").write_text(origin)
    return PathDistribution(folder)


@pytest.mark.parametrize(
    ("origin", "tool", "command"),
    [
        ('{"url": "file://HERE/a%20b.whl"}', None, "PYTHON -m pip install 'HERE/a b.whl[sftp]'"),
        (
            '{"url": "file://HERE", "dir_info": {"editable": true}}',
            None,
            "PYTHON -m pip install -e 'HERE[sftp]'",
        ),
        ('{"url": "file://HERE"}', "uv-receipt.toml", "uv tool install --force 'HERE[sftp]'"),
        ('{"url": "file://HERE"}', "pipx_metadata.json", "pipx install --force 'HERE[sftp]'"),
        ('{"url": "file://HERE/gone.whl"}', None, "PYTHON -m pip install 'paramiko<6,>=3.5'"),
        ('{"url": "https://example.com/x.whl"}', None, "PYTHON -m pip install 'paramiko<6,>=3.5'"),
        (None, None, "PYTHON -m pip install 'paramiko<6,>=3.5'"),
    ],
)
def test_a_missing_library_is_installed_as_this_copy_was(
    tmp_path: Path, origin: str | None, tool: str | None, command: str
) -> None:
    (tmp_path / "a b.whl").touch()
    if tool:
        (tmp_path / tool).touch()
    copy = copy_from(tmp_path, origin and origin.replace("HERE", str(tmp_path)))
    said = install_command("sftp", copy, str(tmp_path))
    assert said == command.replace("HERE", str(tmp_path)).replace("PYTHON", sys.executable)
