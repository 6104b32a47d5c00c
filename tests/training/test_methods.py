"""The contract of every training method, with the bundled model and a few steps."""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from training import extensions
from training.data import models
from training.data.catalogue import Row
from training.errors import Diverged, RecipeError
from training.methods import Bench, Example, Trained

METHODS = extensions.names(extensions.METHODS)
FEW = {"max_steps": 3, "per_device_train_batch_size": 4, "warmup_steps": 0}
# Hot enough that completions of one prompt differ, so that there is something to compare.
SAMPLED = {"num_generations": 2, "temperature": 4.0, "max_completion_length": 6}
OWN: dict[str, dict[str, Any]] = {
    "grpo": SAMPLED | {"beta": 0.1},
    "rloo": SAMPLED,
    "distill": {"teacher": "trex-tiny", "beta": 0.5, "temperature": 4.0},
}
"""What a method needs beside its defaults."""
EXAMPLES = [
    Example(
        [{"role": "user", "content": f"Is the number plus {word} positive or negative?"}],
        "positive",
        rejected="negative",
        text=f"The number plus {word} is positive.",
        row={"label": "positive"},
    )
    for word in ("one", "two", "three", "four", "five", "six")
]


def reward(completion: str, row: Row) -> float:
    return len(set(completion)) / 20


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
    tokenizer = AutoTokenizer.from_pretrained(base)
    return Bench(model, tokenizer, folder, record or Recorder(), seed, reward)


def train(name: str, on: Bench, examples: Sequence[Example] = EXAMPLES, **params: Any) -> Trained:
    trained: Trained = method(name, **params).train(examples, on)
    return trained


def method(name: str, **params: Any) -> Any:
    found = extensions.load(extensions.METHODS, name)
    return found(found.Params(**FEW | OWN.get(name, {}) | params))


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

        with pytest.raises(Diverged, match="loss=nan at step"):
            train(name, on, max_steps=50)

    def test_hands_the_recipes_values_to_the_trainer(self, name: str, tmp_path: Path) -> None:
        options = {"learning_rate": 0.0123, "weight_decay": 0.2, "max_steps": 41}

        chosen = method(name, **options)
        arguments = chosen.arguments(bench(tmp_path, seed=5))

        given = {each: getattr(arguments, each) for each in chosen.values()}
        assert given == {each: _as_trl(each, value) for each, value in chosen.values().items()}
        assert given | options == given
        assert (arguments.seed, arguments.logging_nan_inf_filter) == (5, False)

    def test_refuses_examples_that_lack_what_it_needs(self, name: str, tmp_path: Path) -> None:
        bare = [Example(each.prompt, each.completion) for each in EXAMPLES]
        needs = extensions.load(extensions.METHODS, name).needs
        if not needs:
            pytest.skip(f"{name} needs prompt and completion only")

        with pytest.raises(RecipeError, match=f"training.use='{name}' needs `{needs[0]}`.*6 of 6"):
            train(name, bench(tmp_path), bare)

    @pytest.mark.parametrize("tuner", ["lora", "dora", "rslora", "ia3"])
    def test_an_adapter_leaves_the_base_alone(self, name: str, tuner: str, tmp_path: Path) -> None:
        on = bench(tmp_path)
        base = weights(on.model)

        trained = train(name, on, tuner=tuner, max_steps=1)

        after = {
            each.replace("base_model.model.", "").replace(".base_layer", ""): it
            for each, it in weights(trained.model).items()
        }
        assert all(tensor.equal(after[each]) for each, tensor in base.items())
        assert 0 < trained.trainable < sum(tensor.numel() for tensor in base.values())

    def test_qlora_is_refused_without_cuda(self, name: str, tmp_path: Path) -> None:
        with pytest.raises(RecipeError, match=r"training\.params\.tuner='qlora' needs CUDA"):
            train(name, bench(tmp_path), tuner="qlora")

    def test_documents_every_option(self, name: str, tmp_path: Path) -> None:
        properties = extensions.schema(extensions.METHODS, name)["properties"]

        assert all(option.get("description") for option in properties.values())


def _as_trl(option: str, value: Any) -> Any:
    return [value] if (option, value) == ("loss_type", "sigmoid") else value


