"""One experiment from its recipe to its score: rows prepared, replicas trained and evaluated, the first one saved."""

import contextlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from training import devices, extensions, loading, memory, ranks, replicas
from training.attempt import Attempt, Experiment, Subject
from training.data import models
from training.ending import Ending
from training.errors import RecipeError
from training.evaluate import Evaluation, evaluate, evaluate_with_vllm, pairs, with_vllm, write
from training.evaluate.decoding import Decoding
from training.events import EventWriter
from training.exported_rows import ROWS, write_rows
from training.ftbench import Metric, Task
from training.journal import Journal
from training.preparation import prepare
from training.recipe import Recipe, RunSpec, complete
from training.rundir import RunDir


class Run:
    """One experiment in progress: stages in order."""

    def __init__(self, run_dir: RunDir, writer: EventWriter) -> None:
        self._run_dir = run_dir
        self._journal = Journal(writer.emit)
        self.ending = Ending(run_dir, self._journal.known)

    def work(self, spec: RunSpec) -> None:
        """Prepare; then load, train, evaluate each replica, and save the first. Raises TrainingError and others."""
        devices.take(spec.devices, spec.recipe.devices)
        experiment = self._experiment(spec.model_copy(update={"recipe": complete(spec.recipe)}))
        known, results = self._journal.known, list[Evaluation]()
        with self._ranks(experiment) as others:
            for seed in _seeds(experiment.spec.recipe):
                others.go()
                results.append(self._replica(experiment, seed, is_first=not results))
                known["replicas"].append({"seed": seed, "score": results[-1].score})
        metric: type[Metric] = extensions.load(extensions.METRICS, experiment.task.metric)
        known.update(results[0].facts())
        known.update(replicas.combine(results, bounds=metric.range))
        known.update(replicas.apart(known, experiment.task.metric))

    def _ranks(self, experiment: Experiment) -> contextlib.AbstractContextManager[ranks.Ranks]:
        """The processes for the recipe's other devices, which load and train each replica and tell nobody."""
        recipe = experiment.spec.recipe

        def follow(wait: Callable[[], object]) -> None:
            unheard = Journal(EventWriter(Path(os.devnull)).emit)
            for seed in _seeds(recipe):
                wait()
                Attempt(experiment, seed, journal=unheard, ending=self.ending).subject()

        return ranks.started(
            recipe.devices if recipe.training else 1,
            follow,
            meeting=self._run_dir.path / ".ranks.tmp",
            fail=self.ending.fail_now,
        )

    def _experiment(self, spec: RunSpec) -> Experiment:
        _check_kind(spec)
        if spec.generate_with == "vllm":
            # Before the training, which may take hours.
            with_vllm.refuse_unusable()
        task: type[Task] = extensions.load(extensions.TASKS, spec.task)
        edition = task.edition(spec.edition)
        base, parent = models.resolve(spec.base_model), loading.parent_folder(spec)
        with self._journal.stage("prepare"):
            rows = prepare(
                spec,
                task,
                edition=edition,
                base=base,
                folder=self._run_dir.path,
                emit=self._journal.emit,
            )
        write_rows(rows, self._run_dir.path / ROWS)
        return Experiment(spec, task, edition, base, parent, rows, self._run_dir.scratch)

    def _replica(self, experiment: Experiment, seed: int, *, is_first: bool) -> Evaluation:
        """Train with `seed` and evaluate; model and predictions are kept of the first replica."""
        attempt = Attempt(experiment, seed, journal=self._journal, ending=self.ending)
        subject, folder = attempt.subject(), None
        if _is_for_vllm(experiment.spec, subject.model):
            folder = self._put_aside(experiment, subject, is_first=is_first)
            # Nothing may hold the model any longer: vLLM takes most of the GPU's memory.
            subject = Subject(None, subject.tokenizer, None)
            memory.free()
        with self._journal.stage("evaluate"):
            result = self._evaluate(experiment, subject, folder)
        if is_first:
            with self._journal.stage("save"):
                self._save(experiment, subject, result)
        return result

    def _put_aside(self, experiment: Experiment, subject: Subject, *, is_first: bool) -> Path:
        """The folder with the whole model; the node's own model is saved before adapters are merged for it."""
        folder = experiment.scratch / "whole"
        with self._journal.stage("save"):
            if is_first:
                self._save_model(experiment, subject)
            loading.save_whole(subject.model, subject.tokenizer, folder)
        return folder

    def _evaluate(
        self, experiment: Experiment, subject: Subject, folder: Path | None
    ) -> Evaluation:
        """By vLLM of the whole model in `folder`, which is gone then; without a folder of the model in memory."""
        task, edition = experiment.task, experiment.edition
        options = {
            "tokenizer": subject.tokenizer,
            "emit": self._journal.emit,
            "decoding": Decoding(max_new_tokens=edition.answer_tokens(task.max_new_tokens)),
        }
        self._journal.known["evaluated_with"] = "vllm" if folder else "transformers"
        if folder is None:
            return evaluate(task, edition.validation, model=subject.model, **options)
        result = evaluate_with_vllm(task, edition.validation, folder=folder, **options)
        shutil.rmtree(folder)
        return result

    def _save(self, experiment: Experiment, subject: Subject, result: Evaluation) -> None:
        with self._run_dir.staged(result.file) as path:
            write(result, path)
        self._save_model(experiment, subject)

    def _save_model(self, experiment: Experiment, subject: Subject) -> None:
        """What was trained; the untrained baseline is stored nowhere."""
        if subject.trained is not None:
            with self._run_dir.staged("model") as path:
                loading.save(
                    subject.model, subject.tokenizer, path, started_from=experiment.parent
                )


def _seeds(recipe: Recipe) -> range:
    """Without training there is no seed: greedy answers of one model are always the same."""
    return range(recipe.seed, recipe.seed + (recipe.replicas if recipe.training else 1))


def _is_for_vllm(spec: RunSpec, model: Any) -> bool:
    """Models that rate answers, and weights in 4 bits, which merging would round once more, stay where they are."""
    stays = pairs.is_reward_model(model) or getattr(model, "is_quantized", False)
    return spec.generate_with == "vllm" and not stays


def _check_kind(spec: RunSpec) -> None:
    if spec.kind == "baseline" and spec.recipe.training is not None:
        raise RecipeError(
            "recipe.training", spec.recipe.training.use, "must be null for a baseline"
        )
    if spec.kind == "trial" and spec.recipe.training is None:
        raise RecipeError("recipe.training", None, "must name a training method for a trial")
