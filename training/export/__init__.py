"""A finished trial as a folder that others can read, run and trust."""

import hashlib
import json
import shutil
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from string import Template
from typing import Any

from training import extensions
from training.data import models
from training.data.catalogue import Edition
from training.errors import NotExportable
from training.export import licences, settings
from training.exported_rows import ROWS
from training.ftbench import Task
from training.recipe import RunSpec, Step
from training.rundir import RunDir

TEMPLATES = Path(__file__).parent / "templates"
PINS = ("torch", "transformers", "trl", "peft", "datasets", "accelerate", "safetensors")


@dataclass(frozen=True)
class Trial:
    """A finished run and all that its folder is written from."""

    path: Path
    spec: RunSpec
    step: Step
    result: dict[str, Any]
    task: type[Task]
    edition: Edition

    @property
    def rows_refusal(self) -> str | None:
        """Why the training rows stay here, or None."""
        return licences.refusal(self.spec.recipe, self.edition)

    @property
    def script_refusal(self) -> str | None:
        """Why the folder holds no script that repeats the training, or None."""
        closed = self.spec.edition != "mini" and not licences.may_be_shared(self.task.licence)
        reason = f"the validation rows may not be passed on ({self.task.licence})"
        return (
            self.rows_refusal
            or (reason if closed else None)
            or settings.refusal(self.spec.recipe, self.step, self.result)
        )


def export(run_dir: Path, out: Path) -> None:
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
    if trial.script_refusal is None:
        _write_scripts(trial, out)
    elif trial.rows_refusal is None:
        (out / "data").mkdir()
        shutil.copyfile(run_dir / ROWS, out / "data" / ROWS)
    _write(out / "README.md", _filled("README.md", _card(trial)))
    _write(out / "manifest.json", json.dumps(_manifest(trial, out), indent=2) + "\n")


def read(run_dir: Path) -> Trial:
    """The finished trial in `run_dir`. Raises NotExportable."""
    found = RunDir(run_dir)
    result = found.result()
    if result is None or result["status"] != "done":
        raise NotExportable(f"{run_dir} holds no finished run")
    spec = found.spec()
    if spec.recipe.training is None or not (run_dir / ROWS).is_file():
        raise NotExportable(f"{run_dir} holds no trial with its training rows ({ROWS})")
    if result["score"] is None:
        raise NotExportable(f"{run_dir} holds no score by the task's metric")
    params = extensions.parse(
        extensions.METHODS,
        spec.recipe.training.use,
        json.dumps(spec.recipe.training.params),
        field="training",
    ).model_dump(mode="json")
    task = extensions.load(extensions.TASKS, spec.task)
    step = Step(use=spec.recipe.training.use, params=params)
    return Trial(run_dir, spec, step, result, task, task.edition(spec.edition))


def _write_scripts(trial: Trial, out: Path) -> None:
    (out / "data").mkdir()
    shutil.copyfile(trial.path / ROWS, out / "data" / ROWS)
    _write(out / "validation.jsonl", _validation(trial))
    chosen = _settings(trial, out)
    _write(out / "settings.json", json.dumps(chosen, indent=2) + "\n")
    _write(out / "recipe.yaml", settings.recipe_yaml(chosen))
    _write(out / "train.py", (TEMPLATES / "train.py.txt").read_text("utf-8"))
    facts = {
        "task": trial.spec.task,
        "max_new_tokens": trial.task.max_new_tokens,
        "metric": trial.result["metric"],
        "score": trial.result["score"],
    }
    _write(out / "evaluate.py", _filled("evaluate.py", facts))


def _settings(trial: Trial, out: Path) -> dict[str, Any]:
    model, revision = _base(trial.spec.base_model, out)
    return {
        "model": model,
        "revision": revision,
        "threads": trial.spec.threads,
        "options": settings.options(trial.step, trial.spec.recipe.seed),
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
    lines = (trial.path / "predictions.jsonl").read_text("utf-8").splitlines()
    rows = zip(lines, trial.edition.validation, strict=True)
    full = [{**json.loads(line), "messages": trial.task.prompt(row)} for line, row in rows]
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in full)


def _card(trial: Trial) -> dict[str, Any]:
    spec, result = trial.spec, trial.result
    sources = licences.sources(spec.recipe, trial.edition)
    mini = "generated for this project, not the published benchmark"
    return {
        **{name: result[name] for name in ("metric", "rows")},
        "score": f"{result['score']:.4f}",
        "low": f"{result['interval'][0]:.4f}",
        "high": f"{result['interval'][1]:.4f}",
        "library": "transformers" if trial.step.params.get("tuner", "full") == "full" else "peft",
        "base_model": spec.base_model,
        "base_hash": result["base_hash"],
        "method": trial.step.use,
        "title": trial.task.title,
        "edition": spec.edition,
        "edition_note": mini if spec.edition == "mini" else trial.task.source,
        "seed": spec.recipe.seed,
        "prepared": len((trial.path / ROWS).read_text("utf-8").splitlines()),
        "sources": "\n".join(
            f"| {each.title} (`{each.name}`) | {len(each.rows)} | {each.licence} |"
            for each in sources
        ),
        "data_note": _data_note(trial),
        "reproduce": _reproduce(trial),
        "recipe": spec.recipe.model_dump_json(indent=2),
    }


def _data_note(trial: Trial) -> str:
    if trial.rows_refusal is None:
        return "They are in `data/train.jsonl`: each source's licence allows it."
    return f"They are not in this folder: {trial.rows_refusal}."


def _reproduce(trial: Trial) -> str:
    if trial.script_refusal:
        return f"* No stand-alone script: {trial.script_refusal}. Run `recipe.json` with TREX Explorer."
    return (TEMPLATES / "reproduce.md.txt").read_text("utf-8").strip()


def _manifest(trial: Trial, out: Path) -> dict[str, Any]:
    files = sorted(path for path in out.rglob("*") if path.is_file())
    return {
        "command": "python train.py" if trial.script_refusal is None else None,
        "seed": trial.spec.recipe.seed,
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


def _filled(name: str, values: dict[str, Any]) -> str:
    return Template((TEMPLATES / f"{name}.txt").read_text("utf-8")).substitute(values)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
