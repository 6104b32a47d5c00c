"""What a model writes after each prompt, with vLLM; needs the extra `vllm` and a CUDA device."""

import contextlib
import os
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from training.errors import MissingLibrary, RecipeError
from training.evaluate.batches import Tokens, tokenise
from training.evaluate.decoding import Decoding
from training.evaluate.generation import ends
from training.methods import Emit

ROWS = 4_096
"""Rows handed over at once; progress is told after each, and the engine has less to do at the end of each."""
SHARE = 0.9
"""Of a GPU's memory, where as much is free; what this process itself still holds there is not."""
ENVIRONMENT = {
    # In a process of its own, so that its memory returns with its end; forked, it could not use CUDA.
    "VLLM_ENABLE_V1_MULTIPROCESSING": "1",
    "VLLM_WORKER_MULTIPROC_METHOD": "spawn",
    # It tells its makers about the machine and the model otherwise.
    "VLLM_NO_USAGE_STATS": "1",
}


def refuse_unusable() -> None:
    """Raises MissingLibrary without vLLM, RecipeError without a CUDA device; starts neither."""
    import torch

    if find_spec("vllm") is None:
        raise MissingLibrary("vllm", "vllm")
    if not torch.cuda.is_available():
        reason = (
            "needs a CUDA device, and this machine has none: set TREX_GENERATE_WITH=transformers"
        )
        raise RecipeError("generate_with", "vllm", reason)


def generate(
    prompts: Sequence[Any], *, folder: Path, tokenizer: Any, decoding: Decoding, emit: Emit
) -> list[str]:
    """The answer of the whole model in `folder` to each of `prompts` (chat messages), in their order.

    Rendered, ended and decoded as by `generation.generate`. Drawn answers depend on the seed and the row's place.
    Raises MissingLibrary, RecipeError.
    """
    refuse_unusable()
    rows = tokenise(prompts, tokenizer)
    if not rows:
        return []
    longest = max(map(len, rows)) + decoding.max_new_tokens
    answers: list[str] = []
    with _engine(folder, longest=longest, seed=decoding.seed) as engine:
        options = _options(folder, tokenizer, decoding)
        for start in range(0, len(rows), ROWS):
            part = rows[start : start + ROWS]
            written = _write(engine, part, _sampling(options, decoding, start, len(part)))
            answers += tokenizer.batch_decode(written, skip_special_tokens=True)
            emit("progress", stage="evaluate", done=len(answers), total=len(rows), unit="rows")
    return answers


@contextlib.contextmanager
def _engine(folder: Path, *, longest: int, seed: int) -> Iterator[Any]:
    """vLLM with the model in `folder` for rows of up to `longest` tokens; its process ends with the body."""
    os.environ.update(ENVIRONMENT)
    from vllm import LLM

    engine = LLM(
        model=str(folder),
        dtype=_dtype(folder),
        seed=seed,
        trust_remote_code=False,
        load_format="safetensors",
        # Token ids go in and come out, so that both engines' prompts and answers are one tokenizer's.
        skip_tokenizer_init=True,
        # Or a model's own sampling options would become defaults.
        generation_config="vllm",
        max_model_len=longest,
        gpu_memory_utilization=_share(),
        # Each run has another model: compiling takes longer than short answers give back.
        enforce_eager=True,
    )
    try:
        yield engine
    finally:
        engine.llm_engine.engine_core.shutdown()


def _dtype(folder: Path) -> str:
    """That of the stored weights: left to itself, vLLM halves float32."""
    from transformers import AutoConfig

    stored = AutoConfig.from_pretrained(folder, trust_remote_code=False).dtype
    return str(stored).removeprefix("torch.") if stored else "auto"


def _share() -> float:
    """Of the device's memory that vLLM may take; it refuses to start where less is free."""
    import torch

    free, total = torch.cuda.mem_get_info()
    return float(min(SHARE, 0.95 * free / total))


def _options(folder: Path, tokenizer: Any, decoding: Decoding) -> dict[str, Any]:
    """What all rows share of vLLM's SamplingParams."""
    from transformers import GenerationConfig

    stops = ends(GenerationConfig.from_pretrained(folder), tokenizer)
    plain = {
        "max_tokens": decoding.max_new_tokens,
        "stop_token_ids": stops,
        "detokenize": False,
    }
    if not decoding.do_sample:
        return {**plain, "temperature": 0.0}
    return {**plain, "temperature": decoding.temperature, "top_p": decoding.top_p}


def _sampling(options: dict[str, Any], decoding: Decoding, start: int, count: int) -> list[Any]:
    """One for each row: with the same seed, equal prompts would draw equal answers."""
    from vllm import SamplingParams

    if not decoding.do_sample:
        return [SamplingParams(**options)] * count
    seeds = range(decoding.seed + start, decoding.seed + start + count)
    return [SamplingParams(**options, seed=seed) for seed in seeds]


def _write(engine: Any, rows: Sequence[Tokens], sampling: Sequence[Any]) -> list[Tokens]:
    """New tokens of each row."""
    prompts = [{"prompt_token_ids": row} for row in rows]
    done = engine.generate(prompts, list(sampling), use_tqdm=False)
    return [list(each.outputs[0].token_ids) for each in done]
