"""In which order rows are read."""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from tests.training.test_methods import EXAMPLES, METHODS, Recorder, bench, method, train
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


ORDERLY = [name for name in METHODS if name != "kto"]


@pytest.mark.parametrize("name", ORDERLY)
def test_rows_in_an_order_that_matters_are_read_in_it(name: str, tmp_path: Path) -> None:
    record = Recorder()
    on = replace(bench(tmp_path, seed=1, record=record), in_order=True)

    sampler = method(name)._trainer(EXAMPLES, on)._get_train_sampler()

    assert sorted(sampler) == list(sampler)
    assert "in the order that the data recipe gave them" in record.of("log")[0]["text"]


def test_kto_pairs_answers_in_an_order_that_matters(tmp_path: Path) -> None:
    on = bench(tmp_path, seed=1)
    ordered = replace(on, in_order=True)

    first, other = (method("kto").dataset(EXAMPLES, each)["prompt"] for each in (ordered, on))

    assert first == [each.prompt for each in EXAMPLES for _ in range(2)]
    assert first != other


@pytest.mark.parametrize("name", METHODS)
def test_no_method_says_anything_of_rows_whose_order_does_not_matter(
    name: str, tmp_path: Path
) -> None:
    record = Recorder()

    method(name)._trainer(EXAMPLES, bench(tmp_path, record=record))

    assert not record.of("log")


def test_a_recipe_that_reads_at_random_is_told_that_it_undoes_the_order(tmp_path: Path) -> None:
    record = Recorder()
    on = replace(bench(tmp_path, record=record), in_order=True)

    trainer = method("sft", train_sampling_strategy="random")._trainer(EXAMPLES, on)

    assert trainer.args.train_sampling_strategy == "random"
    (told,) = record.of("log")
    assert (told["level"], "='random' undoes the order" in told["text"]) == ("warning", True)


def test_one_pass_in_order_sees_the_first_rows_first(tmp_path: Path) -> None:
    on = replace(bench(tmp_path, seed=9), in_order=True)
    trainer = method("sft", per_device_train_batch_size=2)._trainer(EXAMPLES, on)

    first = next(iter(trainer.get_train_dataloader()))["input_ids"].tolist()

    longest = len(first[0])
    wanted = trainer.train_dataset["input_ids"][:2]
    assert [row[: len(each)] for row, each in zip(first, wanted, strict=True)] == list(wanted)
    assert longest == max(map(len, wanted))
