"""Training method `distill`."""

from collections.abc import Sequence
from typing import Any

from pydantic import Field

from training.data import models
from training.errors import ModelNotFound, RecipeError
from training.methods import Bench, Example
from training.methods._params import Training
from training.methods._trl import TrlMethod


class Distill(TrlMethod["Distill.Params"]):
    """On-policy distillation (arXiv:2306.13649): a teacher corrects what the model writes, with TRL's DistillationTrainer."""

    class Params(Training):
        teacher: str
        """The model to learn from: bundled, a folder, or a hub id in the local cache; it must share the vocabulary."""
        max_completion_length: int = Field(default=16, ge=1, le=32_768)
        """Most tokens of a completion."""
        temperature: float = Field(default=1.0, gt=0, le=10)
        """How evenly tokens are drawn, and how soft both models' probabilities are made before they are compared."""
        beta: float = Field(default=1.0, ge=0, le=1)
        """0 is the forward KL divergence, 1 the reverse; between them, generalised Jensen-Shannon."""

    trainer = "DistillationTrainer"
    config = "DistillationConfig"
    own_options = frozenset({"teacher"})
    counts_tokens = False

    def check(self, examples: Sequence[Example], bench: Bench) -> None:
        """Raises RecipeError, also for a teacher that is not there or speaks of other tokens."""
        from transformers import AutoConfig

        super().check(examples, bench)
        self.check_prompts(examples, self.step_rows)
        config = AutoConfig.from_pretrained(self._teacher(), trust_remote_code=False)
        known = bench.model.config.get_text_config().vocab_size
        found = config.get_text_config().vocab_size
        if found != known:
            raise RecipeError(
                "training.params.teacher",
                self.params.teacher,
                f"has a vocabulary of {found} tokens, and the model to train one of {known}",
            )

    def dataset(self, examples: Sequence[Example], bench: Bench) -> dict[str, list[Any]]:
        """Prompts."""
        return {"prompt": [example.prompt for example in examples]}

    def reading(self, bench: Bench) -> dict[str, Any]:
        """TRL repeats prompts, and shuffles them by an option of its own."""
        return {"shuffle_dataset": not bench.in_order}

    def extras(self, examples: Sequence[Example], bench: Bench) -> dict[str, Any]:
        """The teacher."""
        from transformers import AutoModelForCausalLM

        return {
            "teacher_model": AutoModelForCausalLM.from_pretrained(
                self._teacher(), trust_remote_code=False, use_safetensors=True
            )
        }

    def _teacher(self) -> str:
        try:
            return str(models.resolve(self.params.teacher))
        except ModelNotFound as error:
            raise RecipeError(
                "training.params.teacher", self.params.teacher, "is not on this machine"
            ) from error
