"""An exported trial: complete, honest about licences, and repeatable without this project."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.training.experiments import run, spec
from training.errors import NotExportable
from training.export import export, licences, settings
from training.export.__main__ import main
from training.recipe import Recipe, Step

DoneRun = Callable[[str], Path]


@pytest.fixture(scope="module")
def exported(done_run: DoneRun, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    def get(tuner: str) -> Path:
        out = tmp_path_factory.mktemp("exports") / tuner
        export(done_run(tuner), out)
        return out

    return get


def in_clean_process(folder: Path, *command: str) -> str:
    environment = {"PATH": "/usr/bin:/bin", "HOME": os.environ["HOME"], "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("tuner", "weights"),
    [("full", "model.safetensors"), ("lora", "adapter_model.safetensors")],
)
def test_the_script_trains_the_same_weights_in_a_clean_process(
    tuner: str, weights: str, exported: Callable[[str], Path]
) -> None:
    folder = exported(tuner)

    told = in_clean_process(folder, "train.py")

    assert "200 of 200 answers are the recorded ones." in told
    ours, theirs = (folder / "model" / weights, folder / "trained" / weights)
    assert ours.read_bytes() == theirs.read_bytes()
    assert "200 of 200" in in_clean_process(folder, "evaluate.py")


def test_trl_trains_the_same_weights_from_the_yaml(exported: Callable[[str], Path]) -> None:
    folder = exported("full")

    in_clean_process(folder, "-m", "trl.scripts.sft", "--config", "recipe.yaml")

    ours, theirs = (folder / part / "model.safetensors" for part in ("model", "trained"))
    assert ours.read_bytes() == theirs.read_bytes()


def test_the_manifest_holds_the_hash_of_every_file(exported: Callable[[str], Path]) -> None:
    folder = exported("lora")
    manifest = json.loads((folder / "manifest.json").read_text())

    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert set(manifest["files"]) == there - {"manifest.json"}
    for name, facts in manifest["files"].items():
        content = (folder / name).read_bytes()
        assert facts == {
            "sha256": hashlib.sha256(content).hexdigest(),
            "size_bytes": len(content),
        }


def test_the_card_tells_score_data_and_licence(exported: Callable[[str], Path]) -> None:
    card = (exported("full") / "README.md").read_text()

    assert "on 200 validation rows, 95 % interval" in card
    assert "| Editors' film notes (`clean`) | 300 | Same as the project (generated) |" in card
    assert "$" not in card


def test_a_baseline_and_an_unfinished_run_are_refused(tmp_path: Path) -> None:
    run(tmp_path / "run", spec())

    for folder in (tmp_path / "run", tmp_path):
        with pytest.raises(NotExportable, match="holds no"):
            export(folder, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_command_refuses_a_folder_that_is_there(done_run: DoneRun, tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        main([str(done_run("full")), str(tmp_path)])


@pytest.mark.parametrize(
    ("licence", "shared"),
    [
        ("Same as the project (generated)", True),
        ("CC BY-SA 4.0", True),
        ("Apache-2.0", True),
        ("CC BY-NC 4.0", False),
        ("Research use", False),
        ("", False),
    ],
)
def test_only_rows_under_open_licences_leave(licence: str, shared: bool) -> None:
    assert licences.may_be_shared(licence) == shared


def test_rows_of_unknown_origin_stay(done_run: DoneRun) -> None:
    from training.export import read

    edition = read(done_run("full")).edition
    recipe = Recipe(data=(Step(use="load", params={"path": "rows.csv"}),))

    assert "not in the catalogue" in (licences.refusal(recipe, edition) or "")


PLAIN = Step(use="sft")


@pytest.mark.parametrize(
    ("step", "whole", "result", "reason"),
    [
        (Step(use="dpo"), {}, {}, "`dpo`"),
        (Step(use="sft", params={"tuner": "ia3"}), {}, {}, "`ia3`"),
        (
            Step(use="sft", params={"train_sampling_strategy": "group_by_length"}),
            {},
            {},
            "like length",
        ),
        (PLAIN, {"start_from": "parent"}, {}, "parent's weights"),
        (PLAIN, {"replicas": 3}, {}, "mean of 3 trainings"),
        (PLAIN, {}, {"adjusted": {"per_device_train_batch_size": 8}}, "memory ran out"),
    ],
)
def test_what_no_script_can_repeat_is_said(
    step: Step, whole: dict[str, Any], result: dict[str, Any], reason: str
) -> None:
    assert reason in (settings.refusal(Recipe(training=step, **whole), step, result) or "")


def test_a_plain_training_can_be_repeated() -> None:
    assert settings.refusal(Recipe(training=PLAIN), PLAIN, {}) is None
