"""One optimizer step without most of its padding: a batch of mixed lengths is computed in parts of like length.

The gradient is the same sum over the same tokens, so the training is TRL's but for the rounding of that sum. Bucketing
by length would save more and learns another thing, for its batches hold only short or only long rows. On CUDA, where a
pass costs much beside its tokens, rows stand end to end in one row without any padding: transformers sees by their
positions where each begins, and masks the others. A CPU computes what is masked, so there parts are faster. This file
needs nothing of its package, so that an exported training can carry it.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

PART_COST_TOKENS = 64
"""What one more forward and backward pass costs beside its tokens; measured with the bundled model on a CPU."""
ROW_TOKENS = 4_096
"""Most tokens of rows that stand end to end: the mask, and what is masked, grow with their square."""
_ATTENTION = {"full_attention", "sliding_attention"}
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


def chains(lengths: Sequence[int], most: int) -> list[list[int]]:
    """Places of `lengths`, the longest first, in chains of at most `most` tokens; a longer row stands alone."""
    found: list[list[int]] = []
    left = 0
    for place in sorted(range(len(lengths)), key=lambda place: -lengths[place]):
        if lengths[place] > left:
            found.append([])
            left = most
        found[-1].append(place)
        left -= lengths[place]
    return found


def split(trainer_class: Any) -> Any:
    """`trainer_class`, TRL's SFTTrainer or a subclass, computing each batch in parts of like length."""

    class Split(trainer_class):  # type: ignore[misc]  # the class is known only at run time
        def training_step(self, model: Any, inputs: Any, num_items_in_batch: Any = None) -> Any:
            batches = [inputs]
            if self._may_split(num_items_in_batch):
                batches = _joined(inputs) if self._may_join(inputs) else _batches(inputs)
            losses = [
                super(Split, self).training_step(model, b, num_items_in_batch) for b in batches
            ]
            self._average([int((batch["labels"] != -100).sum()) for batch in batches])
            return sum(losses[1:], losses[0])

        def _may_split(self, tokens: Any) -> bool:
            """Only a loss that is a sum over tokens, divided by those of the whole step, can be added up."""
            return tokens is not None and self.args.world_size == 1 and not self.aux_loss_enabled

        def _may_join(self, inputs: Any) -> bool:
            """Layers that carry a state from token to token would carry it from row to row."""
            kinds = getattr(self.model.config.get_text_config(), "layer_types", None) or _ATTENTION
            return inputs["input_ids"].is_cuda and set(kinds) <= _ATTENTION

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
    found = parts(lengths, PART_COST_TOKENS)
    if len(found) == 1:
        return [inputs]
    return [
        {name: value[part, : lengths[part[0]]] for name, value in inputs.items()} for part in found
    ]


def _joined(inputs: Any) -> list[Any]:
    """The batch as rows of shape (1, tokens) without padding; positions begin anew with each row that stands there."""
    mask = inputs["attention_mask"].bool()
    labels = inputs["labels"].clone()
    # No row foretells the first token of the next.
    labels[:, 0] = -100
    columns = {
        "input_ids": inputs["input_ids"],
        "labels": labels,
        "position_ids": mask.cumsum(dim=1) - 1,
    }
    return [
        {name: value[chain][mask[chain]].unsqueeze(0) for name, value in columns.items()}
        for chain in chains(mask.sum(dim=1).tolist(), ROW_TOKENS)
    ]