def test_kto_takes_marked_answers_and_makes_two_of_a_pair(tmp_path: Path) -> None:
    marked = Example(EXAMPLES[0].prompt, "negative", desirable=False)

    rows = method("kto").dataset([marked, EXAMPLES[1]], bench(tmp_path))

    answers = {
        (turns[0]["content"], label)
        for turns, label in zip(rows["completion"], rows["label"], strict=True)
    }
    assert (len(rows["label"]), answers) == (3, {("negative", False), ("positive", True)})


@pytest.mark.parametrize("name", ["grpo", "rloo"])
class TestEveryRewardedMethod:
    def test_makes_what_is_rewarded_likelier(self, name: str, tmp_path: Path) -> None:
        record = Recorder()
        on = replace(bench(tmp_path, record=record), reward=_begins_well)
        options = {"num_generations": 16, "temperature": 2.0, "max_completion_length": 2}

        train(
            name,
            on,
            max_steps=25,
            per_device_train_batch_size=32,
            lr_scheduler_type="constant",
            **options,
        )

        rewards = [event["values"]["reward"] for event in record.of("metric")]
        assert rewards[-1] > rewards[0] + 0.1

    def test_names_a_step_that_takes_more_prompts_than_there_are(
        self, name: str, tmp_path: Path
    ) -> None:
        with pytest.raises(RecipeError, match=r"takes 8 prompts for an optimizer step.* 6 rows"):
            train(name, bench(tmp_path), per_device_train_batch_size=16)

    def test_refuses_a_task_without_reward(self, name: str, tmp_path: Path) -> None:
        with pytest.raises(RecipeError, match="needs a task whose metric scores a row"):
            train(name, replace(bench(tmp_path), reward=None))

    def test_names_a_number_of_generations_that_does_not_divide_a_step(self, name: str) -> None:
        raw = '{"num_generations": 3, "per_device_train_batch_size": 4}'

        with pytest.raises(RecipeError, match=r"training\.num_generations=3 .*the 4 completions"):
            extensions.parse(extensions.METHODS, name, raw, field="training")


def _begins_well(completion: str, row: Row) -> float:
    return float(completion.startswith(("n", "p")))


def test_distill_comes_closer_to_its_teacher(tmp_path: Path) -> None:
    record = Recorder()
    on = bench(tmp_path, record=record)
    on.model.lm_head.weight.data *= 0.5

    train("distill", on, max_steps=20, temperature=1.0)

    losses = [event["values"]["loss"] for event in record.of("metric")]
    assert losses[-1] < losses[0] / 2


def test_distill_refuses_a_teacher_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"training\.params\.teacher='nobody' is not on this"):
        train("distill", bench(tmp_path), teacher="nobody")


def test_distill_refuses_a_teacher_of_other_tokens(tmp_path: Path) -> None:
    on = bench(tmp_path / "scratch")
    on.model.resize_token_embeddings(2_000)
    on.model.save_pretrained(tmp_path / "teacher")

    with pytest.raises(RecipeError, match="has a vocabulary of 2000 tokens"):
        train("distill", bench(tmp_path), teacher=str(tmp_path / "teacher"))


def test_dpo_holds_to_the_weights_in_memory(tmp_path: Path) -> None:
    record = Recorder()
    on = bench(tmp_path, record=record)
    on.model.lm_head.weight.data *= 0.5

    train("dpo", on, max_steps=1)

    # The margin is 0 before the first step when model and reference are the same: loss ln 2.
    assert record.of("metric")[0]["values"]["loss"] == pytest.approx(math.log(2), abs=1e-5)


def test_another_seed_gives_another_loss(tmp_path: Path) -> None:
    assert (
        train("sft", bench(tmp_path, seed=1)).final_loss
        != train("sft", bench(tmp_path, seed=2)).final_loss
    )


def test_a_loss_past_its_bound_ends_the_run(tmp_path: Path) -> None:
    on = bench(tmp_path)
    on.model.lm_head.weight.data *= 1e4

    with pytest.raises(Diverged, match="is past 50: the training diverged"):
        train("sft", on, max_steps=50, learning_rate=1e-7)
