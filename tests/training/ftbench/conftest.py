"""Real rows of FT-Bench, which are not part of this project."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.serving import ROOT
from training.data import tsv


@pytest.fixture(scope="session")
def real() -> Callable[[str], Path]:
    """The folder with upstream's files of one task; skips where they are not there."""
    beside = ROOT.parent / "shared" / "ftbench-data"
    home = Path(os.environ.get(tsv.FOLDER) or beside)

    def folder(task: str) -> Path:
        if not (home / task).is_dir():
            pytest.skip(f"{task}: upstream's files are not in {tsv.FOLDER} or {beside}")
        return home / task

    return folder
