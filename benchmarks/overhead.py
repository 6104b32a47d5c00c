"""What running a recipe as a node costs beside the recipe: against a plain TRL script in a new process.

The peer is `benchmarks/scripts/plain_sft.py`, what a person writes by hand: import, load, train, evaluate, save; same
model, rows, options and threads. Ours is a whole node: claimed from the database, forked from a warm parent, prepared,
trained with checkpoints, evaluated, saved and its result stored. No cached rows, no reused result: each node has a seed
of its own. Rows are generated film opinions of mini SST-2 (licence: that of the project), one real example:
`{"sentence": "a joy from start to finish .", "label": 1}`. Seconds from claim to first optimizer step are over the
peer's from the start of its process; wall time is from claim to stored result. Interleaved, medians of pairs.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.report import Bar, finish

SCRIPT = Path(__file__).parent / "scripts" / "plain_sft.py"
PAIRS, QUICK_PAIRS = 5, 2
LENGTHS_S = {15: 0.75, 60: 1.02}
"""Seconds of training of a recipe, and the most that a node may take of the script's wall time."""
FIRST_STEP, FLOOR_S = 0.1, 0.5
PROBE_STEPS = 200
OPTIONS: dict[str, Any] = {
    "learning_rate": 1e-3,
    "per_device_train_batch_size": 16,
    "warmup_steps": 10,
    "weight_decay": 0.01,
    "lr_scheduler_type": "cosine",
    "max_length": 256,
    "completion_only_loss": True,
}
THREADS = 1
Sample = dict[str, Any]


def main() -> int:
    """Exit status 1 when a bar does not hold."""
    parser = argparse.ArgumentParser(description="A node against a plain TRL script.")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="the 15 s recipe only, two pairs")
    options = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="trex-bench-"))
    try:
        samples = measure(home, is_quick=options.quick)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    missing = {_wall(60): "left out by --quick"} if options.quick else {}
    return finish("overhead", bars(samples), samples, as_json=options.json, not_measured=missing)


def bars(samples: Sequence[Sample]) -> list[Bar]:
    """The first step over all pairs; the wall time by length of the recipe."""
    first = [sample["first_step_s"] for sample in samples]
    ours, theirs = median(first[1::2]), median(first[::2])
    # A tenth of the script's, or half a second where that is more.
    found = [Bar("seconds from claim to first step", ours, max(FLOOR_S, FIRST_STEP * theirs))]
    for length_s, limit in LENGTHS_S.items():
        walls = [sample["wall_s"] for sample in samples if sample["recipe_s"] == length_s]
        pairs = list(zip(walls[1::2], walls[::2], strict=True))
        if pairs:
            found.append(Bar(_wall(length_s), median(a / b for a, b in pairs), limit))
    return found


def _wall(length_s: int) -> str:
    return f"wall time of a node over the script's, {length_s} s recipe"


def measure(home: Path, *, is_quick: bool) -> list[Sample]:
    """Pairs of each length, the script first."""
    script = Script(home)
    speed = PROBE_STEPS / script.run(PROBE_STEPS, seed=0)["train_s"]
    worker = Worker(home / "trex")
    samples: list[Sample] = []
    try:
        worker.run(5, seed=0)  # the warm parent is started once for hundreds of runs
        for length_s in (15,) if is_quick else LENGTHS_S:
            steps = round(length_s * speed)
            for seed in range(1, 1 + (QUICK_PAIRS if is_quick else PAIRS)):
                for name, run in (("script", script.run), ("node", worker.run)):
                    sample = run(steps, seed=seed)
                    samples.append({"side": name, "recipe_s": length_s, "steps": steps, **sample})
    finally:
        worker.close()
    return samples


