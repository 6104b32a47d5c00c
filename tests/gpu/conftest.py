"""Tests of what only a GPU shows; without one they are skipped and say so."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all tests of this folder."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.gpu)


@pytest.fixture(autouse=True)
def cuda() -> Any:
    """torch.cuda, or a skip; asking starts no CUDA, which a forked run could not use."""
    import torch

    if not torch.cuda.is_available():
        pytest.skip("this machine has no CUDA device")
    return torch.cuda


@pytest.fixture
def bitsandbytes() -> None:
    """Skips where the optional package is missing."""
    if find_spec("bitsandbytes") is None:
        pytest.skip("the package bitsandbytes is not installed")


@pytest.fixture
def vllm() -> None:
    """Skips where the optional package is missing."""
    if find_spec("vllm") is None:
        pytest.skip("the package vllm is not installed")
