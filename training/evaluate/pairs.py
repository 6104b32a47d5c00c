"""How often a reward model rates the right answer of a row above a wrong one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from training.data.catalogue import Row
from training.evaluate.batches import batches, encode, pad_right, pad_token
from training.ftbench import Task
from training.methods import Emit

METRIC = "pairwise accuracy"
TOKENS = 8_192
"""Padded tokens of one batch."""


@dataclass(frozen=True)
class Pair:
    """One row, its right answer and one wrong one; `preferred` is the one rated higher, on equal ratings the wrong one."""

    row: int
    right: str
    wrong: str
    preferred: str


def is_reward_model(model: Any) -> bool:
    """Whether the model rates answers instead of writing them."""
    return hasattr(model, "score") and getattr(model.config, "num_labels", None) == 1


def compare(
    task: type[Task], rows: Sequence[Row], *, model: Any, tokenizer: Any, emit: Emit
) -> list[Pair]:
    """Each row's right answer against each of its wrong ones."""
    asked = [(place, answer) for place, row in enumerate(rows) for answer in _answers(task, row)]
    turns = [
        [*task.prompt(rows[place]), {"role": "assistant", "content": answer}]
        for place, answer in asked
    ]
    ratings = _ratings(turns, model=model, tokenizer=tokenizer, emit=emit)
    rated = dict(zip(asked, ratings, strict=True))
    return [pair for place, row in enumerate(rows) for pair in _pairs(task, place, row, rated)]


def _answers(task: type[Task], row: Row) -> list[str]:
    return [task.target(row), *task.alternatives(row)]


def _pairs(
    task: type[Task], place: int, row: Row, rated: dict[tuple[int, str], float]
) -> Iterator[Pair]:
    right, *others = _answers(task, row)
    for wrong in others:
        is_right = rated[place, right] > rated[place, wrong]
        yield Pair(place, right, wrong, right if is_right else wrong)


def _ratings(turns: Sequence[Any], *, model: Any, tokenizer: Any, emit: Emit) -> list[float]:
    """One number for each chat, higher for better."""
    import torch

    rows = encode(tokenizer.apply_chat_template(list(turns), tokenize=False), tokenizer)
    found, done = [0.0] * len(rows), 0
    model.eval()
    with torch.inference_mode():
        for batch in batches([len(row) for row in rows], extra=0, budget=TOKENS):
            ids, mask = pad_right(
                [rows[place] for place in batch], pad=pad_token(tokenizer), device=model.device
            )
            ratings = model(input_ids=ids, attention_mask=mask).logits[:, 0].float().tolist()
            for place, rating in zip(batch, ratings, strict=True):
                found[place] = rating
            done += len(batch)
            emit("progress", stage="evaluate", done=done, total=len(rows), unit="answers")
    return found
