"""Tokenised rows come from the cache where nothing that decides them has changed, and train to the same weights."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.training.test_methods import EXAMPLES, bench, method, weights
from training.methods import Example, _tokens


def trained(folder: Path, name: str, *, cache: Path | None, **params: Any) -> dict[str, Any]:
    on = replace(bench(folder, seed=3), cache=cache)
    return weights(method(name, **params).train(EXAMPLES, on).model)


def entries(cache: Path) -> list[Path]:
    return sorted((cache / "tokens").glob("*"))


def columns(cache: Path, examples: Sequence[Example] = EXAMPLES, **params: Any) -> Any:
    on = replace(bench(cache), cache=cache)
    return method("sft", **params)._trainer(examples, on).train_dataset.column_names


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("sft", {}),
        ("sft", {"max_length": 24, "completion_only_loss": False}),
        ("sft", {"train_sampling_strategy": "group_by_length", "tuner": "lora"}),
        ("cpt", {"max_length": 8}),
    ],
)
def test_training_from_the_cache_ends_with_the_same_weights_bit_for_bit(
    name: str, params: dict[str, Any], tmp_path: Path
) -> None:
    without = trained(tmp_path, name, cache=None, **params)
    storing = trained(tmp_path, name, cache=tmp_path / "cache", **params)
    (entry,) = entries(tmp_path / "cache")
    reading = trained(tmp_path, name, cache=tmp_path / "cache", **params)

    assert entries(tmp_path / "cache") == [entry]
    for each in without:
        assert without[each].equal(storing[each])
        assert without[each].equal(reading[each])


def test_the_second_trainer_is_given_tokens_and_prepares_nothing(tmp_path: Path) -> None:
    assert "prompt" in columns(tmp_path)
    assert columns(tmp_path) == ["input_ids", "labels"]
    assert columns(tmp_path, learning_rate=0.5) == ["input_ids", "labels"]


@pytest.mark.parametrize("damage", ["flip", "cut", "empty"])
def test_a_damaged_entry_is_made_again(damage: str, tmp_path: Path) -> None:
    columns(tmp_path)
    (entry,) = entries(tmp_path)
    whole = entry.read_bytes()
    middle = len(whole) // 2
    changed = {
        "flip": whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :],
        "cut": whole[:middle],
        "empty": b"",
    }
    entry.write_bytes(changed[damage])

    assert "prompt" in columns(tmp_path)
    assert entry.read_bytes() == whole


def test_other_rows_options_tokenizer_or_libraries_are_another_entry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns(tmp_path)
    columns(tmp_path, EXAMPLES[:4])
    columns(tmp_path, max_length=16)
    columns(tmp_path, completion_only_loss=False)
    assert len(entries(tmp_path)) == 4

    tokenizer = bench(tmp_path).tokenizer
    rows = {"text": ["a"]}
    first = _tokens.key(rows, tokenizer, max_length=8)
    tokenizer.chat_template += " "
    other = _tokens.key(rows, tokenizer, max_length=8)
    tokenizer.add_tokens(["new"])
    third = _tokens.key(rows, tokenizer, max_length=8)
    monkeypatch.setattr(_tokens, "version", lambda name: "0")

    assert len({first, other, third, _tokens.key(rows, tokenizer, max_length=8)}) == 4


def test_a_disk_that_refuses_costs_the_cache_and_not_the_training(tmp_path: Path) -> None:
    (tmp_path / "tokens").write_text("a file where the folder should be", "utf-8")

    assert "prompt" in columns(tmp_path)


def test_a_tokenizer_that_cannot_be_written_down_is_not_cached(tmp_path: Path) -> None:
    class Slow:
        is_fast = False

    assert _tokens.key({"text": ["a"]}, Slow()) is None
