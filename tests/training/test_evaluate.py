"""Evaluation: the same answers however rows are batched, and scores that need no model."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from training import extensions
from training.data import models
from training.evaluate import Evaluation, evaluate, generation, rescore, write
from training.evaluate.__main__ import main
from training.evaluate.batches import batches
from training.evaluate.decoding import Decoding
from training.evaluate.generation import generate
from training.evaluate.options import score_options
from training.evaluate.prefix import shared_length
from training.rundir import RunDir

TASK = extensions.load(extensions.TASKS, "sst2")
ROWS = TASK.edition("mini").validation[:40]
PROMPTS = [TASK.prompt(row) for row in ROWS]
OPTIONS = ["positive", "negative", "not at all positive"]


def silent(kind: str, **fields: Any) -> None:
    """No one listens."""


@pytest.fixture(scope="module")
def tuned(done_run: Callable[[str], Path]) -> tuple[Any, Any]:
    """A model that writes something, with its tokenizer."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.set_num_threads(1)
    folder = done_run("full") / "model"
    return AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)


def answers(tuned: tuple[Any, Any], **decoding: Any) -> list[str]:
    model, tokenizer = tuned
    chosen = Decoding(**{"max_new_tokens": 4, **decoding})
    return generate(PROMPTS, model=model, tokenizer=tokenizer, decoding=chosen, emit=silent)


def one_by_one(tuned: tuple[Any, Any]) -> list[str]:
    model, tokenizer = tuned
    written = []
    for prompt in PROMPTS:
        batch = tokenizer.apply_chat_template(
            prompt, add_generation_prompt=True, return_tensors="pt", return_dict=True
        )
        tokens = model.generate(**batch, max_new_tokens=4, do_sample=False)[0]
        new = tokens[batch["input_ids"].shape[1] :]
        written.append(tokenizer.decode(new, skip_special_tokens=True))
    return written


def test_batched_answers_are_those_of_one_row_at_a_time(tuned: tuple[Any, Any]) -> None:
    assert answers(tuned) == one_by_one(tuned)


