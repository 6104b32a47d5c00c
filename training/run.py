"""Runs one experiment: `python -m training.run RUN_DIR`. Ends by writing `result.json`, whatever happens."""

import argparse
import contextlib
import hashlib
import json
import logging
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training import devices, extensions, loading, logs, memory, operators, ranks, replicas
from training.checkpoints import Checkpoints
from training.data import models, prepared
from training.data.catalogue import Edition, Row
from training.data.decontamination import Guard
from training.data.offline import ENVIRONMENT
from training.ending import EXIT_CANCELLED, EXIT_FAILED, Ending
from training.errors import Cancelled, RecipeError, TrainingError
from training.evaluate import Evaluation, evaluate, write
from training.events import EventWriter
from training.exported_rows import ROWS, write_rows
from training.failures import is_out_of_memory, reason
from training.ftbench import Metric, Task
from training.methods import Bench, Example, Method, Trained
from training.recipe import Recipe, RunSpec, Step, complete
from training.rundir import RunDir

_log = logging.getLogger("training.run")


@dataclass(frozen=True)
class _Experiment:
    """What every replica of a run shares."""

    spec: RunSpec
    task: type[Task]
    edition: Edition
    base: Path
    parent: Path | None
    examples: list[Example]


@dataclass(frozen=True)
class _Subject:
    """A model at hand, and how it was trained unless it is the untrained baseline."""

    model: Any
    tokenizer: Any
    trained: Trained | None


