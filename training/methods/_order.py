"""In which order a trainer reads its rows: by seed and epoch alone, so that a resumed training reads on where it was."""

from collections.abc import Iterator, Sequence
from typing import Any

from training.methods import Emit


def strategy(chosen: str, *, in_order: bool, unordered: str) -> str:
    """What transformers is told for the option's value `chosen`, where `auto` reads rows in an order that matters.

    unordered: what `auto` means for rows whose order does not matter.
    """
    if chosen != "auto":
        return chosen
    return "sequential" if in_order else unordered


def told(chosen: str | None, emit: Emit) -> None:
    """Log whether the order that the data recipe made is kept; None is a trainer that does not shuffle."""
    if chosen in (None, "sequential"):
        text = "Rows are read in the order that the data recipe gave them."
        emit("log", level="info", text=text)
    else:
        text = f"train_sampling_strategy={chosen!r} undoes the order that the data recipe gave the rows."
        emit("log", level="warning", text=text)


def bucketed(order: Sequence[int], lengths: Sequence[int], batch_rows: int) -> list[int]:
    """`order`, a random one, changed so that each batch of `batch_rows` has rows of like length.

    Batches follow one another as their first rows do in `order`; a batch that is not full comes last, so that no other
    is cut. Rows of one length stay in `order`.
    """
    rank = {row: place for place, row in enumerate(order)}
    by_length = sorted(order, key=lambda row: lengths[row])
    batches = [by_length[at : at + batch_rows] for at in range(0, len(by_length), batch_rows)]
    batches.sort(key=lambda batch: (len(batch) < batch_rows, rank[batch[0]]))
    return [row for batch in batches for row in batch]


class _Buckets:
    """A sampler of rows by length; another order each epoch, the same for the same seed."""

    def __init__(self, lengths: Sequence[int], batch_rows: int, seed: int) -> None:
        self._lengths, self._batch_rows, self._seed = lengths, batch_rows, seed
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Accelerate calls this before each epoch, also after a resume."""
        self._epoch = epoch

    def __len__(self) -> int:
        return len(self._lengths)

    def __iter__(self) -> Iterator[int]:
        import torch

        # The order that accelerate gives a trainer without buckets.
        generator = torch.Generator().manual_seed(self._seed + self._epoch)
        order = torch.randperm(len(self._lengths), generator=generator).tolist()
        return iter(bucketed(order, self._lengths, self._batch_rows))


class _Epochs:
    """TRL's sampler of prompts, whose order depends on how many epochs this process has read."""

    def __init__(self, sampler: Any, seed: int) -> None:
        self._sampler, self._seed = sampler, seed
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Accelerate calls this before each epoch, also after a resume."""
        self._epoch = epoch

    def __len__(self) -> int:
        return len(self._sampler)

    def __iter__(self) -> Iterator[int]:
        self._sampler.generator.manual_seed(self._seed + self._epoch)
        return iter(self._sampler)


def steady(trainer_class: Any) -> Any:
    """`trainer_class`, of TRL, reading rows in an order that seed and epoch decide."""
    from trl.trainer.utils import RepeatSampler

    class Steady(trainer_class):  # type: ignore[misc]  # the class is known only at run time
        def _get_train_sampler(self, train_dataset: Any = None) -> Any:
            if self.args.train_sampling_strategy == "group_by_length":
                lengths = [len(tokens) for tokens in self.train_dataset["input_ids"]]
                return _Buckets(lengths, self._train_batch_size, self.args.data_seed)
            sampler = super()._get_train_sampler(train_dataset)
            if isinstance(sampler, RepeatSampler) and sampler.shuffle:
                return _Epochs(sampler, self.args.data_seed)
            return sampler

    return Steady
