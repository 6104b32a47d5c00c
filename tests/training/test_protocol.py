"""The run protocol: cancelled, killed, short of memory or disk, a run leaves what its promise says."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.training.experiments import events, run, spec
from tests.training.test_run import wait_for_event
from training.checkpoints import verify
from training.ending import STOP_WITHIN_S
from training.recipe import Step
from training.rundir import RunDir


def ladder(**params: Any) -> Step:
    return Step(use="ladder", params=params)


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Any]:
    """Starts runs of a recipe, by default all with the same folder of checkpoints."""
    started: list[subprocess.Popen[bytes]] = []

    def start(
        name: str, training: Step, *, recipe: dict[str, Any] | None = None, **more: Any
    ) -> Any:
        environment = {key: more.pop(key) for key in list(more) if key.isupper()}
        known = spec(training, **{"checkpoints": str(tmp_path / "checkpoints"), **more})
        known = known.model_copy(update={"recipe": known.recipe.model_copy(update=recipe or {})})
        RunDir.create(tmp_path / name, known)
        command = [sys.executable, "-m", "tests.training.with_test_methods", str(tmp_path / name)]
        started.append(subprocess.Popen(command, env={**os.environ, **environment}))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def finish(begin: Any, tmp_path: Path) -> Any:
    """Runs a recipe to its end: exit status and result."""

    def get(name: str, training: Step, **options: Any) -> tuple[int, Any]:
        return begin(name, training, **options).wait(timeout=120), RunDir(tmp_path / name).result()

    return get


def logged(path: Path) -> str:
    return "\n".join(event["text"] for event in events(path) if event["kind"] == "log")


def weights(path: Path) -> bytes:
    (file,) = (path / "model").glob("*.safetensors")
    return file.read_bytes()


def leftovers(path: Path) -> list[str]:
    return [each.name for each in path.rglob(".*")]


@pytest.mark.parametrize(("tuner", "passes"), [("full", 2), ("lora", 1)])
def test_a_killed_run_resumes_to_bit_identical_weights(
    tuner: str, passes: int, finish: Any, tmp_path: Path
) -> None:
    """F01."""
    step = ladder(tuner=tuner, gradient_accumulation_steps=passes)
    status, _ = finish("killed", step, LADDER_DIES_AT="8")
    assert status == -signal.SIGKILL

    _, resumed = finish("resumed", step)
    finish("unbroken", step, checkpoints=None)

    assert resumed["train"]["resumed_from_step"] == 5
    assert "goes on from the checkpoint of step 5" in logged(tmp_path / "resumed")
    assert weights(tmp_path / "resumed") == weights(tmp_path / "unbroken")


def test_a_broken_checkpoint_is_told_and_the_one_before_used(finish: Any, tmp_path: Path) -> None:
    """F05, in a whole run."""
    finish("killed", ladder(), LADDER_DIES_AT="11")
    (tmp_path / "checkpoints" / "seed-0" / "checkpoint-10" / "optimizer.pt").unlink()

    _, resumed = finish("resumed", ladder())

    assert resumed["train"]["resumed_from_step"] == 5
    assert "checkpoint-10 is not used: optimizer.pt is missing" in logged(tmp_path / "resumed")


def test_another_recipe_does_not_resume(finish: Any, tmp_path: Path) -> None:
    finish("killed", ladder(), LADDER_DIES_AT="8")

    _, other = finish("other", ladder(max_steps=6))

    assert (other["train"]["steps"], other["train"]["resumed_from_step"]) == (6, None)
    assert "belong to another training" in logged(tmp_path / "other")


def test_sigterm_in_training_saves_a_checkpoint_and_a_later_run_goes_on(
    begin: Any, finish: Any, tmp_path: Path
) -> None:
    process = begin("run", ladder(max_steps=100_000))
    wait_for_event(tmp_path / "run", "metric")
    asked_at = time.monotonic()
    process.terminate()

    assert process.wait(timeout=30) == 143
    assert time.monotonic() - asked_at < STOP_WITHIN_S
    result = RunDir(tmp_path / "run").result()
    newest = max((tmp_path / "checkpoints" / "seed-0").glob("checkpoint-*"), key=verify)
    assert result is not None
    assert result["status"] == "cancelled"
    assert result["reason"] == f"The run was asked to stop; step {verify(newest)} is saved."
    assert leftovers(tmp_path) == []


def test_sft_stopped_before_its_first_log_is_cancelled_and_goes_on(
    begin: Any, finish: Any, tmp_path: Path
) -> None:
    long = Step(use="sft", params={"max_steps": 100_000})
    process = begin("run", long)
    wait_for_event(tmp_path / "run", "progress")
    process.terminate()
    assert process.wait(timeout=30) == 143

    again = begin("again", long)
    wait_for_event(tmp_path / "again", "metric")
    again.terminate()
    again.wait(timeout=30)

    first, second = (RunDir(tmp_path / name).result() for name in ("run", "again"))
    assert first is not None
    assert second is not None
    assert first["reason"].endswith("is saved.")
    assert second["reason"].endswith("is saved.")
    assert "goes on from the checkpoint" in logged(tmp_path / "again")


def test_sigterm_outside_training_ends_at_once(begin: Any, tmp_path: Path) -> None:
    process = begin("run", ladder(max_steps=2))
    wait_for_event(tmp_path / "run", "stage")
    process.terminate()

    assert process.wait(timeout=2) == 143
    result = RunDir(tmp_path / "run").result()
    assert result is not None
    assert result["reason"] == "The run was asked to stop."
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("times", [1, 2])
def test_a_step_that_hangs_is_not_waited_for_however_often_asked(
    times: int, begin: Any, tmp_path: Path
) -> None:
    process = begin("run", ladder(), LADDER_HANGS_AT="2")
    wait_for_event(tmp_path / "run", "metric")
    wait_for_event(tmp_path / "run", "metric")
    asked_at = time.monotonic()
    process.terminate()
    if times == 2:
        wait_until_handled(process.pid)
        process.terminate()

    assert process.wait(timeout=30) == 143
    assert time.monotonic() - asked_at < STOP_WITHIN_S + 1
    result = RunDir(tmp_path / "run").result()
    assert result is not None
    assert (result["status"], leftovers(tmp_path)) == ("cancelled", [])


def wait_until_handled(pid: int) -> None:
    """Return once no SIGTERM is pending, for two pending ones are one."""
    deadline = time.monotonic() + 10
    while _pending(pid) & 1 << (signal.SIGTERM - 1):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    # The interpreter notes a signal at once and calls the handler before its next instruction.
    time.sleep(0.2)


def _pending(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("ShdPnd")).split()[1], 16)


def test_a_run_short_of_memory_halves_its_batch_until_it_fits(finish: Any, tmp_path: Path) -> None:
    """F20; the effective batch stays, so checkpoints stay valid too."""
    _, result = finish("run", ladder(per_device_train_batch_size=8, fits=2, max_steps=2))

    assert result["status"] == "done"
    assert result["adjusted"] == {
        "per_device_train_batch_size": 2,
        "gradient_accumulation_steps": 4,
    }
    assert "starts again with per_device_train_batch_size=4" in logged(tmp_path / "run")


@pytest.mark.parametrize(
    "accident", [{"training": ladder(fits=0)}, {"LADDER_MEMORY_ERROR": "1", "training": ladder()}]
)
def test_a_run_that_never_fits_fails_with_a_plain_reason(
    accident: dict[str, Any], finish: Any
) -> None:
    status, result = finish("run", **accident)

    assert (status, result["status"]) == (1, "failed")
    assert result["reason"].startswith("Out of memory: try a smaller")


def test_another_error_is_not_taken_for_short_memory(finish: Any) -> None:
    _, result = finish("run", ladder(fits=0, error="shapes do not match"))

    assert result["reason"] == "RuntimeError: shapes do not match"
    assert "adjusted" not in result


def test_replicas_train_with_their_own_seeds_and_the_score_is_their_mean(
    finish: Any, tmp_path: Path
) -> None:
    _, three = finish("three", ladder(max_steps=3), recipe={"replicas": 3, "seed": 5})
    _, last = finish("last", ladder(max_steps=3), recipe={"seed": 7}, checkpoints=None)
    finish("first", ladder(max_steps=3), recipe={"seed": 5}, checkpoints=None)

    scores = [replica["score"] for replica in three["replicas"]]
    assert [replica["seed"] for replica in three["replicas"]] == [5, 6, 7]
    assert three["score"] == pytest.approx(sum(scores) / 3)
    assert three["interval"][0] <= min(scores) <= max(scores) <= three["interval"][1]
    assert (last["score"], last["replicas"]) == (scores[2], [{"seed": 7, "score": scores[2]}])
    assert weights(tmp_path / "three") == weights(tmp_path / "first")


@pytest.mark.parametrize("tuner", ["full", "lora"])
def test_a_run_that_starts_from_its_parent_goes_on_from_its_weights(
    tuner: str, finish: Any, tmp_path: Path
) -> None:
    parent = {
        "recipe": {"start_from": "parent"},
        "parent_model": str(tmp_path / "first" / "model"),
    }
    _, first = finish("first", ladder(tuner=tuner, max_steps=3), checkpoints=None)

    from training import loading
    from training.data import models

    base = models.resolve("trex-tiny")
    model, _ = loading.load(base, tmp_path / "first" / "model")
    plain, _ = loading.load(base, None)
    _, second = finish("second", ladder(tuner=tuner, max_steps=3), checkpoints=None, **parent)

    assert first["status"] == second["status"] == "done"
    assert {*model.state_dict()} == {*plain.state_dict()}
    moved = [
        name
        for name, value in model.state_dict().items()
        if not value.equal(plain.state_dict()[name])
    ]
    assert moved
    # An adapter upon a parent is worth nothing without it, so the whole model is kept.
    assert (tmp_path / "second" / "model" / "model.safetensors").is_file()


@pytest.mark.parametrize(
    ("folder", "reason"),
    [
        (None, "recipe.start_from='parent' needs a parent that has trained"),
        ("empty", "recipe.start_from='parent' needs the parent's weights"),
    ],
)
def test_a_start_from_no_parent_is_refused(
    folder: str | None, reason: str, finish: Any, tmp_path: Path
) -> None:
    parent = folder and str(tmp_path / folder)
    _, result = finish("run", ladder(), recipe={"start_from": "parent"}, parent_model=parent)

    assert result["reason"].startswith(reason)


def test_a_full_disk_is_a_failed_run_with_one_sentence(tmp_path: Path) -> None:
    """F15; /dev/full refuses every event as a full disk does."""
    run_dir = RunDir.create(tmp_path / "run", spec())
    (run_dir.path / "events.jsonl").symlink_to("/dev/full")
    command = [sys.executable, "-m", "training.run", str(run_dir.path)]
    ended = subprocess.run(command, check=False, timeout=60, stdin=subprocess.DEVNULL)

    result = run_dir.result()
    assert result is not None
    assert (ended.returncode, result["status"]) == (1, "failed")
    assert result["reason"] == "The disk is full: free some space, then run the node again."
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("damage", ["integers", "truncated", "dtype"])
def test_an_unusable_model_is_told_in_one_sentence(damage: str, tmp_path: Path) -> None:
    _, result = run(tmp_path / "run", spec(base_model=str(damaged_model(tmp_path / "m", damage))))

    assert result["status"] == "failed"
    assert result["reason"].startswith("The model m ")
    assert "\n" not in result["reason"]


def damaged_model(folder: Path, damage: str) -> Path:
    import json
    import shutil

    from safetensors.torch import load_file, save_file

    from training.data import models

    shutil.copytree(models.resolve("trex-tiny"), folder)
    file = folder / "model.safetensors"
    if damage == "integers":
        save_file({name: value.long() for name, value in load_file(file).items()}, file)
    elif damage == "truncated":
        file.write_bytes(file.read_bytes()[:-100])
    config = json.loads((folder / "config.json").read_text())
    config.pop("torch_dtype", None)
    config["dtype"] = {"integers": "int64", "truncated": "float32", "dtype": "float99"}[damage]
    (folder / "config.json").write_text(json.dumps(config))
    return folder
