"""Scores a model on the validation split: greedy answers, one row after another in `predictions.jsonl`."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from training import extensions
from training.data.catalogue import Row
from training.ftbench import Metric, Task
from training.methods import Emit

BATCH_ROWS = 64
SAMPLES = 20


@dataclass(frozen=True)
class Prediction:
    """One evaluated row; `prediction` is what the model wrote, `answer` the label found in it."""

    prompt: str
    gold: str
    prediction: str
    answer: str | None

    @property
    def correct(self) -> bool:
        """Whether the label found is the right one."""
        return self.answer == self.gold

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
    task: type[Task], rows: Sequence[Row], *, model: Any, tokenizer: Any, emit: Emit
) -> Evaluation:
    """Ask `model` for the answer to each of `rows` and score what it writes."""
    written = _answers(
        [task.prompt(row) for row in rows], task.max_new_tokens, model, tokenizer, emit
    )
    predictions = [
        Prediction(task.prompt(row)[-1]["content"], task.gold(row), text, task.extract(text))
        for row, text in zip(rows, written, strict=True)
    ]
    metric: type[Metric] = extensions.load(extensions.METRICS, task.metric)
    answers, golds = [each.answer for each in predictions], [each.gold for each in predictions]
    return Evaluation(
        task.metric, metric.score(answers, golds), metric.interval(answers, golds), predictions
    )


def write(evaluation: Evaluation, path: Path) -> None:
    """Write every prediction as one JSON line."""
    lines = (
        json.dumps(prediction.facts(), ensure_ascii=False) + "\n"
        for prediction in evaluation.predictions
    )
    path.write_text("".join(lines), encoding="utf-8")


def _answers(
    prompts: list[Any], max_new_tokens: int, model: Any, tokenizer: Any, emit: Emit
) -> list[str]:
    """What the model writes after each prompt, in the order of `prompts`."""
    texts = tokenizer.apply_chat_template(prompts, tokenize=False, add_generation_prompt=True)
    # Rows of like length share a batch: less padding to compute.
    order = iter(sorted(range(len(texts)), key=lambda place: len(texts[place])))
    answers = [""] * len(texts)
    done = 0
    model.eval()
    while places := list(islice(order, BATCH_ROWS)):
        written = _generate([texts[place] for place in places], max_new_tokens, model, tokenizer)
        for place, text in zip(places, written, strict=True):
            answers[place] = text
        done += len(places)
        emit("progress", stage="evaluate", done=done, total=len(texts), unit="rows")
    return answers


def _generate(texts: list[str], max_new_tokens: int, model: Any, tokenizer: Any) -> list[str]:
    import torch

    # Left padding: generation goes on from the last column.
    batch = tokenizer(
        texts, padding=True, padding_side="left", add_special_tokens=False, return_tensors="pt"
    )
    batch = batch.to(model.device)
    with torch.inference_mode():
        tokens = model.generate(
            **batch,
            max_new_tokens=max_new_tokens,
            do_sample=False,
            use_cache=True,
            pad_token_id=tokenizer.pad_token_id,
            eos_token_id=tokenizer.eos_token_id,
        )
    new = tokens[:, batch["input_ids"].shape[1] :]
    written: list[str] = tokenizer.batch_decode(new, skip_special_tokens=True)
    return written
