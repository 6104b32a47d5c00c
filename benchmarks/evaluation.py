"""How many rows a second are evaluated, against one-by-one `generate` and against lm-evaluation-harness.

The bundled model after a short training, so that it answers; rows of generated SST-2, greedy answers; then two options a row by log-probability, which the harness
scores at its default batch size. One thread. Interleaved A B A B, medians of the ratios' two sides. The harness comes with the
extra `bench`; without it its bars are reported as not measured.
"""

import argparse
import importlib.util
import os
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.report import Bar, finish
from training.data.offline import ENVIRONMENT

ROWS, QUICK_ROWS = 500, 60
PAIRS, QUICK_PAIRS = 5, 2
THREADS = 1
OPTIONS = ["positive", "negative"]
HARNESS = "rows a second by log-probability over lm-evaluation-harness"
SAME = "share of rows with the harness's choice"

Sample = dict[str, Any]


def main() -> int:
    """Run once; exit status 1 when a bar does not hold."""
    parser = argparse.ArgumentParser(description="Rows evaluated a second.")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="few rows, two pairs")
    options = parser.parse_args()
    os.environ.update(ENVIRONMENT)
    bench = Bench(QUICK_ROWS if options.quick else ROWS)
    pairs = QUICK_PAIRS if options.quick else PAIRS
    samples = interleave({"batched": bench.batched, "one by one": bench.one_by_one}, pairs)
    bars = [Bar("rows a second over one-by-one generate", ratio(samples), 8, "at least")]
    bars.append(Bar("share of rows with the same answer", agreement(samples), 1, "at least"))
    missing = {}
    if importlib.util.find_spec("lm_eval") is None:
        missing = dict.fromkeys((HARNESS, SAME), "lm-eval is not installed: install `.[bench]`")
    else:
        scored = interleave({"options": bench.options, "lm-eval": bench.harness}, pairs)
        bars.append(Bar(HARNESS, ratio(scored), 3, "at least"))
        bars.append(Bar(SAME, agreement(scored), 1, "at least"))
        samples += [{**each, "lm_eval": version("lm-eval")} for each in scored]
    for each in samples:
        del each["answers"]
    return finish("evaluation", bars, samples, as_json=options.json, not_measured=missing)


def interleave(sides: dict[str, Callable[[], list[Any]]], pairs: int) -> list[Sample]:
    """Seconds and answers of each side in turn, after one round that is not counted."""
    for run in sides.values():
        run()
    return [_timed(name, run) for _ in range(pairs) for name, run in sides.items()]


def _timed(name: str, run: Callable[[], list[Any]]) -> Sample:
    started = time.perf_counter()
    answers = run()
    seconds = time.perf_counter() - started
    return {"side": name, "seconds": seconds, "rows": len(answers), "answers": answers}


def ratio(samples: list[Sample]) -> float:
    """Median seconds of the second side over those of the first."""
    ours, theirs = (_seconds(side) for side in _sides(samples))
    return float(median(theirs) / median(ours))


def _seconds(samples: list[Sample]) -> list[float]:
    return [each["seconds"] for each in samples]


def agreement(samples: list[Sample]) -> float:
    """Share of rows on which the last of each side agree."""
    ours, theirs = (side[-1]["answers"] for side in _sides(samples))
    same = [one == other for one, other in zip(ours, theirs, strict=True)]
    return float(sum(same) / len(same))


def _sides(samples: list[Sample]) -> tuple[list[Sample], list[Sample]]:
    first = samples[0]["side"]
    return (
        [each for each in samples if each["side"] == first],
        [each for each in samples if each["side"] != first],
    )


class Bench:
    """The model, its tokenizer and the rows that every side is given."""

    def __init__(self, rows: int) -> None:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer
        from transformers.utils import logging

        from training import extensions
        from training.data import models

        logging.disable_progress_bar()
        torch.set_num_threads(THREADS)
        base = models.resolve("trex-tiny")
        self._model = AutoModelForCausalLM.from_pretrained(base).eval()
        self._tokenizer = AutoTokenizer.from_pretrained(base)
        self._task = extensions.load(extensions.TASKS, "sst2")
        editions = [self._task.mini(seed=seed) for seed in (1, 2)]
        found = [row for each in editions for row in (*each.validation, *each.test)]
        self._prompts = [self._task.prompt(row) for row in found[:rows]]
        self._tune()

    def _tune(self) -> None:
        """Forty steps: an untrained model ends at once, and evaluation is of trained ones."""
        from training import extensions
        from training.methods import Bench as Workbench
        from training.methods import Example

        method = extensions.load(extensions.METHODS, "sft")
        rows = self._task.mini().source("clean", field="sources").rows
        examples = [Example(self._task.prompt(row), self._task.target(row)) for row in rows]
        with tempfile.TemporaryDirectory(prefix="trex-bench-") as folder:
            bench = Workbench(self._model, self._tokenizer, Path(folder), _silent, 0)
            method(method.Params(max_steps=40)).train(examples, bench)
        self._model.eval()

    def batched(self) -> list[str]:
        """Our greedy answers."""
        from training.evaluate.decoding import Decoding
        from training.evaluate.generation import generate

        return generate(
            self._prompts,
            model=self._model,
            tokenizer=self._tokenizer,
            decoding=Decoding(max_new_tokens=self._task.max_new_tokens),
            emit=_silent,
        )

    def one_by_one(self) -> list[str]:
        """Greedy answers by one call of `generate` a row."""
        return [self._answer(prompt) for prompt in self._prompts]

    def _answer(self, prompt: Any) -> str:
        import torch

        batch = self._tokenizer.apply_chat_template(
            prompt, add_generation_prompt=True, return_tensors="pt", return_dict=True
        )
        with torch.inference_mode():
            tokens = self._model.generate(
                **batch, max_new_tokens=self._task.max_new_tokens, do_sample=False
            )
        new = tokens[0, batch["input_ids"].shape[1] :]
        answer: str = self._tokenizer.decode(new, skip_special_tokens=True)
        return answer

    def options(self) -> list[int]:
        """Place of the likeliest option for each row, as we score."""
        from training.evaluate.options import score_options

        given = [OPTIONS] * len(self._prompts)
        scores = score_options(self._prompts, given, model=self._model, tokenizer=self._tokenizer)
        return [_likeliest(each) for each in scores]

    def harness(self) -> list[int]:
        """The same by lm-evaluation-harness, which is given the rendered prompts."""
        from lm_eval.api.instance import Instance
        from lm_eval.models.huggingface import HFLM

        texts = self._tokenizer.apply_chat_template(
            self._prompts, tokenize=False, add_generation_prompt=True
        )
        peer = HFLM(pretrained=self._model, tokenizer=self._tokenizer)
        requests = [
            Instance("loglikelihood", {}, (text, option), place)
            for text in texts
            for place, option in enumerate(OPTIONS)
        ]
        found = [score for score, _ in peer.loglikelihood(requests, disable_tqdm=True)]
        width = len(OPTIONS)
        return [_likeliest(found[at : at + width]) for at in range(0, len(found), width)]


def _likeliest(scores: list[float]) -> int:
    return max(range(len(scores)), key=scores.__getitem__)


def _silent(kind: str, **fields: Any) -> None:
    """No one listens."""


if __name__ == "__main__":
    sys.exit(main())
