"""Evaluation with vLLM: the same prompts, ends and order as with transformers, of the model that was trained."""

import gc
import json
from pathlib import Path
from typing import Any

import pytest

from tests.training import fake_vllm
from tests.training.experiments import SHORT, spec
from training import extensions, loading
from training.data import models
from training.errors import MissingLibrary, RecipeError
from training.evaluate import with_vllm
from training.evaluate.decoding import Decoding
from training.evaluate.generation import generate
from training.experiment import Run
from training.fingerprint import identity
from training.recipe import Step
from training.rundir import RunDir

TASK = extensions.load(extensions.TASKS, "sst2")
ROWS = TASK.edition("mini").validation
TINY = models.resolve("trex-tiny")
PROMPTS = [TASK.prompt(row) for row in ROWS[:30]]
LORA = {**SHORT.params, "tuner": "lora", "max_steps": 4, "learning_rate": 0.01}


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch) -> fake_vllm.Engines:
    return fake_vllm.install(monkeypatch)


def silent(kind: str, **fields: Any) -> None:
    """No one listens."""


def with_transformers(model: Any, tokenizer: Any, prompts: Any, decoding: Decoding) -> list[str]:
    return generate(prompts, model=model, tokenizer=tokenizer, decoding=decoding, emit=silent)


