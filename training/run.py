"""Runs one experiment: `python -m training.run RUN_DIR`. Ends by writing `result.json`, whatever happens."""

import argparse
import contextlib
import logging
import os
import signal
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from training import extensions, operators
from training.data import models
from training.data.catalogue import Edition, Row
from training.data.decontamination import Guard
from training.data.offline import ENVIRONMENT
from training.errors import EmptyData, RecipeError, TrainingError
from training.evaluate import evaluate, write
from training.events import EventWriter
from training.exported_rows import ROWS, write_rows
from training.ftbench import Task
from training.methods import Bench, Example, Method, Trained
from training.recipe import RunSpec, complete
from training.rundir import RunDir

EXIT_FAILED = 1
EXIT_CANCELLED = 128 + signal.SIGTERM


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
        }

    def finish(self, status: str, reason: str = "") -> None:
        """Write the result, once: a later signal finds the run ended."""
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        self._run_dir.write_result({"status": status, "reason": reason, **self._known})

    def cancel(self, number: int, frame: FrameType | None) -> NoReturn:
        """Handle SIGTERM: end at once, whatever library is on the stack."""
        self.finish("cancelled", "The run was asked to stop.")
        os._exit(EXIT_CANCELLED)

    def work(self, spec: RunSpec) -> None:
        """Prepare, load, train, evaluate, save. Raises TrainingError and whatever libraries raise."""
        spec = spec.model_copy(update={"recipe": complete(spec.recipe)})
        _check_kind(spec)
        task: type[Task] = extensions.load(extensions.TASKS, spec.task)
        edition = task.edition(spec.edition)
        base = models.resolve(spec.base_model)
        with self._stage("prepare"):
            rows = self._prepare(spec, task, edition)
        with self._stage("load"):
            model, tokenizer = self._load(spec, base)
        examples = _examples(task, rows)
        write_rows(examples, self._run_dir.path / ROWS)
        trained = self._train(spec, examples, model, tokenizer)
        with self._stage("evaluate"):
            tuned = trained.model if trained else model
            result = evaluate(
                task, edition.validation, model=tuned, tokenizer=tokenizer, emit=self._writer.emit
            )
        with self._stage("save"):
            write(result, self._run_dir.path / "predictions.jsonl")
            self._save(trained, tokenizer)
        self._known.update(result.facts())

    @contextlib.contextmanager
    def _stage(self, name: str) -> Iterator[None]:
        self._writer.emit("stage", stage=name, status="started")
        started = time.monotonic()
        yield
        seconds = round(time.monotonic() - started, 3)
        self._known["timings"][name] = seconds
        self._writer.emit("stage", stage=name, status="finished", seconds=seconds)

    def _prepare(self, spec: RunSpec, task: type[Task], edition: Edition) -> list[Row]:
        if spec.recipe.training is None:
            return []
        guard = Guard(task.text(row) for row in (*edition.validation, *edition.test))

        def around(field: str) -> operators.Surroundings:
            return operators.Surroundings(
                edition, task.text, task.gold, guard, spec.recipe.seed, field
            )

        rows = operators.prepare(spec.recipe.data, around=around, report=self._report)
        if not rows:
            raise EmptyData("The data recipe leaves no row to train on.")
        return rows

    def _report(self, count: operators.Count) -> None:
        self._writer.emit("data", **vars(count))

    def _load(self, spec: RunSpec, base: Path) -> tuple[Any, Any]:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        _quieten_libraries()
        torch.set_num_threads(spec.threads)
        self._known["base_hash"] = models.content_hash(base)
        tokenizer = AutoTokenizer.from_pretrained(base, trust_remote_code=False)
        model = AutoModelForCausalLM.from_pretrained(
            base, trust_remote_code=False, use_safetensors=True
        )
        if torch.cuda.is_available():
            model = model.to("cuda")
        self._known["parameters"] = {"total": model.num_parameters(), "trainable": 0}
        return model, tokenizer

    def _train(
        self, spec: RunSpec, examples: list[Example], model: Any, tokenizer: Any
    ) -> Trained | None:
        step = spec.recipe.training
        if step is None:
            return None
        found = extensions.load(extensions.METHODS, step.use)
        method: Method = found(found.Params.model_validate(step.params))
        bench = Bench(
            model, tokenizer, self._run_dir.path / "trainer", self._writer.emit, spec.recipe.seed
        )
        with self._stage("train"):
            trained = method.train(examples, bench)
        self._known["train"] = trained.facts()
        self._known["parameters"]["trainable"] = trained.trainable
        return trained

    def _save(self, trained: Trained | None, tokenizer: Any) -> None:
        if trained is not None:
            trained.model.save_pretrained(self._run_dir.path / "model")
            tokenizer.save_pretrained(self._run_dir.path / "model")


def _check_kind(spec: RunSpec) -> None:
    if spec.kind == "baseline" and spec.recipe.training is not None:
        raise RecipeError(
            "recipe.training", spec.recipe.training.use, "must be null for a baseline"
        )
    if spec.kind == "trial" and spec.recipe.training is None:
        raise RecipeError("recipe.training", None, "must name a training method for a trial")


def _examples(task: type[Task], rows: list[Row]) -> list[Example]:
    return [Example(task.prompt(row), task.target(row)) for row in rows]


def execute(path: Path) -> int:
    """Run what `path`/recipe.json says; the exit status: 0 done, 1 failed."""
    run_dir = RunDir(path)
    with run_dir.writer() as writer:
        run = Run(run_dir, writer)
        signal.signal(signal.SIGTERM, run.cancel)
        _route_logs(writer)
        try:
            run.work(run_dir.spec())
        except Exception as error:
            if not isinstance(error, TrainingError):
                writer.emit("log", level="error", text=traceback.format_exc())
            run.finish("failed", _reason(error))
            return EXIT_FAILED
        run.finish("done")
    return 0


def _reason(error: Exception) -> str:
    """One plain sentence."""
    text = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, TrainingError):
        return text
    if (
        isinstance(error, MemoryError)
        or "out of memory" in text.lower()
        or "can't allocate memory" in text
    ):
        return (
            "Out of memory: try a smaller per_device_train_batch_size, max_length or base model."
        )
    return f"{type(error).__name__}: {text}"[:500]


class _EventHandler(logging.Handler):
    """Log records of this process as log events."""

    def __init__(self, writer: EventWriter) -> None:
        super().__init__(logging.INFO)
        self._writer = writer

    def emit(self, record: logging.LogRecord) -> None:
        """Write one log event."""
        self._writer.emit("log", level=record.levelname.lower(), text=record.getMessage())


def _route_logs(writer: EventWriter) -> None:
    """Logs and warnings become events; libraries speak from warnings up."""
    logging.basicConfig(handlers=[_EventHandler(writer)], level=logging.WARNING, force=True)
    logging.captureWarnings(True)
    # Deprecations are for those who write this program, not for those who run it.
    warnings.simplefilter("ignore", FutureWarning)
    warnings.simplefilter("ignore", DeprecationWarning)


def _quieten_libraries() -> None:
    """Progress bars go nowhere; what libraries log goes the way of all logs."""
    import datasets
    from transformers.utils import logging as transformers_logging

    datasets.disable_progress_bars()
    transformers_logging.disable_progress_bar()
    transformers_logging.disable_default_handler()
    transformers_logging.enable_propagation()


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
