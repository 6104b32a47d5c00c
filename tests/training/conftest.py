"""Fixtures that run real training with the bundled model and no network."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.training.experiments import SHORT, run, spec
from training.data.offline import ENVIRONMENT

# Tests of methods and evaluation load libraries in this process too.
os.environ.update(ENVIRONMENT)


@pytest.fixture(scope="session")
def done_run(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Folder of a finished run by tuner; each is trained once for all tests."""
    finished: dict[str, Path] = {}

    def get(tuner: str) -> Path:
        if tuner not in finished:
            path = tmp_path_factory.mktemp("runs") / tuner
            run(path, spec(SHORT.model_copy(update={"params": {**SHORT.params, "tuner": tuner}})))
            finished[tuner] = path
        return finished[tuner]

    return get
