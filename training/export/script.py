"""The text of train.py, and the modules of this project that stand beside it because TRL has no such thing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

from training import methods
from training.export.trial import Trial
from training.recipe import Step

METHODS = Path(methods.__file__).parent
TEMPLATE = Path(__file__).parent / "templates" / "train.py.txt"
_BASE = "AutoModelForCausalLM.from_pretrained(base, revision=revision, use_safetensors=True)"
_STARTS = {
    None: f"model = {_BASE}",
    "weights": """\
model = AutoModelForCausalLM.from_pretrained(
    HERE / "parent",
    config=AutoConfig.from_pretrained(base, revision=revision),
    use_safetensors=True,
)""",
    "adapter": f"""\
model = {_BASE}
model = PeftModel.from_pretrained(model, HERE / "parent").merge_and_unload()""",
}
"""How the model is made that training starts from, by what the parent left."""


@dataclass(frozen=True)
class Beside:
    """A self-contained module of the methods that is copied next to train.py, and what it does to the trainer's class."""

    module: str
    function: str
    is_exact: bool = False
    """Whether TRL alone would learn the same but for the rounding of sums."""

    @property
    def source(self) -> Path:
        """The file to copy."""
        return METHODS / f"_{self.module}.py"


def beside(method: Any, values: Mapping[str, Any]) -> tuple[Beside, ...]:
    """The modules without which the script would train other weights; the innermost change of the class first."""
    wanted = {
        Beside("split", "split", is_exact=True): getattr(method, "splits_batches", False),
        Beside("order", "steady"): values.get("train_sampling_strategy") == "group_by_length",
    }
    return tuple(each for each, is_wanted in wanted.items() if is_wanted)


def parent_kind(parent: Path | None) -> str | None:
    """What the parent left to start from: "weights", "adapter", or None for the base."""
    if parent is None:
        return None
    return "adapter" if (parent / "adapter_config.json").is_file() else "weights"


def train_py(trial: Trial) -> str:
    """The script that repeats the trial's training."""
    method, step = trial.method, trial.step
    modules, kind = beside(method, trial.values), parent_kind(trial.parent)
    is_merged = trial.parent is not None and step.params["tuner"] != "full"
    values = {
        "config": method.config,
        "trainer": method.trainer,
        "model": _STARTS[kind],
        "trainer_class": _wrapped(method.trainer, modules),
        "extras": _reference(step),
        "trained": "trainer.model.merge_and_unload()" if is_merged else "trainer.model",
        **_imports(modules, step, kind=kind),
    }
    return Template(TEMPLATE.read_text("utf-8")).substitute(values)


def _imports(modules: Sequence[Beside], step: Step, *, kind: str | None) -> dict[str, str]:
    peft = "LoraConfig" if kind != "adapter" else "LoraConfig, PeftModel"
    auto = "AutoConfig, " if kind == "weights" else ""
    return {
        "copying": "from copy import deepcopy\n" if _reference(step) else "",
        "peft": peft,
        "auto": auto,
        "beside": "".join(f"from {each.module} import {each.function}\n" for each in modules),
    }


def _wrapped(trainer: str, modules: Sequence[Beside]) -> str:
    for each in modules:
        trainer = f"{each.function}({trainer})"
    return trainer


def _reference(step: Step) -> str:
    """Preference methods hold to the model as it was; with an adapter it is the frozen part."""
    holds = step.use in {"dpo", "kto"} and step.params["tuner"] == "full"
    return "\n    ref_model=deepcopy(model)," if holds else ""