def test_answers_do_not_depend_on_the_size_of_batches(
    tuned: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = answers(tuned)
    monkeypatch.setitem(generation.BATCH_TOKENS, "cpu", 100)

    assert answers(tuned) == at_once


def test_a_batch_that_does_not_fit_into_memory_is_halved(
    tuned: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    model, _ = tuned
    at_once, whole = answers(tuned), model.generate

    def small(*, input_ids: Any, **options: Any) -> Any:
        if len(input_ids) > 7:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return whole(input_ids=input_ids, **options)

    # A patch, because a CPU that is really out of memory kills the process.
    monkeypatch.setattr(model, "generate", small)

    assert answers(tuned) == at_once


def test_drawn_answers_repeat_with_their_seed_and_leave_other_draws_alone(
    tuned: tuple[Any, Any],
) -> None:
    import torch

    before = torch.random.get_rng_state()
    first, again, other = (
        answers(tuned, do_sample=True, temperature=5.0, seed=seed) for seed in (1, 1, 2)
    )

    assert first == again != other
    assert torch.equal(before, torch.random.get_rng_state())


@pytest.mark.parametrize(
    "wrong",
    [{"temperature": 0.0}, {"top_p": 1.5}, {"max_new_tokens": 0}, {"seed": -1}, {"beams": 4}],
)
def test_decoding_outside_its_ranges_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        Decoding(**wrong)


def test_batches_hold_every_row_once_longest_first_within_the_budget() -> None:
    lengths = [5, 30, 7, 100, 6, 29]

    planned = list(batches(lengths, extra=4, budget=70))

    assert planned == [[3], [1, 5], [2, 4, 0]]
    assert all(
        len(places) == 1 or len(places) * (max(lengths[place] for place in places) + 4) <= 70
        for places in planned
    )


@pytest.mark.parametrize(
    ("rows", "shared"),
    [
        ([[1, 2, 3, 4, 5], [1, 2, 3, 4, 6, 7]], 4),
        ([[1, 2, 3, 4, 5], [1, 2, 3, 4, 5]], 4),
        ([[1, 2, 3, 9], [1, 2, 3, 8]], 0),
        ([[1, 2, 3, 4, 5]], 0),
    ],
)
def test_a_shared_beginning_leaves_each_row_a_token_and_must_pay(
    rows: list[list[int]], shared: int
) -> None:
    assert shared_length(rows) == shared


def test_option_scores_are_the_sum_of_their_tokens_log_probabilities(
    tuned: tuple[Any, Any],
) -> None:
    model, tokenizer = tuned

    scores = score_options(PROMPTS, [OPTIONS] * len(PROMPTS), model=model, tokenizer=tokenizer)

    for prompt, found in zip(PROMPTS[:5], scores[:5], strict=True):
        assert found == pytest.approx(
            [log_probability(prompt, option, tuned) for option in OPTIONS], abs=1e-3
        )


def log_probability(prompt: Any, option: str, tuned: tuple[Any, Any]) -> float:
    import torch

    model, tokenizer = tuned
    start = tokenizer.apply_chat_template(prompt, add_generation_prompt=True)["input_ids"]
    new = tokenizer(option, add_special_tokens=False)["input_ids"]
    with torch.inference_mode():
        logits = model(torch.tensor([start + new])).logits[0, len(start) - 1 : -1]
    return float(logits.log_softmax(-1).gather(-1, torch.tensor(new).unsqueeze(-1)).sum())


def test_each_prompt_may_have_its_own_number_of_options(tuned: tuple[Any, Any]) -> None:
    model, tokenizer = tuned
    whole = score_options(PROMPTS[:3], [OPTIONS] * 3, model=model, tokenizer=tokenizer)

    parts = score_options(
        PROMPTS[:3], [OPTIONS[:1], OPTIONS, OPTIONS[1:]], model=model, tokenizer=tokenizer
    )

    assert [len(part) for part in parts] == [1, 3, 2]
    assert parts[2] == pytest.approx(whole[2][1:], abs=1e-4)


@pytest.mark.parametrize("options", [[], ["positive", ""]])
def test_a_prompt_without_real_options_is_named(
    options: list[str], tuned: tuple[Any, Any]
) -> None:
    model, tokenizer = tuned

    with pytest.raises(ValueError, match=r"options\[1\]"):
        score_options(PROMPTS[:2], [OPTIONS, options], model=model, tokenizer=tokenizer)


@pytest.fixture
def evaluation(tuned: tuple[Any, Any]) -> Evaluation:
    model, tokenizer = tuned
    return evaluate(TASK, ROWS, model=model, tokenizer=tokenizer, emit=silent)


def test_progress_ends_with_all_rows(tuned: tuple[Any, Any]) -> None:
    told: list[dict[str, Any]] = []
    model, tokenizer = tuned

    evaluate(
        TASK,
        ROWS,
        model=model,
        tokenizer=tokenizer,
        emit=lambda kind, **fields: told.append(fields),
    )

    assert (told[-1]["done"], told[-1]["total"]) == (40, 40)


def test_stored_predictions_give_the_same_evaluation_without_the_model(
    evaluation: Evaluation, tmp_path: Path
) -> None:
    write(evaluation, tmp_path / "predictions.jsonl")

    assert rescore(tmp_path / "predictions.jsonl", TASK) == evaluation


def test_stored_predictions_name_their_row_and_prompt(
    evaluation: Evaluation, tmp_path: Path
) -> None:
    write(evaluation, tmp_path / "predictions.jsonl")
    lines = (tmp_path / "predictions.jsonl").read_text("utf-8").splitlines()
    stored = [json.loads(line) for line in lines]

    assert [line["row"] for line in stored] == list(range(40))
    assert len({line["prompt_hash"] for line in stored}) == 40


def test_a_corrected_task_changes_the_score_of_old_predictions(
    evaluation: Evaluation, tmp_path: Path
) -> None:
    class Lenient(TASK):  # type: ignore[misc,valid-type]  # found by name at run time
        @staticmethod
        def extract(text: str) -> str | None:
            return "positive"

    write(evaluation, tmp_path / "predictions.jsonl")

    again = rescore(tmp_path / "predictions.jsonl", Lenient)

    assert again.score == sum(TASK.gold(row) == "positive" for row in ROWS) / 40


@pytest.mark.parametrize("line", ["{", "[]", '{"row": 0}'])
def test_a_line_that_is_no_prediction_is_named(line: str, tmp_path: Path) -> None:
    (tmp_path / "predictions.jsonl").write_text(line + "\n")

    with pytest.raises(ValueError, match="line 1 is not a prediction"):
        rescore(tmp_path / "predictions.jsonl", TASK)


def test_the_command_scores_the_predictions_of_a_run(
    done_run: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    path = done_run("full")
    result = RunDir(path).result()

    assert main([str(path / "predictions.jsonl"), "--task", "sst2"]) == 0

    told = json.loads(capsys.readouterr().out)
    assert result is not None
    assert told == {name: result[name] for name in ("metric", "score", "interval", "rows")}


def test_the_command_names_an_unknown_task(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["predictions.jsonl", "--task", "chess"])

    assert "task='chess' is not one of" in capsys.readouterr().err


def test_the_untrained_model_evaluates_as_it_is() -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    base = models.resolve("trex-tiny")
    model, tokenizer = (
        AutoModelForCausalLM.from_pretrained(base),
        AutoTokenizer.from_pretrained(base),
    )

    found = evaluate(TASK, ROWS, model=model, tokenizer=tokenizer, emit=silent)

    assert found.metric == "accuracy"
    assert found.interval[0] <= found.score <= found.interval[1]
