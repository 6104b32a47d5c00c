"""An exported trial: complete, honest about licences, and repeatable without this project."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.training.experiments import CLEAN, run, spec
from training.errors import NotExportable
from training.export import export, licences, read, settings
from training.export.__main__ import main
from training.exported_rows import ROWS, read_rows, write_rows
from training.methods import Example
from training.recipe import Recipe, RunSpec, Step

DoneRun = Callable[[str], Path]
WHOLE, ADAPTER = "model.safetensors", "adapter_model.safetensors"
STEPS = {"max_steps": 4, "per_device_train_batch_size": 8}
PAIRS = (CLEAN, Step(use="convert", params={"to": "preference"}))


@pytest.fixture(scope="module")
def exported(done_run: DoneRun, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    def get(tuner: str) -> Path:
        out = tmp_path_factory.mktemp("exports") / tuner
        export(done_run(tuner), out)
        return out

    return get


def exported_child(folder: Path, specification: RunSpec, *, parent: Path | None = None) -> Path:
    """Folder with the export of a real run, which goes on from `parent` where one is given."""
    start = {"start_from": "parent"} if parent else {}
    whole = specification.model_copy(
        update={
            "recipe": specification.recipe.model_copy(update=start),
            "parent_model": parent and str(parent / "model"),
        }
    )
    status, result = run(folder / "run", whole)
    assert status == 0, result["reason"]
    export(folder / "run", folder / "out")
    return folder / "out"


def assert_same_weights(folder: Path, weights: str) -> None:
    ours, theirs = (folder / part / weights for part in ("model", "trained"))
    assert ours.read_bytes() == theirs.read_bytes()


def tensors(path: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    found: dict[str, Any] = load_file(path)
    return found


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


@pytest.mark.parametrize(("tuner", "weights"), [("full", WHOLE), ("lora", ADAPTER)])
def test_the_script_trains_the_same_weights_in_a_clean_process(
    tuner: str, weights: str, exported: Callable[[str], Path]
) -> None:
    folder = exported(tuner)

    told = in_clean_process(folder, "train.py")

    assert "200 of 200 answers are the recorded ones." in told
    assert_same_weights(folder, weights)


def test_the_exported_adapter_gives_the_recorded_answers(exported: Callable[[str], Path]) -> None:
    assert "200 of 200" in in_clean_process(exported("lora"), "evaluate.py")


def test_a_preference_training_from_its_parent_is_repeated_with_the_first_seed(
    done_run: DoneRun, tmp_path: Path
) -> None:
    two = spec(Step(use="dpo", params=STEPS), data=PAIRS, seed=3)
    two = two.model_copy(update={"recipe": two.recipe.model_copy(update={"replicas": 2})})
    folder = exported_child(tmp_path, two, parent=done_run("full"))

    assert "200 of 200" in in_clean_process(folder, "train.py")
    assert_same_weights(folder, WHOLE)
    assert "those of the first, seed 3" in " ".join((folder / "README.md").read_text().split())
    shutil.rmtree(folder / "trained")
    in_clean_process(folder, "-m", "trl.scripts.dpo", "--config", "recipe.yaml")
    assert_same_weights(folder, WHOLE)


def test_an_adapter_on_a_parents_adapter_is_repeated(done_run: DoneRun, tmp_path: Path) -> None:
    kto = spec(Step(use="kto", params={**STEPS, "tuner": "lora"}), data=PAIRS)
    folder = exported_child(tmp_path, kto, parent=done_run("lora"))

    assert "200 of 200" in in_clean_process(folder, "train.py")
    assert_same_weights(folder, WHOLE)
    assert (folder / "parent" / ADAPTER).is_file()
    assert not (folder / "recipe.yaml").exists()


def test_batches_of_rows_of_like_length_are_repeated(tmp_path: Path) -> None:
    options = {**STEPS, "train_sampling_strategy": "group_by_length"}
    folder = exported_child(tmp_path, spec(Step(use="cpt", params=options)))

    assert "200 of 200" in in_clean_process(folder, "train.py")
    assert_same_weights(folder, WHOLE)
    assert "Trainer = steady(split(SFTTrainer))" in (folder / "train.py").read_text()
    assert not (folder / "recipe.yaml").exists()


def test_trls_own_command_learns_the_same_but_for_rounding(
    exported: Callable[[str], Path],
) -> None:
    folder = exported("full")

    in_clean_process(folder, "-m", "trl.scripts.sft", "--config", "recipe.yaml")

    ours, theirs = (tensors(folder / name / WHOLE) for name in ("model", "trained"))
    assert all(theirs[name].allclose(ours[name], atol=1e-3) for name in ours)
    assert "the same training but for the rounding of sums" in (folder / "README.md").read_text()


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
    edition = read(done_run("full")).edition
    recipe = Recipe(data=(Step(use="load", params={"path": "rows.csv"}),))

    assert "not in the catalogue" in (licences.refusal(recipe, edition) or "")


PLAIN = Step(use="sft")


@pytest.mark.parametrize(
    ("step", "result", "reason"),
    [
        (Step(use="grpo"), {}, "`grpo`"),
        (Step(use="rloo"), {}, "`rloo`"),
        (Step(use="distill"), {}, "`distill`"),
        (Step(use="sft", params={"tuner": "ia3"}), {}, "`ia3`"),
        (PLAIN, {"adjusted": {"per_device_train_batch_size": 8}}, "memory ran out"),
    ],
)
def test_what_no_script_can_repeat_is_said(
    step: Step, result: dict[str, Any], reason: str
) -> None:
    assert reason in (settings.refusal(step, result) or "")


def test_a_plain_training_can_be_repeated() -> None:
    assert settings.refusal(PLAIN, {}) is None


def test_a_trial_whose_parent_is_gone_is_exported_without_a_script(
    done_run: DoneRun, tmp_path: Path
) -> None:
    shutil.copytree(done_run("full"), tmp_path / "run")
    raw = json.loads((tmp_path / "run" / "recipe.json").read_text())
    raw["recipe"]["start_from"], raw["parent_model"] = "parent", str(tmp_path / "gone")
    (tmp_path / "run" / "recipe.json").write_text(json.dumps(raw))

    export(tmp_path / "run", tmp_path / "out")

    assert (
        "no longer there"
        in json.loads((tmp_path / "out/manifest.json").read_text())["script_refusal"]
    )
    assert not (tmp_path / "out" / "train.py").exists()
    assert (tmp_path / "out" / "model" / WHOLE).is_file()


def test_rows_with_line_separators_in_their_text_stay_whole(tmp_path: Path) -> None:
    odd = Example([{"role": "user", "content": "a\u2028b\x85c"}], "yes", desirable=False, text="t")

    write_rows([odd], tmp_path / ROWS)

    assert read_rows(tmp_path / ROWS) == [odd]


def packed(run_dir: Path, archive: Path) -> tuple[int, dict[str, Any]]:
    """Exit status and last word of the process that makes a zip file."""
    status = archive.with_suffix(".json")
    ended = subprocess.run(
        [sys.executable, "-m", "training.export", run_dir, archive, "--status", status],
        check=False,
        timeout=60,
    )
    return ended.returncode, json.loads(status.read_text())


def test_a_zip_file_holds_the_same_folder_and_tells_its_size(
    done_run: DoneRun, exported: Callable[[str], Path], tmp_path: Path
) -> None:
    code, told = packed(done_run("lora"), tmp_path / "out.zip")

    size = (tmp_path / "out.zip").stat().st_size
    assert (code, told) == (0, {"status": "done", "size_bytes": size, "script_refusal": ""})
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        archive.extractall(tmp_path)
    (top,) = tmp_path.glob("trial-*")
    folder = exported("lora")
    assert (top / "manifest.json").read_text() == (folder / "manifest.json").read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.json", "out.zip", top.name]


def test_a_zip_file_that_cannot_be_made_leaves_one_sentence_and_nothing_else(
    tmp_path: Path,
) -> None:
    (tmp_path / "run").mkdir()

    code, told = packed(tmp_path / "run", tmp_path / "out.zip")

    assert (code, told["status"]) == (1, "failed")
    assert told["reason"].startswith("The trial cannot be exported: ")
    assert {path.name for path in tmp_path.iterdir()} == {"run", "out.json"}
