"""The model card of an exported trial: score, data with licences, and how to take it on."""

from pathlib import Path
from string import Template
from typing import Any

from training.export import licences, script, settings
from training.export.trial import Trial
from training.exported_rows import ROWS

TEMPLATES = Path(__file__).parent / "templates"


def card(trial: Trial) -> str:
    """README.md."""
    return filled("README.md", _facts(trial))


def filled(name: str, values: dict[str, Any]) -> str:
    """A template with its values."""
    return Template((TEMPLATES / f"{name}.txt").read_text("utf-8")).substitute(values)


def yaml_command(trial: Trial) -> str | None:
    """TRL's own command that repeats the training from recipe.yaml, or None where TRL alone would learn something else."""
    beside = script.beside(trial.method, trial.values)
    is_plain = all(each.is_exact for each in beside)
    is_whole = script.parent_kind(trial.parent) != "adapter"
    return settings.COMMANDS[trial.step.use] if is_plain and is_whole else None


def _rounding(trial: Trial) -> str:
    """How TRL's own command differs from the script, where it does."""
    if not script.beside(trial.method, trial.values):
        return ""
    return (
        " It computes each batch in one piece, with more padding: the same training but for the rounding of sums, "
        "so a few answers may differ."
    )


def _facts(trial: Trial) -> dict[str, Any]:
    spec, result = trial.spec, trial.result
    sources = licences.sources(spec.recipe, trial.edition)
    mini = "generated for this project, not the published benchmark"
    with (trial.path / ROWS).open("rb") as rows:
        prepared = sum(1 for _ in rows)
    return {
        **{name: result[name] for name in ("metric", "rows")},
        "score": f"{result['score']:.4f}",
        "low": f"{result['interval'][0]:.4f}",
        "high": f"{result['interval'][1]:.4f}",
        "library": "peft"
        if (trial.path / "model/adapter_config.json").is_file()
        else "transformers",
        "base_model": spec.base_model,
        "base_hash": result["base_hash"],
        "method": trial.step.use,
        "title": trial.task.title,
        "edition": spec.edition,
        "edition_note": mini if spec.edition == "mini" else trial.task.source,
        "seed": spec.recipe.seed,
        "replicas": _replicas(trial),
        "started": _started(trial),
        "prepared": prepared,
        "sources": "\n".join(
            f"| {each.title} (`{each.name}`) | {len(each.rows)} | {each.licence} |"
            for each in sources
        ),
        "data_note": _data_note(trial),
        "reproduce": _reproduce(trial),
        "recipe": spec.recipe.model_dump_json(indent=2),
    }


def _replicas(trial: Trial) -> str:
    """Which of several trainings this is; nothing where there was one."""
    found = trial.result.get("replicas") or []
    if len(found) < 2:
        return ""
    seeds = ", ".join(f"{each['seed']} ({each['score']:.4f})" for each in found)
    return (
        f"\nThe score is the mean of {len(found)} trainings, by seed: {seeds}. Weights, predictions and script are those "
        f"of the first, seed {found[0]['seed']}.\n"
    )


def _started(trial: Trial) -> str:
    if trial.parent is None:
        return ""
    return (
        "\nTraining went on from what an earlier trial had trained, and not from the base model.\n"
    )


def _data_note(trial: Trial) -> str:
    if trial.rows_refusal is None:
        return "They are in `data/train.jsonl`: each source's licence allows it."
    return f"They are not in this folder: {trial.rows_refusal}."


def _reproduce(trial: Trial) -> str:
    if trial.script_refusal:
        return f"* No stand-alone script: {trial.script_refusal}. Run `recipe.json` with TREX Explorer."
    lines = [(TEMPLATES / "reproduce.md.txt").read_text("utf-8").strip()]
    if trial.parent is not None:
        lines.append("* `parent/`: the weights or adapter that training starts from.")
    if command := yaml_command(trial):
        lines.append(
            f"* `trl {command} --config recipe.yaml`, run in this folder, does the training with TRL's own command "
            f"(one thread: `OMP_NUM_THREADS=1`).{_rounding(trial)}"
        )
    return "\n".join(lines)
