"""A finished trial as a folder that others can read, run and trust."""

import hashlib
import json
import shutil
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from training.data import models
from training.export import script, settings
from training.export.card import card, filled, yaml_command
from training.export.trial import Trial, read
from training.exported_rows import ROWS, read_rows

PINS = ("torch", "transformers", "trl", "peft", "datasets", "accelerate", "safetensors")


def export(run_dir: Path, out: Path) -> Trial:
    """Write the trial in `run_dir` to `out`.

    Raises NotExportable when the run is no finished trial, FileExistsError when `out` is there.
    """
    trial = read(run_dir)
    out.mkdir(parents=True)
    shutil.copytree(run_dir / "model", out / "model")
    shutil.copyfile(run_dir / "predictions.jsonl", out / "predictions.jsonl")
    _write(out / "recipe.json", trial.spec.recipe.model_dump_json(indent=2) + "\n")
    pins = "".join(f"{name}=={version(name)}\n" for name in PINS)
    _write(out / "requirements.txt", pins)
    if trial.rows_refusal is None:
        _write_rows(trial, out)
    if trial.script_refusal is None:
        _write_scripts(trial, out)
    _write(out / "README.md", card(trial))
    _write(out / "manifest.json", json.dumps(_manifest(trial, out), indent=2) + "\n")
    return trial


def _write_rows(trial: Trial, out: Path) -> None:
    """The rows in the columns that TRL reads, or as they were prepared where no script reads them."""
    (out / "data").mkdir()
    if trial.script_refusal:
        shutil.copyfile(trial.path / ROWS, out / "data" / ROWS)
        return
    columns = trial.method.dataset(read_rows(trial.path / ROWS), trial.bench)
    rows = zip(*columns.values(), strict=True)
    lines = (json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False) for row in rows)
    _write(out / "data" / ROWS, "".join(f"{line}\n" for line in lines))


def _write_scripts(trial: Trial, out: Path) -> None:
    _write(out / "validation.jsonl", _validation(trial))
    if trial.parent is not None:
        shutil.copytree(trial.parent, out / "parent")
    chosen = _settings(trial, out)
    _write(out / "settings.json", json.dumps(chosen, indent=2) + "\n")
    if command := yaml_command(trial):
        start = chosen if trial.parent is None else {**chosen, "model": "parent"}
        _write(out / "recipe.yaml", settings.recipe_yaml(start, command))
    for each in script.beside(trial.method, trial.values):
        shutil.copyfile(each.source, out / f"{each.module}.py")
    _write(out / "train.py", script.train_py(trial))
    facts = {
        "task": trial.spec.task,
        "max_new_tokens": trial.edition.answer_tokens(trial.task.max_new_tokens),
        "metric": trial.result["metric"],
        "score": trial.score,
    }
    _write(out / "evaluate.py", filled("evaluate.py", facts))


def _settings(trial: Trial, out: Path) -> dict[str, Any]:
    model, revision = _base(trial.spec.base_model, out)
    return {
        "model": model,
        "revision": revision,
        "threads": trial.spec.threads,
        "options": settings.options(trial.values, trial.spec.recipe.seed),
        "lora": settings.lora(trial.step),
    }


def _base(base_model: str, out: Path) -> tuple[str, str]:
    """How scripts name the base: a hub id with its revision, or a copy in `base/` of what no hub has."""
    folder = models.resolve(base_model)
    if folder.parent.name == "snapshots":
        return base_model, folder.name
    shutil.copytree(folder, out / "base")
    return "base", "main"


def _validation(trial: Trial) -> str:
    with (trial.path / "predictions.jsonl").open(encoding="utf-8") as lines:
        answered = [json.loads(line) for line in lines]
    pairs = zip(answered, trial.edition.validation, strict=True)
    full = [{**answer, "messages": trial.task.prompt(row)} for answer, row in pairs]
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in full)


def _manifest(trial: Trial, out: Path) -> dict[str, Any]:
    files = sorted(path for path in out.rglob("*") if path.is_file())
    is_scripted = trial.script_refusal is None
    return {
        "command": "python train.py" if is_scripted else None,
        "evaluation_command": "python evaluate.py" if is_scripted else None,
        "script_refusal": trial.script_refusal,
        "seed": trial.spec.recipe.seed,
        "replicas": trial.result.get("replicas", []),
        "threads": trial.spec.threads,
        "fingerprint": trial.spec.recipe.fingerprint(),
        "base_hash": trial.result["base_hash"],
        "python": sys.version.split()[0],
        "files": {path.relative_to(out).as_posix(): _facts(path) for path in files},
    }


def _facts(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"sha256": digest, "size_bytes": path.stat().st_size}


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
