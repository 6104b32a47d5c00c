"""Stands where vLLM would: its own classes and names, answered by transformers, one row after another."""

import gc
import sys
from dataclasses import dataclass, field
from importlib.machinery import ModuleSpec
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from training.evaluate import with_vllm


@dataclass(frozen=True)
class SamplingParams:
    """The options of vLLM's that are used; any other is an error."""

    max_tokens: int
    stop_token_ids: list[int]
    temperature: float
    detokenize: bool
    top_p: float = 1.0
    seed: int | None = None


@dataclass
class Engines:
    """What was asked of vLLM."""

    options: list[dict[str, Any]] = field(default_factory=list)
    """Of each engine that was started."""
    models_before: list[int] = field(default_factory=list)
    """Models in memory when each engine started."""
    running: int = 0


class LLM:
    """Greedy answers of the model in a folder."""

    engines: Engines

    def __init__(self, *, model: str, dtype: str, max_model_len: int, **options: Any) -> None:
        import torch
        from transformers import AutoModelForCausalLM

        self.engines.options.append({"model": model, "dtype": dtype, **options})
        self.engines.models_before.append(models_in_memory())
        self.engines.running += 1
        self._longest = max_model_len
        self._model = AutoModelForCausalLM.from_pretrained(model, dtype=getattr(torch, dtype))
        self.llm_engine = SimpleNamespace(engine_core=SimpleNamespace(shutdown=self._shut_down))

    def generate(
        self, prompts: list[dict[str, list[int]]], params: list[SamplingParams], use_tqdm: bool
    ) -> list[Any]:
        """New tokens of each prompt, the one that ended it too; only rows of one length go together, without padding."""
        rows = [prompt["prompt_token_ids"] for prompt in prompts]
        assert len(rows) == len(params)
        answers: dict[int, list[int]] = {}
        for length in set(map(len, rows)):
            places = [place for place, row in enumerate(rows) if len(row) == length]
            found = self._answers([rows[place] for place in places], params[places[0]])
            answers |= dict(zip(places, found, strict=True))
        return [
            SimpleNamespace(outputs=[SimpleNamespace(token_ids=answers[place])])
            for place in range(len(rows))
        ]

    def _answers(self, rows: list[list[int]], options: SamplingParams) -> list[list[int]]:
        import torch

        assert (options.temperature, options.detokenize) == (0.0, False)
        ids = torch.tensor(rows)
        assert ids.shape[1] + options.max_tokens <= self._longest
        tokens = self._model.generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=options.max_tokens,
            eos_token_id=options.stop_token_ids,
            pad_token_id=0,
            do_sample=False,
        )
        return [_ended(row, options.stop_token_ids) for row in tokens[:, ids.shape[1] :].tolist()]

    def _shut_down(self) -> None:
        self.engines.running -= 1


def _ended(row: list[int], stops: list[int]) -> list[int]:
    """Up to the first of `stops`: what follows in a row that ended before others is padding."""
    first = next((place for place, token in enumerate(row) if token in stops), len(row))
    return row[: first + 1]


def models_in_memory() -> int:
    """Generating models that something still holds."""
    return sum(type(each).__name__ == "LlamaForCausalLM" for each in gc.get_objects())


def install(monkeypatch: pytest.MonkeyPatch) -> Engines:
    """Let `import vllm` find the fake, on a machine that seems to have a GPU."""
    module = ModuleType("vllm")
    module.__spec__ = ModuleSpec("vllm", None)
    engines = Engines()
    fresh = type("LLM", (LLM,), {"engines": engines})
    vars(module).update(LLM=fresh, SamplingParams=SamplingParams)
    monkeypatch.setitem(sys.modules, "vllm", module)
    # Patches, because only a real GPU could say otherwise; torch itself must go on without one.
    monkeypatch.setattr(with_vllm, "refuse_unusable", lambda: None)
    monkeypatch.setattr(with_vllm, "_share", lambda: 0.5)
    for name in with_vllm.ENVIRONMENT:
        monkeypatch.setenv(name, "")
    return engines
