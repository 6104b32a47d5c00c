"""How many tokens a second `sft` trains on a GPU, against TRL's SFTTrainer with TRL's own defaults on the same card.

Both train a model of the shape of Qwen3-1.7B from the same random weights, so nothing is downloaded, on the same rows,
batches, schedule and number of passes. The peer keeps TRL's defaults for precision, checkpointing of activations and
order of rows; ours is the method as a recipe runs it, which computes a batch without its padding. Rows and the held-out loss, nats a
token, are those of `benchmarks.throughput`. Without a GPU nothing is claimed.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.report import Bar, finish
from benchmarks.throughput import LONGEST, Sample, examples, held_out_loss, ratio
from training import extensions
from training.data import models
from training.data.offline import ENVIRONMENT
from training.data.seeds import rng
from training.methods import Bench, Example

SPEED, LOSS = "tokens a second over TRL's defaults", "mean difference of held-out loss"


@dataclass(frozen=True)
class Size:
    """What is trained, how often, and where."""

    shape: dict[str, int]
    pairs: int
    rows: int
    held_out: int
    on_cpu: bool = False


QWEN3 = {
    "hidden_size": 2048,
    "intermediate_size": 6144,
    "num_hidden_layers": 28,
    "num_attention_heads": 16,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "vocab_size": 151_936,
}
"""Of Qwen/Qwen3-1.7B's config.json."""
SMALL = dict.fromkeys(("hidden_size", "intermediate_size"), 64) | {
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "head_dim": 32,
    "vocab_size": 2_048,
}
FULL = Size(QWEN3, pairs=5, rows=640, held_out=100)
TINY = Size(SMALL, pairs=1, rows=24, held_out=4, on_cpu=True)
OPTIONS: dict[str, Any] = {
    "per_device_train_batch_size": 16,
    "learning_rate": 1e-4,
    "max_steps": -1,
    "num_train_epochs": 1.0,
    "warmup_steps": 4,
    "weight_decay": 0.01,
    "lr_scheduler_type": "cosine",
    "max_length": LONGEST,
}


def main() -> int:
    """Interleaved pairs; exit status 1 when a bar does not hold, 0 where there is no GPU to hold it on."""
    parser = argparse.ArgumentParser(description="Trained tokens a second on a GPU.")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--tiny", action="store_true", help=argparse.SUPPRESS)  # tries this code
    options = parser.parse_args()
    size = TINY if options.tiny else FULL
    missing = _get_ready(size)
    if missing:
        reasons = dict.fromkeys((SPEED, LOSS), missing)
        return finish("gpu", [], [], as_json=options.json, not_measured=reasons)
    _warm_up(size)
    samples = [sample for pair in range(size.pairs) for sample in compare(size, pair)]
    if options.tiny:
        reasons = dict.fromkeys((SPEED, LOSS), "a tiny model on the CPU says nothing about a GPU")
        return finish("gpu", [], samples, as_json=options.json, not_measured=reasons)
    return finish("gpu", bars(samples), samples, as_json=options.json)


def bars(samples: Sequence[Sample]) -> list[Bar]:
    """Medians of the pairs."""
    losses = [sample["loss"] for sample in samples]
    gaps = [ours - peer for peer, ours in zip(losses[::2], losses[1::2], strict=True)]
    return [
        Bar(SPEED, ratio(samples), 1.5, "at least"),
        Bar(LOSS, abs(statistics.mean(gaps)), 0.01),
    ]


def compare(size: Size, seed: int) -> Iterator[Sample]:
    """One pair: the peer, then ours."""
    rows = examples("mixed", rng(seed, "gpu", "rows"))[: size.rows]
    held_out = examples("mixed", rng(seed, "gpu", "held out"))[: size.held_out]
    for name, train in (("trl", _peer), ("trex", _ours)):
        with tempfile.TemporaryDirectory(prefix="trex-bench-") as folder:
            bench = _bench(size, Path(folder), seed)
            model, tokens, seconds = train(rows, bench, size)
        yield {
            "seed": seed,
            "method": name,
            "tokens": tokens,
            "seconds": seconds,
            "loss": held_out_loss(model, bench.tokenizer, held_out),
        }
        _free(bench, model)


def _peer(rows: Sequence[Example], bench: Bench, size: Size) -> tuple[Any, int, float]:
    from datasets import Dataset
    from transformers import PrinterCallback
    from trl import SFTConfig, SFTTrainer

    columns = {
        "prompt": [row.prompt for row in rows],
        "completion": [[{"role": "assistant", "content": row.completion}] for row in rows],
    }
    on_cpu = {"use_cpu": True, "bf16": False} if size.on_cpu else {}
    arguments = SFTConfig(
        output_dir=str(bench.folder),
        **OPTIONS,
        **on_cpu,
        seed=bench.seed,
        data_seed=bench.seed,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
    )
    trainer = SFTTrainer(
        model=bench.model,
        args=arguments,
        train_dataset=Dataset.from_dict(columns),
        processing_class=bench.tokenizer,
    )
    trainer.remove_callback(PrinterCallback)  # standard output is for the outcome
    started = time.monotonic()
    trainer.train()
    seconds = time.monotonic() - started
    tokens = max(int(logs.get("num_tokens", 0)) for logs in trainer.state.log_history)
    return trainer.model, tokens, seconds


def _ours(rows: Sequence[Example], bench: Bench, size: Size) -> tuple[Any, int, float]:
    found = extensions.load(extensions.METHODS, "sft")
    params = found.Params(**OPTIONS)
    trained = found(params).train(rows, bench)
    return trained.model, trained.tokens, trained.seconds


def _bench(size: Size, folder: Path, seed: int) -> Bench:
    """Weights are drawn by the seed, so both of a pair begin with the same; tokens are those of the bundled model."""
    import torch
    from transformers import AutoTokenizer, Qwen3Config, Qwen3ForCausalLM, set_seed

    tokenizer = AutoTokenizer.from_pretrained(models.resolve("trex-tiny"))
    special = {
        name: getattr(tokenizer, name) for name in ("bos_token_id", "eos_token_id", "pad_token_id")
    }
    set_seed(seed)
    with torch.device("cpu" if size.on_cpu else "cuda"):
        model = Qwen3ForCausalLM(Qwen3Config(**size.shape, **special, tie_word_embeddings=True))
    return Bench(model, tokenizer, folder, lambda kind, **fields: None, seed)


def _warm_up(size: Size) -> None:
    """What the first training compiles and caches is nobody's."""
    for _ in compare(Size(size.shape, 1, 32, 1, size.on_cpu), 0):
        pass


def _free(bench: Bench, model: Any) -> None:
    """Both models of a pair need the whole card; an optimizer may hold on to the weights."""
    import gc

    import torch

    model.to("meta")
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _get_ready(size: Size) -> str | None:
    """Why nothing can be measured here, or None."""
    os.environ.update(ENVIRONMENT)
    import datasets
    import torch
    from transformers.utils import logging

    datasets.disable_progress_bars()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    if size.on_cpu or torch.cuda.is_available():
        return None
    return "this machine has no CUDA device"


if __name__ == "__main__":
    sys.exit(main())
