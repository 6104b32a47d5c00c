"""One optimizer step without most of its padding: a batch of mixed lengths is computed in parts of like length.

The gradient is the same sum over the same tokens, so the training is TRL's but for the rounding of that sum. Bucketing
by length would save more and learns another thing, for its batches hold only short or only long rows. Packing would
need an attention that keeps the rows of a pack apart, which CPUs lack. This file needs nothing of its package, so that
an exported training can carry it.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

PART_COST_TOKENS = {"cpu": 64, "cuda": 1536}
"""What one more forward and backward pass costs beside its tokens: measured with the bundled model on a CPU; on CUDA an
estimate, the time to launch the kernels of 28 layers."""
_AVERAGED = ("entropy", "mean_token_accuracy")


def parts(lengths: Sequence[int], part_cost: int) -> list[list[int]]:
    """Places of `lengths` in parts, the longest first, so that padded tokens plus `part_cost` a part are fewest."""
    order = sorted(range(len(lengths)), key=lambda place: -lengths[place])
    best = [(0, 0)]
    for end in range(1, len(order) + 1):
        costs = (
            (best[start][0] + lengths[order[start]] * (end - start) + part_cost, start)
            for start in range(end)
        )
        best.append(min(costs))
    cuts = [len(order)]
    while cuts[-1]:
        cuts.append(best[cuts[-1]][1])
    cuts.reverse()
    return [order[start:end] for start, end in pairwise(cuts)]


def split(trainer_class: Any) -> Any:
    """`trainer_class`, TRL's SFTTrainer or a subclass, computing each batch in parts of like length."""

    class Split(trainer_class):  # type: ignore[misc]  # the class is known only at run time
        def training_step(self, model: Any, inputs: Any, num_items_in_batch: Any = None) -> Any:
            batches = _batches(inputs) if self._may_split(num_items_in_batch) else [inputs]
            losses = [
                super(Split, self).training_step(model, b, num_items_in_batch) for b in batches
            ]
            self._average([int((batch["labels"] != -100).sum()) for batch in batches])
            return sum(losses[1:], losses[0])

        def _may_split(self, tokens: Any) -> bool:
            """Only a loss that is a sum over tokens, divided by those of the whole step, can be added up."""
            return tokens is not None and self.args.world_size == 1 and not self.aux_loss_enabled

        def _average(self, tokens: Sequence[int]) -> None:
            """TRL noted its averages once for each part; they become those of the batch."""
            for name in _AVERAGED if len(tokens) > 1 else ():
                noted = self._metrics["train"][name]
                new = noted[-len(tokens) :]
                total = sum(value * count for value, count in zip(new, tokens, strict=True))
                noted[-len(tokens) :] = [total / max(1, sum(tokens))]

    return Split


def _batches(inputs: Any) -> list[Any]:
    """The batch in parts, each cut to its longest row; rows are padded on the right."""
    mask = inputs["attention_mask"]
    lengths = mask.sum(dim=1).tolist()
    found = parts(lengths, PART_COST_TOKENS["cuda" if mask.is_cuda else "cpu"])
    if len(found) == 1:
        return [inputs]
    return [
        {name: value[part, : lengths[part[0]]] for name, value in inputs.items()} for part in found
    ]
