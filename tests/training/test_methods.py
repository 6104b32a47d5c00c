"""The contract of every training method, with the bundled model and a few steps."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from training import extensions
from training.data import models
from training.errors import Diverged
from training.methods import Bench, Example, Trained

METHODS = extensions.names(extensions.METHODS)
FEW = {"max_steps": 3, "per_device_train_batch_size": 4, "warmup_steps": 0}
EXAMPLES = [
    Example(
        [{"role": "user", "content": f"Is the number plus {word} positive or negative?"}],
        "positive",
    )
    for word in ("one", "two", "three", "four", "five", "six")
]


class Recorder:
    """Keeps events in memory."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def __call__(self, kind: str, **fields: Any) -> None:
        self.events.append({"kind": kind, **fields})

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["kind"] == kind]


def bench(folder: Path, *, seed: int = 0, record: Recorder | None = None) -> Bench:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.set_num_threads(1)
    base = models.resolve("trex-tiny")
    model = AutoModelForCausalLM.from_pretrained(base)
    return Bench(model, AutoTokenizer.from_pretrained(base), folder, record or Recorder(), seed)


def train(name: str, on: Bench, examples: Sequence[Example] = EXAMPLES, **params: Any) -> Trained:
    found = extensions.load(extensions.METHODS, name)
    trained: Trained = found(found.Params(**FEW | params)).train(examples, on)
    return trained


def weights(model: Any) -> dict[str, Any]:
    return {name: tensor.detach().clone() for name, tensor in model.named_parameters()}


@pytest.mark.parametrize("name", METHODS)
class TestEveryMethod:
    def test_gives_the_same_loss_for_the_same_seed(self, name: str, tmp_path: Path) -> None:
        first = train(name, bench(tmp_path, seed=3))
        second = train(name, bench(tmp_path, seed=3))

        assert first.final_loss == second.final_loss

    def test_moves_the_weights(self, name: str, tmp_path: Path) -> None:
        on = bench(tmp_path)
        before = weights(on.model)

        after = weights(train(name, on).model)

        assert any(not before[each].equal(after[each]) for each in before)

    def test_tells_metrics_with_their_step(self, name: str, tmp_path: Path) -> None:
        record = Recorder()

        train(name, bench(tmp_path, record=record), max_steps=10)

        assert [event["step"] for event in record.of("metric")] == [5, 10]
        assert all(
            {"loss", "learning_rate", "grad_norm"} <= set(event["values"])
            for event in record.of("metric")
        )
        assert record.of("progress")[-1]["done"] == 10

    def test_a_loss_that_is_no_number_ends_the_run_with_a_reason(
        self, name: str, tmp_path: Path
    ) -> None:
        on = bench(tmp_path)
        on.model.lm_head.weight.data[:] = math.nan

        with pytest.raises(Diverged, match="loss=nan at step 5"):
            train(name, on, max_steps=50)

    def test_documents_every_option(self, name: str, tmp_path: Path) -> None:
        properties = extensions.schema(extensions.METHODS, name)["properties"]

        assert all(option.get("description") for option in properties.values())


def test_the_trainer_sees_the_recipes_values(tmp_path: Path) -> None:
    found = extensions.load(extensions.METHODS, "sft")
    options = {
        "learning_rate": 0.0123,
        "weight_decay": 0.2,
        "warmup_steps": 7,
        "max_length": 99,
        "max_steps": 41,
    }

    arguments = found(found.Params(**options)).arguments(bench(tmp_path, seed=5))

    assert {name: getattr(arguments, name) for name in options} == options
    assert (arguments.seed, arguments.logging_nan_inf_filter) == (5, False)


def test_lora_trains_the_adapter_and_leaves_the_base_alone(tmp_path: Path) -> None:
    on = bench(tmp_path)
    base = weights(on.model)

    trained = train("sft", on, tuner="lora", lora_r=4)

    after = {
        name.replace("base_model.model.", "").replace(".base_layer", ""): it
        for name, it in weights(trained.model).items()
    }
    assert all(tensor.equal(after[name]) for name, tensor in base.items())
    assert 0 < trained.trainable < sum(tensor.numel() for tensor in base.values())


def test_another_seed_gives_another_loss(tmp_path: Path) -> None:
    assert (
        train("sft", bench(tmp_path, seed=1)).final_loss
        != train("sft", bench(tmp_path, seed=2)).final_loss
    )


def test_a_loss_past_its_bound_ends_the_run(tmp_path: Path) -> None:
    on = bench(tmp_path)
    on.model.lm_head.weight.data *= 1e4

    with pytest.raises(Diverged, match="is not a number up to 50"):
        train("sft", on, max_steps=50, learning_rate=1e-7)
