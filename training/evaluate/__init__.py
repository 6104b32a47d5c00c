"""Scores a model on the validation split; one row after another in `predictions.jsonl`."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from training import extensions
from training.data.catalogue import Row
from training.evaluate import pairs, with_vllm
from training.evaluate.decoding import Decoding
from training.evaluate.generation import generate
from training.ftbench import Message, Metric, Task
from training.methods import Emit

SAMPLES = 20


@dataclass(frozen=True)
class Prediction:
    """One evaluated row; `prediction` is what the model wrote, `answer` the label found in it."""

    row: int
    """Place in the split, from 0."""
    prompt_hash: str
    """SHA-256 of all chat messages of the prompt."""
    prompt: str
    """The last message."""
    gold: str
    prediction: str
    answer: str | None
    score: float = 0.0
    """What the metric gives the row alone."""

    @property
    def correct(self) -> bool:
        """Whether the answer scores all that a row can, but for rounding."""
        return self.score > 1 - 1e-9

    def facts(self) -> dict[str, Any]:
        """One line of `predictions.jsonl`."""
        return {**asdict(self), "correct": self.correct}


@dataclass(frozen=True)
class Evaluation:
    """A score with its 95 % interval, and the rows behind it."""

    metric: str
    score: float
    interval: tuple[float, float]
    predictions: Sequence[Prediction]

    @property
    def file(self) -> str:
        """Name of the file of predictions; preferences are none, and nothing may score them as such."""
        return "pairs.jsonl" if self.metric == pairs.METRIC else "predictions.jsonl"

    def facts(self) -> dict[str, Any]:
        """For `result.json`."""
        shown = ("prompt", "gold", "prediction", "correct")
        samples = [prediction.facts() for prediction in self.predictions[:SAMPLES]]
        return {
            "metric": self.metric,
            "score": self.score,
            "interval": list(self.interval),
            "rows": len(self.predictions),
            "samples": [{name: sample[name] for name in shown} for sample in samples],
        }


def evaluate(
    task: type[Task],
    rows: Sequence[Row],
    *,
    model: Any,
    tokenizer: Any,
    emit: Emit,
    decoding: Decoding | None = None,
) -> Evaluation:
    """Ask `model` for the answer to each of `rows` and score what it writes.

    decoding: greedy up to the task's `max_new_tokens` unless given. A reward model writes nothing; it is asked which of
    a row's answers is better, and its metric is another.
    """
    if pairs.is_reward_model(model):
        compared = pairs.compare(task, rows, model=model, tokenizer=tokenizer, emit=emit)
        return _pairwise(compared, [task.prompt(row) for row in rows])
    prompts = [task.prompt(row) for row in rows]
    written = generate(
        prompts,
        model=model,
        tokenizer=tokenizer,
        decoding=decoding or Decoding(max_new_tokens=task.max_new_tokens),
        emit=emit,
    )
    return _judged(task, rows, prompts, written)


def evaluate_with_vllm(
    task: type[Task],
    rows: Sequence[Row],
    *,
    folder: Path,
    tokenizer: Any,
    emit: Emit,
    decoding: Decoding | None = None,
) -> Evaluation:
    """As `evaluate`, of the whole model in `folder`, with vLLM. Raises MissingLibrary, RecipeError."""
    prompts = [task.prompt(row) for row in rows]
    decoding = decoding or Decoding(max_new_tokens=task.max_new_tokens)
    written = with_vllm.generate(
        prompts, folder=folder, tokenizer=tokenizer, decoding=decoding, emit=emit
    )
    return _judged(task, rows, prompts, written)


def _judged(
    task: type[Task],
    rows: Sequence[Row],
    prompts: Sequence[Sequence[Message]],
    written: Sequence[str],
) -> Evaluation:
    """What was written after each prompt, beside what should have been."""
    predictions = [
        Prediction(
            place,
            prompt_hash(prompt),
            prompt[-1]["content"],
            task.gold(row),
            text,
            task.extract(text),
        )
        for place, (row, prompt, text) in enumerate(zip(rows, prompts, written, strict=True))
    ]
    return _scored(predictions, task)


def rescore(path: Path, task: type[Task]) -> Evaluation:
    """Score and interval from stored predictions, without the model.

    Answers are found anew in what the model wrote, so a corrected task or metric needs no GPU.
    Raises FileNotFoundError; ValueError with the line that is no prediction, or when there is none.
    """
    with path.open(encoding="utf-8") as lines:
        predictions = [_read(line, number, task) for number, line in enumerate(lines, start=1)]
    return _scored(predictions, task)


def write(evaluation: Evaluation, path: Path) -> None:
    """Write every prediction as one JSON line."""
    lines = (
        json.dumps(prediction.facts(), ensure_ascii=False) + "\n"
        for prediction in evaluation.predictions
    )
    path.write_text("".join(lines), encoding="utf-8")


def prompt_hash(prompt: Sequence[Message]) -> str:
    """SHA-256 of the messages as canonical JSON: equal prompts, equal hashes."""
    text = json.dumps(prompt, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _scored(predictions: Sequence[Prediction], task: type[Task]) -> Evaluation:
    metric: type[Metric] = extensions.load(extensions.METRICS, task.metric)
    answers, golds = [each.answer for each in predictions], [each.gold for each in predictions]
    rows = zip(predictions, metric.rows(answers, golds), strict=True)
    return Evaluation(
        task.metric,
        metric.score(answers, golds),
        metric.interval(answers, golds),
        [replace(prediction, score=score) for prediction, score in rows],
    )


def _pairwise(compared: Sequence[pairs.Pair], prompts: Sequence[Sequence[Message]]) -> Evaluation:
    """Raises ValueError when no row has a wrong answer to compare with."""
    predictions = [
        Prediction(
            pair.row,
            prompt_hash(prompts[pair.row]),
            prompts[pair.row][-1]["content"],
            pair.right,
            pair.preferred,
            pair.preferred,
            float(pair.preferred == pair.right),
        )
        for pair in compared
    ]
    share: type[Metric] = extensions.load(extensions.METRICS, "accuracy")
    answers, golds = [each.answer for each in predictions], [each.gold for each in predictions]
    score, interval = share.score(answers, golds), share.interval(answers, golds)
    return Evaluation(pairs.METRIC, score, interval, predictions)


def _read(line: str, number: int, task: type[Task]) -> Prediction:
    """One stored row. Raises ValueError."""
    try:
        stored = json.loads(line)
        text, prompt, gold = stored["prediction"], stored["prompt"], stored["gold"]
        place, known_hash = stored["row"], stored["prompt_hash"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"line {number} is not a prediction: {line[:100]!r}") from error
    return Prediction(place, known_hash, prompt, gold, text, task.extract(text))