class Run:
    """One experiment in progress: stages in order, and what is known of the result so far."""

    def __init__(self, run_dir: RunDir, writer: EventWriter) -> None:
        self._run_dir = run_dir
        self._writer = writer
        self._known: dict[str, Any] = {
            "metric": None,
            "score": None,
            "interval": None,
            "rows": 0,
            "train": None,
            "timings": {},
            "parameters": None,
            "base_hash": None,
            "samples": [],
            "replicas": [],
        }
        self.ending = Ending(run_dir, self._known)

    def work(self, spec: RunSpec) -> None:
        """Prepare; then load, train, evaluate each replica, and save the first. Raises TrainingError and others."""
        devices.take(spec.devices, spec.recipe.devices)
        experiment = self._experiment(spec.model_copy(update={"recipe": complete(spec.recipe)}))
        results = list[Evaluation]()
        with self._ranks(experiment) as others:
            for seed in _seeds(experiment.spec.recipe):
                others.go()
                results.append(self._replica(experiment, seed, is_first=not results))
                self._known["replicas"].append({"seed": seed, "score": results[-1].score})
        metric: type[Metric] = extensions.load(extensions.METRICS, experiment.task.metric)
        self._known.update(results[0].facts())
        self._known.update(replicas.combine(results, bounds=metric.range))
        self._known.update(replicas.apart(self._known, experiment.task.metric))

    def _ranks(self, experiment: _Experiment) -> contextlib.AbstractContextManager[ranks.Ranks]:
        """The processes for the recipe's other devices, which load and train each replica and tell nobody."""
        recipe = experiment.spec.recipe

        def follow(wait: Callable[[], object]) -> None:
            self._writer = EventWriter(Path(os.devnull))
            for seed in _seeds(recipe):
                wait()
                self._attempt(experiment, recipe.training, seed)

        return ranks.started(
            recipe.devices if recipe.training else 1,
            follow,
            meeting=self._run_dir.path / ".ranks.tmp",
            fail=self.ending.fail_now,
        )

    def _experiment(self, spec: RunSpec) -> _Experiment:
        _check_kind(spec)
        task: type[Task] = extensions.load(extensions.TASKS, spec.task)
        edition = task.edition(spec.edition)
        base, parent = models.resolve(spec.base_model), loading.parent_folder(spec)
        with self._stage("prepare"):
            rows = self._prepare(spec, task, edition=edition, base=base)
        examples = _examples(task, rows)
        write_rows(examples, self._run_dir.path / ROWS)
        return _Experiment(spec, task, edition, base, parent, examples)

    def _replica(self, experiment: _Experiment, seed: int, *, is_first: bool) -> Evaluation:
        """Train with `seed` and evaluate; model and predictions are kept of the first replica."""
        subject = self._subject(experiment, seed)
        with self._stage("evaluate"):
            result = evaluate(
                experiment.task,
                experiment.edition.validation,
                model=subject.model,
                tokenizer=subject.tokenizer,
                emit=self._writer.emit,
            )
        if is_first:
            with self._stage("save"):
                self._save(experiment, subject, result)
        return result

    @contextlib.contextmanager
    def _stage(self, name: str) -> Iterator[None]:
        """Tell start and end; a stage that replicas repeat adds up."""
        self._writer.emit("stage", stage=name, status="started")
        started = time.monotonic()
        yield
        seconds = round(time.monotonic() - started, 3)
        timings = self._known["timings"]
        timings[name] = round(timings.get(name, 0.0) + seconds, 3)
        self._writer.emit("stage", stage=name, status="finished", seconds=seconds)

    def _prepare(
        self, spec: RunSpec, task: type[Task], *, edition: Edition, base: Path
    ) -> list[Row]:
        if spec.recipe.training is None:
            return []
        guard = Guard(task.text(row) for row in (*edition.validation, *edition.test))

        def around(field: str) -> operators.Surroundings:
            return operators.Surroundings(
                edition, task, guard, spec.recipe.seed, field, base, self._run_dir.path
            )

        counts: list[operators.Count] = []

        def report(count: operators.Count) -> None:
            counts.append(count)
            self._writer.emit("data", **vars(count))

        rows = operators.prepare_cached(
            operators.build(spec.recipe.data, around),
            report,
            folder=Path(spec.cache) if spec.cache else None,
            task=[spec.task, spec.edition],
            seed=spec.recipe.seed,
            evaluation=prepared.content_hash((*edition.validation, *edition.test)),
        )
        operators.refuse_empty(counts)
        return rows

    def _subject(self, experiment: _Experiment, seed: int) -> _Subject:
        """Load, and train where the recipe says so, with smaller batches as long as memory is short."""
        step = experiment.spec.recipe.training
        while True:
            try:
                return self._attempt(experiment, step, seed)
            except Exception as error:
                smaller = step and memory.smaller(step) if is_out_of_memory(error) else None
                if smaller is None:
                    raise
                self._tell_smaller(smaller)
            step = smaller
            memory.free()

    def _tell_smaller(self, step: Step) -> None:
        self._known["adjusted"] = adjusted = memory.batch(step)
        words = ", ".join(f"{name}={value}" for name, value in adjusted.items())
        _log.warning("Out of memory: training starts again with %s.", words)

    def _attempt(self, experiment: _Experiment, step: Step | None, seed: int) -> _Subject:
        with self._stage("load"):
            model, tokenizer = self._load(experiment)
        if step is None:
            return _Subject(model, tokenizer, None)
        found = extensions.load(extensions.METHODS, step.use)
        method: Method = found(found.Params.model_validate(step.params))
        bench = Bench(
            model,
            tokenizer,
            self._run_dir.scratch,
            self._writer.emit,
            seed,
            reward=_reward(experiment.task),
            checkpoints=self._checkpoints(experiment, seed),
        )
        with self._stage("train"):
            trained = self._train(method, experiment, bench)
        return _Subject(trained.model, tokenizer, trained)

    def _load(self, experiment: _Experiment) -> tuple[Any, Any]:
        import torch

        logs.quieten_libraries()
        torch.set_num_threads(experiment.spec.threads)
        self._known["base_hash"] = models.content_hash(experiment.base)
        model, tokenizer = loading.load(experiment.base, experiment.parent)
        self._known["parameters"] = {"total": model.num_parameters(), "trainable": 0}
        return model, tokenizer

    def _checkpoints(self, experiment: _Experiment, seed: int) -> Checkpoints | None:
        spec = experiment.spec
        if spec.checkpoints is None:
            return None
        checkpoints = Checkpoints(Path(spec.checkpoints) / f"seed-{seed}")
        identity = {
            "recipe": spec.recipe.fingerprint(),
            "rows": _rows_hash(experiment.examples),
            **loading.identity(experiment.base, experiment.parent),
        }
        checkpoints.open(identity, _log.warning)
        return checkpoints

    def _train(self, method: Method, experiment: _Experiment, bench: Bench) -> Trained:
        """Raises Cancelled when a stop was asked for and a checkpoint is saved."""
        from transformers import set_seed

        # Methods draw before their trainer seeds: an adapter's first weights, say.
        set_seed(bench.seed)
        self.ending.checkpoints = checkpoints = bench.checkpoints
        try:
            trained = method.train(experiment.examples, bench)
        finally:
            self.ending.checkpoints = None
        if checkpoints and checkpoints.stop_asked:
            raise Cancelled(self.ending.stopped(checkpoints.step))
        if self._known["train"] is None:
            resumed = checkpoints.resumed_from_step if checkpoints else None
            self._known["train"] = {**trained.facts(), "resumed_from_step": resumed}
            self._known["parameters"]["trainable"] = trained.trainable
        return trained

    def _save(self, experiment: _Experiment, subject: _Subject, result: Evaluation) -> None:
        with self._run_dir.staged(result.file) as path:
            write(result, path)
        if subject.trained is not None:
            with self._run_dir.staged("model") as path:
                loading.save(
                    subject.model, subject.tokenizer, path, started_from=experiment.parent
                )