def test_answers_are_those_of_transformers_in_the_order_of_the_prompts(
    engines: fake_vllm.Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, tokenizer = loading.load(TINY, None)
    decoding, told = Decoding(max_new_tokens=4), []
    monkeypatch.setattr(with_vllm, "ROWS", 20)

    written = with_vllm.generate(
        PROMPTS,
        folder=TINY,
        tokenizer=tokenizer,
        decoding=decoding,
        emit=lambda kind, **fields: told.append(fields["done"]),
    )

    assert written == with_transformers(model, tokenizer, PROMPTS, decoding)
    assert len(set(written)) > 1
    assert told == [20, 30]
    assert engines.running == 0


def test_an_engine_reads_safetensors_in_their_own_type_and_no_code(
    engines: fake_vllm.Engines,
) -> None:
    _, tokenizer = loading.load(TINY, None)

    with_vllm.generate(
        PROMPTS[:1], folder=TINY, tokenizer=tokenizer, decoding=Decoding(), emit=silent
    )

    (options,) = engines.options
    wanted = {"load_format": "safetensors", "trust_remote_code": False, "dtype": "float32"}
    assert wanted.items() <= options.items()


def test_an_answer_ends_at_every_token_that_the_model_names(
    engines: fake_vllm.Engines, tmp_path: Path
) -> None:
    model, tokenizer = loading.load(TINY, None)
    decoding = Decoding(max_new_tokens=6)
    # Without the tokenizer's own end this model goes on, one line after another.
    tokenizer.eos_token, line = None, tokenizer.encode("\n", add_special_tokens=False)
    model.generation_config.eos_token_id = None
    unended = with_transformers(model, tokenizer, PROMPTS[:3], decoding)
    model.generation_config.eos_token_id = line
    expected = with_transformers(model, tokenizer, PROMPTS[:3], decoding)
    loading.save_whole(model, tokenizer, tmp_path / "whole")

    written = with_vllm.generate(
        PROMPTS[:3],
        folder=tmp_path / "whole",
        tokenizer=tokenizer,
        decoding=decoding,
        emit=silent,
    )

    assert written == expected != unended


def test_drawn_answers_differ_by_row_and_repeat_with_their_seed(
    engines: fake_vllm.Engines,
) -> None:
    _, tokenizer = loading.load(TINY, None)
    drawn = Decoding(do_sample=True, temperature=0.7, top_p=0.9, seed=5)

    options = with_vllm._options(TINY, tokenizer, drawn)
    sampling = with_vllm._sampling(options, drawn, 10, 2)

    assert [each.seed for each in sampling] == [15, 16]
    assert {(each.temperature, each.top_p) for each in sampling} == {(0.7, 0.9)}


def test_a_run_is_scored_by_the_merged_model_and_keeps_the_adapter(
    engines: fake_vllm.Engines, tmp_path: Path
) -> None:
    wanted = spec(Step(use="sft", params=LORA), trial=False, generate_with="vllm")
    wanted = wanted.model_copy(update={"recipe": wanted.recipe.model_copy(update={"replicas": 2})})
    run_dir = RunDir.create(tmp_path / "run", wanted)
    gc.collect()
    before = fake_vllm.models_in_memory()
    run = Run(run_dir, run_dir.writer())

    run.work(run_dir.spec())

    written = predictions(run_dir)
    model, tokenizer = loading.load(TINY, run_dir.path / "model")
    prompts, decoding = list(map(TASK.prompt, ROWS)), Decoding(max_new_tokens=TASK.max_new_tokens)
    assert written == with_transformers(model, tokenizer, prompts, decoding)
    base, _ = loading.load(TINY, None)
    assert written[:30] != with_transformers(base, tokenizer, PROMPTS, decoding)
    assert (run_dir.path / "model" / "adapter_config.json").is_file()
    assert engines.models_before == [before, before], "the trained model was still in memory"
    assert not Path(engines.options[0]["model"]).exists()
    assert run._journal.known["evaluated_with"] == "vllm"


def predictions(run_dir: RunDir) -> list[str]:
    lines = (run_dir.path / "predictions.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line)["prediction"] for line in lines]


def test_an_adapter_on_a_parents_weights_is_merged_once(tmp_path: Path) -> None:
    import torch
    from peft import LoraConfig, get_peft_model

    model, tokenizer = loading.load(TINY, None)
    adapted = get_peft_model(model, LoraConfig(init_lora_weights=False))
    loading.save(adapted, tokenizer, tmp_path / "model", started_from=tmp_path)

    loading.save_whole(adapted, tokenizer, tmp_path / "whole")

    (saved, _), (whole, _) = (loading.load(tmp_path / name, None) for name in ("model", "whole"))
    pairs = zip(saved.state_dict().values(), whole.state_dict().values(), strict=True)
    assert all(torch.equal(one, other) for one, other in pairs)


def test_reward_models_and_weights_in_four_bits_stay_with_transformers() -> None:
    from types import SimpleNamespace

    from training.experiment import _is_for_vllm

    rates = SimpleNamespace(score=None, config=SimpleNamespace(num_labels=1))
    writes, quantized = SimpleNamespace(), SimpleNamespace(is_quantized=True)
    vllm, default = spec(generate_with="vllm"), spec()

    assert _is_for_vllm(vllm, writes)
    assert not any(_is_for_vllm(vllm, model) for model in (rates, quantized))
    assert not _is_for_vllm(default, writes)


def test_a_run_without_vllm_is_refused_before_it_prepares_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A patch, so that the test also holds where vLLM is installed.
    monkeypatch.setattr(with_vllm, "find_spec", lambda name: None)
    run_dir = RunDir.create(tmp_path / "run", spec(SHORT, generate_with="vllm"))

    with pytest.raises(MissingLibrary, match=r"vllm is not installed.*trex-explorer\[vllm\]"):
        Run(run_dir, run_dir.writer()).work(run_dir.spec())

    assert not (run_dir.path / "events.jsonl").read_text("utf-8")


def test_vllm_without_a_cuda_device_is_refused_with_what_to_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import torch

    monkeypatch.setattr(with_vllm, "find_spec", lambda name: object())
    # A patch, so that the test also holds where there is a GPU.
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)

    with pytest.raises(RecipeError, match="TREX_GENERATE_WITH=transformers"):
        with_vllm.refuse_unusable()


def test_the_engine_is_part_of_what_a_run_is() -> None:
    assert identity(spec(SHORT)) != identity(spec(SHORT, generate_with="vllm"))
