from pathlib import Path

import pytest

from bench.generate import generate
from bench.scales import SCALES


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made-up shop of a few hundred customers."""
    folder = tmp_path_factory.mktemp("shop")
    generate(folder, SCALES["XXS"], seed=7)
    return folder
