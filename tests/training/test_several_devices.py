"""One training in two processes on the CPU: the right rows, equal weights, one end for both."""

import math
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import psutil
import pytest

import training.methods
from tests.training.experiments import events, spec
from tests.training.test_run import wait_for_event
from training import extensions
from training.recipe import Step
from training.run import execute
from training.rundir import RunDir

TWO = {"TREX_CPU_DEVICES": "2", "CUDA_VISIBLE_DEVICES": ""}


class Begun:
    """A run of two processes."""

    def __init__(self, path: Path, params: dict[str, Any], environment: dict[str, str]) -> None:
        self.path = path
        step = Step(use="twins", params={"per_device_train_batch_size": 4, **params})
        known = spec(step, checkpoints=str(path.parent / "checkpoints"))
        recipe = known.recipe.model_copy(update={"devices": 2})
        RunDir.create(path, known.model_copy(update={"recipe": recipe}))
        self.pid = os.fork()
        if self.pid == 0:
            _become_run(path, environment)

    def end(self) -> dict[str, Any]:
        """The result, once every process is gone."""
        os.waitpid(self.pid, 0)
        give_up_at = time.monotonic() + 10
        while self.processes():
            assert time.monotonic() < give_up_at, self.processes()
            time.sleep(0.05)
        return RunDir(self.path).result() or {}

    def processes(self) -> list[psutil.Process]:
        """Those of the run's process group."""
        return [each for each in psutil.process_iter() if _group(each) == self.pid]


def _become_run(path: Path, environment: dict[str, str]) -> NoReturn:
    """As the warm parent does: forked where the libraries are imported."""
    status = 1
    try:
        os.setsid()
        os.environ.update(TWO | environment)
        training.methods.__path__.append(str(Path(__file__).parent / "methods"))
        extensions.names.cache_clear()
        status = execute(path)
    finally:
        os._exit(status)


def _group(process: psutil.Process) -> int | None:
    try:
        return None if process.status() == "zombie" else os.getpgid(process.pid)
    except (ProcessLookupError, psutil.NoSuchProcess):
        return None


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Any]:
    begun: list[Begun] = []

    def start(
        name: str = "run", *, environment: dict[str, str] | None = None, **params: Any
    ) -> Any:
        begun.append(Begun(tmp_path / name, params, environment or {}))
        return begun[-1]

    yield start
    for each in begun:
        for process in each.processes():
            process.kill()


def test_two_processes_train_on_twice_the_rows_to_equal_weights(
    begin: Any, tmp_path: Path
) -> None:
    told = {"TWINS_TELL": str(tmp_path)}
    result = begin(max_steps=-1, num_train_epochs=0.2, environment=told).end()

    first, second = ((tmp_path / place).read_text() for place in "01")
    assert (result["status"], result["reason"]) == ("done", "")
    assert first == second
    assert 0 < result["score"] <= 1
    stages = [each["stage"] for each in events(tmp_path / "run") if each["kind"] == "stage"]
    assert stages == [
        name for name in ("prepare", "load", "train", "evaluate", "save") for _ in "12"
    ]
    rows = [each["rows_out"] for each in events(tmp_path / "run") if each["kind"] == "data"][-1]
    assert result["train"]["steps"] == math.ceil(0.2 * math.ceil(rows / 8))
    steps = [each["step"] for each in events(tmp_path / "run") if each["kind"] == "metric"]
    assert len(steps) == len(set(steps)) > 1


def test_a_cancelled_run_of_two_saves_one_checkpoint_and_both_go_on_from_it(
    begin: Any, tmp_path: Path
) -> None:
    run = begin(max_steps=100_000)
    wait_for_event(tmp_path / "run", "metric")
    assert len(run.processes()) == 2
    os.killpg(run.pid, signal.SIGTERM)
    stopped = run.end()
    again = begin("again", max_steps=100_000)
    wait_for_event(tmp_path / "again", "metric")
    os.killpg(again.pid, signal.SIGKILL)
    again.end()

    (saved,) = (tmp_path / "checkpoints" / "seed-0").glob("checkpoint-*")
    assert stopped["reason"].endswith("is saved.")
    assert {"rng_state_0.pth", "rng_state_1.pth"} <= {path.name for path in saved.iterdir()}
    logged = [each["text"] for each in events(tmp_path / "again") if each["kind"] == "log"]
    assert any("goes on from the checkpoint" in text for text in logged)


@pytest.mark.parametrize(
    ("accident", "reason"),
    [
        ("DIES", "Process 2 of 2 ended: signal 9 (Killed)"),
        ("FAILS", "Process 2 of 2 ended: OSError: the second has no network"),
    ],
)
def test_a_process_that_ends_ends_the_run_with_a_plain_reason(
    accident: str, reason: str, begin: Any
) -> None:
    result = begin(max_steps=50, environment={f"TWINS_SECOND_{accident}": "1"}).end()

    assert (result["status"], result["reason"]) == ("failed", reason)


def test_the_first_process_killed_takes_the_other_with_it(begin: Any, tmp_path: Path) -> None:
    run = begin(max_steps=100_000)
    wait_for_event(tmp_path / "run", "metric")

    os.kill(run.pid, signal.SIGKILL)

    assert run.end() == {}


def test_a_machine_without_as_many_devices_refuses_before_compute(begin: Any) -> None:
    run = begin(environment={"TREX_CPU_DEVICES": "0"})
    result = run.end()

    assert result["reason"] == "recipe.devices=2 is too many: this machine has 0 CUDA devices"
    assert result["timings"] == {}
