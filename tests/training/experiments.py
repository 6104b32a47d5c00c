"""Runs real training in its own process, with the bundled model and no network."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from training.recipe import Recipe, RunSpec, Step
from training.rundir import RunDir

CLEAN = Step(use="load", params={"sources": ["clean"]})
SHORT = Step(use="sft", params={"max_steps": 6, "per_device_train_batch_size": 8})


def spec(
    training: Step | None = None, *, data: tuple[Step, ...] = (CLEAN,), **fields: Any
) -> RunSpec:
    """A small experiment on mini SST-2; without training it is the baseline."""
    recipe = Recipe(data=data if training else (), training=training, seed=fields.pop("seed", 0))
    known = {"run_id": "r1", "task": "sst2", "edition": "mini", "base_model": "trex-tiny"}
    return RunSpec(
        **{**known, "kind": "trial" if training else "baseline", **fields}, recipe=recipe
    )


def run(path: Path, specification: RunSpec) -> tuple[int, dict[str, Any]]:
    """Exit status and result of a real run."""
    run_dir = RunDir.create(path, specification)
    ended = subprocess.run(
        [sys.executable, "-m", "training.run", str(path)],
        check=False,
        stdin=subprocess.DEVNULL,
        timeout=120,
    )
    result = run_dir.result()
    assert result is not None
    return ended.returncode, result


def events(path: Path) -> list[dict[str, Any]]:
    """All events of a run."""
    return [json.loads(line) for line in (path / "events.jsonl").read_text("utf-8").splitlines()]
