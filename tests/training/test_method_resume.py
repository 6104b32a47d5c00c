"""A training that is killed and resumed ends with the weights of an unbroken one, bit for bit."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.training.test_methods import EXAMPLES, METHODS, Recorder, bench, method, weights
from training.checkpoints import Checkpoints
from training.methods import Trained

STEPS = 13
DIES_AT = 12


class Dying(Recorder):
    """Ends this process, as kill -9 does, when the progress of a step is told."""

    def __call__(self, kind: str, **fields: Any) -> None:
        if kind == "progress" and fields["done"] >= DIES_AT:
            os._exit(9)


def trained(folder: Path, name: str, record: Recorder | None = None, **params: Any) -> Trained:
    on = replace(
        bench(folder, seed=7, record=record),
        checkpoints=Checkpoints(folder / "saved"),
        in_order=params.pop("in_order", False),
    )
    (folder / "saved").mkdir(parents=True, exist_ok=True)
    found: Trained = method(name, max_steps=STEPS, **params).train(EXAMPLES, on)
    return found


def killed(folder: Path, name: str, **params: Any) -> int:
    """Trains in a forked process that dies; its wait status."""
    child = os.fork()
    if child == 0:
        try:
            trained(folder, name, Dying(), **params)
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every step is told, not four a second, so that the process dies where the test says."""
    monkeypatch.setattr("training.methods._watch._PROGRESS_EVERY_S", 0)


@pytest.mark.usefixtures("eager")
class TestEveryMethod:
    @pytest.mark.parametrize("name", METHODS)
    def test_resumes_exactly(self, name: str, tmp_path: Path) -> None:
        self._resumes(tmp_path, name)

    @pytest.mark.parametrize("tuner", ["lora", "dora", "rslora", "ia3"])
    def test_resumes_an_adapter_exactly(self, tuner: str, tmp_path: Path) -> None:
        self._resumes(tmp_path, "sft", tuner=tuner, lora_dropout=0.1)

    def test_resumes_accumulated_batches_exactly(self, tmp_path: Path) -> None:
        self._resumes(tmp_path, "grpo", gradient_accumulation_steps=2)

    def test_resumes_batches_of_like_length_exactly(self, tmp_path: Path) -> None:
        self._resumes(tmp_path, "sft", train_sampling_strategy="group_by_length")

    @pytest.mark.parametrize("name", ["sft", "grpo"])
    def test_resumes_rows_in_an_order_that_matters_exactly(
        self, name: str, tmp_path: Path
    ) -> None:
        self._resumes(tmp_path, name, in_order=True)

    def _resumes(self, folder: Path, name: str, **params: Any) -> None:
        unbroken = trained(folder / "unbroken", name, **params)

        status = killed(folder / "broken", name, **params)
        left = [path.name for path in (folder / "broken" / "saved").glob("checkpoint-*")]
        resumed = trained(folder / "broken", name, **params)

        assert (status, left) == (9, ["checkpoint-10"])
        first, second = weights(unbroken.model), weights(resumed.model)
        assert all(first[each].equal(second[each]) for each in first)
        assert replace(resumed, seconds=0, model=None) == replace(unbroken, seconds=0, model=None)
