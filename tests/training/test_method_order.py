"""In which order rows are read."""

import random
from pathlib import Path

from tests.training.test_methods import EXAMPLES, bench, method, train
from training.methods import Bench
from training.methods._order import bucketed


def _batches(order: list[int], rows: int) -> list[list[int]]:
    return [order[at : at + rows] for at in range(0, len(order), rows)]


def test_every_row_comes_once_and_a_batch_has_like_lengths() -> None:
    lengths = [random.Random(row).randrange(1, 500) for row in range(103)]
    order = random.Random(0).sample(range(103), 103)

    found = bucketed(order, lengths, 10)

    spreads = [
        max(map(lengths.__getitem__, batch)) - min(map(lengths.__getitem__, batch))
        for batch in _batches(found, 10)
    ]
    assert sorted(found) == list(range(103))
    assert max(spreads) < 150
    assert sum(spreads) < 600


def test_batches_do_not_come_by_length() -> None:
    found = bucketed(random.Random(0).sample(range(100), 100), list(range(100)), 10)

    firsts = [batch[0] for batch in _batches(found, 10)]
    assert firsts not in (sorted(firsts), sorted(firsts, reverse=True))


def test_the_batch_that_is_not_full_comes_last() -> None:
    found = bucketed([4, 0, 3, 1, 2], [1, 2, 3, 4, 5], 2)

    assert found[-1] == 4


def test_rows_of_one_length_stay_in_their_order() -> None:
    order = random.Random(0).sample(range(25), 25)

    assert bucketed(order, [7] * 25, 4) == order


def test_rows_of_one_length_train_as_without_buckets(tmp_path: Path) -> None:
    same = [EXAMPLES[0], EXAMPLES[1], EXAMPLES[5]] * 2

    losses = {
        train(
            "sft", bench(tmp_path), same, max_steps=6, train_sampling_strategy=strategy
        ).final_loss
        for strategy in ("random", "group_by_length")
    }

    assert len(losses) == 1


def test_another_epoch_and_another_seed_read_in_another_order(tmp_path: Path) -> None:
    on, other = bench(tmp_path, seed=1), bench(tmp_path, seed=5)

    assert len({tuple(_read(each, epoch)) for each in (on, other) for epoch in (0, 1)}) == 4


def _read(on: Bench, epoch: int) -> list[int]:
    trainer = method("sft", train_sampling_strategy="group_by_length")._trainer(EXAMPLES * 5, on)
    sampler = trainer._get_train_sampler()
    sampler.set_epoch(epoch)
    return list(sampler)
