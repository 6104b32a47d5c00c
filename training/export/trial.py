"""A finished run, read from its folder: all that an export is written from."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training import extensions
from training.data.catalogue import Edition
from training.errors import NotExportable
from training.export import licences, settings
from training.exported_rows import ROWS
from training.ftbench import Task
from training.methods import Bench
from training.operators import order_matters
from training.recipe import RunSpec, Step
from training.rundir import RunDir


@dataclass(frozen=True)
class Trial:
    """A finished run and all that its folder is written from."""

    path: Path
    spec: RunSpec
    step: Step
    method: Any
    """The training method with the recipe's values."""
    bench: Bench
    """What the method was given, without model and tokenizer."""
    result: dict[str, Any]
    task: type[Task]
    edition: Edition

    @property
    def values(self) -> dict[str, Any]:
        """What TRL's configuration class was given of the recipe."""
        return {**self.method.values(), **self.method.reading(self.bench)}

    @property
    def parent(self) -> Path | None:
        """The folder of weights that training started from; None for the base model."""
        started = self.spec.recipe.start_from == "parent" and self.spec.parent_model
        return Path(started) if started else None

    @property
    def score(self) -> float:
        """Of the model that was saved: that of the first training where there were several."""
        replicas = self.result.get("replicas") or [{"score": self.result["score"]}]
        return float(replicas[0]["score"])

    @property
    def rows_refusal(self) -> str | None:
        """Why the training rows stay here, or None."""
        return licences.refusal(self.spec.recipe, self.edition)

    @property
    def script_refusal(self) -> str | None:
        """Why the folder holds no script that repeats the training, or None."""
        closed = self.spec.edition != "mini" and not licences.may_be_shared(self.task.licence)
        reason = f"the validation rows may not be passed on ({self.task.licence})"
        gone = "the parent's weights, from which it went on, are no longer there"
        return (
            self.rows_refusal
            or (reason if closed else None)
            or settings.refusal(self.step, self.result, devices=self.spec.recipe.devices)
            or (gone if self.parent and not self.parent.is_dir() else None)
        )


def read(run_dir: Path) -> Trial:
    """The finished trial in `run_dir`. Raises NotExportable."""
    found = RunDir(run_dir)
    result = found.result()
    if result is None or result["status"] != "done":
        raise NotExportable(f"{run_dir} holds no finished run")
    spec = found.spec()
    if spec.recipe.training is None or not (run_dir / ROWS).is_file():
        raise NotExportable(f"{run_dir} holds no trial with its training rows ({ROWS})")
    if result["score"] is None:
        raise NotExportable(f"{run_dir} holds no score by the task's metric")
    use = spec.recipe.training.use
    given = json.dumps(spec.recipe.training.params)
    params = extensions.parse(extensions.METHODS, use, given, field="training")
    method = extensions.load(extensions.METHODS, use)(params)
    task = extensions.load(extensions.TASKS, spec.task)
    step = Step(use=use, params=params.model_dump(mode="json"))
    bench = _bench(run_dir, spec)
    return Trial(run_dir, spec, step, method, bench, result, task, task.edition(spec.edition))


def _bench(run_dir: Path, spec: RunSpec) -> Bench:
    """Enough of a bench to make a dataset and to know in which order it was read: the training that was saved."""
    in_order = order_matters(spec.recipe.data)
    return Bench(None, None, run_dir, _silent, spec.recipe.seed, in_order=in_order)


def _silent(kind: Any, **fields: Any) -> None:
    return