def _seeds(recipe: Recipe) -> range:
    """Without training there is no seed: greedy answers of one model are always the same."""
    return range(recipe.seed, recipe.seed + (recipe.replicas if recipe.training else 1))


def _check_kind(spec: RunSpec) -> None:
    if spec.kind == "baseline" and spec.recipe.training is not None:
        raise RecipeError(
            "recipe.training", spec.recipe.training.use, "must be null for a baseline"
        )
    if spec.kind == "trial" and spec.recipe.training is None:
        raise RecipeError("recipe.training", None, "must name a training method for a trial")


def _examples(task: type[Task], rows: list[Row]) -> list[Example]:
    return [_example(task, row) for row in rows]


def _example(task: type[Task], row: Row) -> Example:
    """What data operators put on the row goes before what the task makes of it."""
    return Example(
        row.get("prompt") or task.prompt(row),
        row.get("completion") or task.target(row),
        rejected=row.get("rejected"),
        desirable=row.get("desirable"),
        text=row.get("text") or task.text(row),
        row=row,
    )


def _reward(task: type[Task]) -> Callable[[str, Row], float]:
    """The task's metric on one completion, so that more is better."""
    metric: type[Metric] = extensions.load(extensions.METRICS, task.metric)
    sign = 1 if metric.direction == "maximise" else -1

    def reward(completion: str, row: Row) -> float:
        return sign * metric.score([task.extract(completion)], [task.gold(row)])

    return reward


def _rows_hash(examples: list[Example]) -> str:
    digest = hashlib.sha256()
    for example in examples:
        digest.update(json.dumps(vars(example), sort_keys=True, default=str).encode() + b"\n")
    return digest.hexdigest()


def execute(path: Path) -> int:
    """Run what `path`/recipe.json says; the exit status: 0 done, 1 failed, 143 cancelled."""
    run_dir = RunDir(path)
    with run_dir.writer() as writer:
        run = Run(run_dir, writer)
        run.ending.watch()
        logs.route(writer)
        try:
            run_dir.reserve()
            run.work(run_dir.spec())
        except Cancelled as error:
            run.ending.finish("cancelled", str(error))
            return EXIT_CANCELLED
        except Exception as error:
            _tell(error, writer)
            run.ending.finish("failed", reason(error))
            return EXIT_FAILED
        run.ending.finish("done")
    return 0


def _tell(error: Exception, writer: EventWriter) -> None:
    """The whole story in the log, unless the reason is one; a full disk takes no log."""
    if isinstance(error, TrainingError) and error.__cause__ is None:
        return
    with contextlib.suppress(OSError):
        writer.emit("log", level="error", text=traceback.format_exc())


def end_with_supervisor() -> None:
    """Kill this process group when standard input closes, so that no run outlives who watches it."""
    threading.Thread(target=_wait_for_end, name="lifeline", daemon=True).start()


def _wait_for_end() -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os.killpg(os.getpgrp(), signal.SIGKILL)


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m training.run", description=__doc__)
    parser.add_argument("run_dir", type=Path)
    parser.add_argument("--lifeline", action="store_true", help="end when standard input closes")
    options = parser.parse_args()
    os.environ.update(ENVIRONMENT)
    if options.lifeline:
        end_with_supervisor()
    return execute(options.run_dir)


if __name__ == "__main__":
    sys.exit(main())
