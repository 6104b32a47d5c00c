"""How a model writes an answer."""

from typing import Any

from pydantic import Field

from training.extensions import Params


class Decoding(Params):
    """Greedy unless `do_sample`; names are those of transformers' GenerationConfig."""

    max_new_tokens: int = Field(default=16, ge=1, le=32_768)
    """Most tokens written for one row."""
    do_sample: bool = False
    """Draw each token from the model's distribution instead of taking the likeliest."""
    temperature: float = Field(default=1.0, gt=0, le=10)
    """Logits are divided by it before drawing; only with `do_sample`."""
    top_p: float = Field(default=1.0, gt=0, le=1)
    """Draw from the likeliest tokens that together hold this share; only with `do_sample`."""
    seed: int = Field(default=0, ge=0, le=2**32 - 1)
    """Of the draws; only with `do_sample`."""

    def options(self) -> dict[str, Any]:
        """For `generate`: every option that a base model's own configuration could otherwise change."""
        plain = {"num_beams": 1, "repetition_penalty": 1.0, "max_new_tokens": self.max_new_tokens}
        if not self.do_sample:
            # The values of a model without a configuration: transformers warns of any other.
            return {**plain, "do_sample": False, "temperature": 1.0, "top_p": 1.0, "top_k": 50}
        drawn = {"temperature": self.temperature, "top_p": self.top_p, "top_k": 0}
        return {**plain, "do_sample": True, **drawn}
