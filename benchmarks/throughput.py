"""How many non-padding tokens a second `sft` trains, whose batches are computed in parts of like length, against TRL.

The peer is TRL's SFTTrainer with the same model, rows, batch size, precision, schedule and number of steps; it keeps
TRL's default sampler and nothing of ours. It also goes without gradient checkpointing and bfloat16, TRL's defaults that
make a CPU slower, so that the padding is the only difference. Rows are generated film opinions (licence: that of
the project): `{"prompt": "Write about a film.", "completion": "the plot is a joy . …"}`. Mixed rows have log-normal
lengths, median 60 tokens and sigma 1, as chat data has; the other rows are all cut to one length. Loss is nats a token
on rows that neither has seen.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.report import Bar, finish
from training import extensions
from training.data import models
from training.data.lexicon import FILM
from training.data.offline import ENVIRONMENT
from training.data.reviews import Author
from training.data.seeds import rng
from training.methods import Bench, Example

PAIRS, SEEDS = 5, 3
ROWS, HELD_OUT, BATCH = 320, 100, 16
LONGEST, ONE_LENGTH = 480, 64
MEDIAN, SIGMA = 60.0, 1.0
PROMPT = [{"role": "user", "content": "Write about a film."}]
OPTIONS: dict[str, Any] = {
    "per_device_train_batch_size": BATCH,
    "learning_rate": 1e-3,
    "max_steps": -1,
    "num_train_epochs": 2.0,
    "warmup_steps": 10,
    "weight_decay": 0.01,
    "lr_scheduler_type": "cosine",
}
Sample = dict[str, Any]


def main() -> int:
    """Five pairs each on mixed rows and on rows of one length; exit status 1 when a bar does not hold."""
    parser = argparse.ArgumentParser(description="Trained tokens a second against TRL's trainer.")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    _get_ready()
    mixed = [sample for pair in range(PAIRS) for sample in compare("mixed", pair % SEEDS, LONGEST)]
    same = [sample for pair in range(PAIRS) for sample in compare("one length", pair, ONE_LENGTH)]
    return finish("throughput", bars(mixed, same), mixed + same, as_json=options.json)


def bars(mixed: Sequence[Sample], same: Sequence[Sample]) -> list[Bar]:
    """Medians of both kinds of rows, and the losses of mixed rows by seed."""
    by_seed = {(sample["method"], sample["seed"]): sample["loss"] for sample in mixed}
    gaps = [by_seed["trex", seed] - by_seed["trl", seed] for seed in range(SEEDS)]
    return [
        Bar("tokens a second over TRL's, mixed lengths", ratio(mixed), 1.8, "at least"),
        Bar("tokens a second over TRL's, one length", ratio(same), 0.97, "at least"),
        Bar("mean difference of final loss, 3 seeds", abs(statistics.mean(gaps)), 0.01),
    ]


def compare(rows: str, seed: int, max_length: int) -> Iterator[Sample]:
    """One pair: the peer, then ours."""
    chats = examples(rows, rng(seed, "throughput", rows))
    held_out = examples("mixed", rng(seed, "throughput", "held out"))
    for name, train in (("trl", _peer), ("trex", _ours)):
        with tempfile.TemporaryDirectory(prefix="trex-bench-") as folder:
            bench = _bench(Path(folder), seed)
            model, tokens, seconds = train(chats, bench, max_length)
        loss = held_out_loss(model, bench.tokenizer, held_out[:HELD_OUT])
        yield {
            "rows": rows,
            "seed": seed,
            "method": name,
            "tokens": tokens,
            "seconds": seconds,
            "loss": loss,
        }


def _peer(examples: Sequence[Example], bench: Bench, max_length: int) -> tuple[Any, int, float]:
    from datasets import Dataset
    from transformers import PrinterCallback
    from trl import SFTConfig, SFTTrainer

    columns = {
        "prompt": [example.prompt for example in examples],
        "completion": [
            [{"role": "assistant", "content": example.completion}] for example in examples
        ],
    }
    arguments = SFTConfig(
        output_dir=str(bench.folder),
        **OPTIONS,
        max_length=max_length,
        seed=bench.seed,
        data_seed=bench.seed,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        bf16=False,
        use_cpu=True,
        gradient_checkpointing=False,
        dataloader_pin_memory=False,
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


def _ours(examples: Sequence[Example], bench: Bench, max_length: int) -> tuple[Any, int, float]:
    found = extensions.load(extensions.METHODS, "sft")
    params = found.Params(**OPTIONS, max_length=max_length)
    trained = found(params).train(examples, bench)
    return trained.model, trained.tokens, trained.seconds


def examples(rows: str, dice: Random) -> list[Example]:
    """As many chats as ROWS; `rows` is "mixed" or "one length"."""
    author = Author(domain=FILM, rng=dice)
    lengths = [
        int(min(LONGEST - 20, max(4, dice.lognormvariate(0, SIGMA) * MEDIAN)))
        if rows == "mixed"
        else ONE_LENGTH * 2
        for _ in range(ROWS)
    ]
    return [Example(PROMPT, _text(author, length, dice)) for length in lengths]


def _text(author: Author, words: int, dice: Random) -> str:
    """Opinions, one after another, cut to about a token a word."""
    found: list[str] = []
    while len(found) < words:
        found += author.opinion(dice.random() < 0.5).split()
    return " ".join(found[:words])


def _bench(folder: Path, seed: int) -> Bench:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    base = models.resolve("trex-tiny")
    tokenizer = AutoTokenizer.from_pretrained(base)
    model = AutoModelForCausalLM.from_pretrained(base, use_safetensors=True)
    return Bench(model, tokenizer, folder, lambda kind, **fields: None, seed)


def held_out_loss(model: Any, tokenizer: Any, examples: Sequence[Example]) -> float:
    """Nats a token over all tokens of `examples`, one row at a time."""
    import torch

    total, tokens = 0.0, 0
    model.eval()
    with torch.inference_mode():
        for example in examples:
            turns = [*example.prompt, {"role": "assistant", "content": example.completion}]
            ids = tokenizer.apply_chat_template(turns, return_tensors="pt", return_dict=True)[
                "input_ids"
            ][:, :LONGEST].to(model.device)
            count = int(ids.shape[1]) - 1
            total += float(model(input_ids=ids, labels=ids).loss) * count
            tokens += count
    return total / tokens


def ratio(samples: Sequence[Sample]) -> float:
    """The median over pairs of our tokens a second over the peer's."""
    speeds = [sample["tokens"] / sample["seconds"] for sample in samples]
    ratios: list[float] = [
        ours / peer for peer, ours in zip(speeds[::2], speeds[1::2], strict=True)
    ]
    return statistics.median(ratios)


def _get_ready() -> None:
    os.environ.update(ENVIRONMENT)
    import datasets
    import torch
    from transformers.utils import logging

    torch.set_num_threads(1)
    datasets.disable_progress_bars()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    next(compare("one length", 0, ONE_LENGTH))  # what the first training warms up is nobody's


if __name__ == "__main__":
    sys.exit(main())