class Script:
    """The plain script with the rows that a node would prepare."""

    def __init__(self, home: Path) -> None:
        from training import extensions
        from training.data import models

        task = extensions.load(extensions.TASKS, "sst2")
        edition = task.edition("mini")
        self._home = home
        self._settings = {
            "model": str(models.resolve("trex-tiny")),
            "train": str(home / "train.jsonl"),
            "validation": str(home / "validation.jsonl"),
            "max_new_tokens": task.max_new_tokens,
            "threads": THREADS,
        }
        answer = [_completion(task, row) for row in edition.source("clean", field="load").rows]
        _write(home / "train.jsonl", answer)
        asked = [
            {"prompt": task.prompt(row), "gold": task.gold(row)} for row in edition.validation
        ]
        _write(home / "validation.jsonl", asked)

    def run(self, steps: int, *, seed: int) -> Sample:
        """Wall seconds, seconds to the first step and of training."""
        out = Path(tempfile.mkdtemp(dir=self._home))
        options = {**OPTIONS, "max_steps": steps, "seed": seed}
        path = out / "settings.json"
        path.write_text(json.dumps({**self._settings, "options": options}))
        started = time.time()
        subprocess.run(
            [sys.executable, str(SCRIPT), str(path), str(out)],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": str(THREADS)},
        )
        wall_s = time.time() - started
        outcome = json.loads((out / "outcome.json").read_text())
        shutil.rmtree(out)
        return {
            "wall_s": wall_s,
            "first_step_s": outcome["first_step_at"] - started,
            "train_s": outcome["train_s"],
            "score": outcome["score"],
        }


class Worker:
    """A worker in this process, with a database and a project of its own."""

    def __init__(self, home: Path) -> None:
        os.environ |= {"TREX_HOME": str(home), "DJANGO_SETTINGS_MODULE": "trex_web.settings"}
        os.environ.pop("DATABASE_URL", None)
        os.environ.pop("REDIS_URL", None)
        from trex_web import supervisor

        supervisor.prepare_home()
        from django.conf import settings
        from django.contrib.auth.models import User

        from explorer import tasks
        from explorer.services import projects

        # One run at a time gets all CPUs, unless it is told otherwise.
        settings.CPUS = THREADS * settings.TREX_RUN_SLOTS
        self._tasks = tasks
        self._project = projects.create(
            projects.Draft(name="Overhead", reuse=False), owner=User.objects.create_user("bench")
        )
        self._root = self._project.nodes.get(kind="root")
        tasks.runner().warm_up()  # type: ignore[attr-defined]  # the local runner's own
        tasks.run_node(self._root.pk)

    def run(self, steps: int, *, seed: int) -> Sample:
        """Wall seconds and seconds to the first step of one node."""
        node = self._node(steps, seed)
        started = time.time()
        self._tasks.run_node(node.pk)
        wall_s = time.time() - started
        node.refresh_from_db()
        if node.state != "done":
            raise RuntimeError(f"the node is {node.state}: {node.failure}")
        events = Path(node.runs.get().directory) / "events.jsonl"
        return {
            "wall_s": wall_s,
            "first_step_s": _first_step_at(events) - started,
            "score": node.score,
        }

    def close(self) -> None:
        """End the warm parent."""
        self._tasks.runner().close()

    def _node(self, steps: int, seed: int) -> Any:
        from explorer import store
        from explorer.models import Node
        from training.recipe import read

        params = {**OPTIONS, "max_steps": steps}
        raw = {
            "data": [{"use": "load", "params": {"sources": ["clean"]}}],
            "training": {"use": "sft", "params": params},
            "seed": seed,
        }
        made = read(raw)
        with store.writing(self._project.pk, actor="bench") as log:
            return Node.objects.create(
                project=log.project,
                number=log.project.nodes.count(),
                parent=self._root,
                kind="trial",
                recipe=made.model_dump(mode="json"),
                fingerprint=made.fingerprint(),
            )


def _first_step_at(path: Path) -> float:
    for line in path.read_text("utf-8").splitlines():
        event = json.loads(line)
        if event["kind"] == "progress" and event.get("stage") == "train" and event["done"] >= 1:
            return float(event["t"])
    raise RuntimeError(f"{path} tells of no optimizer step")


def _completion(task: Any, row: Any) -> dict[str, Any]:
    answer = [{"role": "assistant", "content": task.target(row)}]
    return {"prompt": task.prompt(row), "completion": answer}


def _write(path: Path, rows: Sequence[Any]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


if __name__ == "__main__":
    sys.exit(main())
