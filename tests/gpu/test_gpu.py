"""Whole runs on a real device: precision, four-bit weights, several devices, memory."""

import json
from pathlib import Path
from typing import Any

import pytest

from agents.runners.local import Local
from tests.agents.test_local_runner import wait_for
from tests.training.experiments import events, run, spec
from tests.training.test_methods import bench, method, train
from training import extensions
from training.recipe import Step
from training.rundir import RunDir

FEW: dict[str, Any] = {"max_steps": 20, "per_device_train_batch_size": 8}


def test_a_run_trains_and_evaluates_on_the_device(tmp_path: Path) -> None:
    status, result = run(tmp_path / "run", spec(Step(use="sft", params=FEW), devices=("0",)))

    assert (status, result["status"], result["reason"]) == (0, "done", "")
    assert result["train"]["final_loss"] < 5


def test_bfloat16_is_used_where_the_device_has_it(tmp_path: Path, cuda: Any) -> None:
    arguments = method("sft").arguments(bench(tmp_path))

    assert arguments.bf16 == (cuda.get_device_capability() >= (8, 0))
    assert not arguments.use_cpu


@pytest.mark.parametrize("name", extensions.names(extensions.METHODS))
def test_every_method_takes_steps_on_the_device(name: str, tmp_path: Path) -> None:
    from dataclasses import replace

    on = bench(tmp_path)

    trained = train(name, replace(on, model=on.model.to("cuda")))

    assert trained.steps == 3
    assert next(trained.model.parameters()).is_cuda


@pytest.mark.usefixtures("bitsandbytes")
def test_qlora_trains_an_adapter_on_four_bit_weights(tmp_path: Path) -> None:
    step = Step(use="sft", params={**FEW, "tuner": "qlora"})

    status, result = run(tmp_path / "run", spec(step))

    assert (status, result["reason"]) == (0, "")
    assert (tmp_path / "run" / "model" / "adapter_model.safetensors").is_file()


def test_a_run_forked_by_the_warm_parent_uses_its_leased_device(tmp_path: Path) -> None:
    run_dir = RunDir.create(tmp_path / "run", spec(Step(use="sft", params=FEW), devices=("0",)))
    local = Local(Local.Params())

    process = local.start(run_dir.path)
    wait_for(lambda: process.poll() is not None, seconds=240)
    local.close()

    result = run_dir.result()
    assert result is not None
    assert (result["status"], result["reason"]) == ("done", "")


def test_two_devices_train_together(tmp_path: Path, cuda: Any) -> None:
    if cuda.device_count() < 2:
        pytest.skip(f"this machine has {cuda.device_count()} CUDA device, and two are needed")
    known = spec(Step(use="sft", params=FEW))
    recipe = known.recipe.model_copy(update={"devices": 2})

    status, result = run(tmp_path / "run", known.model_copy(update={"recipe": recipe}))

    assert (status, result["reason"], result["train"]["steps"]) == (0, "", 20)


def test_a_batch_past_the_devices_memory_is_made_smaller(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The allocator is told to keep to a small share, because what fills a whole card differs from card to card.
    monkeypatch.setenv("PYTORCH_CUDA_ALLOC_CONF", "per_process_memory_fraction:0.002")
    step = Step(use="cpt", params={"max_steps": 2, "per_device_train_batch_size": 1024})

    status, result = run(tmp_path / "run", spec(step))

    told = [json.dumps(event) for event in events(tmp_path / "run") if event["kind"] == "log"]
    assert (status, result["reason"]) == (0, "")
    assert "adjusted" in result or any("memory" in text for text in told)


@pytest.mark.usefixtures("vllm")
def test_vllm_scores_two_replicas_one_after_another_as_transformers_would(tmp_path: Path) -> None:
    step = Step(use="sft", params={**FEW, "tuner": "lora"})
    scores = []
    for engine in ("transformers", "vllm"):
        wanted = spec(step, generate_with=engine, devices=("0",))
        recipe = wanted.recipe.model_copy(update={"replicas": 2})
        _, result = run(tmp_path / engine, wanted.model_copy(update={"recipe": recipe}))
        assert (result["reason"], result["evaluated_with"]) == ("", engine)
        scores.append([replica["score"] for replica in result["replicas"]])

    assert scores[1] == pytest.approx(scores[0], abs=0.02)
